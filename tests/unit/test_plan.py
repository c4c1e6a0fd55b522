"""The plan is the source minus what has landed, and nothing else."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from curation.errors import SourceError
from curation.plan import make_plan
from curation.source import SourceSection


@dataclass
class Landed:
    """What a table would answer, and how often it was asked."""

    files: set[str] = field(default_factory=set)
    partitions: set[str] = field(default_factory=set)
    asked: Counter[str] = field(default_factory=Counter)

    def file(self, file_id: str) -> bool:
        self.asked["file"] += 1
        return file_id in self.files

    def partition(self, partition_id: str) -> bool:
        self.asked["partition"] += 1
        return partition_id in self.partitions


def source(folder: Path, **rows: int) -> SourceSection:
    for name, count in rows.items():
        pq.write_table(pa.table({"URL": ["u"] * count, "TEXT": ["t"] * count}), folder / f"{name}.parquet")
    return SourceSection(paths=[str(folder)], partition_rows=10)


def test_with_nothing_landed_every_row_is_pending_once_in_order(tmp_path: Path) -> None:
    plan = make_plan(source(tmp_path, a=25, b=10), Landed())
    assert (plan.rows, plan.partitions, plan.pending_rows) == (35, 4, 35)
    assert [(Path(part.file).stem, part.first_row, part.rows) for part in plan.pending] == [
        ("a", 0, 10), ("a", 10, 10), ("a", 20, 5), ("b", 0, 10),
    ]  # fmt: skip
    assert [(file.rows, file.partitions, file.pending) for file in plan.files] == [(25, 3, 3), (10, 1, 1)]


def test_what_landed_is_not_pending_and_still_counted(tmp_path: Path) -> None:
    recipe = source(tmp_path, a=25, b=10)
    first, second, *_ = make_plan(recipe, Landed()).pending
    plan = make_plan(recipe, Landed(partitions={first.id, second.id}))
    assert [(part.first_row, part.rows) for part in plan.pending] == [(20, 5), (0, 10)]
    assert (plan.rows, plan.partitions, plan.pending_rows) == (35, 4, 15)
    assert [file.pending for file in plan.files] == [1, 1]


def test_a_finished_file_costs_one_question(tmp_path: Path) -> None:
    recipe = source(tmp_path, a=1000, b=10)
    landed = Landed(files={file.file_id for file in make_plan(recipe, Landed()).files})
    plan = make_plan(recipe, landed)
    assert plan.pending == ()
    assert landed.asked == {"file": 2}
    assert (plan.rows, plan.partitions) == (1010, 101)


def test_rows_added_as_a_new_file_are_all_that_is_pending(tmp_path: Path) -> None:
    landed = Landed(files={file.file_id for file in make_plan(source(tmp_path, a=25), Landed()).files})
    plan = make_plan(source(tmp_path, b=7), landed)
    assert [(Path(part.file).stem, part.rows) for part in plan.pending] == [("b", 7)]


def test_bad_files_are_in_the_plan_when_the_recipe_skips_them_and_stop_it_otherwise(tmp_path: Path) -> None:
    recipe = source(tmp_path, a=5)
    (tmp_path / "z.parquet").write_bytes(b"<html>")
    with pytest.raises(SourceError, match=r"z\.parquet"):
        make_plan(recipe, Landed())
    plan = make_plan(recipe.model_copy(update={"on_bad_file": "skip"}), Landed())
    assert [Path(bad.path).name for bad in plan.bad_files] == ["z.parquet"]
    assert plan.rows == plan.pending_rows == 5
