"""The Ray engine under everything a partition can do to it: what is lost is one row or one partition, never a run."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from curation.dedup.keys import Claim, KeyKind
from curation.dedup.section import DedupSection
from curation.engine.base import Failure, Line
from curation.engine.section import ActorsSection, EngineSection, PoolsSection
from curation.errors import PoolError, StageError
from curation.table.receipt import Receipt
from tests import toys

pytestmark = [pytest.mark.usefixtures("ray_cluster"), pytest.mark.timeout(600)]
line = partial(toys.line, pools=("fetch",))  # one pool reads, works and writes: fewer processes to start


@pytest.fixture
def engine(request: pytest.FixtureRequest) -> Iterator[Any]:
    """A Ray engine whose one pool has the actors that the test's parameter describes."""
    from curation.engine.ray import RayEngine

    fetch = ActorsSection(cpus=0.5, **getattr(request, "param", {}))
    found = RayEngine(EngineSection(pools=PoolsSection(fetch=fetch)))
    yield found
    found.close()


def run(engine: Any, line: Line, count: int, rows: int = 10) -> dict[str, Receipt | Failure]:
    """What became of each partition; exactly one thing of each."""
    results = list(engine.run(line, toys.partitions(count, rows)))
    found = {result.partition: result for result in results}
    assert len(results) == len(found) == count
    return found


def quarantined(result: Receipt | Failure) -> list[str]:
    assert isinstance(result, Receipt), result
    return sorted(result.reasons)


def test_what_goes_wrong_with_a_row_or_a_partition_costs_nothing_else(engine: Any) -> None:
    bad = line(
        partial(toys.Deadly, "s13", "s18"),
        partial(toys.Raises, "f-20+10"),
        partial(toys.LosesRows, "f-30+10"),
        reader=partial(toys.read_all_but, "f-40+10"),
        writer=partial(toys.write_all_but, "f-50+10"),
    )
    found = run(engine, bad, 7)
    assert quarantined(found["f-0+10"]) == quarantined(found["f-60+10"]) == []
    assert quarantined(found["f-10+10"]) == ["3:quarantined", "8:quarantined"]
    errors = {name: result.error for name, result in found.items() if isinstance(result, Failure)}
    assert set(errors) == {"f-20+10", "f-30+10", "f-40+10", "f-50+10"}
    assert errors["f-20+10"] == "fetch: ValueError: boom"
    assert errors["f-30+10"].startswith("fetch: RowsNotConserved: stage loses_rows got 10 rows and returned 9")
    assert errors["f-40+10"] == "fetch: PartitionError: /f.parquet: rows cannot be read"
    assert errors["f-50+10"] == "write: OSError: no space left on device"


@pytest.mark.parametrize("engine", [{"partitions_at_once": 3}], indirect=True)
def test_partitions_that_share_a_process_with_a_deadly_row_lose_nothing_by_it(engine: Any) -> None:
    found = run(engine, line(partial(toys.Slow, 0.02), partial(toys.Deadly, "s7")), 5, rows=6)
    assert {name: quarantined(result) for name, result in found.items() if quarantined(result)} == {
        "f-6+6": ["1:quarantined"]
    }


@pytest.mark.parametrize("engine", [{"partitions_at_once": 3}], indirect=True)
def test_several_partitions_run_at_once_in_one_process_when_the_recipe_says_so(engine: Any) -> None:
    found = run(engine, line(partial(toys.Slow, 0.5)), 6)
    most = max(int(text.split()[0]) for result in found.values() for text in result.tokens)  # type: ignore[union-attr]
    assert most == 3


def test_a_partition_that_kills_its_reader_is_given_up_by_name(engine: Any) -> None:
    found = run(engine, line(reader=partial(toys.read_deadly, "f-0+10")), 2)
    assert isinstance(found["f-10+10"], Receipt)
    assert found["f-0+10"] == Failure(
        "f-0+10", "fetch: PartitionError: /f.parquet: reading f-0+10 killed its process 3 times"
    )


@pytest.mark.parametrize("engine", [{"max_retries": 1}], indirect=True)
def test_a_partition_that_dies_more_often_than_allowed_is_given_up_and_the_run_goes_on(engine: Any) -> None:
    found = run(engine, line(partial(toys.Deadly, "s3")), 4)
    assert found["f-0+10"] == Failure("f-0+10", "its actors died more often than max_retries allows")
    # f-10+10 waited in the same process, and Ray charges its deaths to who waits too.
    assert isinstance(found["f-20+10"], Receipt)
    assert isinstance(found["f-30+10"], Receipt)


def test_a_dead_llm_pool_ends_the_run_with_its_own_error(engine: Any) -> None:
    with pytest.raises(PoolError, match=r"^no endpoint answers$"):
        list(engine.run(line(partial(toys.NoPool, "f-0+10")), toys.partitions(3)))


def test_a_stage_that_cannot_be_built_ends_the_run_with_its_cause(engine: Any) -> None:
    began = time.monotonic()
    with pytest.raises(StageError, match=r"^stage CannotStart cannot be built: FileNotFoundError: model\.bin$"):
        list(engine.run(line(toys.CannotStart), toys.partitions(3)))
    assert time.monotonic() - began < 120


def test_claims_are_one_index_for_all_processes_and_know_earlier_runs(engine: Any) -> None:
    claims = engine.claims(DedupSection(), [Claim("old#1", KeyKind.SAMPLE, "s")])
    assert claims.claim([Claim("new#1", KeyKind.SAMPLE, "s"), Claim("new#2", KeyKind.SAMPLE, "t")]) == ["old#1", None]
    assert claims.claim([Claim("new#2", KeyKind.SAMPLE, "t"), Claim("new#3", KeyKind.SAMPLE, "t")]) == [None, "new#2"]


def test_totals_outlive_the_ledger(engine: Any) -> None:
    engine.meter.add("fetch", {"rows": 3})
    deadline = time.monotonic() + 30
    while not engine.totals() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert engine.totals() == {"fetch": {"rows": 3}}
    engine.close()
    assert engine.totals() == {"fetch": {"rows": 3}}
