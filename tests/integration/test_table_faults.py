"""What the table promises while drivers die, race, and lose answers, on a real S3 server behind a fault proxy.

The numbers of the tests are those of the table of promises. `CURATION_PROMISES=full` tries each as often as it says.
"""

from __future__ import annotations

import os
import random
import signal
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from queue import Queue

import pytest

from curation.table.read import SampleTable
from curation.table.storage import OutputSection
from tests.integration.table_drivers import FULL, context, drive, race, repetitions, s3_output, start
from tests.servers.faults import Call, Fault, FaultProxy, fault_proxy, sometimes
from tests.unit.table.partitions import commit_all, partitions

pytestmark = pytest.mark.timeout(3000 if FULL else 300)
FILES, COUNT, ROWS = 2, 3, 3
WANTED = [part for index in range(FILES) for part in partitions(f"file{index}", COUNT, ROWS)]


@pytest.fixture
def proxy(s3_url: str) -> Iterator[FaultProxy]:
    with fault_proxy(s3_url) as found:
        yield found


def assert_whole(output: OutputSection, wanted: list = WANTED) -> None:
    """Every planned row is there exactly once."""
    status = SampleTable(output).status()
    assert status.unbalanced == ()
    assert (status.partitions, status.planned) == (len(wanted), sum(part.rows for part in wanted))
    landed = SampleTable(output).landed()
    assert all(landed.partition(part.id) and landed.file(part.file_id) for part in wanted)


def test_promise_1_a_killed_driver_leaves_nothing_partial_and_the_next_run_finishes(
    s3_url: str,
    proxy: FaultProxy,
) -> None:
    chance = random.Random(1)
    drive(s3_output(proxy.url, uuid.uuid4().hex), FILES, COUNT, ROWS)
    calls = proxy.calls
    killed = 0
    trials = repetitions(10, 300)
    for _ in range(trials):
        prefix = uuid.uuid4().hex
        killer = _Killer(chance.randint(1, calls), after=chance.random() < 0.5)
        proxy.calls, proxy.script = 0, killer
        driver = start(drive, s3_output(proxy.url, prefix), FILES, COUNT, ROWS)
        killer.victim.put(driver.pid)
        driver.join(60)
        killed += driver.exitcode == -signal.SIGKILL
        output = s3_output(s3_url, prefix)
        assert SampleTable(output).status().unbalanced == (), "something partial is visible"
        commit_all(output, WANTED)
        assert_whole(output)
    assert killed >= 0.9 * trials


class _Killer:
    """Kills the driver at one of its calls to S3, before the call reaches the server or after it was applied."""

    def __init__(self, point: int, after: bool) -> None:
        self.victim: Queue[int] = Queue()
        self._point = point
        self._after = after

    def __call__(self, call: Call) -> Fault | None:
        return Fault(after=self._after, reset=True, then=self._kill) if call.number == self._point else None

    def _kill(self) -> None:
        os.kill(self.victim.get(timeout=10), signal.SIGKILL)


def _lose(kind: str) -> Fault:
    return {
        "500": Fault(after=True, status=500),
        "reset": Fault(after=True, reset=True),
        "time-out": Fault(after=True, hang_s=0.7),
    }[kind]


@pytest.mark.parametrize("kind", ["500", "reset", "time-out"])
def test_promise_2_a_commit_whose_answer_is_lost_lands_once_and_is_reported_as_success(
    proxy: FaultProxy, kind: str
) -> None:
    lost = 0
    while lost < repetitions(6, 100):
        output = s3_output(proxy.url, uuid.uuid4().hex, storage={"timeout_s": 0.5})
        proxy.faults = 0
        hit: set[str] = set()

        def once_a_version(call: Call, hit: set[str] = hit) -> Fault | None:
            if not call.is_log_put or call.path in hit:
                return None
            hit.add(call.path)
            return _lose(kind)

        proxy.script = once_a_version
        committer = commit_all(output, WANTED)
        done = committer.committed
        assert (done.partitions, done.skipped, done.commits) == (len(WANTED), 0, 3)
        proxy.script = lambda call: None
        assert proxy.faults >= 4, "each version's answer was lost, and the first one's too"
        assert_whole(output)
        assert SampleTable(output).status().version == 3
        lost += proxy.faults


@pytest.mark.parametrize("server", ["s3_url", "moto_url"])
def test_promise_3_two_drivers_at_once_land_each_partition_once_and_the_loser_says_so(
    request: pytest.FixtureRequest, server: str
) -> None:
    url = request.getfixturevalue(server)
    rounds = repetitions(8, 100)
    count = 4
    here = context()
    gate, results = here.Barrier(2), here.Queue()
    prefixes = [uuid.uuid4().hex for _ in range(rounds)]
    drivers = []
    for name, every in (("one", (2, 1)), ("two", (2, 3))):
        outputs = [
            s3_output(url, prefix, commit_every_partitions=every[number % 2]) for number, prefix in enumerate(prefixes)
        ]
        drivers.append(start(race, outputs, count, gate, results, name))
    told = [results.get(timeout=120) for _ in range(2 * rounds)]
    for driver in drivers:
        driver.join(30)
    winners: Counter[str] = Counter()
    for number, prefix in enumerate(prefixes):
        mine = [(committed, skipped) for where, _, committed, skipped in told if where == number]
        assert sum(committed for committed, _ in mine) == count
        assert sum(skipped for _, skipped in mine) == count
        assert_whole(s3_output(url, prefix), partitions("file", count, 3))
    for _, name, committed, _ in told:
        winners[name] += committed
    if FULL:  # in a few rounds on a busy machine one driver may be first every time
        assert min(winners.values()) > 0, f"there was no race: {winners}"


def test_promise_4_a_tenth_of_the_calls_answering_503_429_or_409_costs_nothing_but_time(
    s3_url: str,
    proxy: FaultProxy,
) -> None:
    faults = 0
    for seed in range(repetitions(4, 20)):
        prefix = uuid.uuid4().hex
        proxy.script, proxy.faults = sometimes(seed, 0.1), 0
        commit_all(s3_output(proxy.url, prefix), WANTED)
        assert_whole(s3_output(s3_url, prefix))
        faults += proxy.faults
    assert faults >= 4 * repetitions(4, 20)


def test_promise_5_a_run_waits_for_a_store_that_is_gone_and_its_memory_stays_bounded(proxy: FaultProxy) -> None:
    away_s = 60.0 if FULL else 4.0
    output = s3_output(proxy.url, uuid.uuid4().hex, storage={"patience_s": 300.0})
    wanted = (4, 5, 50)
    gone = threading.Event()

    def go_away(call: Call) -> Fault | None:
        if call.is_log_put and call.path.split("?")[0].endswith("3.json"):
            gone.set()
            return Fault(reset=True)
        return Fault(reset=True) if gone.is_set() else None

    proxy.script = go_away
    driver = start(drive, output, *wanted)
    assert gone.wait(60)
    proxy.off()
    before, highest = _rss_mb(driver.pid), 0.0
    until = time.monotonic() + away_s
    while time.monotonic() < until:
        assert driver.is_alive(), "the run gave up"
        highest = max(highest, _rss_mb(driver.pid))
        time.sleep(0.2)
    proxy.script = lambda call: None
    proxy.on()
    driver.join(120)
    assert driver.exitcode == 0
    assert highest - before < 50, f"RSS rose from {before:.0f} to {highest:.0f} MB while the store was gone"
    assert_whole(output, [part for index in range(wanted[0]) for part in partitions(f"file{index}", *wanted[1:])])


def _rss_mb(pid: int | None) -> float:
    with open(f"/proc/{pid}/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
