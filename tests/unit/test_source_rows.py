"""Reading a partition: the file's rows as samples, whatever strangers put in the file."""

from __future__ import annotations

import json
import os
import random
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from curation.errors import PartitionError
from curation.samples import SCHEMA, sample_id
from curation.source import ColumnsSection, SourceSection, inspect_files
from curation.source_rows import read_partition

DEFAULT = ColumnsSection()


def samples(
    path: Path, table: pa.Table, columns: ColumnsSection = DEFAULT, rows: int = 1000, **options: object
) -> pa.Table:
    """Every partition of the table's file, read and put together."""
    pq.write_table(table, path / "a.parquet", **options)
    source = SourceSection(paths=[str(path / "a.parquet")], partition_rows=rows, columns=columns)
    (file,), _ = inspect_files(source)
    return pa.concat_tables([read_partition(source, part) for part in file.partitions(rows)])


def test_a_partition_is_a_sample_table_with_ids_pairs_and_metadata_and_nothing_else(tmp_path: Path) -> None:
    table = pa.table({"URL": ["http://a/1", "http://a/2"], "TEXT": ["x", "y"], "WIDTH": [640, None], "key": ["k", "l"]})
    got = samples(tmp_path, table)
    assert got.schema.equals(SCHEMA)
    assert got.column("url").to_pylist() == ["http://a/1", "http://a/2"]
    assert got.column("caption").to_pylist() == ["x", "y"]
    assert got.column("sample_id").to_pylist() == [sample_id("http://a/1", "x"), sample_id("http://a/2", "y")]
    assert got.column("row").to_pylist() == [0, 1]
    assert len(set(got.column("partition").to_pylist())) == 1
    assert [json.loads(cell) for cell in got.column("metadata").to_pylist()] == [
        {"width": 640, "key": "k"},
        {"key": "l"},
    ]
    filled = {name for name in SCHEMA.names if got.column(name).null_count < 2}
    assert filled == {"sample_id", "partition", "row", "url", "caption", "metadata"}


@pytest.mark.parametrize("seed", range(8))
def test_the_partitions_of_a_file_are_its_rows_however_row_groups_and_pages_are_cut(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    rows = chance.randint(1, 400)
    table = pa.table({"URL": [f"u{row}" for row in range(rows)], "TEXT": [f"t{row}" for row in range(rows)]})
    got = samples(
        tmp_path, table, rows=chance.randint(1, 90), row_group_size=chance.randint(1, 120),
        data_page_size=chance.choice([1, 200, 10_000]),
    )  # fmt: skip
    assert got.column("url").to_pylist() == table.column("URL").to_pylist()
    assert got.column("caption").to_pylist() == table.column("TEXT").to_pylist()


def test_only_the_row_groups_of_a_partition_are_read(tmp_path: Path) -> None:
    noise = [os.urandom(2000).hex() for _ in range(400)]
    table = pa.table({"URL": noise, "TEXT": ["t"] * 400})
    path = tmp_path / "a.parquet"
    pq.write_table(table, path, row_group_size=100, compression="none", use_dictionary=False)
    source = SourceSection(paths=[str(path)], partition_rows=100)
    (file,), _ = inspect_files(source)
    second = list(file.partitions(100))[1]
    groups = [pq.read_metadata(path).row_group(group).column(0) for group in (0, 2)]
    with open(path, "r+b") as handle:
        for column in groups:
            handle.seek(column.data_page_offset)
            handle.write(b"\xff" * column.total_compressed_size)
    assert read_partition(source, second).column("url").to_pylist() == noise[100:200]


@pytest.mark.parametrize(
    "kind", [pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int32(), pa.string())]
)
def test_every_kind_of_string_column_is_text_and_null_is_empty_text(tmp_path: Path, kind: pa.DataType) -> None:
    texts = pa.array(["ein Hund", None, "", "猫"]).cast(kind)
    got = samples(tmp_path, pa.table({"URL": texts, "TEXT": texts, "LICENSE": texts}))
    assert got.column("url").to_pylist() == got.column("caption").to_pylist() == ["ein Hund", "", "", "猫"]
    licences = [json.loads(cell).get("license") for cell in got.column("metadata").to_pylist()]
    assert licences == ["ein Hund", None, "", "猫"]


RAW = [b"ok", b"caf\xe9", b"\xed\xa0\xbd", b"a\x00b"]  # sound, Latin-1, a lone surrogate, NUL
NOT_UTF8 = {
    "string": pa.array(RAW).view(pa.string()),
    "large_string": pa.array(RAW, pa.large_binary()).view(pa.large_string()),
    "dictionary": pa.array(RAW).view(pa.string()).dictionary_encode(),
}


@pytest.mark.parametrize("kind", NOT_UTF8)
def test_bytes_that_are_not_utf8_become_marks_and_the_row_stays(tmp_path: Path, kind: str) -> None:
    text = NOT_UTF8[kind]
    got = samples(tmp_path, pa.table({"URL": ["u"] * 4, "TEXT": text, "extra": text}))
    expected = ["ok", "caf\ufffd", "\ufffd" * 3, "a\x00b"]
    assert got.column("caption").to_pylist() == expected
    assert [json.loads(cell)["extra"] for cell in got.column("metadata").to_pylist()] == expected
    got.validate(full=True)


def test_a_mapped_column_keeps_our_name_when_the_file_has_another_column_of_that_name(tmp_path: Path) -> None:
    table = pa.table({"URL": ["u"], "TEXT": ["t"], "width": [336], "original_width": [1920]})
    got = samples(tmp_path, table, ColumnsSection(width="original_width"))
    assert json.loads(got.column("metadata")[0].as_py()) == {"width": 1920}


def test_one_file_column_may_serve_two_of_our_names(tmp_path: Path) -> None:
    got = samples(tmp_path, pa.table({"URL": ["u"]}), ColumnsSection(caption="URL"))
    assert got.column("caption").to_pylist() == got.column("url").to_pylist() == ["u"]


def test_nested_columns_and_names_with_dots_are_carried(tmp_path: Path) -> None:
    table = pa.table({"URL": ["u"], "TEXT": ["t"], "exif": [{"make": "Canon", "gps": [1.5, 2.5]}], "exif.make": ["x"]})
    got = samples(tmp_path, table)
    assert json.loads(got.column("metadata")[0].as_py()) == {
        "exif": {"make": "Canon", "gps": [1.5, 2.5]},
        "exif.make": "x",
    }


def test_a_file_that_changed_or_went_after_planning_fails_its_partition_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"URL": ["u"], "TEXT": ["t"]}), path)
    source = SourceSection(paths=[str(path)])
    (file,), _ = inspect_files(source)
    (part,) = file.partitions(10)
    pq.write_table(pa.table({"URL": ["other"], "TEXT": ["t"]}), path)
    with pytest.raises(PartitionError, match="changed since it was planned"):
        read_partition(source, part)
    path.write_bytes(b"")
    with pytest.raises(PartitionError, match="not a Parquet file"):
        read_partition(source, part)
    path.unlink()
    with pytest.raises(PartitionError, match="FileNotFoundError"):
        read_partition(source, part)


def test_a_partition_beyond_the_file_is_an_error_and_not_a_short_table(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"URL": ["u"] * 5, "TEXT": ["t"] * 5}), path)
    source = SourceSection(paths=[str(path)])
    (file,), _ = inspect_files(source)
    (part,) = file.partitions(10)
    for wrong in (replace(part, rows=6), replace(part, first_row=3), replace(part, first_row=5)):
        with pytest.raises(PartitionError):
            read_partition(source, wrong)
