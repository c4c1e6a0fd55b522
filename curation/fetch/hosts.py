"""Politeness towards hosts, for as long as an actor lives; patience with them, for one partition."""

from __future__ import annotations

import heapq
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from curation.fetch.record import FetchFailed
from curation.samples import Reason

_MOST_KEPT = 50_000  # hosts that are remembered from one partition to the next


@dataclass(slots=True)
class _Host:
    users: int = 0  # threads that hold a turn or wait for one
    in_flight: int = 0
    next_start: float = 0.0
    interval_s: float = 0.0
    full: bool = False
    failures: int = 0
    last_failure: str = ""


class Hosts:
    """Holds requests back: at most `in_flight` at once and `per_s` started a second to each host.

    A host that fails `failures` times in a row is set aside: every further request to it, those that wait
    included, ends at once with reason host_set_aside. So is one for whose turn somebody waited `queue_s` seconds, or
    would have to: the partition has more of its URLs than it takes in that time. `forget` ends that, and only that.
    """

    def __init__(self, *, in_flight: int, per_s: float, failures: int, queue_s: float) -> None:
        self._in_flight = in_flight
        self._interval_s = 1.0 / per_s
        self._failures = failures
        self._queue_s = queue_s
        self._hosts: dict[str, _Host] = {}
        self._changed = threading.Condition()

    @contextmanager
    def turn(self, name: str) -> Iterator[float]:
        """Wait for a turn and hold it. Yields the seconds waited. Raises `FetchFailed` (host_set_aside)."""
        start = time.monotonic()
        with self._changed:
            host = self._hosts.setdefault(name, _Host())
            host.users += 1
            try:
                now = self._wait(name, host, start)
            except FetchFailed:
                host.users -= 1
                raise
            host.in_flight += 1
            host.next_start = now + max(self._interval_s, host.interval_s)
        try:
            yield now - start
        finally:
            with self._changed:
                host.in_flight -= 1
                host.users -= 1
                self._changed.notify_all()

    def forget(self) -> None:
        """Begin a partition: no host is set aside. When each may next be asked stays known."""
        with self._changed:
            now = time.monotonic()
            used = {name: host for name, host in self._hosts.items() if host.users}
            due = [(name, host) for name, host in self._hosts.items() if not host.users and host.next_start > now]
            self._hosts = used | dict(heapq.nlargest(_MOST_KEPT, due, key=lambda each: each[1].next_start))
            for host in self._hosts.values():
                host.full = False
                host.failures = 0

    def slow_down(self, name: str, interval_s: float) -> None:
        """Leave at least so much time between two requests to this host: it asked for it."""
        with self._changed:
            host = self._hosts.setdefault(name, _Host())
            host.interval_s = max(host.interval_s, interval_s)

    def count(self, name: str) -> None:
        """A request goes to this host out of turn, and delays those that wait for theirs as one of them would."""
        with self._changed:
            host = self._hosts.setdefault(name, _Host())
            now = time.monotonic()
            host.next_start = max(host.next_start, now) + max(self._interval_s, host.interval_s)

    def pause(self, name: str, seconds: float) -> None:
        """Start no request to this host for so long: it asked for it."""
        with self._changed:
            host = self._hosts.setdefault(name, _Host())
            host.next_start = max(host.next_start, time.monotonic() + seconds)

    def answered(self, name: str) -> None:
        """The host answered as a working host does."""
        with self._changed:
            self._hosts.setdefault(name, _Host()).failures = 0

    def failed(self, name: str, reason: Reason) -> None:
        """The host did not answer, or answered that it cannot."""
        with self._changed:
            host = self._hosts.setdefault(name, _Host())
            host.failures += 1
            host.last_failure = str(reason)
            self._changed.notify_all()

    def _wait(self, name: str, host: _Host, start: float) -> float:
        """Until the host is free and its time has come; returns when that is. Holds the lock but while it sleeps."""
        while True:
            self._check(name, host)
            now = time.monotonic()
            free = host.in_flight < self._in_flight
            if free and host.next_start <= now:
                return now
            left_s = start + self._queue_s - now
            if left_s <= 0 or host.next_start > start + self._queue_s:
                host.full = True
                self._changed.notify_all()
            else:
                self._changed.wait(min(left_s, host.next_start - now) if free else left_s)

    def _check(self, name: str, host: _Host) -> None:
        if host.full:
            raise FetchFailed(Reason.HOST_SET_ASIDE, f"{name} gave no turn within {self._queue_s:g} s")
        if host.failures >= self._failures:
            detail = f"{name} failed {host.failures} times in a row, last with {host.last_failure}"
            raise FetchFailed(Reason.HOST_SET_ASIDE, detail)
