"""What each site says about itself: asked for once, whoever comes first."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

from curation.fetch.address import Target
from curation.fetch.record import FetchFailed
from curation.samples import Reason

T = TypeVar("T")

# Asks a site for one of its files by path: HTTP status (None when no answer came) and text.
Ask = Callable[[Target, str], tuple[int | None, str]]


class PerOrigin(Generic[T]):
    """An answer for each scheme, host and port: found by the first who asks, while the rest wait for it."""

    def __init__(self, name: str, find: Callable[[Target], T], otherwise: T) -> None:
        # `otherwise` is what those who wait get when finding raises.
        self._name = name
        self._find = find
        self._otherwise = otherwise
        self._lock = threading.Lock()
        self._known: dict[tuple[str, str, int], Future[T]] = {}

    def get(self, target: Target, timeout_s: float) -> T:
        """The answer for a target's origin. Raises `FetchFailed` (timeout) when another is still asking for it."""
        key = (target.scheme, target.host, target.port)
        with self._lock:
            future = self._known.get(key)
            mine = future is None
            if future is None:
                future = self._known[key] = Future()
        if mine:
            found = self._otherwise
            try:
                found = self._find(target)
            finally:
                future.set_result(found)
        try:
            return future.result(timeout_s)
        except TimeoutError as error:
            raise FetchFailed(Reason.TIMEOUT, f"no {self._name} of {target.host} in time") from error
