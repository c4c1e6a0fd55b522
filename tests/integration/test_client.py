"""The LLM client against scripted servers on loopback: what is sent, what comes back, and what each failure becomes."""

from __future__ import annotations

import threading
from time import monotonic

import pytest

from curation.errors import PoolError, RecipeError
from curation.inference.chat import ChatAnswer, ChatRequest, Endpoint
from curation.inference.client import Client
from curation.inference.client_section import ClientSection
from curation.meter import LocalMeter
from curation.samples import Reason
from tests.servers.openai import Call, LlmServer, Reply

QUICK = ClientSection(
    max_in_flight=8, timeout_s=2, total_s=10, attempts=3, backoff_s=0.02, backoff_max_s=0.05, retry_after_max_s=1,
    probe_interval_s=1, probe_deadline_s=2, patience_s=4, first_patience_s=4, max_answer_bytes=100_000,
)  # fmt: skip

WHOLE = b'{"choices": [{"message": {"content": "A man."}, "finish_reason": "stop"}]}'


def request(text: str = "hello", **more: object) -> ChatRequest:
    return ChatRequest(({"role": "user", "content": text},), max_tokens=50, temperature=0.7, **more)  # type: ignore[arg-type]


def client(*servers: LlmServer, section: ClientSection = QUICK, meter: LocalMeter | None = None) -> Client:
    return Client(section, [Endpoint(server.url, server.model) for server in servers], meter or LocalMeter())


def ask_one(reply: Reply) -> tuple[ChatAnswer, int]:
    """The answer to one request at a server that always replies so, and how often it was asked."""
    with LlmServer(lambda call: Reply() if call.probe else reply) as server, client(server) as asked:
        return asked.ask([request()])[0], len(server.calls)


def test_answers_come_in_the_order_of_the_requests_and_are_counted() -> None:
    meter = LocalMeter()
    delays = (0.05, 0.0, 0.02)

    def script(call: Call) -> Reply:
        return Reply(text=f"re: {call.last}", delay_s=0 if call.probe else delays[int(call.last) % 3])

    with LlmServer(script) as server, client(server, meter=meter) as asked:
        answers = asked.ask([request(str(number)) for number in range(60)])
        assert asked.ask([]) == []
    assert [answer.text for answer in answers] == [f"re: {number}" for number in range(60)]
    assert {answer.failure for answer in answers} == {None}
    assert {(answer.attempts, answer.model, answer.finish_reason) for answer in answers} == {(1, "stand-in", "stop")}
    totals = meter.snapshot()["rewrite"]
    assert totals["requests"] == totals["answers"] == 60
    assert (totals["prompt_tokens"], totals["completion_tokens"]) == (60 * 7, 60 * 2)
    assert "retries" not in totals


def test_the_body_carries_schema_and_seed_only_when_they_are_given() -> None:
    schema = {"type": "object", "properties": {"answer": {"type": "string"}}, "required": ["answer"]}
    with LlmServer() as server, client(server) as asked:
        asked.ask([request("plain")])
        asked.ask([request("formed", seed=11, schema=schema)])
    plain, formed = (call.body for call in server.calls)
    assert plain == {
        "model": "stand-in", "messages": [{"role": "user", "content": "plain"}], "max_tokens": 50, "temperature": 0.7,
    }  # fmt: skip
    assert formed["seed"] == 11
    assert formed["response_format"]["type"] == "json_schema"
    assert formed["response_format"]["json_schema"]["schema"] == schema


def test_in_flight_requests_fill_the_budget_and_never_pass_it() -> None:
    with LlmServer(lambda call: Reply(delay_s=0 if call.probe else 0.03)) as server, client(server) as asked:
        asked.ask([request() for _ in range(80)])
    assert server.peak == QUICK.max_in_flight


def test_threads_share_one_budget_and_each_gets_its_own_answers() -> None:
    got: dict[int, list[str]] = {}
    with LlmServer(lambda call: Reply(text=call.last, delay_s=0.01)) as server, client(server) as asked:

        def partition(number: int) -> None:
            got[number] = [answer.text for answer in asked.ask([request(f"{number}-{row}") for row in range(30)])]

        threads = [threading.Thread(target=partition, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert got == {number: [f"{number}-{row}" for row in range(30)] for number in range(4)}
    assert server.peak == QUICK.max_in_flight


def test_the_faster_of_two_endpoints_gets_more_and_both_are_kept_full() -> None:
    slow = LlmServer(lambda call: Reply(delay_s=0 if call.probe else 0.15))
    fast = LlmServer(lambda call: Reply(delay_s=0 if call.probe else 0.03))
    with slow, fast, client(slow, fast) as asked:
        asked.wait_ready(2)
        asked.ask([request() for _ in range(150)])
    assert slow.peak == fast.peak == QUICK.max_in_flight
    assert len(fast.calls) > 2 * len(slow.calls) > 0


def test_server_errors_are_retried_and_then_answered() -> None:
    meter = LocalMeter()

    def script(call: Call) -> Reply:
        return Reply(status=500, text="boom") if not call.probe and call.number < 2 else Reply()

    with LlmServer(script) as server, client(server, meter=meter) as asked:
        answer = asked.ask([request()])[0]
    assert (answer.failure, answer.attempts) == (None, 3)
    assert meter.snapshot()["rewrite"]["retries"] == 2


@pytest.mark.parametrize(
    ("reply", "detail"),
    [
        (Reply(status=500, text="boom"), "HTTP 500: boom"),
        (Reply(status=503, raw=b"", content_type="text/plain"), "HTTP 503: Service Unavailable"),
        (Reply(raw=b"{not json"), "cannot be read"),
        (Reply(raw=b"<html>200 OK</html>", content_type="text/html"), "no chat completion"),
        (Reply(raw=b"[]"), "no chat completion"),
        (Reply(raw=b'{"choices": []}'), "no chat completion"),
        (Reply(raw=b'{"choices": [null]}'), "no chat completion"),
        (Reply(raw=b'{"choices": [{"message": {"content": {"a": 1}}}]}'), "no chat completion"),
        (Reply(raw=WHOLE + b" " * 200_000), "longer than 100000 bytes"),
        (Reply(drop=True), "attempts, the last: "),
    ],
)
def test_a_server_that_keeps_failing_costs_the_request_its_attempts_and_no_more(reply: Reply, detail: str) -> None:
    answer, calls = ask_one(reply)
    assert answer.failure is Reason.LLM_FAILED
    assert detail in answer.detail
    assert answer.attempts == calls == QUICK.attempts


def test_a_request_that_the_server_refuses_is_asked_once() -> None:
    answer, calls = ask_one(Reply(status=400, text="This model's maximum context length is 2048 tokens"))
    assert calls == 1
    assert answer.failure is Reason.LLM_BAD_REQUEST
    assert "maximum context length" in answer.detail


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Reply(text="A man in a", finish_reason="length"), Reason.LLM_TRUNCATED),
        (Reply(text=""), Reason.LLM_INVALID),
        (Reply(text=" \n "), Reason.LLM_INVALID),
        (Reply(text="", finish_reason="content_filter"), Reason.LLM_INVALID),
        (Reply(text="half", finish_reason="abort"), Reason.LLM_INVALID),
        (Reply(raw=b'{"choices": [{"message": {"content": null}, "finish_reason": "stop"}]}'), Reason.LLM_INVALID),
    ],
)
def test_an_answer_that_is_cut_short_empty_or_withheld_says_so_and_is_not_asked_again(
    reply: Reply, reason: Reason
) -> None:
    answer, calls = ask_one(reply)
    assert (answer.failure, calls) == (reason, 1)
    assert answer.detail
    assert answer.text == (reply.text if reply.raw is None else "")


def test_retry_after_is_honoured_and_halves_what_the_endpoint_holds() -> None:
    times: list[float] = []

    def script(call: Call) -> Reply:
        if not call.probe:
            times.append(monotonic())
        return Reply(status=429, headers={"Retry-After": "0.5"}) if not call.probe and call.number < 8 else Reply()

    with LlmServer(script) as server, client(server) as asked:
        answers = asked.ask([request() for _ in range(8)])
    assert {answer.failure for answer in answers} == {None}
    assert max(answer.attempts for answer in answers) == 2
    first, then = times[7], times[8]
    assert 0.45 <= then - first < 5


def test_retry_after_has_a_ceiling() -> None:
    def script(call: Call) -> Reply:
        return Reply(status=429, headers={"Retry-After": "3600"}) if not call.probe and call.number < 1 else Reply()

    started = monotonic()
    with LlmServer(script) as server, client(server) as asked:
        assert asked.ask([request()])[0].failure is None
    assert monotonic() - started < QUICK.retry_after_max_s + 5


def test_an_endpoint_that_is_always_full_ends_the_request_in_time() -> None:
    section = QUICK.model_copy(update={"total_s": 1.0, "timeout_s": 1.0, "patience_s": 30.0})
    with (
        LlmServer(lambda call: Reply() if call.probe else Reply(status=429, headers={"Retry-After": "0"})) as server,
        client(server, section=section) as asked,
    ):
        answer = asked.ask([request()])[0]
    assert answer.failure is Reason.LLM_FAILED
    assert answer.attempts < 60
    assert answer.seconds < 3


def test_an_attempt_ends_at_its_deadline_and_the_request_at_its_own() -> None:
    section = QUICK.model_copy(update={"timeout_s": 0.2, "total_s": 0.5, "attempts": 50})
    hanging = LlmServer(lambda call: Reply(hang=not call.probe))
    started = monotonic()
    with hanging, client(hanging, section=section) as asked:
        answer = asked.ask([request()])[0]
    assert answer.failure is Reason.LLM_FAILED
    assert 2 <= answer.attempts <= 4
    assert monotonic() - started < 5


@pytest.mark.parametrize(
    ("status", "text"), [(401, "Incorrect API key"), (403, "No access"), (404, "The model `x` does not exist.")]
)
def test_a_wrong_key_url_or_model_ends_the_run_at_once_with_its_cause(status: int, text: str) -> None:
    started = monotonic()
    with LlmServer(lambda _: Reply(status=status, text=text)) as server, client(server) as asked:
        with pytest.raises(PoolError, match=f"HTTP {status}: {text}.*Mend"):
            asked.ask([request()])
        with pytest.raises(PoolError, match=str(status)):
            asked.wait_ready(5)
    assert monotonic() - started < 5
    assert server.calls == []


def test_a_front_door_without_a_route_yet_is_waited_for() -> None:
    server = LlmServer(lambda _: Reply(status=404, raw=b"Path '/x' not found.", content_type="text/plain"))
    with server, client(server) as asked:
        threading.Timer(0.8, lambda: setattr(server, "script", lambda _: Reply())).start()
        assert asked.ask([request()])[0].failure is None


def test_a_key_comes_from_the_environment_and_its_absence_names_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    with LlmServer() as server:
        endpoint = Endpoint(server.url, server.model, "SOME_KEY")
        monkeypatch.delenv("SOME_KEY", raising=False)
        with pytest.raises(RecipeError, match="SOME_KEY"):
            Client(QUICK, [endpoint], LocalMeter())
        monkeypatch.setenv("SOME_KEY", "s3cret")
        with Client(QUICK, [endpoint], LocalMeter()) as asked:
            asked.ask([request()])
    assert server.authorizations == {"Bearer s3cret"}


def test_an_idle_client_probes_nobody() -> None:
    with LlmServer() as server, client(server) as asked:
        asked.ask([request()])
        before = server.probes
        threading.Event().wait(1.0)
        assert server.probes == before
        assert asked.state().endswith("up (0 in flight)")


def test_a_closed_client_says_so() -> None:
    with LlmServer() as server:
        asked = client(server)
        asked.ask([request()])
        asked.close()
        asked.close()
        with pytest.raises(PoolError, match="closed"):
            asked.ask([request()])
