"""A whole run on two Ray nodes whose processes and second node are killed again and again. By `make promises`."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.integration.table_drivers import repetitions
from tests.servers.s3 import free_port
from tests.world import World, world

pytestmark = [pytest.mark.fuzz, pytest.mark.timeout(3600)]

PROJECT = Path(__file__).parents[2]
POOLS = ("prepare", "fetch", "rewrite", "finish")
RAY = {"kind": "ray", "pools": {name: {"cpus": 0.5, "max_restarts": -1} for name in POOLS}}
ROWS = 400


class Nodes:
    """A head without CPUs, where the driver is, and a node that does the work and may die. Started as on a cluster, so
    that this process's own Ray knows nothing of them."""

    def __init__(self, temporary: Path) -> None:
        self._temporary = temporary
        self.address = f"127.0.0.1:{free_port()}"
        port = self.address.partition(":")[2]
        self._head = self._start("--head", "--port", port, "--num-cpus", "0", "--include-dashboard", "false",
                                 "--temp-dir", str(temporary))  # fmt: skip
        self._worker: subprocess.Popen[bytes] | None = None
        end = time.monotonic() + 120
        while not _listens(int(port)) and time.monotonic() < end:
            time.sleep(0.5)
        self.replace()

    def _start(self, *options: str) -> subprocess.Popen[bytes]:
        command = [str(Path(sys.executable).with_name("ray")), "start", "--block", "--node-ip-address", "127.0.0.1",
                   "--dashboard-agent-listen-port", str(free_port()), *options]  # fmt: skip
        environment = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
        environment |= {"RAY_AUTH_MODE": "disabled", "RAY_USAGE_STATS_ENABLED": "0", "PYTHONPATH": str(PROJECT)}
        quiet = subprocess.DEVNULL
        return subprocess.Popen(command, env=environment, stdout=quiet, stderr=quiet, start_new_session=True)

    def replace(self) -> None:
        """Kill the working node with all that runs there, if there is one, and start another."""
        if self._worker is not None:
            _kill(self._worker)
        self._worker = self._start("--address", self.address, "--num-cpus", "4")

    def workers(self) -> list[psutil.Process]:
        """The processes of the run's pools."""
        assert self._worker is not None
        return [
            process
            for process in psutil.Process(self._worker.pid).children(recursive=True)
            if any("PoolActor" in part for part in _words(process))
        ]

    def close(self) -> None:
        for process in (self._worker, self._head):
            if process is not None:
                _kill(process)
        shutil.rmtree(self._temporary, ignore_errors=True)


def _kill(node: subprocess.Popen[bytes]) -> None:
    """A node with all that runs there, at once."""
    for process in [psutil.Process(node.pid), *psutil.Process(node.pid).children(recursive=True)]:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    node.wait()


def _words(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.NoSuchProcess:
        return []


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def nodes() -> Iterator[Nodes]:
    nodes = Nodes(Path(tempfile.mkdtemp(prefix="ray-")))  # short: Ray puts sockets under it
    yield nodes
    nodes.close()


def killings(nodes: Nodes, process: subprocess.Popen[str], made: World) -> list[str]:
    """What was killed while the run went on: a process of a pool four times of five, else the node."""
    chance = random.Random(1)
    done: list[str] = []
    wanted = repetitions(5, 20)
    while process.poll() is None and len(done) < wanted:
        threading.Event().wait(chance.uniform(2, 6))
        found = nodes.workers()
        if not found or not made.llm.calls:
            continue
        if len(done) % 5 == 4:
            nodes.replace()
            done.append("node")
            continue
        victim = chance.choice(found)
        done.append("process")
        victim.kill()
    return done


def test_promise_6_processes_and_nodes_that_die_cost_a_run_no_row(nodes: Nodes, tmp_path: Path) -> None:
    with world(tmp_path, delay_s=2.0, engine=RAY) as made:
        made.add_rows("a.parquet", 0, ROWS)
        environment = os.environ | {
            "RAY_ADDRESS": nodes.address, "RAY_AUTH_MODE": "disabled", "PYTHONPATH": str(PROJECT)
        }  # fmt: skip
        command = [sys.executable, "-m", "curation", "run", str(made.recipe)]
        started = time.monotonic()
        process = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        done = killings(nodes, process, made)
        text, _ = process.communicate(timeout=3000)
        sys.stdout.write(
            f"{len(done)} killed, {done.count('node')} of them nodes; {time.monotonic() - started:.0f} s\n"
        )
        assert process.returncode == 0, text[-3000:]
        assert len(done) == repetitions(5, 20), "the run was over first"
        assert made.outcomes() == made.expected(0, ROWS)
        assert made.table.status().balanced
