"""Endpoints that die, hang, come back or never come up: what the LLM client does about each.

`CURATION_PROMISES=full` tries the promises 8, 9 and 10 as often as their table says.
"""

from __future__ import annotations

import os
import random
import re
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from time import monotonic

import pytest

from curation.errors import PoolError
from curation.inference.chat import Endpoint
from curation.inference.client import Client
from curation.inference.open import ForeignEndpoints
from curation.samples import Reason
from tests.integration.test_client import QUICK, client, request
from tests.servers.openai import Call, LlmServer, Reply, Script

FULL = os.environ.get("CURATION_PROMISES") == "full"
# Bounds of seconds and not of tenths: a busy machine may hold everything up for a second at any point.
PATIENT = QUICK.model_copy(
    update={
        "timeout_s": 30.0,
        "total_s": 60.0,
        "patience_s": 30.0,
        "first_patience_s": 30.0,
        "probe_interval_s": 1.0,
        "probe_deadline_s": 2.5,
    }
)


def all_up(asked: Client) -> None:
    """Returns when every endpoint has answered its first probe."""
    asked.wait_ready(20)
    deadline = monotonic() + 20
    while "starting" in asked.state() and monotonic() < deadline:
        threading.Event().wait(0.01)


def after(delay_s: float) -> Script:
    """Answers with the last message, after a while."""
    return lambda call: Reply(text=f"re: {call.last}", delay_s=0 if call.probe else delay_s)


@contextmanager
def once(ready: Callable[[], bool], act: Callable[[], None]) -> Iterator[None]:
    """Does `act` in a thread as soon as `ready` says so."""

    def wait() -> None:
        deadline = monotonic() + 10
        while not ready() and monotonic() < deadline:
            threading.Event().wait(0.002)
        act()

    thread = threading.Thread(target=wait)
    thread.start()
    try:
        yield
    finally:
        thread.join()


def test_no_request_is_lost_when_one_of_two_endpoints_dies() -> None:
    for _ in range(100 if FULL else 5):
        with LlmServer(after(0.02)) as dying, LlmServer(after(0.02)) as other, client(dying, other) as asked:
            all_up(asked)
            with once(lambda dying=dying: len(dying.calls) >= 15, dying.kill):  # type: ignore[misc]
                answers = asked.ask([request(str(number)) for number in range(100)])
            assert [answer.text for answer in answers] == [f"re: {number}" for number in range(100)]
            assert {answer.failure for answer in answers} == {None}
            again = sum(answer.attempts - 1 for answer in answers)
            assert again <= 2 * QUICK.max_in_flight, "a dead endpoint was asked again and again"
            assert "ejected" in asked.state()


def test_an_endpoint_that_hangs_behind_a_healthy_door_is_out_within_two_probe_deadlines() -> None:
    took = [hang_once() for _ in range(20 if FULL else 1)]
    sys.stdout.write(f"slowest of {len(took)}: {max(took):.1f} s; two deadlines: {2 * PATIENT.probe_deadline_s:g} s\n")
    # The rest takes well under a second; what was in flight had to wait until the endpoint was out.
    assert max(took) < 2 * PATIENT.probe_deadline_s + 2.0


def hang_once() -> float:
    """Seconds from the moment one of two endpoints hangs to the last of a hundred answers."""
    hangs_from: list[float] = []
    hanging, other = LlmServer(after(0.02)), LlmServer(after(0.02))
    with hanging, other, client(hanging, other, section=PATIENT) as asked:
        all_up(asked)

        def hang() -> None:
            hanging.script = lambda _: Reply(hang=True)
            hangs_from.append(monotonic())

        with once(lambda: len(hanging.calls) >= 15, hang):
            answers = asked.ask([request(str(number)) for number in range(100)])
        took = monotonic() - hangs_from[0]
    assert {answer.failure for answer in answers} == {None}
    assert sorted(answer.text for answer in answers) == sorted(f"re: {number}" for number in range(100))
    assert hanging.cancelled > 0, "its requests were not taken back"
    return took


def test_an_endpoint_that_generates_again_gets_requests_again() -> None:
    server, other = LlmServer(after(0.05)), LlmServer(after(0.05))
    with server, other, client(server, other, section=PATIENT) as asked:
        all_up(asked)
        server.script = lambda _: Reply(hang=True)
        with once(lambda: "ejected" in asked.state(), lambda: setattr(server, "script", after(0.05))):
            answers = asked.ask([request(str(number)) for number in range(200)])
        held = len(server.calls)
        deadline = monotonic() + 20
        while "ejected" in asked.state() and monotonic() < deadline:
            answers += asked.ask([request("more") for _ in range(16)])
        answers += asked.ask([request("more") for _ in range(32)])
        assert {answer.failure for answer in answers} == {None}
        assert "ejected" not in asked.state()
    assert len(server.calls) >= held + 8


def test_a_lone_endpoint_that_restarts_loses_nothing() -> None:
    """Not even those whose own deadline passes while it is away."""
    section = PATIENT.model_copy(update={"timeout_s": 2.5, "total_s": 2.5})
    with LlmServer(after(0.03)) as server, client(server, section=section) as asked:
        all_up(asked)

        def restart() -> None:
            server.kill()
            threading.Event().wait(3.0)
            server.start()

        with once(lambda: len(server.calls) >= 20, restart):
            answers = asked.ask([request(str(number)) for number in range(60)])
    assert [answer.text for answer in answers] == [f"re: {number}" for number in range(60)]


def test_a_slow_endpoint_that_still_answers_is_not_ejected() -> None:
    """A full queue keeps a probe waiting behind it; its answers are the sign of life."""
    with LlmServer(after(0.0)) as server, client(server, section=PATIENT) as asked:
        all_up(asked)
        # Eight answers together every 1.5 s: after 1 s of silence a probe goes out, and would wait far too long.
        server.script = lambda call: Reply(text=call.last, delay_s=20.0 if call.probe else 1.5)
        before = server.probes
        seen: set[str] = set()
        done = threading.Event()

        def look() -> None:
            while not done.wait(0.02):
                seen.add(asked.state().split()[1])

        watcher = threading.Thread(target=look)
        watcher.start()
        answers = asked.ask([request(str(number)) for number in range(24)])
        done.set()
        watcher.join()
    assert {(answer.failure, answer.attempts) for answer in answers} == {(None, 1)}
    assert seen == {"up"}
    assert server.probes > before, "no probe was sent, so nothing was shown"


def test_answers_that_are_late_are_worth_more_than_a_request_sent_to_nobody() -> None:
    """The only endpoint falls silent for longer than a probe may, then answers all it holds."""
    with LlmServer(after(0.0)) as server, client(server, section=PATIENT) as asked:
        all_up(asked)
        server.script = lambda call: Reply(text=call.last, delay_s=5.0)
        answers = asked.ask([request(str(number)) for number in range(8)])
    assert {(answer.failure, answer.attempts) for answer in answers} == {(None, 1)}
    assert len(server.calls) == 8


def test_a_pool_that_is_gone_ends_the_run_with_each_endpoints_cause() -> None:
    with LlmServer() as first, LlmServer() as second, client(first, second) as asked:
        all_up(asked)
        first.kill()
        second.script = lambda _: Reply(status=500, text="engine dead")
        started = monotonic()
        with pytest.raises(PoolError) as caught:
            asked.ask([request() for _ in range(200)])
        assert QUICK.patience_s - 0.5 <= monotonic() - started < QUICK.patience_s + 5
        assert f"{first.url}: connection refused" in str(caught.value)
        assert "inference.client.patience_s" in str(caught.value)
        assert "HTTP 500: engine dead" in str(caught.value)
        second.script = after(0.0)
        assert asked.ask([request()])[0].failure is None, "whoever asks again is granted the patience again"


def test_every_thread_that_asks_a_dead_pool_is_told() -> None:
    errors: list[PoolError] = []
    with LlmServer(lambda _: Reply(hang=True)) as server, client(server) as asked:

        def partition() -> None:
            with pytest.raises(PoolError) as caught:
                asked.ask([request() for _ in range(20)])
            errors.append(caught.value)

        threads = [threading.Thread(target=partition) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
    assert len(errors) == 3


def test_endpoints_that_come_up_late_are_waited_for_and_reported_if_they_never_do() -> None:
    late = LlmServer()
    late.start()
    late.kill()  # its port is known now, and closed
    with client(late, section=PATIENT) as asked:
        with pytest.raises(PoolError, match=r"no LLM endpoint has answered for 1 s: .*refused.*first_patience_s"):
            asked.wait_ready(1)
        threading.Timer(0.7, late.start).start()
        asked.wait_ready(5)
        assert asked.ask([request("now")])[0].text == "re: now"
    late.kill()


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://127.0.0.1:9/v1", "connection refused, nothing listens there"),
        ("http://no-such-host.invalid/v1", "no host of this name is known"),
    ],
)
def test_a_wrong_port_or_host_is_told_at_once_with_how_long_it_is_waited_for_and_the_key(url: str, why: str) -> None:
    with closing(ForeignEndpoints(PATIENT, (Endpoint(url, "m"),), "inference.endpoints")) as endpoints:
        deadline = monotonic() + 20
        while "no answer yet" in endpoints.state() and monotonic() < deadline:
            threading.Event().wait(0.01)
        told = re.fullmatch(r"waiting (\d+) s more for (.*) \((.*)\)", endpoints.state())
        assert told is not None, endpoints.state()
        assert 10 <= int(told[1]) <= 30
        assert told[2] == f"{url}: {why}"
        assert told[3] == "inference.client.first_patience_s: 30"
        endpoints.check()


def test_a_wrong_port_beside_a_right_one_is_told_and_ends_nothing() -> None:
    wrong = Endpoint("http://127.0.0.1:9/v1", "m")
    with LlmServer() as server:
        both = (Endpoint(server.url, server.model), wrong)
        with closing(ForeignEndpoints(QUICK, both, "inference.endpoints")) as endpoints:
            deadline = monotonic() + 20
            while "refused" not in endpoints.state() and monotonic() < deadline:
                threading.Event().wait(0.01)
            threading.Event().wait(QUICK.first_patience_s)
            endpoints.check()
            assert endpoints.state() == f"ready, but for {wrong.url}: connection refused, nothing listens there"


def test_a_connection_that_breaks_once_ejects_nobody() -> None:
    """A server may close a connection that was idle just as it is used again."""
    drops = iter([Reply(drop=True), Reply(drop=True)])
    with LlmServer() as server, client(server, section=PATIENT) as asked:
        all_up(asked)
        server.script = lambda call: next(drops, Reply(text=f"re: {call.last}"))
        (answer,) = asked.ask([request("a")])
        assert (answer.text, answer.attempts) == ("re: a", 3)
    with LlmServer() as dropping, LlmServer(after(0.0)) as other, client(dropping, other, section=PATIENT) as asked:
        all_up(asked)
        dropping.script = lambda _: Reply(drop=True)
        assert {answer.failure for answer in asked.ask([request() for _ in range(20)])} == {None}
        assert f"{dropping.url} ejected (0 in flight, " in asked.state()


def garbage(dice: random.Random) -> Reply:
    """A reply that no sane server gives."""
    whole = b'{"choices": [{"message": {"role": "assistant", "content": "A man."}, "finish_reason": "stop"}]}'
    kind = dice.randrange(8)
    if kind == 0:
        return Reply(raw=whole[: dice.randrange(len(whole))])
    if kind == 1:
        torn = bytearray(whole)
        for _ in range(dice.randrange(1, 12)):
            torn[dice.randrange(len(torn))] = dice.randrange(256)
        return Reply(raw=bytes(torn))
    if kind == 2:
        return Reply(raw=dice.randbytes(dice.randrange(300)))
    if kind == 3:
        return Reply(raw=dice.randbytes(40), content_type="application/octet-stream")
    if kind == 4:
        return Reply(text="", finish_reason=dice.choice(["stop", "content_filter", "tool_calls", "??"]))
    if kind == 5:
        return Reply(text="A man in a", finish_reason="length")
    if kind == 6:
        return Reply(status=dice.choice([204, 301, 408, 409, 418, 425, 500, 502, 503, 504, 529]), text="no")
    return Reply(drop=True)


def test_garbled_answers_never_raise_and_never_pass_for_a_whole_one() -> None:
    dice = random.Random(5)
    count = 10_000 if FULL else 400
    replies = [garbage(dice) for _ in range(count)]
    section = QUICK.model_copy(update={"attempts": 1, "backoff_s": 0.0, "patience_s": 30.0})

    def script(call: Call) -> Reply:
        return Reply() if call.probe else replies[call.number % len(replies)]

    with LlmServer(script) as server, client(server, section=section) as asked:
        answers = asked.ask([request() for _ in range(count)])
    assert len(answers) == count
    for answer in answers:
        assert isinstance(answer.text, str)
        if answer.failure is None:  # a few torn bodies are still whole completions
            assert answer.text.strip()
            assert answer.finish_reason in ("stop", None)
        else:
            assert answer.failure in (
                Reason.LLM_FAILED, Reason.LLM_INVALID, Reason.LLM_TRUNCATED, Reason.LLM_BAD_REQUEST,
            )  # fmt: skip
            assert answer.detail
    assert sum(answer.failure is None for answer in answers) < count * 0.15
