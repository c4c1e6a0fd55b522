"""Endpoints that are worse than dead: good to probes alone, at odds with one request, or never done answering."""

from __future__ import annotations

import pytest

from curation.errors import PoolError
from curation.samples import Reason
from tests.integration.test_client import QUICK, client, request
from tests.integration.test_client_faults import PATIENT, after, all_up
from tests.servers.openai import Call, LlmServer, Reply

HUGE = b'{"choices": [{"message": {"content": "A man."}, "finish_reason": "stop"}], "usage": {"prompt_tokens": %d}}'


def only_probes(reply: Reply) -> LlmServer:
    """A server that answers probes, and every request by `reply`."""
    return LlmServer(lambda call: Reply() if call.probe else reply)


@pytest.mark.parametrize(
    "reply",
    [
        Reply(status=500, text="no grammar"),
        Reply(status=403, text="no access"),
        Reply(drop=True),
        Reply(drip_s=0.2),
        Reply(cut=True),
        Reply(hang=True),
    ],
    ids=["fails", "forbids", "drops", "drips", "cuts its answers", "hangs"],
)
def test_no_request_is_lost_to_an_endpoint_that_answers_probes_alone(reply: Reply) -> None:
    """It fails faster than the other answers, so it is the least loaded, and each probe would let it back in."""
    section = QUICK.model_copy(update={"patience_s": 30.0, "total_s": 30.0})
    with only_probes(reply) as bad, LlmServer(after(0.05)) as good, client(bad, good, section=section) as asked:
        all_up(asked)
        answers = asked.ask([request(str(number)) for number in range(300)])
    assert {answer.failure for answer in answers} == {None}
    assert [answer.text for answer in answers] == [f"re: {number}" for number in range(300)]
    assert len(bad.calls) < 60, "it was asked again and again"


def test_endpoints_that_answer_probes_alone_end_the_run_with_their_cause_and_cost_no_row() -> None:
    with only_probes(Reply(status=500, text="no grammar")) as bad, client(bad) as asked:
        all_up(asked)
        with pytest.raises(PoolError, match="HTTP 500: no grammar"):
            asked.ask([request() for _ in range(200)])


def test_an_endpoint_that_answers_requests_again_is_filled_again() -> None:
    with LlmServer(after(0.05)) as server, LlmServer(after(0.05)) as other, client(server, other) as asked:
        all_up(asked)
        server.script = lambda call: Reply() if call.probe else Reply(status=500)
        asked.ask([request() for _ in range(60)])
        server.script, server.peak = after(0.05), 0
        while server.peak < QUICK.max_in_flight:
            assert {answer.failure for answer in asked.ask([request() for _ in range(60)])} == {None}
        assert asked.state().count("up (0 in flight)") == 2


@pytest.mark.parametrize("status", [302, 402, 403])
def test_a_request_that_a_gateway_forbids_costs_itself_alone(status: int) -> None:
    """A firewall in front of a server may take one caption for an attack."""

    def script(call: Call) -> Reply:
        return Reply(status=status, text="blocked") if "<script>" in call.last else after(0.3)(call)

    with LlmServer(script) as server, client(server) as asked:
        all_up(asked)
        answers = asked.ask([request("<script>" if number == 2 else str(number)) for number in range(24)])
    assert [number for number, answer in enumerate(answers) if answer.failure is not None] == [2]
    assert answers[2].failure is Reason.LLM_FAILED
    assert f"HTTP {status}: blocked" in answers[2].detail


def test_a_key_that_is_revoked_in_mid_run_ends_it_with_its_cause() -> None:
    with LlmServer(after(0.01)) as server, client(server) as asked:
        asked.ask([request()])
        server.script = lambda _: Reply(status=401, text="revoked")
        with pytest.raises(PoolError, match=r"HTTP 401: revoked.*Mend"):
            asked.ask([request() for _ in range(100)])


def test_endpoints_that_are_full_for_ever_end_the_run_with_a_cause() -> None:
    section = PATIENT.model_copy(update={"patience_s": 2.0, "first_patience_s": 2.0})
    full = LlmServer(lambda _: Reply(status=429, headers={"Retry-After": "86400"}))
    with full, client(full, section=section) as asked, pytest.raises(PoolError, match=r"2\S* s: .*429"):
        asked.ask([request() for _ in range(20)])


def test_counts_that_no_table_holds_count_as_none() -> None:
    with LlmServer(lambda _: Reply(raw=HUGE % 10**30)) as server, client(server) as asked:
        answer = asked.ask([request()])[0]
    assert (answer.text, answer.failure, answer.prompt_tokens) == ("A man.", None, 0)
