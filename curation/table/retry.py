"""Doing again what was rejected for a reason that may pass: a dead link at night, an LLM that did not answer.

A unit of it is some such rows of one rejected file. They go through the whole line as new rows do, and then one version
of the table takes the file out and puts in what the rows have become, beside the rows of the file that were not done
again. So every planned row is there exactly once at any time, and a retry that dies leaves the table as it was.
"""

from __future__ import annotations

import hashlib
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from curation.errors import CommitFailed, CommitStateUnknown, PartitionError, RecipeError
from curation.partition import Partition
from curation.plan import FilePlan, Plan
from curation.samples import Reason, make_table
from curation.table.commit import Committer
from curation.table.log import again_info, open_table
from curation.table.maintain import Rewrite, active_files, commit_rewrite, read_columns, read_shard, write_shard
from curation.table.read import SampleTable
from curation.table.receipt import Receipt, ShardFile
from curation.table.shard import OUTCOMES, REJECTED
from curation.table.storage import OutputSection, Storage

TRANSIENT = pa.array([str(reason) for reason in Reason if reason.transient], pa.string())
UNREADABLE = (pa.ArrowException, OSError)
GIVEN = ("sample_id", "partition", "row", "url", "caption", "metadata")  # what a row had when it came from its source


def plan_again(table: SampleTable, partition_rows: int) -> Plan:
    """The rows of a table that were rejected for a transient reason, in partitions of at most `partition_rows`.

    A partition's `file` and `file_id` are the rejected file that holds its rows, `first_row` counts such rows alone.
    Raises `RecipeError` when the table cannot be read.
    """
    pending: list[Partition] = []
    delta = table.open()
    for file in active_files(delta, REJECTED) if delta is not None else []:
        try:
            rows = pc.sum(_transient(read_columns(table.storage, file.path, ["reason"]))).as_py() or 0
        except UNREADABLE as error:
            raise RecipeError(f"{_unreadable(table.storage, file.path, error)}. Nothing was started") from error
        name = hashlib.sha256(file.path.encode()).hexdigest()[:16]  # of one length, however often rows come again
        for first in range(0, rows, partition_rows):
            size = min(partition_rows, rows - first)
            pending.append(Partition(f"again-{name}-{first}+{size}", file.path, file.path, 1, first, size))
    rows = sum(partition.rows for partition in pending)
    return Plan((FilePlan(table.uri, "", rows, len(pending), len(pending)),), (), tuple(pending))


def read_again(output: OutputSection, partition: Partition) -> pa.Table:
    """The rows of such a partition as their source gave them; each keeps its own `partition` and `row`. Raises
    `PartitionError` when they cannot be read."""
    storage = Storage(output.table, output.storage)
    try:
        rows = read_columns(storage, partition.file, [*GIVEN, "reason"])
    except UNREADABLE as error:
        raise PartitionError(_unreadable(storage, partition.file, error)) from error
    chosen = rows.filter(_transient(rows)).slice(partition.first_row, partition.rows)
    return make_table({name: chosen.column(name) for name in GIVEN})


class Replacer(Committer):
    """Commits receipts of such partitions: see `Committer`, but that each group takes the place of the rows' former
    selves. Raises `CommitFailed` where upkeep or another retry has replaced their file meanwhile."""

    def __init__(self, table: SampleTable, recipe: str, run: str) -> None:
        super().__init__(table, recipe, run)
        self._samples = table
        self._kept: dict[str, set[str]] = {}  # a file written here -> planned files whose rows it holds, once it lands

    def _try(self, group: list[Receipt]) -> list[Receipt] | Exception:
        """See `Committer._try`. Lands what of the group is not in the table yet, and returns all of it: some is there
        where a signal or a lost answer came between commit and here."""
        from deltalake.exceptions import DeltaError

        try:
            delta = open_table(self._storage)
            self._unknown = False
            here = {file.path: file for outcome in OUTCOMES for file in active_files(delta, outcome)}
            left = [receipt for receipt in group if not all(file.path in here for file in receipt.files)]
            rewrite = self._rewrite(left, here) if left else None
        except (DeltaError, OSError) as error:
            return error
        try:
            if rewrite is not None:
                commit_rewrite(self._samples, rewrite, again_info(self._recipe, self._run, left), data_change=True)
        except (CommitFailed, CommitStateUnknown, DeltaError, OSError) as error:
            self._unknown = isinstance(error, CommitStateUnknown)
            return error
        return group

    def _rewrite(self, group: list[Receipt], here: dict[str, ShardFile]) -> Rewrite:
        """The version that puts the group in its place in a table of these files; writes what it keeps of the old."""
        now = {planned: path for path, held in self._kept.items() if path in here for planned in held}
        wanted = {now.get(receipt.file_id, receipt.file_id) for receipt in group}
        if not wanted <= here.keys():
            raise CommitFailed(
                f"{self._storage.uri()}: files were replaced while their rows were done again. Run again"
            )
        old = [here[path] for path in sorted(wanted)]
        added = [file for receipt in group for file in receipt.files]
        rest = _without(pa.concat_tables(read_shard(self._samples, file) for file in old), self._done(added))
        if len(rest) != sum(file.rows for file in old) - sum(receipt.planned for receipt in group):
            raise CommitFailed(f"{self._storage.uri()}: the rows done again are not those that were rejected")
        if len(rest):
            added.append(write_shard(self._samples, REJECTED, rest, "kept"))
            planned = {receipt.file_id for receipt in group} | now.keys()
            self._kept[added[-1].path] = {path for path in planned if now.get(path, path) in wanted}
        return Rewrite(tuple(old), tuple(added))

    def _done(self, files: list[ShardFile]) -> set[tuple[str, int]]:
        """The planned rows that some files hold."""
        done: set[tuple[str, int]] = set()
        for file in files:
            done.update(_planned(read_columns(self._storage, file.path, ["partition", "row"])))
        return done


def _unreadable(storage: Storage, path: str, error: BaseException) -> str:
    return (
        f"{storage.uri(path)} cannot be read ({type(error).__name__}: {error}): its store is away, or upkeep has "
        "replaced it meanwhile. Run again"
    )


def _transient(rows: pa.Table) -> Any:
    return pc.is_in(rows.column("reason"), TRANSIENT)


def _planned(rows: pa.Table) -> list[tuple[Any, Any]]:
    return list(zip(rows.column("partition").to_pylist(), rows.column("row").to_pylist(), strict=True))


def _without(rows: pa.Table, done: set[tuple[str, int]]) -> pa.Table:
    return rows.filter(pa.array([row not in done for row in _planned(rows)], pa.bool_()))
