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
