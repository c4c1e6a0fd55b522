"""Rows that kill their process are found and alone are lost."""

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa
import pytest

from curation.engine.base import SECONDS, run_stage, start
from curation.engine.quarantine import Suspicion, TryLog, Turns, pieces_of, run_guarded
from curation.meter import LocalMeter
from curation.samples import make_table
from tests import toys


class Died(BaseException):
    """Stands for the death of the process: nothing after it runs in that try."""


def _table(rows: int) -> pa.Table:
    return make_table({"sample_id": [f"s{row}" for row in range(rows)], "row": list(range(rows))})


def _deadly(*rows: int):
    def run(table: pa.Table) -> pa.Table:
        for row, reason in zip(table.column("row").to_pylist(), table.column("reason").to_pylist(), strict=True):
            if row in rows and reason is None:
                raise Died
        return table

    return run


def _tries(run, table: pa.Table, limit: int) -> tuple[pa.Table, int]:
    log = TryLog()
    for tried in range(1, limit + 1):
        known = log.begin("fetch:p")
        try:
            result = run_guarded(run, table, log, "fetch:p", known)
        except Died:
            continue
        log.done("fetch:p")
        return result, tried
    pytest.fail(f"not through after {limit} tries")


@pytest.mark.parametrize("deadly", [0, 7, 99])
def test_one_deadly_row_of_a_hundred_is_alone_quarantined_within_four_tries(deadly: int) -> None:
    result, tried = _tries(_deadly(deadly), _table(100), 4)
    reasons = result.column("reason").to_pylist()
    assert [row for row, reason in enumerate(reasons) if reason == "quarantined"] == [deadly]
    assert sum(reason is None for reason in reasons) == 99
    assert tried == 4


def test_two_deadly_rows_far_apart_are_both_quarantined_and_their_neighbours_kept() -> None:
    result, _ = _tries(_deadly(3, 90), _table(100), 9)
    reasons = result.column("reason").to_pylist()
    assert [row for row, reason in enumerate(reasons) if reason is not None] == [3, 90]
    assert result.column("row").to_pylist() == list(range(100))


def test_a_partition_whose_first_try_lives_is_run_whole_once() -> None:
    calls = []
    result, tried = _tries(lambda table: calls.append(len(table)) or table, _table(50), 1)
    assert (calls, tried, len(result)) == ([50], 1, 50)


def test_what_one_finished_try_taught_does_not_burden_the_next_partition() -> None:
    log = TryLog()
    log.begin("a")
    log.mark("a", (0, 1))
    log.begin("a")
    log.done("a")
    assert log.begin("a") == Suspicion()


def test_pieces_cover_every_row_once_in_order() -> None:
    pieces = pieces_of(103, Suspicion(1, [(40, 50)]))
    assert [row for low, high in pieces for row in range(low, high)] == list(range(103))
    assert all(high - low == 1 for low, high in pieces if low >= 40 and high <= 50)


def test_a_death_while_a_try_waits_for_its_turn_teaches_nothing_about_it() -> None:
    log = TryLog()
    log.begin("a")
    assert log.begin("a").deaths == 1  # died along with another partition of its process
    for _ in range(3):
        log.wait("a")
        assert log.begin("a") == Suspicion(deaths=1)
    log.mark("a", (4, 5))
    assert log.begin("a") == Suspicion(deaths=2, deadly={4})


def test_busy_seconds_of_a_partition_in_pieces_are_those_of_all_pieces() -> None:
    meter = LocalMeter()
    (partition,) = toys.partitions(1, rows=9)
    table = start(partition, toys.read(partition))
    slow = toys.Slow(0.01)
    result = run_guarded(lambda piece: run_stage(slow, piece, meter), table, TryLog(), "p", Suspicion(deaths=1))
    assert len(result) == 9
    assert json.loads(result.schema.metadata[SECONDS])["slow"] >= 0.03


class _Room:
    """Counts who is inside, and the most that ever were, of those together and those alone."""

    def __init__(self) -> None:
        self.turns = Turns()
        self.inside: list[str] = []
        self.seen: set[tuple[str, ...]] = set()
        self._lock = threading.Lock()

    def visit(self, how: str, seconds: float) -> None:
        with self.turns.alone() if how == "alone" else self.turns.together():
            with self._lock:
                self.inside.append(how)
                self.seen.add(tuple(sorted(self.inside)))
            time.sleep(seconds)
            with self._lock:
                self.inside.remove(how)


def test_one_under_suspicion_runs_alone_and_others_run_together() -> None:
    room = _Room()
    with ThreadPoolExecutor(8) as threads:
        visits = [threads.submit(room.visit, "alone" if n % 4 == 3 else "together", 0.01) for n in range(40)]
        for visit in visits:
            visit.result(timeout=30)
    assert {crowd for crowd in room.seen if "alone" in crowd} == {("alone",)}
    assert max(len(crowd) for crowd in room.seen) > 1


def test_one_under_suspicion_is_let_in_though_others_keep_coming() -> None:
    room = _Room()
    stop = threading.Event()

    def keep_coming() -> None:
        while not stop.is_set():
            room.visit("together", 0.005)

    with ThreadPoolExecutor(5) as threads:
        crowd = [threads.submit(keep_coming) for _ in range(4)]
        try:
            threads.submit(room.visit, "alone", 0).result(timeout=10)
        finally:
            stop.set()
        for one in crowd:
            one.result(timeout=10)


def test_an_error_gives_the_turn_back() -> None:
    turns = Turns()
    for turn in (turns.together, turns.alone, turns.together):
        with pytest.raises(ValueError, match="boom"), turn():
            raise ValueError("boom")
    with turns.alone():
        pass
