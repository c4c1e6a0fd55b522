"""Which endpoint takes the next request: least loaded first, and only those that generate."""

from __future__ import annotations

import asyncio
from collections import deque
from enum import StrEnum
from time import monotonic

from curation.inference.attempt import Attempt, Caller, Verdict

TRIAL_S = 0.005  # from an ejection by failed requests to the next probe, for each of them in a row
FAILURES_TO_EJECT = 3  # in a row, for failures that leave it open whether the endpoint or the request is at fault


class Status(StrEnum):
    """What is known of an endpoint."""

    STARTING = "starting"  # has not answered yet
    UP = "up"
    EJECTED = "ejected"  # gets probes alone until one is answered
    MISCONFIGURED = "misconfigured"  # gets nothing more


class Lane:
    """One endpoint's state: how much it holds, how much it may hold, and whether it generates."""

    def __init__(self, caller: Caller, max_in_flight: int) -> None:
        self.caller = caller
        self.max_in_flight = max_in_flight
        self.limit = float(max_in_flight)
        self.status = Status.STARTING
        self.cause = "no answer yet"
        self.held = 0
        self.attempts: set[asyncio.Task[Attempt]] = set()
        self.last_answer = 0.0
        self.failures = 0
        self.proven = True  # until requests fail there: then probes that are answered prove nothing of requests
        self.paused_until = 0.0
        self.ejected = asyncio.Event()  # wakes the prober at once

    @property
    def trial_s(self) -> float:
        """How long to leave it alone after requests failed there."""
        return TRIAL_S * self.failures

    @property
    def room(self) -> bool:
        """Whether it takes one more request now: one alone, as a trial, while it is not proven."""
        limit = int(self.limit) if self.proven else 1
        return self.status is Status.UP and self.held < limit and monotonic() >= self.paused_until


class Dispatcher:
    """Hands out the lanes' slots, first come first served. All of it runs in one event loop."""

    def __init__(self, lanes: list[Lane], pause_s: float, pause_max_s: float) -> None:
        self.lanes = lanes
        self.last_answer = 0.0  # of a lane that answers more than probes
        self.changed = asyncio.Event()  # set whenever a lane's status changed
        self._pause_s = pause_s
        self._pause_max_s = pause_max_s
        self._waiting: deque[asyncio.Future[Lane]] = deque()
        self._dark_since: float | None = monotonic()
        self._dark_s = 0.0

    @property
    def dark_s(self) -> float:
        """Seconds so far in which no lane was up. No request is to blame for those."""
        return self._dark_s + (0.0 if self._dark_since is None else monotonic() - self._dark_since)

    async def acquire(self, *, first: bool) -> Lane:
        """A slot of the least loaded lane, as soon as there is one. `first` puts a retry before new requests."""
        place: asyncio.Future[Lane] = asyncio.get_running_loop().create_future()
        if first:
            self._waiting.appendleft(place)
        else:
            self._waiting.append(place)
        self._hand_out()
        try:
            return await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():
                self.release(place.result())
            raise

    def release(self, lane: Lane) -> None:
        """Give a slot back."""
        lane.held -= 1
        self._hand_out()

    def judge(self, lane: Lane, attempt: Attempt, *, probe: bool = False) -> None:
        """Learn from what an attempt brought, be it a request's or a probe's."""
        match attempt.verdict:
            case Verdict.ANSWERED | Verdict.REFUSED:
                self._alive(lane, probe)
            case Verdict.BUSY:
                self._pause(lane, attempt)
            case Verdict.UNREACHABLE:
                self.eject(lane, attempt.detail)
            case Verdict.MISCONFIGURED if probe:
                self._move(lane, Status.MISCONFIGURED, attempt.detail)
            case Verdict.FAILED | Verdict.MISCONFIGURED:  # one request may be forbidden for what its caption says
                lane.failures += 1
                if lane.failures >= FAILURES_TO_EJECT:
                    lane.proven = False
                    self.eject(lane, attempt.detail)

    def another(self, lane: Lane) -> bool:
        """Whether requests are answered elsewhere."""
        return any(other.status is Status.UP and other.proven for other in self.lanes if other is not lane)

    def eject(self, lane: Lane, cause: str) -> None:
        """Take a lane out. Its requests move at once if another lane can take them; if none can they stay,
        since a late answer is worth more than a request sent to nobody."""
        if lane.status is Status.MISCONFIGURED:
            return
        status = Status.STARTING if lane.status is Status.STARTING else Status.EJECTED
        self._move(lane, status, cause)
        lane.ejected.set()
        if any(other.status is Status.UP for other in self.lanes):
            for attempt in lane.attempts:
                attempt.cancel()

    def _alive(self, lane: Lane, probe: bool) -> None:
        lane.last_answer = monotonic()
        lane.limit = min(lane.max_in_flight, lane.limit + 1 / lane.limit)
        lane.proven = lane.proven or not probe
        if lane.proven:
            lane.failures = 0
            self.last_answer = lane.last_answer
        if lane.status is not Status.UP or (lane.proven and lane.cause):
            self._move(lane, Status.UP, "" if lane.proven else lane.cause)

    def _pause(self, lane: Lane, attempt: Attempt) -> None:
        """Send nothing for a while and hold fewer from then on: halved at each 429, one more a full round of
        answers, as TCP does (additive increase, multiplicative decrease)."""
        now = monotonic()
        if lane.status in (Status.STARTING, Status.EJECTED):
            self._move(lane, Status.UP, "")
        if now >= lane.paused_until:
            lane.limit = max(1.0, lane.limit / 2)
        pause = min(max(attempt.retry_after_s or 0.0, self._pause_s), self._pause_max_s)
        lane.paused_until = max(lane.paused_until, now + pause)
        asyncio.get_running_loop().call_later(pause + 0.001, self._hand_out)

    def _move(self, lane: Lane, status: Status, cause: str) -> None:
        lane.status, lane.cause = status, cause
        now = monotonic()
        if any(each.status is Status.UP for each in self.lanes):
            if self._dark_since is not None:
                self._dark_s += now - self._dark_since
            self._dark_since = None
        elif self._dark_since is None:
            self._dark_since = now
        self.changed.set()
        self._hand_out()

    def _hand_out(self) -> None:
        while self._waiting:
            open_lanes = [lane for lane in self.lanes if lane.room]
            if not open_lanes:
                return
            place = self._waiting.popleft()
            if place.done():
                continue
            lane = min(open_lanes, key=lambda each: (not each.proven, each.held / each.limit))
            lane.held += 1
            place.set_result(lane)
