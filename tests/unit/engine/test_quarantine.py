"""Rows that kill their process are found and alone are lost."""

import pyarrow as pa
import pytest

from curation.engine.quarantine import Suspicion, TryLog, pieces_of, run_guarded
from curation.samples import make_table


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
