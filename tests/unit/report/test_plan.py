"""The plan on a terminal."""

from __future__ import annotations

import io

from rich.console import Console

from curation.partition import Partition
from curation.plan import FilePlan, Plan
from curation.report.plan import render_plan
from curation.source import BadFile


def shown(plan: Plan) -> str:
    console = Console(file=io.StringIO(), width=80)
    console.print(render_plan(plan))
    return console.file.getvalue()  # type: ignore[attr-defined]


def plan(files: int, pending: int, bad: tuple[BadFile, ...] = ()) -> Plan:
    plans = tuple(FilePlan(f"/data/{number}.parquet", f"f{number}", 20, 2, pending) for number in range(files))
    parts = [Partition(f"f{n}-{p * 10}+10", "", f"f{n}", 2, p * 10, 10) for n in range(files) for p in range(pending)]
    return Plan(plans, bad, tuple(parts))


def test_the_plan_says_what_is_committed_and_what_is_pending() -> None:
    text = shown(plan(3, 1))
    assert "3 files, 60 rows in 6 partitions: 3 committed, 30 rows in 3 partitions pending" in " ".join(text.split())
    assert "/data/2.parquet" in text


def test_a_plan_with_nothing_left_says_so() -> None:
    assert "all committed, nothing to do" in shown(plan(2, 0))


def test_a_source_of_thousands_of_files_does_not_scroll_for_ever() -> None:
    text = shown(plan(5000, 1))
    assert len(text.splitlines()) < 60
    assert "4,960 more files" in text


def test_a_bad_file_is_named_with_its_problem() -> None:
    assert "skipped /data/x.parquet: not Parquet" in shown(plan(1, 1, (BadFile("/data/x.parquet", "not Parquet"),)))
