"""Reading the table: balance, pruning, single samples, and the empty table."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from deltalake import CommitProperties, DeltaTable, Transaction, write_deltalake

from curation.errors import RecipeError
from curation.table.log import add_action
from curation.table.maintain import compact
from curation.table.read import SampleTable
from curation.table.shard import TABLE_SCHEMA
from curation.table.storage import OutputSection
from tests.unit.table.partitions import commit_all, jpeg, partitions, write_all


@pytest.fixture
def output(tmp_path: Path) -> OutputSection:
    return OutputSection(table=str(tmp_path / "table"), commit_every_partitions=2)


@pytest.fixture
def table(output: OutputSection) -> SampleTable:
    commit_all(output, partitions("f", 3, 9))
    return SampleTable(output)


def test_a_table_that_is_not_there_reads_as_empty(output: OutputSection) -> None:
    table = SampleTable(output)
    assert not table.exists()
    assert not table.landed().file("f")
    assert not table.landed().partition("f-0+9")
    assert (table.status().version, table.status().balanced) == (-1, True)
    assert (list(table.scan()), table.sample("a"), table.runs(), table.table(["row"]).num_rows) == ([], [], [], 0)


def test_the_proof_of_one_run_reads_its_rows_alone_also_after_its_files_were_merged(output: OutputSection) -> None:
    first, second = partitions("f", 2, 9), partitions("g", 3, 9)
    commit_all(output, first, run="one")
    commit_all(output, second, run="two")
    table = SampleTable(output)
    assert (table.status().planned, table.status("one").planned, table.status("two").planned) == (45, 18, 27)
    assert table.status("one").files < table.status().files
    compact(table)
    assert (table.status("one").planned, table.status("two").planned) == (18, 27)
    assert table.status("one").balanced
    DeltaTable(output.table).delete(f"partition = '{second[0].id}' and row = 3")
    assert table.status("one").balanced
    assert [wrong.partition for wrong in table.status("two").unbalanced] == [second[0].id]


def test_another_delta_table_at_that_place_is_refused(tmp_path: Path) -> None:
    shapes = {
        "column sample_id is missing": pa.table({"x": [1], "outcome": ["accepted"]}),
        r"column row is int64": TABLE_SCHEMA.set(2, pa.field("row", pa.int64())).empty_table(),
    }
    for number, (problem, rows) in enumerate(shapes.items()):
        output = OutputSection(table=str(tmp_path / str(number)))
        write_deltalake(output.table, rows, partition_by=["outcome"])
        with pytest.raises(RecipeError, match=f"{problem}.*another output.table"):
            SampleTable(output).landed()
        with pytest.raises(RecipeError, match=problem):
            commit_all(output, partitions("f", 1, 3))
    output = OutputSection(table=str(tmp_path / "flat"))
    write_deltalake(output.table, TABLE_SCHEMA.empty_table())
    with pytest.raises(RecipeError, match=r"partitioned by \[\]"):
        SampleTable(output).landed()


def test_a_broken_log_is_said_in_a_sentence(output: OutputSection, table: SampleTable) -> None:
    for path in Path(output.table).glob("_delta_log/*.json"):
        path.write_text("{not json")
    with pytest.raises(RecipeError, match=r"cannot be read|that can be read"):
        table.status()


def test_status_counts_rows_reasons_and_bytes(table: SampleTable) -> None:
    status = table.status()
    assert (status.partitions, status.planned, status.accepted, status.rejected) == (3, 27, 18, 9)
    assert status.reasons == {"nsfw": 3, "blurred": 6}
    assert status.balanced
    assert status.files == 6
    assert status.bytes == sum(path.stat().st_size for path in Path(table.uri).rglob("outcome=*/*.parquet"))
    assert status.to_dict()["balanced"] is True


def _commit(output: OutputSection, files: list, transactions: list[str]) -> None:
    DeltaTable(output.table).create_write_transaction(
        [add_action(file) for file in files],
        "append",
        TABLE_SCHEMA,
        partition_by="outcome",
        commit_properties=CommitProperties(app_transactions=[Transaction(name, 1) for name in transactions]),
    )


def test_status_finds_rows_that_landed_twice(output: OutputSection, table: SampleTable) -> None:
    receipt = next(write_all(output, partitions("f", 3, 9)[1:2]))
    _commit(output, list(receipt.files), [])
    (found,) = table.status().unbalanced
    assert (found.partition, found.planned, found.accepted, found.rejected, found.distinct) == ("f-9+9", 9, 12, 6, 9)
    assert not table.status().balanced


def test_status_finds_rows_that_are_missing_or_repeated(output: OutputSection, table: SampleTable) -> None:
    receipt = next(write_all(output, partitions("g", 1, 9)))
    _commit(output, list(receipt.files[:1]), ["part:g-0+9"])
    (found,) = table.status().unbalanced
    assert (found.planned, found.accepted, found.rejected, found.distinct, found.landed) == (9, 6, 0, 6, True)


def test_status_finds_a_row_that_stands_in_for_another(output: OutputSection, table: SampleTable) -> None:
    receipt = next(write_all(output, partitions("g", 1, 9)))
    path = Path(output.table) / receipt.files[0].path
    rows = pq.read_table(path, partitioning=None)
    numbers = rows.column("row").to_pylist()
    pq.write_table(
        rows.set_column(2, rows.schema.field("row"), pa.array([*numbers[:-1], numbers[0]], pa.int32())), path
    )
    _commit(output, [replace(receipt.files[0], bytes=path.stat().st_size), receipt.files[1]], ["part:g-0+9"])
    (found,) = table.status().unbalanced
    assert (found.accepted + found.rejected, found.distinct) == (9, 8)


def test_status_finds_rows_whose_partition_never_landed(output: OutputSection, table: SampleTable) -> None:
    _commit(output, list(next(write_all(output, partitions("g", 1, 9))).files), [])
    (found,) = table.status().unbalanced
    assert (found.partition, found.landed) == ("g-0+9", False)


def test_scan_gives_the_columns_outcome_filter_and_limit_asked_for(table: SampleTable) -> None:
    rows = table.table(["sample_id", "outcome", "row"], outcome="rejected")
    assert (rows.column_names, len(rows)) == (["sample_id", "outcome", "row"], 9)
    assert set(rows.column("outcome").to_pylist()) == {"rejected"}
    assert len(table.table(["row"], filter=pc.field("reason") == "nsfw")) == 3
    assert len(table.table(["row"], outcome="accepted", filter=pc.field("row") < 2)) == 6
    assert len(table.table(["row"], limit=4)) == 4
    assert sum(len(batch) for batch in table.keys(["sample_id", "sha256"])) == 18


def test_an_outcome_that_is_not_asked_for_is_not_read(table: SampleTable) -> None:
    for path in Path(table.uri).rglob("outcome=rejected/*.parquet"):
        path.unlink()
    assert len(table.table(["row"], outcome="accepted")) == 18
    with pytest.raises(FileNotFoundError):
        table.table(["row"])


def test_a_sample_is_found_by_its_id_or_the_beginning_of_it(table: SampleTable) -> None:
    wanted = table.table(["sample_id"], outcome="accepted").column(0)[3].as_py()
    for prefix in (wanted, wanted[:12]):
        (row,) = table.sample(prefix)
        assert (row["sample_id"], row["outcome"], row["image"]["bytes"]) == (wanted, "accepted", jpeg())
    assert table.sample("zz") == []


def test_a_reader_keeps_its_snapshot_while_more_is_committed(output: OutputSection, table: SampleTable) -> None:
    batches = table.scan(["row"])
    first = len(next(batches))
    commit_all(output, partitions("g", 2, 9))
    assert first + sum(len(batch) for batch in batches) == 27
