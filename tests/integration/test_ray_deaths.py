"""A whole run on two Ray nodes whose processes and second node are killed again and again. By `make promises`."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import psutil
import pytest

from tests.integration.table_drivers import repetitions
from tests.world import World, world

pytestmark = [pytest.mark.fuzz, pytest.mark.timeout(1200)]

POOLS = ("prepare", "fetch", "rewrite", "finish")
RAY = {"kind": "ray", "pools": {name: {"cpus": 0.5, "max_restarts": -1} for name in POOLS}}
ROWS = 400


class Nodes:
    """A head without CPUs, where the driver is, and a node that does the work and may die."""

    def __init__(self) -> None:
        from ray.cluster_utils import Cluster

        self._cluster: Any = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
        self.address = self._cluster.address
        self._worker: Any = None
        self.replace()

    def replace(self) -> None:
        """Kill the working node with all that runs there, if there is one, and start another."""
        if self._worker is not None:
            self._cluster.remove_node(self._worker, allow_graceful=False)
        self._worker = self._cluster.add_node(num_cpus=4)

    def workers(self) -> list[psutil.Process]:
        """The processes of the run's pools."""
        return [
            process
            for process in psutil.process_iter(["cmdline"])
            if any("ray::" in part and "_PoolActor" in part for part in process.info["cmdline"] or ())
        ]

    def close(self) -> None:
        self._cluster.shutdown()


@pytest.fixture
def nodes() -> Iterator[Nodes]:
    nodes = Nodes()
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
        done.append(str(victim.info["cmdline"]))
        victim.kill()
    return done


def test_promise_6_processes_and_nodes_that_die_cost_a_run_no_row(nodes: Nodes, tmp_path: Any) -> None:
    with world(tmp_path, delay_s=2.0, engine=RAY) as made:
        made.add_rows("a.parquet", 0, ROWS)
        environment = os.environ | {"RAY_ADDRESS": nodes.address, "PYTHONPATH": os.getcwd()}
        command = [sys.executable, "-m", "curation", "run", str(made.recipe)]
        started = time.monotonic()
        process = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        done = killings(nodes, process, made)
        text, _ = process.communicate(timeout=900)
        sys.stdout.write(
            f"{len(done)} killed, {done.count('node')} of them nodes; {time.monotonic() - started:.0f} s\n"
        )
        assert process.returncode == 0, text[-3000:]
        assert len(done) == repetitions(5, 20), "the run was over first"
        assert made.outcomes() == made.expected(0, ROWS)
        assert made.table.status().balanced
