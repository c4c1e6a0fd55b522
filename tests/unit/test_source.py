"""Finding and planning source files, by their footers alone."""

from __future__ import annotations

import builtins
import io
import os
import random
import struct
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from curation.errors import PartitionError, SourceError
from curation.source import ColumnsSection, SourceFile, SourceSection, find_files, inspect_files
from curation.source_rows import read_partition

DEFAULT = ColumnsSection()


def pairs(rows: int, **columns: pa.Array | list[object]) -> pa.Table:
    urls = [f"http://site.example/{row}.jpg" for row in range(rows)]
    return pa.table({"URL": urls, "TEXT": [f"caption {row}" for row in range(rows)], **columns})


def write(path: Path, table: pa.Table, **options: object) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path, **options)
    return str(path)


def one(*paths: str, columns: ColumnsSection = DEFAULT) -> SourceFile:
    (file,), _ = inspect_files(SourceSection(paths=list(paths), columns=columns))
    return file


def problem(path: Path | str, columns: ColumnsSection = DEFAULT) -> str:
    _, (bad,) = inspect_files(SourceSection(paths=[str(path)], columns=columns, on_bad_file="skip"))
    assert bad.path == str(path)
    return bad.problem


def test_files_folders_and_globs_are_found_once_each_in_order(tmp_path: Path) -> None:
    for name in ("b.parquet", "a.parquet", "sub/deep/c.pq", "sub/notes.txt"):
        write(tmp_path / name, pairs(1))
    found = [write(tmp_path / name, pairs(1)) for name in ("a.parquet", "b.parquet", "sub/deep/c.pq")]
    everything = SourceSection(paths=[str(tmp_path), f"{tmp_path}/*.parquet", found[0]])
    assert find_files(everything) == found
    assert find_files(SourceSection(paths=[f"{tmp_path}/**/*.pq"])) == found[2:]


def test_a_glob_reaches_the_folders_of_parquet_files_that_spark_writes(tmp_path: Path) -> None:
    part = write(tmp_path / "day.parquet" / "part-0.parquet", pairs(1))
    (tmp_path / "day.parquet" / "_SUCCESS").touch()
    assert find_files(SourceSection(paths=[f"{tmp_path}/*.parquet"])) == [part]


def test_a_file_whose_name_looks_like_a_glob_is_found_by_its_name(tmp_path: Path) -> None:
    odd = write(tmp_path / "part[1] *.parquet", pairs(1))
    assert find_files(SourceSection(paths=[odd])) == [odd]


def test_a_relative_path_and_the_home_folder_are_understood(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "a.parquet", pairs(1))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert one("a.parquet") == one("~/a.parquet") == one(path)


@pytest.mark.parametrize("pattern", ["none.parquet", "*.parquet", "empty", "[z].pq"])
def test_a_path_that_matches_nothing_is_an_error_that_names_it(tmp_path: Path, pattern: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(SourceError, match="matches no file") as caught:
        find_files(SourceSection(paths=[f"{tmp_path}/{pattern}"]))
    assert pattern in str(caught.value)
    assert caught.value.exit_code == 2


def test_planning_reads_the_end_of_a_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    noise = [random.Random(row).randbytes(4096).hex() for row in range(2000)]
    path = write(tmp_path / "a.parquet", pairs(2000, noise=noise), row_group_size=500)
    size = os.path.getsize(path)
    counted = _count_reads(monkeypatch, path)
    file = one(path)
    assert (file.rows, file.bytes) == (2000, size)
    assert size > 4_000_000
    assert 0 < counted["bytes"] <= 64 * 1024


def _count_reads(monkeypatch: pytest.MonkeyPatch, path: str) -> dict[str, int]:
    """Bytes read from one path by anyone who opens it with `open`."""
    counted = {"bytes": 0}

    class Counting(io.FileIO):
        def readinto(self, buffer: object) -> int | None:
            got = super().readinto(buffer)  # type: ignore[arg-type]
            counted["bytes"] += got or 0
            return got

        def read(self, size: int | None = -1) -> bytes | None:
            data = super().read(-1 if size is None else size)
            counted["bytes"] += len(data or b"")
            return data

    real: Callable[..., object] = builtins.open

    def opened(file: object, mode: str = "r", *rest: object, **more: object) -> object:
        return Counting(path) if str(file) == path else real(file, mode, *rest, **more)

    monkeypatch.setattr(builtins, "open", opened)
    return counted


def test_a_file_whose_pages_are_destroyed_still_plans_and_its_partition_says_where_it_fails(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", pairs(300), row_group_size=100, compression="zstd")
    group = pq.read_metadata(path).row_group(1)
    with open(path, "r+b") as handle:
        handle.seek(group.column(0).dictionary_page_offset or group.column(0).data_page_offset)
        handle.write(b"\xff" * group.column(0).total_compressed_size)
    source = SourceSection(paths=[path], partition_rows=100)
    first, second, third = one(path).partitions(100)
    assert len(read_partition(source, first)) == len(read_partition(source, third)) == 100
    with pytest.raises(PartitionError, match=r"a\.parquet: rows 100 to 199 cannot be read"):
        read_partition(source, second)


def test_a_footer_larger_than_the_first_read_is_read_whole(tmp_path: Path) -> None:
    wide = pairs(3, **{f"column_{number:04}_{'x' * 60}": [1, 2, 3] for number in range(1500)})
    path = write(tmp_path / "a.parquet", wide)
    with open(path, "rb") as handle:
        handle.seek(-8, os.SEEK_END)
        assert struct.unpack("<I", handle.read(4))[0] > 64 * 1024
    assert len(one(path).carried) == 1500


def test_ids_do_not_change_when_a_file_is_touched_and_do_when_it_is_written_anew(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", pairs(5))
    before = list(one(path).partitions(2))
    os.utime(path, (1, 1))
    assert list(one(path).partitions(2)) == before
    write(tmp_path / "a.parquet", pairs(6))
    assert not {part.id for part in before} & {part.id for part in one(path).partitions(2)}


def test_a_file_that_was_moved_to_another_folder_is_still_known(tmp_path: Path) -> None:
    first = one(write(tmp_path / "a.parquet", pairs(5)))
    (tmp_path / "elsewhere").mkdir()
    moved = one(write(tmp_path / "elsewhere" / "a.parquet", pairs(5)))
    assert first.file_id == moved.file_id
    assert [part.id for part in first.partitions(2)] == [part.id for part in moved.partitions(2)]


def test_a_copy_of_a_file_in_another_folder_is_named_and_not_planned_twice(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        write(tmp_path / folder / "x.parquet", pairs(5))
    source = SourceSection(paths=[str(tmp_path)], on_bad_file="skip")
    good, bad = inspect_files(source)
    assert [Path(file.path).parent.name for file in good] == ["a"]
    assert [Path(file.path).parent.name for file in bad] == ["b"]
    assert "a/x.parquet again" in bad[0].problem
    with pytest.raises(SourceError, match="planned already"):
        inspect_files(source.model_copy(update={"on_bad_file": "fail"}))


def test_two_files_with_the_same_bytes_have_different_ids(tmp_path: Path) -> None:
    first, second = (one(write(tmp_path / name, pairs(5))) for name in ("a.parquet", "b.parquet"))
    assert first.file_id != second.file_id


@pytest.mark.parametrize(("rows", "size", "expected"), [(5, 2, [2, 2, 1]), (4, 2, [2, 2]), (1, 9, [1]), (3, 3, [3])])
def test_partitions_cover_the_rows_of_a_file_in_order(
    tmp_path: Path, rows: int, size: int, expected: list[int]
) -> None:
    parts = list(one(write(tmp_path / "a.parquet", pairs(rows))).partitions(size))
    assert [part.rows for part in parts] == expected
    assert [part.first_row for part in parts] == [sum(expected[:at]) for at in range(len(expected))]
    assert {part.file_partitions for part in parts} == {len(expected)}
    assert len({part.id for part in parts}) == len(parts)


def _damaged(path: Path, how: str) -> Path:
    data = Path(write(path, pairs(50))).read_bytes()
    length = struct.unpack("<I", data[-8:-4])[0]
    broken = {
        "empty": b"",
        "short": b"PAR1",
        "html": b"<html><body>404</body></html>" * 9,
        "truncated": data[: len(data) // 2],
        "no magic": data[:-1] + b"X",
        "encrypted": data[:-4] + b"PARE",
        "zeroed footer": data[: -8 - length] + bytes(length) + data[-8:],
        "long footer": data[:-8] + struct.pack("<I", 2**31) + b"PAR1",
        "short footer": data[:-8] + struct.pack("<I", 7) + b"PAR1",
        # Thrift: field num_rows = 50, then the list of row groups.
        "lying footer": data.replace(b"\x16\x64\x19", b"\x16\x66\x19"),
    }
    path.write_bytes(broken[how])
    return path


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("empty", "not a Parquet file"),
        ("short", "not a Parquet file"),
        ("html", "not a Parquet file"),
        ("truncated", "not a Parquet file"),
        ("no magic", "not a Parquet file"),
        ("encrypted", "not a Parquet file"),
        ("zeroed footer", "footer is corrupt"),
        ("long footer", "not a Parquet file"),
        ("short footer", "footer is corrupt"),
        ("lying footer", "it says 51 rows, and its row groups hold 50"),
    ],
)
def test_a_damaged_file_is_named_with_what_is_wrong(tmp_path: Path, how: str, words: str) -> None:
    assert words in problem(_damaged(tmp_path / "a.parquet", how))


def test_a_file_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    path = Path(write(tmp_path / "a.parquet", pairs(1)))
    path.unlink()
    path.symlink_to(tmp_path / "gone")
    _, (bad,) = inspect_files(SourceSection(paths=[f"{tmp_path}/*.parquet"], on_bad_file="skip"))
    assert bad.path == str(path)
    assert "FileNotFoundError" in bad.problem


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_named(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", pairs(1))
    os.chmod(path, 0)
    assert "PermissionError" in problem(path)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (pairs(0), "it has no rows"),
        (pa.table({"URL": ["u"], "words": ["w"]}), "no column for `caption`: looked for TEXT, text, caption, alt_text"),
        (pa.table({"TEXT": ["t"]}), "no column for `url`: looked for URL, url; the file has TEXT."),
        (pa.table({"URL": [1], "TEXT": ["t"]}), "column `URL` (url) is int64, expected string"),
        (pa.table({"URL": ["u"], "TEXT": [["t"]]}), "column `TEXT` (caption) is list<element: string>"),
        (pa.table({"URL": ["u"], "TEXT": [b"t"]}), "column `TEXT` (caption) is binary"),
        (pa.table([["u"], ["t"], [1], [2]], names=["URL", "TEXT", "k", "k"]), "more than once (k)"),
    ],
)
def test_a_file_with_the_wrong_columns_says_what_was_expected(tmp_path: Path, table: pa.Table, words: str) -> None:
    assert words in problem(write(tmp_path / "a.parquet", table))


def test_by_default_bad_files_stop_the_plan_and_all_of_them_are_named(tmp_path: Path) -> None:
    write(tmp_path / "good.parquet", pairs(1))
    _damaged(tmp_path / "html.parquet", "html")
    write(tmp_path / "none.parquet", pairs(0))
    source = SourceSection(paths=[str(tmp_path)])
    with pytest.raises(SourceError, match="2 of 3 source files") as caught:
        inspect_files(source)
    assert "html.parquet: not a Parquet file" in str(caught.value)
    assert "none.parquet: it has no rows" in str(caught.value)
    good, bad = inspect_files(source.model_copy(update={"on_bad_file": "skip"}))
    assert [Path(file.path).name for file in good] == ["good.parquet"]
    assert [Path(file.path).name for file in bad] == ["html.parquet", "none.parquet"]


def test_columns_are_found_by_laions_names_and_the_rest_is_carried(tmp_path: Path) -> None:
    laion = pairs(1, WIDTH=[640], HEIGHT=[480], similarity=[0.3], punsafe=[0.1], pwatermark=[0.2], LICENSE=["?"], x=[1])
    file = one(write(tmp_path / "a.parquet", laion))
    assert file.columns == {
        "url": "URL", "caption": "TEXT", "width": "WIDTH", "height": "HEIGHT", "similarity": "similarity",
        "pwatermark": "pwatermark", "punsafe": "punsafe", "license": "LICENSE",
    }  # fmt: skip
    assert file.carried == ("x",)


def test_a_mapping_takes_the_first_name_that_the_file_has(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", pa.table({"link": ["u"], "short": ["a"], "long": ["b"]}))
    assert one(path, columns=ColumnsSection(url="link", caption=["longest", "long", "short"])).columns == {
        "url": "link", "caption": "long",
    }  # fmt: skip


def test_a_column_that_the_recipe_asks_for_by_name_must_exist(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", pairs(1))
    words = problem(path, ColumnsSection(punsafe="p_unsafe"))
    assert words.startswith("no column for `punsafe`: looked for p_unsafe")
    assert "source.columns.punsafe" in words


def test_a_recipe_with_every_default_written_out_asks_for_no_column_more(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", pairs(1))
    assert one(path, columns=ColumnsSection(**DEFAULT.model_dump())) == one(path)


def test_a_thousand_files_are_planned_in_seconds(tmp_path: Path) -> None:
    data = Path(write(tmp_path / "0.parquet", pairs(3))).read_bytes()
    for number in range(1000):
        (tmp_path / f"{number}.parquet").write_bytes(data)
    began = time.monotonic()
    good, _ = inspect_files(SourceSection(paths=[str(tmp_path)]))
    assert len({file.file_id for file in good}) == 1000
    assert time.monotonic() - began < 10


def test_whatever_is_done_to_the_footer_a_file_is_planned_or_named_bad(tmp_path: Path) -> None:
    sound = Path(write(tmp_path / "a.parquet", pairs(40), row_group_size=10)).read_bytes()
    footer = struct.unpack("<I", sound[-8:-4])[0]
    chance = random.Random(7)
    path = tmp_path / "fuzzed.parquet"
    source = SourceSection(paths=[str(path)], on_bad_file="skip")
    bad_ones = 0
    for _ in range(500):
        data = bytearray(sound)
        for _ in range(chance.randint(1, 4)):
            data[len(data) - 8 - chance.randint(1, footer)] = chance.randrange(256)
        path.write_bytes(data)
        good, bad = inspect_files(source)
        assert len(good) + len(bad) == 1
        bad_ones += len(bad)
        assert all(0 < file.rows <= 1_000_000 for file in good)
    assert bad_ones > 50
