"""Opening what a recipe's `inference` section names: a pool of ours, or endpoints that someone else runs."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import CancelledError
from contextlib import ExitStack, closing, contextmanager, suppress
from time import monotonic
from types import MappingProxyType
from typing import Protocol

from curation.errors import PoolError
from curation.inference.chat import Endpoint
from curation.inference.client import Client
from curation.inference.client_section import ClientSection
from curation.inference.section import InferenceSection
from curation.meter import LocalMeter

FIRST_PATIENCE = "inference.client.first_patience_s"
NO_OTHERS: Mapping[str, tuple[Endpoint, ...]] = MappingProxyType({})


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
    is told in the first seconds and not when the first partition gets there. Errors name `where` they stand."""

    def __init__(self, section: ClientSection, endpoints: tuple[Endpoint, ...], where: str) -> None:
        self.endpoints = endpoints
        self._patience_s = section.first_patience_s
        self._until = monotonic() + self._patience_s
        self._client = Client(section, endpoints, LocalMeter(), where)
        self._ready = False
        self._error: PoolError | None = None
        threading.Thread(target=self._ask, name="first-answer", daemon=True).start()

    def state(self) -> str:
        """Until the first answer: how long it is still waited for, what ails each of them, and the key of the wait.
        Afterwards: which of them did not answer in that time."""
        if self._ready:
            missing = self._client.waiting_for()
            return f"ready, but for {missing}" if missing else "ready"
        left_s = max(0.0, self._until - monotonic())
        return f"waiting {left_s:.0f} s more for {self._client.waiting_for()} ({FIRST_PATIENCE}: {self._patience_s:g})"

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
        except PoolError as error:
            self._error = error
            return
        except CancelledError:  # closed before the first answer, because no row got as far as the LLM
            return
        self._ready = True
        with suppress(PoolError, CancelledError):  # the others are looked at for as long, and nothing depends on it
            self._client.wait_ready(max(0.001, self._until - monotonic()), every=True)


class AllEndpoints:
    """The writer's endpoints, and beside them those of other models (a judge), which must answer too."""

    def __init__(self, writer: OpenEndpoints, others: Mapping[str, OpenEndpoints]) -> None:
        self._writer, self._others = writer, others

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """The writer's."""
        return self._writer.endpoints

    def state(self) -> str:
        """The state of whoever is not ready; the writer's when all are."""
        waiting = (f"{where}: {each.state()}" for where, each in self._others.items() if each.state() != "ready")
        own = self._writer.state()
        return next(waiting, own) if own.startswith("ready") else own

    def check(self) -> None:
        """Raise when one of them will never be ready."""
        for each in (self._writer, *self._others.values()):
            each.check()


@contextmanager
def open_endpoints(
    section: InferenceSection, others: Mapping[str, tuple[Endpoint, ...]] = NO_OTHERS
) -> Iterator[OpenEndpoints]:
    """The recipe's endpoints, and by their keys in the recipe `others` that some stage asks. A pool begins to start
    here and is ready later, so that the stages before the rewrite run meanwhile; it is stopped afterwards, unless
    others use it."""
    with ExitStack() as opened:

        def foreign(endpoints: tuple[Endpoint, ...], where: str) -> OpenEndpoints:
            return opened.enter_context(closing(ForeignEndpoints(section.client, endpoints, where)))

        beside = {where: foreign(endpoints, where) for where, endpoints in others.items()}
        if section.pool is None:
            writer = foreign(tuple(each.endpoint() for each in section.endpoints), "inference.endpoints")
        else:
            from curation.inference.pool import ServePool

            writer = opened.enter_context(ServePool(section.pool))
        yield AllEndpoints(writer, beside)
