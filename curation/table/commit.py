"""The group commit: receipts in, atomic versions of the table out, each partition exactly once."""

from __future__ import annotations

import logging
import random
import threading
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING

from curation.errors import BadShard, CommitFailed, CommitStateUnknown, CurationError
from curation.table.log import (
    FileProgress,
    add_action,
    commit_info,
    create_table,
    file_key,
    open_table,
    partition_key,
    write_version,
)
from curation.table.receipt import Receipt, ShardFile
from curation.table.shard import ACCEPTED, REJECTED, check_footer, check_whole, footer_bytes, planned_rows
from curation.table.transactions import Transactions

if TYPE_CHECKING:
    from deltalake import DeltaTable

    from curation.table.read import SampleTable

log = logging.getLogger(__name__)
FOOTER_GUESS_BYTES = 64 * 1024


@dataclass
class Committed:
    """Running totals of one committer. `skipped` counts partitions that another run had landed, `repeated` further
    attempts at partitions that this run had in hand already."""

    partitions: int = 0
    accepted: int = 0
    rejected: int = 0
    bytes: int = 0
    commits: int = 0
    skipped: int = 0
    repeated: int = 0
    reasons: Counter[str] = field(default_factory=Counter)

    def add(self, receipt: Receipt) -> None:
        """Count one partition that has landed."""
        self.partitions += 1
        self.accepted += receipt.accepted
        self.rejected += receipt.rejected
        self.bytes += sum(file.bytes for file in receipt.files)
        self.reasons.update(receipt.reasons)


class Committer:
    """Commits receipts in groups of `commit_every_partitions`, or after `commit_every_s` if that comes first.

    One group is one atomic Delta transaction: readers see all of its files or none. A partition lands exactly
    once, whatever dies or races: its app transaction is looked up before the commit on the same snapshot that
    the commit is made on, and two commits of one partition exclude each other. A partition that another run
    landed first is counted in `committed.skipped` and logged; its new files are left for vacuum.

    A context manager: leaving it commits what is pending, also when it is left by an error or by Ctrl-C, since
    what is pending is finished work. Waits for a store that is away for up to `storage.patience_s`, then
    raises `CommitFailed` or `CommitStateUnknown`; in both cases the next run continues.
    """

    def __init__(self, table: SampleTable, recipe: str, run: str) -> None:
        self.committed = Committed()
        self._output = table.output
        self._storage = table.storage
        self._recipe = recipe
        self._run = run
        self._table: DeltaTable | None = None
        self._transactions = Transactions(self._storage)
        self._key = f"commit:{uuid.uuid4().hex}"
        self._sequence = 0
        self._tried: list[Receipt] = []  # what the last try of the present group meant to land
        self._unknown = False  # whether a commit of it was tried and the table not read since
        self._pending: dict[str, Receipt] = {}
        self._landed: set[str] = set()  # by this committer
        self._oldest = 0.0
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._failure: CurationError | None = None
        self._timer = threading.Thread(target=self._flush_in_time, name="committer", daemon=True)

    def __enter__(self) -> Committer:
        self._storage.check_reachable()
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if isinstance(error, CommitFailed | CommitStateUnknown):
            self._closed.set()
            return
        self.close()

    def add(self, receipt: Receipt) -> None:
        """Check the receipt's files and put it in the pending group; commits the group when it is full.

        `BadShard` if a file is not what the receipt says: the partition is not committed and stays pending for
        the next run, and other receipts are not touched.
        """
        self._raise_failure()
        with self._lock:
            if receipt.partition in self._pending or receipt.partition in self._landed:
                self.committed.repeated += 1
                log.info("partition %s came twice; the second attempt's files are left for vacuum", receipt.partition)
                return
        try:
            self._verify(receipt)
        except OSError as error:
            raise CommitFailed(
                f"partition {receipt.partition} could not be checked before its commit: {self._storage.uri()} is away "
                f"or refuses us ({type(error).__name__}). Run again when it is back"
            ) from error
        with self._lock:
            if not self._pending:
                self._oldest = time.monotonic()
            self._pending[receipt.partition] = receipt
            if len(self._pending) >= self._output.commit_every_partitions:
                self._flush()

    def flush(self) -> None:
        """Commit what is pending now."""
        self._raise_failure()
        with self._lock:
            self._flush()

    def close(self) -> None:
        """Commit what is pending and stop. Safe to call twice."""
        self._closed.set()
        self.flush()

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise self._failure

    def _flush_in_time(self) -> None:
        beat = min(1.0, self._output.commit_every_s / 4)
        while not self._closed.wait(beat):
            with self._lock:
                due = self._pending and time.monotonic() - self._oldest >= self._output.commit_every_s
                if not due:
                    continue
                try:
                    self._flush()
                except CurationError as error:
                    self._failure = error  # raised by the next call, in the driver's own thread
                    return

    def _verify(self, receipt: Receipt) -> None:
        rows = {ACCEPTED: 0, REJECTED: 0}
        for file in receipt.files:
            if file.outcome not in rows or not file.path.startswith(f"outcome={file.outcome}/"):
                raise BadShard(f"{file.path} does not lie under its outcome {file.outcome!r}")
            rows[file.outcome] += file.rows
        planned = planned_rows(receipt.partition)
        said = (receipt.planned, receipt.accepted, receipt.rejected)
        if (receipt.accepted, receipt.rejected) != (rows[ACCEPTED], rows[REJECTED]) or not (
            planned == receipt.planned == receipt.accepted + receipt.rejected
        ):
            raise BadShard(
                f"partition {receipt.partition} was planned with {planned} rows; its receipt says planned, accepted, "
                f"rejected = {said} and its files hold {rows}"
            )
        for file in receipt.files:
            self._verify_file(file)

    def _verify_file(self, file: ShardFile) -> None:
        try:
            if self._output.verify_sha256:
                check_whole(file, self._storage.read(file.path))
                return
            size = self._storage.size(file.path)
            if size != file.bytes:
                raise BadShard(f"{file.path} has {size} bytes, its receipt says {file.bytes}")
            end = self._storage.read_end(file.path, FOOTER_GUESS_BYTES)
            if footer_bytes(end) > len(end):
                end = self._storage.read_end(file.path, footer_bytes(end))
            check_footer(file, end)
        except FileNotFoundError as error:
            raise BadShard(f"{file.path} does not exist") from error

    def _skip(self, receipt: Receipt) -> None:
        self.committed.skipped += 1
        log.warning(
            "partition %s was committed by another run already; this run's files are left for vacuum", receipt.partition
        )

    def _flush(self) -> None:
        if not self._pending:
            return
        landed = {receipt.partition for receipt in self._commit(list(self._pending.values()))}
        self._landed |= landed
        for receipt in self._pending.values():
            if receipt.partition in landed:
                self.committed.add(receipt)
            else:
                self._skip(receipt)
        self._pending.clear()
        self.committed.commits += bool(landed)

    def _commit(self, group: list[Receipt]) -> list[Receipt]:
        """Land the group, and return the receipts that landed by this commit; tries until it is certain, for as long
        as the store is away and has our patience."""
        self._sequence += 1
        self._tried, self._unknown = [], False
        deadline = time.monotonic() + self._storage.patience_s
        pause = 0.05
        while isinstance(landed := self._try(group), Exception):
            if time.monotonic() + pause > deadline:
                raise landed if isinstance(landed, CurationError) else self._gave_up(len(group)) from landed
            time.sleep(pause * random.uniform(0.5, 1.0))
            pause = min(pause * 2, self._output.storage.max_backoff_s)
        return landed

    def _try(self, group: list[Receipt]) -> list[Receipt] | Exception:
        """The receipts that landed by this commit, or what kept it from landing where another try may fare better."""
        from deltalake.exceptions import DeltaError, DeltaProtocolError, SchemaMismatchError, TableNotFoundError

        try:
            table = self._load()
            if self._tried and self._transactions.get(self._key) == self._sequence:
                return self._tried  # the commit landed, its answer was lost
            self._unknown = False
            self._tried = [item for item in group if self._transactions.get(partition_key(item.partition)) is None]
            if self._tried:
                self._unknown = True
                self._transact(table, self._tried)
            return self._tried
        except TableNotFoundError as error:
            self._create()
            return error
        except (DeltaProtocolError, SchemaMismatchError) as error:
            raise CommitFailed(f"{self._storage.uri()} is not a table that this version can write: {error}") from error
        except (DeltaError, OSError) as error:
            self._table = None
            return error

    def _load(self) -> DeltaTable:
        # A commit must be made on the snapshot that the look-up was made on: delta-rs rejects an app transaction
        # that landed after its snapshot, and nothing that landed before it.
        if self._table is None:
            self._table = open_table(self._storage)
        else:
            self._table.update_incremental()
        self._transactions.advance(self._table.version())
        return self._table

    def _create(self) -> None:
        from deltalake.exceptions import DeltaError

        try:
            create_table(self._storage)
        except (DeltaError, OSError) as error:  # another run made it first, or the store is away: the load will tell
            log.debug("could not create %s: %s", self._storage.uri(), error)

    def _transact(self, table: DeltaTable, receipts: list[Receipt]) -> None:
        numbers = {self._key: self._sequence}
        numbers |= {partition_key(receipt.partition): 1 for receipt in receipts}
        numbers |= {file_key(file_id): progress.number for file_id, progress in self._progress(receipts).items()}
        actions = [add_action(file) for receipt in receipts for file in receipt.files]
        write_version(table, actions, commit_info(self._recipe, self._run, receipts), numbers)

    def _progress(self, receipts: list[Receipt]) -> dict[str, FileProgress]:
        """How far each source file has landed once these receipts have."""
        progress: dict[str, FileProgress] = {}
        for receipt in receipts:
            name, planned = receipt.file_id, receipt.file_partitions
            before = progress.get(name) or FileProgress.of(self._transactions, name)
            if before.planned not in (0, planned):
                raise CommitFailed(
                    f"source file {name} was planned into {before.planned} partitions when its first rows landed, "
                    f"and into {planned} now: rows would be committed twice. Set source.partition_rows back, or use "
                    "another table"
                )
            progress[name] = FileProgress(planned, before.landed + 1)
        return progress

    def _gave_up(self, partitions: int) -> CurationError:
        waited = f"{partitions} partitions after {self._storage.patience_s:g} s: {self._storage.uri()} is away"
        if self._unknown:
            return CommitStateUnknown(f"cannot tell whether the commit landed of {waited}. Run again; delete nothing")
        return CommitFailed(f"could not commit {waited}. Run again when it is back")
