"""Opening what a recipe's `inference` section names: a pool of ours, or endpoints that someone else runs."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from typing import Protocol

from curation.errors import PoolError
from curation.inference.chat import Endpoint
from curation.inference.client import Client, ClientSection
from curation.inference.section import InferenceSection
from curation.meter import LocalMeter


class OpenEndpoints(Protocol):
    """LLM endpoints that are up, or coming up."""

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """Where to ask."""

    def state(self) -> str:
        """Readiness in words, for the console; "" when there is nothing to wait for."""

    def check(self) -> None:
        """Raise `PoolError` if they will never be ready."""


class ForeignEndpoints:
    """Servers that someone else runs. The driver asks them for one token, so that a wrong URL, key or model name
    is told in the first seconds and not when the first partition gets there."""

    def __init__(self, section: ClientSection, endpoints: tuple[Endpoint, ...]) -> None:
        self.endpoints = endpoints
        self._patience_s = section.first_patience_s
        self._client = Client(section, endpoints, LocalMeter())
        self._ready = False
        self._error: PoolError | None = None
        threading.Thread(target=self._ask, name="first-answer", daemon=True).start()

    def state(self) -> str:
        """Until the first answer, what ails them."""
        return "ready" if self._ready else f"waiting for a first answer: {self._client.state()}"

    def check(self) -> None:
        """Raise when none of them can answer, or none has within the client's first patience."""
        if self._error is not None:
            raise self._error

    def close(self) -> None:
        """Stop asking."""
        self._client.close()

    def _ask(self) -> None:
        try:
            self._client.wait_ready(self._patience_s)
            self._ready = True
        except PoolError as error:
            self._error = error
        except CancelledError:  # closed before the first answer, because no row got as far as the LLM
            return


@contextmanager
def open_endpoints(section: InferenceSection) -> Iterator[OpenEndpoints]:
    """The recipe's endpoints. A pool begins to start here and is ready later, so that the stages before the
    rewrite run meanwhile; it is stopped afterwards, unless others use it."""
    if section.pool is None:
        foreign = ForeignEndpoints(section.client, tuple(each.endpoint() for each in section.endpoints))
        try:
            yield foreign
        finally:
            foreign.close()
        return
    from curation.inference.pool import ServePool

    with ServePool(section.pool) as pool:
        yield pool
