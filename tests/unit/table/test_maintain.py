"""Compaction and vacuum on a local folder."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable

from curation.errors import CommitFailed, RecipeError
from curation.samples import SCHEMA
from curation.table import maintain
from curation.table.log import open_table
from curation.table.maintain import Rewrite, active_files, commit_rewrite, compact, vacuum
from curation.table.read import SampleTable
from curation.table.storage import OutputSection
from tests.unit.table.partitions import commit_all, partitions, write_all


@pytest.fixture
def output(tmp_path: Path) -> OutputSection:
    return OutputSection(table=str(tmp_path / "table"), commit_every_partitions=2, row_group_rows=4)


@pytest.fixture
def table(output: OutputSection) -> SampleTable:
    commit_all(output, partitions("f", 6, 9))
    return SampleTable(output)


def _files(table: SampleTable) -> set[str]:
    return {str(path.relative_to(table.uri)) for path in Path(table.uri).rglob("outcome=*/*.parquet")}


def test_compaction_keeps_every_row_and_the_files_form(table: SampleTable) -> None:
    before = table.table()
    done = compact(table)
    assert (done.files_before, done.files_after) == (12, 2)
    after = table.table()
    keys = [("sample_id", "ascending")]
    assert after.sort_by(keys).equals(before.sort_by(keys))
    assert table.status().balanced
    for outcome in ("accepted", "rejected"):
        (file,) = active_files(open_table(table.storage), outcome)
        found = pq.ParquetFile(Path(table.uri) / file.path)
        assert found.schema_arrow.equals(SCHEMA)
        assert b"huggingface" in found.schema_arrow.metadata
    assert compact(table).files_before == 0


def test_compaction_makes_files_of_the_size_asked_for(table: SampleTable) -> None:
    one = active_files(open_table(table.storage), "accepted")[0].bytes
    compact(table, target_bytes=int(one * 3.5))
    assert [file.rows for file in active_files(open_table(table.storage), "accepted")] == [18, 18]
    assert table.status().balanced


def test_a_run_goes_on_after_compaction_and_compaction_leaves_its_record_alone(
    output: OutputSection, table: SampleTable
) -> None:
    compact(table)
    again = commit_all(output, [*partitions("f", 6, 9), *partitions("g", 2, 9)])
    assert (again.committed.partitions, again.committed.skipped) == (2, 0)
    assert table.landed().file("f")
    assert sum(len(run.receipts) for run in table.runs()) == 8
    assert table.status().balanced


def test_the_second_of_two_upkeeps_of_the_same_files_is_refused(table: SampleTable) -> None:
    files = tuple(active_files(open_table(table.storage), "accepted"))
    compact(table)
    with pytest.raises(CommitFailed, match="replaced by another upkeep"):
        commit_rewrite(table, Rewrite(files, ()), {})
    assert table.status().balanced


def test_vacuum_removes_replaced_and_never_committed_files_and_nothing_else(
    output: OutputSection, table: SampleTable
) -> None:
    list(write_all(output, partitions("g", 1, 9)))  # an attempt that was never committed
    orphans = 2
    compact(table)
    assert vacuum(table) == [], "young files stay"
    would = vacuum(table, retention_h=0, keep_versions=1, dry_run=True, allow_short=True)
    assert (len(would), len(_files(table))) == (12 + orphans, 12 + orphans + 2)
    gone = vacuum(table, retention_h=0, keep_versions=1, allow_short=True)
    assert sorted(gone) == sorted(would)
    assert len(_files(table)) == 2
    assert vacuum(table, retention_h=0, keep_versions=1, allow_short=True) == []
    assert table.status().balanced


def test_vacuum_keeps_the_newest_versions_readable(table: SampleTable) -> None:
    version = open_table(table.storage).version()
    compact(table)
    vacuum(table, retention_h=0, keep_versions=3, allow_short=True)
    old = DeltaTable(table.uri, version=version)
    assert old.to_pyarrow_table(columns=["row"]).num_rows == 54


def test_a_short_retention_is_refused_unless_it_is_allowed(table: SampleTable) -> None:
    with pytest.raises(RecipeError, match="24 h or more"):
        vacuum(table, retention_h=1)


@pytest.mark.parametrize("name", ["read_shard", "open_table", "write_shard"])
def test_upkeep_of_a_store_that_went_away_ends_in_words(
    table: SampleTable, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    def away(*_: object) -> None:
        raise ConnectionError("reset")

    before = table.status()
    monkeypatch.setattr(maintain, name, away)
    with pytest.raises(CommitFailed, match=r"upkeep stopped \(ConnectionError: reset\).*run it again"):
        compact(table)
    assert table.status() == before


def test_upkeep_of_a_table_that_is_not_there_does_nothing(output: OutputSection) -> None:
    assert compact(SampleTable(output)).files_before == 0
    assert vacuum(SampleTable(output)) == []
