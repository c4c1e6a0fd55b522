"""The engine without Ray, and how every engine must treat what goes wrong."""

from __future__ import annotations

from functools import partial

import pytest

from curation.dedup.keys import Claim, KeyKind
from curation.dedup.section import DedupSection
from curation.engine.base import Failure, Line
from curation.engine.local import LocalEngine
from curation.errors import PoolError
from curation.table.receipt import Receipt
from tests import toys


def run(line: Line, count: int = 3) -> list[Receipt | Failure]:
    return list(LocalEngine().run(line, toys.partitions(count)))


def test_every_partition_gives_one_receipt_in_order_with_what_its_stages_did() -> None:
    results = run(toys.line(toys.Fills))
    assert [result.partition for result in results] == ["f-0+10", "f-10+10", "f-20+10"]
    for receipt in results:
        assert isinstance(receipt, Receipt)
        assert (receipt.planned, receipt.accepted, receipt.rejected) == (10, 6, 4)
        assert set(receipt.seconds) == {*toys.POOLS, "fills"}
        assert receipt.llm == {"text 0": 5, "text 1": 5}


@pytest.mark.parametrize(
    ("line", "error"),
    [
        (toys.line(partial(toys.Raises, "f-10+10")), "raises: ValueError: boom"),
        (toys.line(partial(toys.LosesRows, "f-10+10")), "loses_rows: RowsNotConserved: stage loses_rows got 10 rows"),
        (
            toys.line(reader=partial(toys.read_all_but, "f-10+10")),
            "read: PartitionError: /f.parquet: rows cannot be read",
        ),
        (toys.line(writer=partial(toys.write_all_but, "f-10+10")), "write: OSError: no space left on device"),
    ],
)
def test_a_partition_that_fails_says_where_and_costs_no_other(line: Line, error: str) -> None:
    first, second, third = run(line)
    assert isinstance(first, Receipt)
    assert isinstance(third, Receipt)
    assert isinstance(second, Failure)
    assert second.partition == "f-10+10"
    assert second.error.startswith(error)


def test_a_dead_llm_pool_ends_the_run_after_what_was_done() -> None:
    results = LocalEngine().run(toys.line(partial(toys.NoPool, "f-10+10")), toys.partitions(3))
    assert isinstance(next(results), Receipt)
    with pytest.raises(PoolError, match="no endpoint answers"):
        next(results)


def test_totals_are_those_of_every_stage() -> None:
    engine = LocalEngine()
    list(engine.run(toys.line(toys.Fills), toys.partitions(2)))
    totals = engine.totals()
    assert totals["read"]["rows"] == 20
    assert totals["fills"]["rejected"] == 8
    assert totals["finish"]["rows"] == 12  # live rows that reached it


def test_claims_know_what_earlier_runs_accepted() -> None:
    claims = LocalEngine().claims(DedupSection(), [Claim("old#1", KeyKind.SAMPLE, "s")])
    assert claims.claim([Claim("new#1", KeyKind.SAMPLE, "s"), Claim("new#2", KeyKind.SAMPLE, "t")]) == ["old#1", None]


def test_partitions_are_taken_as_results_are_asked_for() -> None:
    engine = LocalEngine()
    results = engine.run(toys.line(), toys.partitions(100))
    next(results)
    assert engine.totals()["read"]["rows"] == 10


def test_what_stages_hold_is_let_go_when_the_run_ends_or_is_left() -> None:
    closed = []

    class Holds(toys.Sound):
        def close(self) -> None:
            closed.append(self.name)

    holding = toys.line(partial(Holds, "first"), partial(Holds, "second"))
    run(holding)
    assert closed == ["second", "first"]
    left = LocalEngine().run(holding, toys.partitions(3))
    next(left)
    left.close()
    assert closed == ["second", "first"] * 2
