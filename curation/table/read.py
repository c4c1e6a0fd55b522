"""Reading the table: what has landed, whether it balances, and its rows."""

from __future__ import annotations

import time
from collections.abc import Container, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as pds

from curation.errors import RecipeError
from curation.table.balance import Landed, RowCount, Unbalanced
from curation.table.log import COMMIT_INFO, commit_infos, open_table, receipts_again_of, receipts_of, run_of
from curation.table.receipt import Receipt
from curation.table.shard import ACCEPTED, TABLE_SCHEMA, planned_rows
from curation.table.storage import OutputSection, Storage
from curation.table.transactions import Transactions

if TYPE_CHECKING:
    from deltalake import DeltaTable

BATCH_ROWS = 256  # rows in flight of a scan that may carry images


@dataclass(frozen=True)
class Status:
    """What the table holds, proved from the table alone. `version` is -1 when there is no table yet."""

    version: int = -1
    partitions: int = 0
    planned: int = 0
    accepted: int = 0
    rejected: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    files: int = 0
    bytes: int = 0
    unbalanced: tuple[Unbalanced, ...] = ()

    @property
    def balanced(self) -> bool:
        """Whether every landed partition has each of its planned rows exactly once, with one outcome."""
        return not self.unbalanced and self.planned == self.accepted + self.rejected

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {**asdict(self), "balanced": self.balanced}


@dataclass(frozen=True)
class RunInfo:
    """What one run committed, from the commit infos: `receipts` in order of commit, times of its commits in UTC.
    `again` says that it was a retry, whose rows other runs had committed as rejected before."""

    run: str
    recipe: str
    first_commit: datetime
    last_commit: datetime
    commits: int
    receipts: tuple[Receipt, ...]
    again: bool = False


class SampleTable:
    """The table as readers see it. Each call opens the newest version and reads that one alone, so what it
    returns is consistent whatever is committed, compacted or vacuumed meanwhile."""

    def __init__(self, output: OutputSection) -> None:
        self.output = output
        self.storage = Storage(output.table, output.storage)

    @property
    def uri(self) -> str:
        """Where the table is: a path or an s3:// URL."""
        return self.storage.uri()

    def exists(self) -> bool:
        """Whether anything has been committed."""
        return self.open() is not None

    def landed(self) -> Landed:
        """What has landed, as of now."""
        return self._landed(self.open())

    def status(self, run: str | None = None) -> Status:
        """Counts, and the proof that planned = accepted + rejected, by reading four columns of every row and
        comparing them, partition by partition, with the row ranges in the ids and the app transactions.

        With `run`, of the partitions that this run committed alone: reads its files and no others, so that the
        proof at the end of a nightly run does not grow with the table.
        """
        table = self.open()
        if table is None:
            return Status()
        infos = commit_infos(self.storage, table.version())
        receipts = [item for info in infos if run in (None, run_of(info)) for item in receipts_of(info)]
        sizes = _file_sizes(table)
        only = None if run is None else pc.field("run").cast(pa.string()) == run
        if run is not None:
            mine = {file.path for item in receipts for file in item.files}
            if mine <= sizes.keys():  # else maintenance has rewritten them, and their rows may be in any file
                sizes = {path: sizes[path] for path in mine}
        rows = RowCount()
        for batch in _batches(table, ["partition", "row", "reason", "outcome"], only, 65_536, sizes.keys()):
            rows.add(batch)
        names = sorted({item.partition for item in receipts} | set(rows.seen))
        landed = self._landed(table)
        unbalanced = tuple(found for name in names if (found := rows.check(name, landed)) is not None)
        return Status(
            version=table.version(),
            partitions=len(names),
            planned=sum(planned_rows(name) for name in names),
            accepted=sum(rows.accepted.values()),
            rejected=sum(rows.rejected.values()),
            reasons=dict(rows.reasons.most_common()),
            files=len(sizes),
            bytes=sum(sizes.values()),
            unbalanced=unbalanced,
        )

    def scan(
        self,
        columns: Sequence[str] | None = None,
        outcome: str | None = None,
        filter: pc.Expression | None = None,
        limit: int | None = None,
    ) -> Iterator[pa.RecordBatch]:
        """Batches of rows: the columns asked for (all of the table's, and `outcome`, by default), of files of the
        outcome asked for, of rows that pass `filter`, and at most `limit` of them. Holds a few batches at a time."""
        table = self.open()
        if table is None:
            return
        if outcome is not None:
            only = pc.field("outcome") == outcome
            filter = only if filter is None else only & filter
        names = list(columns or TABLE_SCHEMA.names)
        if limit is not None:
            yield from _first_rows(table, names, filter, limit)
            return
        yield from (batch for batch in _batches(table, names, filter, BATCH_ROWS) if len(batch))

    def table(
        self,
        columns: Sequence[str] | None = None,
        outcome: str | None = None,
        filter: pc.Expression | None = None,
        limit: int | None = None,
    ) -> pa.Table:
        """What `scan` yields, as one table in memory."""
        names = list(columns or TABLE_SCHEMA.names)
        schema = pa.schema([TABLE_SCHEMA.field(name) for name in names])
        return pa.Table.from_batches(self.scan(names, outcome, filter, limit), schema=schema)

    def keys(self, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """These columns of every accepted row, streaming."""
        return self.scan(columns, outcome=ACCEPTED)

    def sample(self, prefix: str) -> list[dict[str, Any]]:
        """Every row whose sample id begins with `prefix`, whole, as Python values by column."""
        table = self.open()
        if table is None:
            return []
        wanted = pc.starts_with(pc.field("sample_id"), prefix)
        found: list[dict[str, Any]] = []
        dataset = table.to_pyarrow_dataset()
        for fragment in dataset.get_fragments():
            # The id column first: the images of a file are read only if the sample is in it.
            if fragment.count_rows(filter=wanted):
                found += fragment.to_table(schema=dataset.schema, filter=wanted).to_pylist()
        return found

    def runs(self) -> list[RunInfo]:
        """What each run committed, oldest first."""
        table = self.open()
        infos = [] if table is None else commit_infos(self.storage, table.version())
        by_run: dict[str, list[dict[str, Any]]] = {}
        for info in infos:
            if receipts_of(info) or receipts_again_of(info):
                by_run.setdefault(run_of(info), []).append(info)
        return [_run_info(run, commits) for run, commits in by_run.items()]

    def _landed(self, table: DeltaTable | None) -> Landed:
        transactions = Transactions(self.storage)
        if table is not None:
            transactions.advance(table.version())
        return Landed(transactions)

    def open(self) -> DeltaTable | None:
        """The newest version, or None; waits for a store that is away, and says at once if it refuses us. Raises
        `RecipeError` when it cannot be read."""
        from deltalake.exceptions import DeltaError, TableNotFoundError

        deadline = time.monotonic() + self.storage.patience_s
        pause = 0.2
        while True:
            try:
                return open_table(self.storage)
            except TableNotFoundError:
                return None
            except DeltaError as error:
                raise RecipeError(f"{self.uri} holds no Delta table that can be read: {error}") from error
            except OSError as error:
                self.storage.check_reachable()
                if not self.storage.remote or time.monotonic() + pause > deadline:
                    raise RecipeError(f"{self.uri} cannot be read: {error}") from error
            time.sleep(pause)
            pause = min(pause * 2, self.storage.section.max_backoff_s)


def _batches(
    table: DeltaTable,
    columns: list[str],
    filter: pc.Expression | None,
    batch_rows: int,
    paths: Container[str] | None = None,
) -> Iterator[pa.RecordBatch]:
    """Batches of all files, or of those whose path in the table is among `paths`."""
    dataset: Any = table.to_pyarrow_dataset()
    if paths is not None:
        fragments = [each for each in dataset.get_fragments() if each.path in paths]
        dataset = pds.FileSystemDataset(fragments, dataset.schema, dataset.format, dataset.filesystem)
    scanner = pds.Scanner.from_dataset(
        dataset, columns=columns, filter=filter, batch_size=batch_rows, batch_readahead=2, fragment_readahead=2
    )
    yield from scanner.to_batches()


def _file_sizes(table: DeltaTable) -> dict[str, int]:
    """Bytes of each file by its path in the table."""
    files = pa.table(table.get_add_actions(flatten=True)).select(["path", "size_bytes"])
    return {file["path"]: file["size_bytes"] for file in files.to_pylist()}


def _first_rows(
    table: DeltaTable, columns: list[str], filter: pc.Expression | None, limit: int
) -> Iterator[pa.RecordBatch]:
    """At most `limit` rows, read row group by row group. A scanner of pyarrow 26 that is left before its end still
    reads ahead through Python file handles, and crashes or hangs the process when the interpreter ends."""
    dataset = table.to_pyarrow_dataset()
    left = limit
    for fragment in dataset.get_fragments(filter=filter):
        for group in fragment.split_by_row_group(schema=dataset.schema):
            if left <= 0:
                return
            rows = group.to_table(schema=dataset.schema, columns=columns, filter=filter).slice(0, left)
            left -= len(rows)
            yield from rows.to_batches()


def _run_info(run: str, commits: list[dict[str, Any]]) -> RunInfo:
    times = [datetime.fromtimestamp(info["timestamp"] / 1000, UTC) for info in commits]
    again = any(receipts_again_of(info) for info in commits)
    receipts = tuple(receipt for info in commits for receipt in receipts_of(info) + receipts_again_of(info))
    return RunInfo(run, commits[-1][COMMIT_INFO]["recipe"], times[0], times[-1], len(commits), receipts, again)
