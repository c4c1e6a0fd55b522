"""The Ray engine under everything a partition can do to it: what is lost is one row or one partition, never a run."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
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


@contextmanager
def ray_engine(**actors: int) -> Iterator[Any]:
    """A Ray engine whose one pool has such actors."""
    from curation.engine.ray import RayEngine

    found = RayEngine(EngineSection(pools=PoolsSection(fetch=ActorsSection(cpus=0.5, **actors))))
    try:
        yield found
    finally:
        found.close()


@pytest.fixture(scope="module")
def plain(ray_cluster: None) -> Iterator[Any]:
    """An engine of one actor, for the tests that leave nothing behind in it."""
    with ray_engine() as found:
        yield found


def run(engine: Any, line: Line, count: int, rows: int = 10) -> dict[str, Receipt | Failure]:
    """What became of each partition; exactly one thing of each."""
    results = list(engine.run(line, toys.partitions(count, rows)))
    found = {result.partition: result for result in results}
    assert len(results) == len(found) == count
    return found


def quarantined(result: Receipt | Failure) -> list[str]:
    assert isinstance(result, Receipt), result
    return sorted(result.reasons)


def test_what_goes_wrong_with_a_row_or_a_partition_costs_nothing_else() -> None:
    bad = line(
        partial(toys.Slow, 0.02),
        partial(toys.Deadly, "s13"),
        partial(toys.Raises, "f-20+10"),
        partial(toys.LosesRows, "f-30+10"),
        reader=partial(toys.read_badly, "f-40+10", "f-60+10"),
        writer=partial(toys.write_all_but, "f-50+10"),
    )
    with ray_engine(partitions_at_once=3) as engine:
        found = run(engine, bad, 8)
    assert quarantined(found["f-10+10"]) == ["3:quarantined"]
    # These were at it in the same process when a neighbour killed it, and lose not one row by it.
    assert quarantined(found["f-0+10"]) == quarantined(found["f-70+10"]) == []
    errors = {name: result.error for name, result in found.items() if isinstance(result, Failure)}
    assert set(errors) == {"f-20+10", "f-30+10", "f-40+10", "f-50+10", "f-60+10"}
    assert errors["f-20+10"] == "fetch: ValueError: boom"
    lost = "fetch: RowsNotConserved: stage loses_rows got {} rows and returned {}".format
    assert errors["f-30+10"] in {lost(10, 9), lost(3, 2)}  # in pieces, after a death that it shared
    assert errors["f-40+10"] == "fetch: PartitionError: /f.parquet: rows cannot be read"
    assert errors["f-50+10"] == "write: OSError: no space left on device"
    assert errors["f-60+10"] == ("fetch: PartitionError: /f.parquet: reading f-60+10 killed its process 3 times")


def test_several_partitions_run_at_once_in_one_process_when_the_recipe_says_so() -> None:
    with ray_engine(partitions_at_once=3) as engine:
        found = run(engine, line(partial(toys.Slow, 0.5)), 6)
    most = max(int(text.split()[0]) for result in found.values() for text in result.llm)  # type: ignore[union-attr]
    assert most == 3


def test_a_partition_that_dies_more_often_than_allowed_is_given_up_and_the_run_goes_on() -> None:
    with ray_engine(max_retries=1) as engine:
        found = run(engine, line(partial(toys.Deadly, "s3")), 8)
    failed = {name: result.error for name, result in found.items() if isinstance(result, Failure)}
    assert set(failed.values()) == {"its actors died more often than max_retries allows"}
    # Ray charges deaths to those that wait for the same process too: to f-10+10, and to f-20+10 on a busy machine.
    assert {"f-0+10"} <= set(failed) <= {"f-0+10", "f-10+10", "f-20+10", "f-30+10"}
    assert all(quarantined(result) == [] for name, result in found.items() if name not in failed)


def test_a_dead_llm_pool_ends_the_run_with_its_own_error(plain: Any) -> None:
    with pytest.raises(PoolError, match=r"^no endpoint answers$"):
        list(plain.run(line(partial(toys.NoPool, "f-0+10")), toys.partitions(3)))


def test_a_stage_that_cannot_be_built_ends_the_run_with_its_cause(plain: Any) -> None:
    began = time.monotonic()
    with pytest.raises(StageError, match=r"^stage CannotStart cannot be built: FileNotFoundError: model\.bin$"):
        list(plain.run(line(toys.CannotStart), toys.partitions(3)))
    assert time.monotonic() - began < 120


def test_claims_are_one_index_for_all_processes_and_know_earlier_runs(plain: Any) -> None:
    claims = plain.claims(DedupSection(), [Claim("old#1", KeyKind.SAMPLE, "s")])
    assert claims.claim([Claim("new#1", KeyKind.SAMPLE, "s"), Claim("new#2", KeyKind.SAMPLE, "t")]) == ["old#1", None]
    assert claims.claim([Claim("new#2", KeyKind.SAMPLE, "t"), Claim("new#3", KeyKind.SAMPLE, "t")]) == [None, "new#2"]


def test_totals_outlive_the_ledger() -> None:
    with ray_engine() as engine:
        engine.meter.add("fetch", {"rows": 3})
        deadline = time.monotonic() + 60
        while not engine.totals() and time.monotonic() < deadline:
            time.sleep(0.05)
    assert engine.totals() == {"fetch": {"rows": 3}}  # closed, and its actor gone
