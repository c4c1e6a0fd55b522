"""`ray job submit` against a local head works as it does on a cluster."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.world import world

PROJECT = Path(__file__).parents[2]
RAY = str(Path(sys.executable).with_name("ray"))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.timeout(420)
def test_a_submitted_job_commits_every_row_and_reports_success(tmp_path: Path) -> None:
    engine = {"kind": "ray", "pools": {"prepare": {"cpus": 0.5}, "fetch": {"cpus": 0.5}, "finish": {"cpus": 0.5}}}
    gcs, dashboard = _free_port(), _free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
    environment |= {"RAY_AUTH_MODE": "disabled", "RAY_USAGE_STATS_ENABLED": "0"}
    start = [RAY, "start", "--head", "--block", "--num-cpus", "8", "--port", str(gcs), "--dashboard-host", "127.0.0.1",
             "--dashboard-port", str(dashboard), "--dashboard-agent-listen-port", str(_free_port()),
             "--temp-dir", f"/tmp/ray-job-{os.getpid()}"]  # fmt: skip
    with world(tmp_path, engine=engine) as made:
        made.add_rows("a.parquet", 0, 25)
        head = subprocess.Popen(start, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            _wait_for_port(dashboard, head)
            address = f"http://127.0.0.1:{dashboard}"
            command = [RAY, "job", "submit", "--address", address, "--working-dir", str(PROJECT),
                       "--", sys.executable, "-m", "curation", "run", str(made.recipe)]  # fmt: skip
            done = _submit(command, environment)
        finally:
            head.terminate()
            head.wait(60)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
        assert "succeeded" in done.stdout
        assert made.outcomes() == made.expected(0, 25)


def _submit(command: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Submit until the head takes it: its job agent comes up some seconds after its port."""
    end = time.monotonic() + 120
    while True:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
        if "No available agent" not in done.stderr or time.monotonic() > end:
            return done
        time.sleep(1)


def _wait_for_port(port: int, head: subprocess.Popen[bytes]) -> None:
    """Until the head's job server listens."""

    end = time.monotonic() + 120
    while time.monotonic() < end and head.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.5)
    pytest.fail("the Ray head did not start")
