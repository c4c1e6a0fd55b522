"""The recipe section `inference`."""

from __future__ import annotations

from pydantic import Field, model_validator

from curation.inference.chat import Endpoint
from curation.inference.client_section import ClientSection
from curation.inference.pool_section import PoolSection
from curation.section import Section


class EndpointSection(Section):
    """One entry of `inference.endpoints`: an OpenAI-compatible server that someone else runs."""

    url: str = Field(pattern=r"^https?://[^\s?#]+$")
    """Its base URL, which mostly ends in `/v1`; `/chat/completions` is added."""
    model: str = Field(min_length=1)
    """The model asked for there."""
    api_key_env: str | None = Field(default=None, pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")
    """Name of the environment variable that holds the key, where the rewrite stage runs. Never the key itself."""

    def endpoint(self) -> Endpoint:
        """The same as a plain value."""
        return Endpoint(self.url.rstrip("/"), self.model, self.api_key_env)


class InferenceSection(Section):
    """`inference`: the LLM that rewrites. Exactly one of `pool` and `endpoints`."""

    pool: PoolSection | None = None
    """vLLM replicas that the run starts itself."""
    endpoints: tuple[EndpointSection, ...] = ()
    """Servers that are up already."""
    client: ClientSection = ClientSection()
    """How they are asked."""

    @property
    def writer(self) -> ClientSection:
        """`client` as the writer is asked: requests do not give a pool up before it is given up itself."""
        if self.pool is None:
            return self.client
        patience_s = max(self.client.first_patience_s, self.pool.ready_timeout_s)
        return self.client.model_copy(update={"first_patience_s": patience_s})

    @model_validator(mode="after")
    def _one_of(self) -> InferenceSection:
        if (self.pool is None) == (not self.endpoints):
            found = "neither is" if self.pool is None else "both are"
            raise ValueError(f"give either pool (vLLM that the run starts) or endpoints (servers that are up); {found}")
        urls = [(each.url.rstrip("/"), each.model) for each in self.endpoints]
        if len(set(urls)) < len(urls):
            raise ValueError("the same url and model stand twice under endpoints")
        return self
