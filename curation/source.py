"""Source Parquet files: finding them, and naming them by their footers. `source_rows.py` reads a partition of one.

Planning reads footers only (one ranged read a file, most of the time), so a source of ten thousand files on
S3 is planned in seconds. Nothing here needs the files' rows until a partition is read.
"""

from __future__ import annotations

import hashlib
import math
import os
import struct
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import Field

from curation.errors import SourceError
from curation.metadata import is_text
from curation.partition import Partition
from curation.section import Section
from curation.table.storage import Storage, StorageSection, is_transient

_TAIL_BYTES = 64 * 1024  # holds the footer of most files, so that one read is enough
_FOOTER_THREADS = 32
Names = str | list[str]


class ColumnsSection(Section):
    """The source's column names. A list is tried in order; the defaults are those of LAION and its kin."""

    url: Names = ["URL", "url"]
    """Where the image is. Required."""
    caption: Names = ["TEXT", "text", "caption", "alt_text"]
    """The alt-text. Required."""
    width: Names = ["WIDTH", "width", "original_width"]
    """Width in pixels as the crawl saw it."""
    height: Names = ["HEIGHT", "height", "original_height"]
    """Height in pixels as the crawl saw it."""
    similarity: Names = ["similarity", "SIMILARITY", "clip_similarity_vitb32"]
    """CLIP similarity of image and alt-text."""
    pwatermark: Names = ["pwatermark", "PWATERMARK"]
    """Probability of a watermark."""
    punsafe: Names = ["punsafe", "PUNSAFE"]
    """Probability of unsafe content."""
    license: Names = ["LICENSE", "license"]
    """Licence as declared."""
    language: Names = ["LANGUAGE", "language"]
    """Language as declared; ours is measured anew."""
    hash: Names = ["hash", "md5", "sha256"]
    """Hash of the image file (md5 or sha256, in hex), verified when there is one."""


class SourceSection(Section):
    """Where the pairs come from."""

    paths: list[str] = Field(min_length=1)
    """Parquet files, folders or globs; local or s3://."""
    columns: ColumnsSection = ColumnsSection()
    partition_rows: int = Field(2048, ge=1, le=1_000_000)
    """Rows in a partition, the unit of work and of loss."""
    on_bad_file: Literal["fail", "skip"] = "fail"
    """What to do with a file that cannot be planned: stop before anything starts, or report it and go on."""
    storage: StorageSection = StorageSection()
    """How to reach the files when they are on S3."""


@dataclass(frozen=True)
class SourceFile:
    """A file that can be read: its identity, rows and columns by our names.

    `file_id` is made of the file's name, its size and its last 64 KiB (footer and newest rows), and not of the
    folder, so that a source which is moved or copied to another store is still known.
    """

    path: str
    file_id: str
    rows: int
    bytes: int
    columns: dict[str, str]  # our name -> the file's name
    carried: tuple[str, ...]  # the other columns

    def partitions(self, partition_rows: int) -> Iterator[Partition]:
        """The file's rows cut into partitions, in order."""
        count = math.ceil(self.rows / partition_rows)
        for first in range(0, self.rows, partition_rows):
            rows = min(partition_rows, self.rows - first)
            yield Partition(f"{self.file_id}-{first}+{rows}", self.path, self.file_id, count, first, rows)


@dataclass(frozen=True)
class BadFile:
    """A file that cannot be planned, and why."""

    path: str
    problem: str


def find_files(source: SourceSection) -> list[str]:
    """Paths of the source's files, each once, sorted. Raises `SourceError` when a path matches nothing."""
    found: set[str] = set()
    for pattern in source.paths:
        storage, path = storage_of(source, pattern)
        storage.check_reachable()
        matches = storage.patiently(lambda fs=storage.filesystem, path=path: _matches(fs, path))  # type: ignore[misc]
        if not matches:
            raise SourceError(
                f"source.paths: {pattern} matches no file. Expected Parquet files; look at the path"
                " (relative paths start at the current folder)."
            )
        found.update(f"s3://{name}" if storage.remote else name for name in matches)
    return sorted(found)


def _matches(fs: Any, path: str) -> list[str]:
    """Files at a path, which may be a file, a folder or a glob; a name that exists is never taken for a glob."""
    fs.invalidate_cache()  # or files that came since this process last looked stay unseen on S3
    if fs.exists(path):
        return _parquet_under(fs, path) if fs.isdir(path) else [path]
    matches: list[str] = []
    for name, info in fs.glob(path, detail=True).items():
        is_file = info["type"] == "file" or not fs.isdir(name)
        matches += [name] if is_file else _parquet_under(fs, name)  # Spark makes a folder of each table
    return matches


def _parquet_under(fs: Any, folder: str) -> list[str]:
    return [name for name in fs.find(folder) if name.endswith((".parquet", ".pq"))]


def inspect_files(source: SourceSection) -> tuple[list[SourceFile], list[BadFile]]:
    """Every source file, from its footer alone: those that can be read and those that cannot.

    Raises `SourceError` naming every bad file when `on_bad_file` is "fail".
    """
    paths = find_files(source)
    with ThreadPoolExecutor(_FOOTER_THREADS) as threads:
        looked = list(threads.map(lambda path: inspect_file(source, path), paths))
    good, bad = _each_once([file for file in looked if isinstance(file, SourceFile)])
    bad += [file for file in looked if isinstance(file, BadFile)]
    if bad and source.on_bad_file == "fail":
        lines = "\n".join(f"  {file.path}: {file.problem}" for file in bad)
        raise SourceError(
            f"{len(bad)} of {len(paths)} source files cannot be used:\n{lines}\n"
            "Mend or remove them, or set source.on_bad_file: skip to go on without them."
        )
    return good, bad


def _each_once(files: list[SourceFile]) -> tuple[list[SourceFile], list[BadFile]]:
    """The files, without those that are another one again: their partitions would have the same ids."""
    known: dict[str, SourceFile] = {}
    twins: list[BadFile] = []
    for file in files:
        first = known.setdefault(file.file_id, file)
        if first is not file:
            words = f"it is {first.path} again (same name, size and last 64 KiB), so its rows are planned already"
            twins.append(BadFile(file.path, words))
    return list(known.values()), twins


def inspect_file(source: SourceSection, path: str) -> SourceFile | BadFile:
    """One source file, from its footer alone. Raises `SourceError` when its store does not answer."""
    storage, name = storage_of(source, path)
    try:
        size, tail, footer = storage.patiently(lambda: _read_footer(storage.filesystem, name))
    except OSError as error:
        if storage.remote and is_transient(error):  # says nothing about the file, so it must not be skipped for it
            raise SourceError(f"{path}: its store does not answer ({type(error).__name__}: {error})") from error
        return BadFile(path, f"{type(error).__name__}: {error}")
    if footer is None:
        return BadFile(path, f"not a Parquet file ({size} bytes, no PAR1 footer). Expected Parquet.")
    try:
        metadata = pq.read_metadata(pa.BufferReader(footer))
        schema = metadata.schema.to_arrow_schema()
        counted = sum(metadata.row_group(group).num_rows for group in range(metadata.num_row_groups))
    except (pa.ArrowException, OSError, ValueError) as error:  # pyarrow raises UnicodeDecodeError too
        return BadFile(path, f"its Parquet footer is corrupt ({type(error).__name__}: {error})")
    if metadata.num_rows == 0:
        return BadFile(path, "it has no rows")
    if metadata.num_rows != counted:
        words = f"it says {metadata.num_rows} rows, and its row groups hold {counted}"
        return BadFile(path, f"its Parquet footer is corrupt ({words})")
    columns = _map_columns(source.columns, schema)
    if isinstance(columns, str):
        return BadFile(path, columns)
    identity = f"{os.path.basename(path)}\x00{size}\x00".encode() + hashlib.sha256(tail).digest()
    carried = tuple(column for column in schema.names if column not in columns.values())
    file_id = hashlib.sha256(identity).hexdigest()[:16]
    return SourceFile(path, file_id, metadata.num_rows, size, columns, carried)


def storage_of(source: SourceSection, path: str) -> tuple[Storage, str]:
    """The storage that holds a path, and the path as its file system names it."""
    storage = Storage(path if path.startswith("s3://") else os.path.expanduser(path), source.storage)
    return storage, storage.root.removeprefix("s3://")


def _read_footer(fs: Any, path: str) -> tuple[int, bytes, bytes | None]:
    """Size of the file, its last bytes (64 KiB, or the footer if that is longer), and its footer with length and
    magic, or None where there is no Parquet footer."""
    size = int(fs.size(path) or 0)
    tail: bytes = fs.cat_file(path, start=max(0, size - _TAIL_BYTES), end=size) if size else b""
    if len(tail) < 12 or tail[-4:] != b"PAR1":
        return size, tail, None
    length = struct.unpack("<I", tail[-8:-4])[0] + 8
    if length > size:
        return size, tail, None
    if length > len(tail):
        tail = fs.cat_file(path, start=size - length, end=size)
    return size, tail, tail[-length:]


def _map_columns(columns: ColumnsSection, schema: pa.Schema) -> dict[str, str] | str:
    """Our name -> the file's name for each column there is, or what is wrong with the schema."""
    twice = [name for name, count in Counter(schema.names).items() if count > 1]
    if twice:
        return f"it has {len(twice)} column names more than once ({', '.join(twice[:5])}). Expected each once."
    mapped: dict[str, str] = {}
    for ours, field in ColumnsSection.model_fields.items():
        wanted = getattr(columns, ours)
        asked = wanted != field.default  # a recipe with every default written out asks for nothing
        names = [wanted] if isinstance(wanted, str) else wanted
        theirs = next((name for name in names if name in schema.names), None)
        if theirs is not None:
            mapped[ours] = theirs
        elif asked or ours in ("url", "caption"):
            return (
                f"no column for `{ours}`: looked for {', '.join(names)}; the file has"
                f" {', '.join(schema.names[:20])}. Set source.columns.{ours}."
            )
    for ours in ("url", "caption"):
        kind = schema.field(mapped[ours]).type
        if not is_text(kind):
            return f"column `{mapped[ours]}` ({ours}) is {kind}, expected string"
    return mapped
