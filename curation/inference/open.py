"""Opening what a recipe's `inference` section names: a pool of ours, or endpoints that someone else runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from curation.inference.chat import Endpoint
from curation.inference.section import InferenceSection


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
    """Servers that someone else runs: they are as ready as they are, and the client finds out."""

    def __init__(self, endpoints: tuple[Endpoint, ...]) -> None:
        self.endpoints = endpoints

    def state(self) -> str:
        """Nothing that we could know."""
        return ""

    def check(self) -> None:
        """Never: the client gives them up when they do not answer."""


@contextmanager
def open_endpoints(section: InferenceSection) -> Iterator[OpenEndpoints]:
    """The recipe's endpoints. A pool begins to start here and is ready later, so that the stages before the
    rewrite run meanwhile; it is stopped afterwards, unless others use it."""
    if section.pool is None:
        yield ForeignEndpoints(tuple(each.endpoint() for each in section.endpoints))
        return
    from curation.inference.pool import ServePool

    with ServePool(section.pool) as pool:
        yield pool
