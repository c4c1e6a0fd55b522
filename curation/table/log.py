"""The Delta log as we use it: how the table is opened and made, and what its app transactions mean.

Every commit carries app transactions, which delta-rs keeps as a map from an id to a number:

- `part:<partition id>` -> 1: the partition has landed;
- `file:<file id>` -> how many partitions the source file was planned into and how many have landed, packed into
  one number (`FileProgress`), so that planning asks once for a finished file;
- `commit:<committer>` -> the sequence number of that committer's last commit, which tells a committer that lost
  the answer to its commit whether the commit landed;
- `upkeep` -> a counter that maintenance moves, so that two of them never rewrite the same files.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from curation.errors import RecipeError
from curation.samples import schema_difference
from curation.table.receipt import Receipt, ShardFile
from curation.table.shard import TABLE_SCHEMA
from curation.table.storage import Storage
from curation.table.transactions import Transactions

if TYPE_CHECKING:
    from deltalake import DeltaTable
    from deltalake.transaction import AddAction

# Key of our JSON object in a version's commit info.
COMMIT_INFO = "curation"

LOG_FILE = re.compile(r"_delta_log/(\d{20})\.json")

CONFIGURATION = {
    "delta.checkpointInterval": "50",  # versions: opening the table reads at most this many log files
    "delta.enableExpiredLogCleanup": "false",  # commit infos are the record of every run: reports read them
    "delta.logRetentionDuration": "interval 3650 days",
    "delta.dataSkippingNumIndexedCols": "0",  # numRecords is the one statistic that we vouch for
}


def open_table(storage: Storage) -> DeltaTable:
    """The table's newest version. `TableNotFoundError` if there is none yet, `RecipeError` if it is another table:
    delta-rs would commit our files to it without a word."""
    from deltalake import DeltaTable

    table = DeltaTable(storage.uri(), storage_options=storage.delta_options())
    arrow: Any = table.schema().to_arrow()
    schema = pa.schema(arrow)
    problem = None if schema.equals(TABLE_SCHEMA) else schema_difference(schema, TABLE_SCHEMA)
    if table.metadata().partition_columns != ["outcome"]:
        problem = f"partitioned by {table.metadata().partition_columns}, expected ['outcome']"
    if problem:
        raise RecipeError(f"{storage.uri()} holds a Delta table of another shape ({problem}). Use another output.table")
    return table


def create_table(storage: Storage) -> None:
    """Make the empty table, version 0. `DeltaError` if another was faster, which does no harm."""
    from deltalake import CommitProperties, DeltaTable

    DeltaTable.create(
        storage.uri(),
        TABLE_SCHEMA,
        mode="error",
        partition_by=["outcome"],
        configuration=CONFIGURATION,
        storage_options=storage.delta_options(),
        # Without it, a creation whose answer is lost lands again as version 1 (delta-rs 1.6.6).
        commit_properties=CommitProperties(max_commit_retries=0),
    )


def add_action(file: ShardFile, data_change: bool = True) -> AddAction:
    """The log entry of one written file."""
    from deltalake.transaction import AddAction

    return AddAction(
        path=file.path,
        size=file.bytes,
        partition_values={"outcome": file.outcome},
        modification_time=int(time.time() * 1000),
        data_change=data_change,
        stats=json.dumps({"numRecords": file.rows}),
    )


def write_version(
    table: DeltaTable, actions: Sequence[AddAction], info: dict[str, Any], numbers: Mapping[str, int]
) -> None:
    """Commit log entries as one version, with this commit info and these numbers as app transactions.

    Raises what delta-rs raises: it does so too when the version landed and its answer was lost.
    """
    from deltalake import CommitProperties, Transaction

    transactions = [Transaction(name, number) for name, number in numbers.items()]
    table.create_write_transaction(
        list(actions),
        mode="append",
        schema=TABLE_SCHEMA,
        partition_by="outcome",
        commit_properties=CommitProperties(custom_metadata=info, app_transactions=transactions),
    )


def partition_key(partition: str) -> str:
    """App transaction id of a partition."""
    return f"part:{partition}"


def file_key(file_id: str) -> str:
    """App transaction id of a source file."""
    return f"file:{file_id}"


@dataclass(frozen=True)
class FileProgress:
    """How far one source file has landed: partitions it was planned into, and partitions that landed."""

    planned: int = 0
    landed: int = 0

    @property
    def whole(self) -> bool:
        """Whether every partition has landed."""
        return 0 < self.planned == self.landed

    @property
    def number(self) -> int:
        """Both counts as the one number that an app transaction holds; it only ever grows."""
        return self.planned << 32 | self.landed

    @classmethod
    def of(cls, transactions: Transactions, file_id: str) -> FileProgress:
        """What a version of the table says of a source file."""
        number = transactions.get(file_key(file_id)) or 0
        return cls(number >> 32, number & 0xFFFFFFFF)


def commit_info(recipe: str, run: str, receipts: list[Receipt]) -> dict[str, Any]:
    """What a commit says of itself: run, recipe, counts and the whole receipts."""
    body = {
        "run": run,
        "recipe": recipe,
        "partitions": len(receipts),
        "accepted": sum(receipt.accepted for receipt in receipts),
        "rejected": sum(receipt.rejected for receipt in receipts),
        "receipts": [json.loads(receipt.to_json()) for receipt in receipts],
    }
    return {COMMIT_INFO: body}


def again_info(recipe: str, run: str, receipts: list[Receipt]) -> dict[str, Any]:
    """What a commit says of itself that puts rows done again in the place of what they were. Its receipts stand under
    a key of their own: their partitions are planned rows' second ones, and count nowhere as landed."""
    body = commit_info(recipe, run, receipts)[COMMIT_INFO]
    return {"upkeep": "retry", "again": body.pop("receipts"), **body}


def commit_infos(storage: Storage, version: int) -> list[dict[str, Any]]:
    """The commit infos of the versions up to this one, oldest first, each with its `version`.

    Read file by file and not by delta-rs's `history`, which holds the interpreter's lock while it waits for the
    network (1.6.6), so that no other thread of the driver moves.
    """
    names = (file.path for file in storage.list("_delta_log"))
    logs = [(int(found[1]), name) for name in names if (found := LOG_FILE.fullmatch(name))]
    logs = [(number, name) for number, name in sorted(logs) if number <= version]
    infos = []
    for (number, _), data in zip(logs, storage.read_many([name for _, name in logs]), strict=True):
        actions = (json.loads(line) for line in data.splitlines() if b'"commitInfo"' in line)
        infos += [action["commitInfo"] | {"version": number} for action in actions if "commitInfo" in action]
    return infos


def run_of(info: Mapping[str, Any]) -> str:
    """The run or retry that made a version, or "" for versions of maintenance."""
    return str(info.get(COMMIT_INFO, {}).get("run", ""))


def receipts_of(info: Mapping[str, Any]) -> list[Receipt]:
    """The receipts in one version's commit info; empty for versions that committed none."""
    return _receipts(info, "receipts")


def receipts_again_of(info: Mapping[str, Any]) -> list[Receipt]:
    """The receipts of rows that were done again, of a version that a retry made."""
    return _receipts(info, "again")


def _receipts(info: Mapping[str, Any], key: str) -> list[Receipt]:
    return [Receipt.from_json(json.dumps(item)) for item in info.get(COMMIT_INFO, {}).get(key, [])]
