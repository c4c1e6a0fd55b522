"""How far something is that takes minutes to start: told by the thread that starts it, asked by others."""

from __future__ import annotations

import threading
from time import monotonic

from curation.errors import PoolError


class Readiness:
    """The phase of something with a `name`, and whether it is ready or has failed."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._lock = threading.Lock()
        self._phase = "not started"
        self._since = monotonic()
        self._error: PoolError | None = None
        self._settled = threading.Event()

    # told

    def begin(self) -> None:
        """The start starts now."""
        self._since = monotonic()

    def says(self, phase: str) -> None:
        """What goes on now, for a person."""
        with self._lock:
            self._phase = phase

    def ready(self, phase: str) -> None:
        """It can be used; `phase` begins with "ready"."""
        self.says(phase)
        self._settled.set()

    def failed(self, error: PoolError) -> None:
        """It cannot be used, and never will."""
        with self._lock:
            self._error = error
            self._phase = f"failed: {error}"
        self._settled.set()

    # asked

    @property
    def settled(self) -> bool:
        """Whether it has ever been ready, or has failed."""
        return self._settled.is_set()

    def state(self) -> str:
        """The phase, and until it is ready for how many seconds it has been starting."""
        with self._lock:
            if self._error is not None or self._phase.startswith("ready"):
                return self._phase
            return f"{self._phase} ({monotonic() - self._since:.0f} s)"

    def check(self) -> None:
        """Raise `PoolError`, with the cause, if it has failed."""
        with self._lock:
            if self._error is not None:
                raise PoolError(str(self._error))

    def in_time(self, limit_s: float) -> None:
        """Raise `PoolError` if it is not settled `limit_s` after its beginning."""
        if not self.settled and monotonic() - self._since > limit_s:
            raise self._late(limit_s)

    def wait(self, limit_s: float) -> None:
        """Return when it is ready. Raises `PoolError` when it failed, as soon as that is known, or after `limit_s`."""
        if not self._settled.wait(limit_s):
            raise self._late(limit_s)
        self.check()

    def _late(self, limit_s: float) -> PoolError:
        return PoolError(f"{self._name} is not ready after {limit_s:g} s: {self.state()}")
