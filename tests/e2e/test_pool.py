"""The vLLM pool for real: Ray Serve LLM on the CPU, serving the small open model from its package."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic, sleep

import psutil
import pytest

from curation.errors import PoolError
from curation.inference.chat import ChatRequest, Endpoint
from curation.inference.client import Client
from curation.inference.client_section import ClientSection
from curation.inference.pool import ServePool
from curation.inference.pool_section import PoolSection
from curation.meter import LocalMeter
from curation.samples import Reason
from tests.e2e.conftest import SECTION

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

CLIENT = ClientSection(max_in_flight=40, timeout_s=600, total_s=900, probe_deadline_s=300)
SCHEMA = {
    "type": "object",
    "properties": {"question": {"type": "string", "maxLength": 60}, "answer": {"type": "string", "maxLength": 60}},
    "required": ["question", "answer"],
    "additionalProperties": False,
}


@pytest.fixture(scope="module")
def client(pool: ServePool) -> Iterator[Client]:
    with Client(CLIENT, pool.endpoints, LocalMeter()) as client:
        client.wait_ready(300)
        yield client


def request(text: str, **more: object) -> ChatRequest:
    return ChatRequest(({"role": "user", "content": text},), **{"max_tokens": 80, "temperature": 0.7, **more})  # type: ignore[arg-type]


def test_a_source_that_is_no_model_is_told_at_once(cluster: None, tmp_path: Path) -> None:
    pool = ServePool(PoolSection(model="nothing", source=str(tmp_path), kind="cpu"))
    started = monotonic()
    with pool, pytest.raises(PoolError, match=r"it has no config\.json"):
        pool.wait_ready()
    assert monotonic() - started < 120  # Ray Serve's start, which is first
    assert pool.state().startswith("failed: ")


def test_a_full_queue_of_long_prompts_is_answered_in_compact_json(client: Client) -> None:
    """Forty long prompts at once: their prefill is split into chunks, which is where seeds kill this engine."""
    caption = "A man in a blue coat holds an umbrella beside a parked bicycle. "
    answers = client.ask([request(f"Image {row}. {caption * 45} Ask and answer.", schema=SCHEMA) for row in range(40)])
    assert {answer.failure for answer in answers} <= {None, Reason.LLM_TRUNCATED}
    whole = [answer for answer in answers if answer.failure is None]
    assert len(whole) >= 30
    for answer in whole:
        assert set(json.loads(answer.text)) == {"question", "answer"}
        assert "\n" not in answer.text
    assert min(answer.prompt_tokens for answer in answers) > 600
    assert {answer.model for answer in answers} == {SECTION.model}


def test_a_request_that_is_too_long_is_refused_and_the_next_is_answered(client: Client) -> None:
    long, short = client.ask([request("word " * 5000), request("Hi", max_tokens=200)])
    assert long.failure is Reason.LLM_BAD_REQUEST
    assert "2048" in long.detail
    assert short.failure is None


def test_a_model_that_is_not_served_ends_the_run_with_its_name(pool: ServePool) -> None:
    endpoint = Endpoint(pool.endpoints[0].url, "another-model")
    with Client(CLIENT, [endpoint], LocalMeter()) as client, pytest.raises(PoolError, match="another-model"):
        client.ask([request("Hi")])


def test_a_second_user_joins_the_pool_and_leaves_it_up(pool: ServePool, client: Client) -> None:
    started = monotonic()
    with ServePool(SECTION) as joined:
        joined.wait_ready(60)
        assert joined.endpoints == pool.endpoints
    assert monotonic() - started < 30
    sleep(1)
    assert client.ask([request("Hi", max_tokens=200)])[0].failure is None


def test_the_last_user_takes_the_pool_down_and_no_engine_stays(pool: ServePool, client: Client) -> None:
    engines = _engines()
    client.close()
    pool.stop()
    deadline = monotonic() + 30
    while _engines() & engines and monotonic() < deadline:
        sleep(0.5)
    assert not _engines() & engines


@pytest.mark.fuzz
@pytest.mark.timeout(1800)
def test_a_lost_replica_is_replaced_its_requests_are_answered_and_its_engine_does_not_stay(cluster: None) -> None:
    section = SECTION.model_copy(update={"model": "lost", "hang_s": 20.0})
    patient = CLIENT.model_copy(update={"probe_deadline_s": 30.0, "patience_s": 600.0})
    ways: dict[str, Callable[[psutil.Process], None]] = {
        "its engine hangs": lambda engine: engine.suspend(),
        "its engine dies": lambda engine: engine.kill(),
        "it dies": lambda engine: engine.parent().kill(),
    }
    with ServePool(section) as pool:
        pool.wait_ready()
        with Client(patient, pool.endpoints, LocalMeter()) as client:
            client.ask([request("Hi")])
            for how, lose in ways.items():
                engines = _engines()
                for pid in engines:
                    lose(psutil.Process(int(pid)))
                answers = client.ask([request(f"Hi {row}", max_tokens=300) for row in range(8)])
                assert {answer.failure for answer in answers} <= {None, Reason.LLM_TRUNCATED}, how
                assert not {pid for pid in engines if psutil.pid_exists(int(pid))}, f"{how}: the engine is still there"


def _engines() -> set[str]:
    """Process ids of the vLLM engines that descend from this process's Ray."""
    listed = subprocess.run(["pgrep", "-f", "VLLM::"], capture_output=True, text=True, check=False).stdout.split()
    found = set()
    for pid in listed:
        try:
            parents = [parent.name() for parent in psutil.Process(int(pid)).parents()]
        except psutil.NoSuchProcess:
            continue
        if "raylet" in parents:
            found.add(pid)
    return found
