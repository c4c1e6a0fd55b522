"""The life of requests and endpoints inside the client's event loop: attempts, probes and patience."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from dataclasses import replace
from time import monotonic
from typing import Any

from curation.errors import EndpointError, PoolError, RecipeError
from curation.inference.attempt import PROBE, Attempt, Caller, Verdict
from curation.inference.chat import ChatAnswer, ChatRequest, Endpoint
from curation.inference.client_section import ClientSection
from curation.inference.dispatch import Dispatcher, Lane, Status
from curation.meter import Meter
from curation.samples import Reason

STAGE = "rewrite"
WATCH_S = 0.25
PROBE_CONNECTIONS = 2
FULL = "each is up, but full (HTTP 429) or slow"
EJECTED = Attempt(Verdict.UNREACHABLE, "its endpoint was ejected")


class ChatSession:
    """Everything behind `Client`, for one event loop alone."""

    def __init__(self, section: ClientSection, lanes: list[Lane], meter: Meter, where: str) -> None:
        self._section = section
        self._where = where
        self._lanes = lanes
        self._meter = meter
        self._dispatcher = Dispatcher(lanes, section.backoff_s, section.retry_after_max_s)
        self._callers = 0  # ask() and wait_ready() calls under way; endpoints are probed only then
        self._busy = asyncio.Event()
        self._busy_since = 0.0
        self._dead: asyncio.Future[PoolError] = asyncio.get_running_loop().create_future()
        self._minders = [asyncio.create_task(self._mind(lane)) for lane in lanes]
        self._minders.append(asyncio.create_task(self._watch()))

    @classmethod
    async def open(cls, section: ClientSection, endpoints: Sequence[Endpoint], meter: Meter, where: str) -> ChatSession:
        """A session in the running event loop. Raises `RecipeError` without endpoints, or without the key of one."""
        if not endpoints:
            raise RecipeError(f"{where}: no endpoint is given, so nothing can be asked")
        connections = section.max_in_flight + PROBE_CONNECTIONS
        callers = [Caller(endpoint, connections, section.max_answer_bytes) for endpoint in endpoints]
        return cls(section, [Lane(caller, section.max_in_flight) for caller in callers], meter, where)

    async def ask(self, requests: Sequence[ChatRequest]) -> list[ChatAnswer]:
        """See `Client.ask`."""
        self._enter()
        work = [asyncio.create_task(self._answer(request)) for request in requests]
        everything = asyncio.gather(*work)
        try:
            await _first(everything, self._dead)
            if everything.done():
                return everything.result()
            raise self._dead.result()
        finally:
            for task in work:
                task.cancel()
            await asyncio.gather(everything, return_exceptions=True)
            self._leave()

    async def wait_ready(self, timeout_s: float, every: bool = False) -> None:
        """See `Client.wait_ready`."""
        self._enter()
        try:
            async with asyncio.timeout(timeout_s):
                wanted = all if every else any
                while not wanted(lane.status is Status.UP for lane in self._lanes):
                    if self._dead.done():
                        raise self._dead.result()
                    self._dispatcher.changed.clear()
                    changed = asyncio.create_task(self._dispatcher.changed.wait())
                    await _first(changed, self._dead)
                    changed.cancel()
        except TimeoutError:
            raise PoolError(self._silence(timeout_s)) from None
        finally:
            self._leave()

    def state(self) -> str:
        """See `Client.state`."""
        return "; ".join(
            f"{lane.caller.endpoint.url} {lane.status} ({lane.held} in flight{_because(lane)})" for lane in self._lanes
        )

    def causes(self) -> str:
        """Of each endpoint that does not answer, its URL and why."""
        return "; ".join(f"{lane.caller.endpoint.url}: {lane.cause}" for lane in self._lanes if lane.cause)

    async def close(self) -> None:
        """End every request, probe and connection."""
        for task in self._minders:
            task.cancel()
        await asyncio.gather(*self._minders, return_exceptions=True)
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        for lane in self._lanes:
            await lane.caller.close()

    # requests

    async def _answer(self, request: ChatRequest) -> ChatAnswer:
        """Attempts at one request until it is answered, refused, or out of attempts or time."""
        lane = await self._dispatcher.acquire(first=False)
        self._count(requests=1)
        started, dark_s = monotonic(), self._dispatcher.dark_s
        attempts = counted = 0
        spent = 0.0
        while True:
            trial = not lane.proven and self._dispatcher.another(lane)
            attempt = await self._attempt(lane, request, self._section.total_s - spent)
            attempts += 1
            counted += not (trial or attempt is EJECTED or attempt.verdict is Verdict.BUSY)
            spent = monotonic() - started - (self._dispatcher.dark_s - dark_s)
            final = attempt.verdict in (Verdict.ANSWERED, Verdict.REFUSED)
            if final or counted >= self._section.attempts or spent >= self._section.total_s:
                return self._settle(attempt, attempts, monotonic() - started)
            self._count(retries=1)
            await asyncio.sleep(self._backoff(attempt, counted))
            lane = await self._dispatcher.acquire(first=True)

    async def _attempt(self, lane: Lane, request: ChatRequest, left_s: float) -> Attempt:
        timeout_s = max(0.001, min(self._section.timeout_s, left_s))
        work = asyncio.create_task(lane.caller.chat(request, timeout_s))
        lane.attempts.add(work)
        try:
            await asyncio.wait({work})
            if work.cancelled():
                return EJECTED
            attempt = work.result()
            self._dispatcher.judge(lane, attempt)
            return attempt
        finally:
            work.cancel()
            lane.attempts.discard(work)
            self._dispatcher.release(lane)

    def _backoff(self, attempt: Attempt, counted: int) -> float:
        if attempt.verdict in (Verdict.BUSY, Verdict.UNREACHABLE, Verdict.MISCONFIGURED):
            return 0.0  # that endpoint takes nothing for now, so the wait is for a slot elsewhere
        ceiling = min(self._section.backoff_max_s, self._section.backoff_s * 2 ** max(0, counted - 1))
        return random.uniform(0, ceiling)

    def _settle(self, attempt: Attempt, attempts: int, seconds: float) -> ChatAnswer:
        failure, detail = _failure(attempt, attempts)
        self._count(
            answers=int(attempt.verdict is Verdict.ANSWERED),
            prompt_tokens=attempt.prompt_tokens,
            completion_tokens=attempt.completion_tokens,
        )
        return ChatAnswer(
            text=attempt.text,
            finish_reason=attempt.finish_reason,
            prompt_tokens=attempt.prompt_tokens,
            completion_tokens=attempt.completion_tokens,
            model=attempt.model,
            seconds=seconds,
            attempts=attempts,
            failure=failure,
            detail=detail,
        )

    def _count(self, **counts: float) -> None:
        self._meter.add(STAGE, counts)

    # endpoints

    async def _mind(self, lane: Lane) -> None:
        """Probe one endpoint while requests are asked: a busy one once it falls silent, any other until it answers."""
        section = self._section
        pause_s = min(1.0, section.probe_interval_s)
        while lane.status is not Status.MISCONFIGURED:
            await self._busy.wait()
            if lane.status is Status.UP:
                lane.ejected.clear()
                silent = monotonic() - max(lane.last_answer, self._busy_since)
                if silent < section.probe_interval_s:
                    await _either(lane.ejected, section.probe_interval_s - silent)
                    if lane.status is not Status.UP:
                        await asyncio.sleep(min(pause_s, lane.trial_s))
                    continue
            sent = monotonic()
            probe = await lane.caller.chat(PROBE, section.probe_deadline_s)
            if probe.verdict in (Verdict.FAILED, Verdict.UNREACHABLE):
                if lane.last_answer < sent:  # nothing else was answered meanwhile
                    silent = probe.verdict is Verdict.FAILED
                    self._dispatcher.eject(lane, f"probe: {probe.detail}" if silent else probe.detail)
            elif probe.verdict is Verdict.REFUSED:
                # A server that refuses the plainest request there is would refuse every other.
                self._dispatcher.judge(lane, replace(probe, verdict=Verdict.MISCONFIGURED), probe=True)
            else:
                self._dispatcher.judge(lane, probe, probe=True)
            if lane.status is not Status.UP:
                await asyncio.sleep(pause_s)

    async def _watch(self) -> None:
        """End the run's patience: nobody has answered for too long, or nobody ever can."""
        while True:
            await self._busy.wait()
            hopeless = all(lane.status is Status.MISCONFIGURED for lane in self._lanes)
            answered = self._dispatcher.last_answer
            patience_s = self._section.patience_s if answered else self._section.first_patience_s
            silent = monotonic() - max(answered, self._busy_since)
            if hopeless:
                message = f"{self._where}: no LLM endpoint can be used: {self.causes()}. Mend its url, model or key"
                self._die(EndpointError(message))
            elif silent >= patience_s:
                self._die(PoolError(self._silence(silent)))
            await asyncio.sleep(WATCH_S)

    def _die(self, error: PoolError) -> None:
        if not self._dead.done():
            self._dead.set_result(error)

    def _enter(self) -> None:
        if self._callers == 0:
            self._busy_since = monotonic()
            if self._dead.done():
                # Whoever asks again is granted the patience again: the endpoints may be back.
                self._dead = asyncio.get_running_loop().create_future()
        self._callers += 1
        self._busy.set()

    def _leave(self) -> None:
        self._callers -= 1
        if self._callers == 0:
            self._busy.clear()

    def _silence(self, seconds: float) -> str:
        answered = self._dispatcher.last_answer
        how_long = "patience_s" if answered else "first_patience_s"
        return (
            f"{self._where}: no LLM endpoint has answered for {seconds:.3g} s: {self.causes() or FULL}. Is it up, and "
            f"is its url right? inference.client.{how_long} says how long to wait"
        )


def _because(lane: Lane) -> str:
    return f", {lane.cause}" if lane.cause else ""


async def _first(*futures: asyncio.Future[Any]) -> None:
    await asyncio.wait(futures, return_when=asyncio.FIRST_COMPLETED)


async def _either(event: asyncio.Event, timeout_s: float) -> None:
    try:
        async with asyncio.timeout(timeout_s):
            await event.wait()
    except TimeoutError:
        pass


def _failure(attempt: Attempt, attempts: int) -> tuple[Reason | None, str]:
    match attempt.verdict:
        case Verdict.ANSWERED:
            return _flaw(attempt)
        case Verdict.REFUSED:
            return Reason.LLM_BAD_REQUEST, attempt.detail
    return Reason.LLM_FAILED, f"{attempts} attempts, the last: {attempt.detail}"


def _flaw(attempt: Attempt) -> tuple[Reason | None, str]:
    if attempt.finish_reason == "length":
        return Reason.LLM_TRUNCATED, f"cut short after {attempt.completion_tokens} tokens"
    if attempt.finish_reason not in ("stop", None):
        return Reason.LLM_INVALID, f"finish_reason {attempt.finish_reason}"
    if not attempt.text.strip():
        return Reason.LLM_INVALID, "empty answer"
    return None, ""
