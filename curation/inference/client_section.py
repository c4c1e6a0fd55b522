"""`inference.client` of the recipe."""

from __future__ import annotations

from pydantic import Field, model_validator

from curation.section import Section


class ClientSection(Section):
    """`inference.client`: how requests are sent, and when an endpoint or the whole pool is given up."""

    max_in_flight: int = Field(default=64, ge=1, le=4096)
    """Requests in flight per endpoint, for each process of the rewrite stage. A pool of several replicas is one
    endpoint: give it what all its replicas can hold together."""
    timeout_s: float = Field(default=300, gt=0, le=3600)
    """Deadline of one attempt, the wait in the server's queue included."""
    total_s: float = Field(default=900, gt=0, le=14400)
    """Deadline of one request from its first attempt on, over all attempts and the waits between them; time in
    which no endpoint was up is not counted."""
    attempts: int = Field(default=6, ge=1, le=50)
    """Attempts at one request. Those that ended because their endpoint was ejected, was full (429), or was only tried
    after failures while another answers, are not counted here; `total_s` bounds them."""
    backoff_s: float = Field(default=0.5, ge=0, le=60)
    """Longest wait before the second attempt; it doubles with each attempt, and the wait is drawn evenly from
    0 to it ("full jitter", AWS Architecture Blog, 2015)."""
    backoff_max_s: float = Field(default=20, ge=0, le=600)
    """Longest wait between two attempts."""
    retry_after_max_s: float = Field(default=60, ge=0, le=600)
    """Longest pause that an endpoint's Retry-After is granted; the shortest, also without one, is `backoff_s`."""
    probe_interval_s: float = Field(default=15, gt=0, le=600)
    """An endpoint in use that has answered nothing for so long is asked for one token."""
    probe_deadline_s: float = Field(default=60, gt=0, le=600)
    """An endpoint that answers neither that probe nor any request within this time is ejected until a later
    probe is answered. A CPU engine that reads forty long prompts first needs minutes."""
    patience_s: float = Field(default=600, gt=0, le=14400)
    """The run ends when no endpoint has answered anything for so long; one whose requests fail does not answer, however
    well it answers probes. A replica that is replaced loads its model again meanwhile."""
    first_patience_s: float = Field(default=120, gt=0, le=14400)
    """As `patience_s`, before the first answer of all. Short, since `endpoints` are servers that are up, and a wrong
    port looks like one that is still loading its model. A pool has `ready_timeout_s` if that is longer."""
    max_answer_bytes: int = Field(default=4_194_304, ge=4096, le=268_435_456)
    """Longest response body that is read."""

    @model_validator(mode="after")
    def _consistent(self) -> ClientSection:
        if self.probe_interval_s > self.probe_deadline_s:
            # So that a hanging endpoint is out within two probe deadlines.
            raise ValueError(f"probe_interval_s {self.probe_interval_s:g} is above probe_deadline_s")
        if self.total_s < self.timeout_s:
            raise ValueError(f"total_s {self.total_s:g} is below timeout_s {self.timeout_s:g}")
        return self
