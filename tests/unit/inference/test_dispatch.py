"""Which endpoint takes the next request."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import cast

import pytest

from curation.inference.attempt import Attempt, Caller, Verdict
from curation.inference.dispatch import FAILURES_TO_EJECT, Dispatcher, Lane, Status

ANSWERED = Attempt(Verdict.ANSWERED, text="yes")
FAILED = Attempt(Verdict.FAILED, "HTTP 500: boom")


def make(lanes: int, limit: int = 4) -> tuple[Dispatcher, list[Lane]]:
    """A dispatcher over lanes that are up; nothing is sent, so they need no caller."""
    made = [Lane(cast(Caller, None), limit) for _ in range(lanes)]
    dispatcher = Dispatcher(made, pause_s=0.01, pause_max_s=0.1)
    for lane in made:
        dispatcher.judge(lane, ANSWERED)
    return dispatcher, made


def inside_loop(test: Callable[[], Awaitable[None]]) -> Callable[[], None]:
    def run() -> None:
        asyncio.run(asyncio.wait_for(test(), 10))  # type: ignore[arg-type]

    run.__name__ = test.__name__
    return run


@inside_loop
async def test_the_least_loaded_lane_is_first() -> None:
    dispatcher, lanes = make(3)
    for _ in range(9):
        await dispatcher.acquire(first=False)
    assert [lane.held for lane in lanes] == [3, 3, 3]
    dispatcher.release(lanes[1])
    assert await dispatcher.acquire(first=False) is lanes[1]


@inside_loop
async def test_load_is_relative_to_what_a_lane_may_hold() -> None:
    dispatcher, (large, small) = make(2)
    small.limit = 2.0
    for _ in range(6):
        await dispatcher.acquire(first=False)
    assert (large.held, small.held) == (4, 2)


@inside_loop
async def test_slots_go_out_in_order_and_retries_before_new_requests() -> None:
    dispatcher, [lane] = make(1, limit=1)
    await dispatcher.acquire(first=False)
    got: list[str] = []

    async def wait(name: str, first: bool) -> None:
        taken = await dispatcher.acquire(first=first)
        got.append(name)
        dispatcher.release(taken)

    work = []
    for name, first in (("a", False), ("b", False), ("retry", True)):
        work.append(asyncio.create_task(wait(name, first)))
        await asyncio.sleep(0)
    dispatcher.release(lane)
    await asyncio.gather(*work)
    assert got == ["retry", "a", "b"]
    assert lane.held == 0


@inside_loop
async def test_a_slot_promised_to_a_caller_who_left_is_not_lost() -> None:
    dispatcher, [lane] = make(1, limit=1)
    await dispatcher.acquire(first=False)
    gone = asyncio.create_task(dispatcher.acquire(first=False))
    await asyncio.sleep(0)
    dispatcher.release(lane)  # the slot is handed over, but its new holder has not run yet
    gone.cancel()
    with pytest.raises(asyncio.CancelledError):
        await gone
    assert lane.held == 0
    assert await dispatcher.acquire(first=False) is lane


@inside_loop
async def test_failures_in_a_row_eject_and_an_answer_between_them_does_not() -> None:
    dispatcher, [lane] = make(1)
    for _ in range(FAILURES_TO_EJECT - 1):
        dispatcher.judge(lane, FAILED)
    dispatcher.judge(lane, ANSWERED)
    for _ in range(FAILURES_TO_EJECT - 1):
        dispatcher.judge(lane, FAILED)
    assert lane.status is Status.UP
    dispatcher.judge(lane, FAILED)
    assert (lane.status, lane.cause) == (Status.EJECTED, "HTTP 500: boom")
    dispatcher.judge(lane, ANSWERED)
    assert lane.status is Status.UP


@inside_loop
async def test_a_lane_that_cannot_be_reached_is_out_at_once() -> None:
    """Refusals come faster than any answer, so a dead lane would look least loaded and draw every request."""
    dispatcher, (dead, other) = make(2)
    dispatcher.judge(dead, Attempt(Verdict.UNREACHABLE, "ConnectError"))
    assert (dead.status, dead.cause) == (Status.EJECTED, "ConnectError")
    assert dead.ejected.is_set(), "its prober sleeps on"
    for _ in range(3):
        assert await dispatcher.acquire(first=False) is other


@inside_loop
async def test_an_ejected_lanes_requests_move_only_if_another_lane_can_take_them() -> None:
    dispatcher, (first, second) = make(2)
    hanging: list[asyncio.Task[Attempt]] = []
    for lane in (first, second):
        hanging.append(asyncio.create_task(asyncio.sleep(60, ANSWERED)))
        lane.attempts.add(hanging[-1])
    dispatcher.eject(first, "silent")
    dispatcher.eject(second, "silent too")
    await asyncio.sleep(0)
    assert [task.cancelled() for task in hanging] == [True, False]
    hanging[1].cancel()


@inside_loop
async def test_a_full_endpoint_is_left_alone_then_asked_less_and_recovers() -> None:
    dispatcher, [lane] = make(1, limit=8)
    for _ in range(5):  # answers to requests that were in flight together count once
        dispatcher.judge(lane, Attempt(Verdict.BUSY, retry_after_s=0.05))
    assert lane.limit == 4
    assert not lane.room
    taken = await dispatcher.acquire(first=False)
    assert taken.room
    for _ in range(200):
        dispatcher.judge(lane, ANSWERED)
    assert lane.limit == 8


@inside_loop
async def test_a_misconfigured_lane_stays_out() -> None:
    dispatcher, [lane] = make(1)
    dispatcher.judge(lane, Attempt(Verdict.MISCONFIGURED, "HTTP 401: no"), probe=True)
    dispatcher.eject(lane, "late failure")
    assert (lane.status, lane.cause) == (Status.MISCONFIGURED, "HTTP 401: no")
