"""A whole run on two replicas behind the pool's one door, of which one is lost in the middle. By `make fuzz`: minutes.

The replicas, their server, Ray Serve and its door are the real ones; the engine inside sleeps instead of thinking, so
that two of them answer twice as much as one also on a machine of two cores.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep

import psutil
import pytest
from rich.console import Console

from curation.inference.pool import ServePool
from curation.inference.pool_section import PoolSection
from curation.pipeline import run
from curation.recipe import load_recipe
from tests.e2e.watching import Watching
from tests.servers.relay import Relay
from tests.world import world

pytestmark = [pytest.mark.e2e, pytest.mark.fuzz, pytest.mark.timeout(900)]

LOSSES = ["engine hangs", "engine dies", "replica dies"]
PROBE_DEADLINE_S = 20.0
CLIENT = {"timeout_s": 120, "probe_interval_s": 5, "probe_deadline_s": PROBE_DEADLINE_S}
PROJECT = str(Path(__file__).parents[2])
ENGINE = {"RAYLLM_VLLM_ENGINE_CLS": "tests.e2e.sleepy_engine.SleepyEngine", "PYTHONPATH": PROJECT}


@pytest.fixture(scope="module")
def two(cluster: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServePool]:
    folder = tmp_path_factory.mktemp("model")
    (folder / "config.json").write_text("{}")
    section = PoolSection(
        model="sleepy", source=str(folder), kind="cpu", replicas_min=2, hang_s=PROBE_DEADLINE_S, env=ENGINE
    )
    with ServePool(section) as pool:
        pool.wait_ready()
        yield pool


@pytest.mark.parametrize("how", LOSSES)
def test_one_of_two_replicas_lost_in_mid_run_costs_no_row_and_half_the_throughput_is_back_in_two_probe_deadlines(
    two: ServePool, tmp_path: Path, how: str
) -> None:
    seen = lose_one(two, tmp_path, how, rows=700, in_flight=16)
    assert seen.back_s(0.5) < 2 * PROBE_DEADLINE_S + 2


@pytest.mark.parametrize("how", LOSSES)
def test_one_replica_more_than_is_needed_brings_all_of_the_throughput_back_in_two_probe_deadlines(
    two: ServePool, tmp_path: Path, how: str
) -> None:
    seen = lose_one(two, tmp_path, how, rows=200, in_flight=4)  # which one of them answers as fast as two
    assert seen.back_s(0.9) < 2 * PROBE_DEADLINE_S + 2


def lose_one(two: ServePool, tmp_path: Path, how: str, rows: int, in_flight: int) -> Watching:
    """A run in which one of two replicas is lost, and what was seen of it."""
    engines = _engines(2)
    lost = engines[0]

    def lose() -> None:
        if how == "replica dies":
            lost.parent().kill()
        else:
            lost.send_signal(signal.SIGSTOP if how == "engine hangs" else signal.SIGKILL)

    source = {"paths": [str(tmp_path / "source" / "*.parquet")], "partition_rows": rows}
    with Relay(two.endpoints[0].url) as relay:
        client = {**CLIENT, "max_in_flight": in_flight}
        inference = {"endpoints": [{"url": relay.url, "model": "sleepy"}], "client": client}
        with world(tmp_path, replicas=0, source=source, inference=inference) as made:
            made.add_rows("a.parquet", 0, rows)
            with Watching(lambda: [relay.clock.tokens], lose) as seen:
                assert run(load_recipe(made.recipe), Console(quiet=True)).complete
            outcomes, expected = made.outcomes(), made.expected(0, rows)
            reasons = made.table.status().reasons
    sys.stdout.write(f"{how}, {in_flight} in flight: {relay.failed} requests failed; {reasons}; {seen.told()}\n")
    assert outcomes == expected
    assert relay.failed <= in_flight, "more failed than it held"
    assert lost not in _engines(2), "the lost one was not replaced"
    return seen


def _engines(wanted: int) -> list[psutil.Process]:
    """The engines' processes of the pool's replicas, as soon as there are so many."""
    end = monotonic() + 120
    while True:
        found = [each for each in psutil.process_iter() if _words(each) == ["cat"] and _of_a_replica(each)]
        if len(found) == wanted or monotonic() > end:
            assert len(found) == wanted
            return found
        sleep(1)


def _of_a_replica(process: psutil.Process) -> bool:
    parent = process.parent()
    return parent is not None and any("ServeReplica" in word for word in _words(parent))


def _words(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.NoSuchProcess:
        return []
