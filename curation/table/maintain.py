"""Upkeep of the table: fewer and larger files, and the removal of files that no version needs.

Readers are never disturbed: they keep the version that they opened, and its files stay until vacuum's retention
has passed. Two upkeeps never rewrite the same files, and an upkeep beside a run that commits costs neither of
them anything: commits only add.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from curation.errors import CommitFailed, CommitStateUnknown, RecipeError
from curation.samples import SCHEMA
from curation.table.log import COMMIT_INFO, add_action, open_table, write_version
from curation.table.read import SampleTable
from curation.table.receipt import ShardFile
from curation.table.shard import ACCEPTED, OUTCOMES, encode, new_path
from curation.table.storage import Storage

if TYPE_CHECKING:
    from deltalake import DeltaTable

UPKEEP = "upkeep"  # app transaction: a counter that every upkeep moves
SAFE_RETENTION_H = 24  # longer than any partition takes from its files to its commit, and than most readers read
TARGET_BYTES = 256 * 2**20


@dataclass(frozen=True)
class Rewrite:
    """Files that one commit takes out, and the files that it puts in their place."""

    removed: tuple[ShardFile, ...]
    added: tuple[ShardFile, ...]


@dataclass(frozen=True)
class Compacted:
    """What a compaction did, in files and bytes."""

    files_before: int = 0
    files_after: int = 0
    bytes_before: int = 0
    bytes_after: int = 0


def vacuum(
    table: SampleTable,
    retention_h: int = 7 * 24,
    keep_versions: int = 10,
    dry_run: bool = False,
    allow_short: bool = False,
) -> list[str]:
    """Delete files that no reader can need: replaced or erased ones, and those of attempts that were never
    committed, once they are `retention_h` hours old. Returns their paths, also on a dry run.

    The newest `keep_versions` versions stay readable whatever the age of their files. A retention under 24 hours
    is refused (`RecipeError`) unless `allow_short`: a run that is writing now would lose files that it has not
    committed yet. Use it only when no run is active.
    """
    if retention_h < SAFE_RETENTION_H and not allow_short:
        raise RecipeError(
            f"a retention of {retention_h} h may delete files that a run has written and not yet committed; use "
            f"{SAFE_RETENTION_H} h or more, or allow a short one when no run is active"
        )
    delta = table.open()
    if delta is None:
        return []
    newest = delta.version()
    with upkeep(table):
        there = {file.path for outcome in OUTCOMES for file in table.storage.list(f"outcome={outcome}")}
        named = delta.vacuum(
            retention_hours=retention_h,
            dry_run=dry_run,
            enforce_retention_duration=False,
            full=True,
            keep_versions=list(range(max(0, newest - keep_versions + 1), newest + 1)),
        )
    return [path for path in named if path in there]  # delta-rs names files again that an earlier vacuum deleted


def compact(table: SampleTable, target_bytes: int = TARGET_BYTES) -> Compacted:
    """Merge files that are smaller than half of `target_bytes` into files of about that size, outcome by outcome.

    Rows, their order within a partition, row groups and schema metadata stay; the replaced files remain until
    vacuum. Holds one merged file in memory at a time. Raises `CommitFailed` if another upkeep was faster, or the store
    stays away.
    """
    delta = table.open()
    if delta is None:
        return Compacted()
    before = after = bytes_before = bytes_after = 0
    for outcome in OUTCOMES:
        small = [file for file in active_files(delta, outcome) if file.bytes < target_bytes / 2]
        for group in _groups(small, target_bytes):
            with upkeep(table):
                added = (_merge(table, outcome, group),)
                commit_rewrite(table, Rewrite(tuple(group), added), {"upkeep": "compact", "files": len(group)})
            before, after = before + len(group), after + 1
            bytes_before += sum(file.bytes for file in group)
            bytes_after += added[0].bytes
    return Compacted(before, after, bytes_before, bytes_after)


@contextmanager
def upkeep(table: SampleTable) -> Iterator[None]:
    """Within, a store that stays away raises `CommitFailed`: what was committed before stays."""
    from deltalake.exceptions import DeltaError

    try:
        yield
    except (DeltaError, OSError) as error:
        raise CommitFailed(
            f"{table.uri}: upkeep stopped ({type(error).__name__}: {error}). What it committed stays; run it "
            "again when the store is back"
        ) from error


def active_files(delta: DeltaTable, outcome: str) -> list[ShardFile]:
    """The files of one outcome in a version, in order of path; their sha256 is not known here and left empty."""
    actions = pa.table(delta.get_add_actions(flatten=True)).to_pylist()
    found = [
        ShardFile(action["path"], outcome, action["size_bytes"], action["num_records"], "")
        for action in actions
        if action["partition.outcome"] == outcome
    ]
    return sorted(found, key=lambda file: file.path)


def write_shard(table: SampleTable, outcome: str, rows: pa.Table, name: str) -> ShardFile:
    """Write rows of `SCHEMA` as one new file that is not yet committed."""
    output = table.output
    group = output.row_group_rows if outcome == ACCEPTED else output.rejected_row_group_rows
    data = encode(rows, group, output.zstd_level)
    path = new_path(outcome, name)
    table.storage.write_new(path, data)
    return ShardFile(path, outcome, len(data), len(rows), hashlib.sha256(data).hexdigest())


def read_columns(storage: Storage, path: str, columns: list[str]) -> pa.Table:
    """Some columns of a file, without reading the others; waits for a store that is away, then raises an `OSError`."""

    def read() -> pa.Table:
        with storage.open(path) as handle:
            return pq.read_table(handle, columns=columns)

    return storage.patiently(read)


def read_shard(table: SampleTable, file: ShardFile) -> pa.Table:
    """All rows of one file, without `outcome`."""
    return pq.read_table(pa.BufferReader(table.storage.read(file.path)), schema=SCHEMA)


def commit_rewrite(table: SampleTable, rewrite: Rewrite, info: dict[str, Any], data_change: bool = False) -> None:
    """Put the added files in the place of the removed ones, in one version.

    Raises `CommitFailed` if a removed file is no longer in the table or another upkeep committed meanwhile, and
    `CommitStateUnknown` if the store went away before the answer. New files are left for vacuum.
    """
    from deltalake.exceptions import DeltaError

    delta = open_table(table.storage)
    here = {file.path for outcome in OUTCOMES for file in active_files(delta, outcome)}
    gone = [file.path for file in rewrite.removed if file.path not in here]
    if gone:
        raise CommitFailed(f"{gone[0]} was replaced by another upkeep of {table.uri} meanwhile. Run again")
    turn = (delta.transaction_version(UPKEEP) or 0) + 1
    actions = [_remove_action(file, data_change) for file in rewrite.removed]
    actions += [add_action(file, data_change) for file in rewrite.added]
    try:
        write_version(delta, actions, {COMMIT_INFO: info}, {UPKEEP: turn})
    except (DeltaError, OSError) as error:
        if not _has_landed(table, rewrite):
            raise CommitFailed(f"another upkeep of {table.uri} committed meanwhile. Run again") from error


def _has_landed(table: SampleTable, rewrite: Rewrite) -> bool:
    """Whether the rewrite is in the table after its commit reported an error."""
    from deltalake.exceptions import DeltaError

    try:
        delta = open_table(table.storage)
    except (DeltaError, OSError) as error:
        raise CommitStateUnknown(
            f"cannot tell whether the upkeep of {table.uri} landed: it is away. Run again; delete nothing"
        ) from error
    here = {file.path for outcome in OUTCOMES for file in active_files(delta, outcome)}
    return all(file.path in here for file in rewrite.added)


def _remove_action(file: ShardFile, data_change: bool) -> Any:
    from deltalake.transaction import RemoveAction

    return RemoveAction(
        path=file.path,
        data_change=data_change,
        deletion_timestamp=int(time.time() * 1000),
        size=file.bytes,
        partition_values={"outcome": file.outcome},
    )


def _groups(files: Sequence[ShardFile], target_bytes: int) -> Iterator[list[ShardFile]]:
    """Neighbouring files that make about one target-sized file together; single ones are left alone."""
    group: list[ShardFile] = []
    for file in files:
        if group and sum(item.bytes for item in group) + file.bytes > target_bytes:
            if len(group) > 1:
                yield group
            group = []
        group.append(file)
    if len(group) > 1:
        yield group


def _merge(table: SampleTable, outcome: str, files: Iterable[ShardFile]) -> ShardFile:
    wanted = list(files)
    rows = pa.concat_tables(read_shard(table, file) for file in wanted)
    if len(rows) != sum(file.rows for file in wanted):
        raise CommitFailed(
            f"{table.uri}: the files to merge hold {len(rows)} rows, the log says otherwise; look into it"
        )
    return write_shard(table, outcome, rows, "compacted")
