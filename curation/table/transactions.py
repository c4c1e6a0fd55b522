"""The app transactions of a version of the table, all of them at once."""

from __future__ import annotations

import json
import re
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from curation.table.storage import Storage

CHECKPOINT = re.compile(r"_delta_log/(\d{20})\.checkpoint\.parquet")
NEAR_VERSIONS = 20  # closer than this, the log files are read one by one and no checkpoint is looked for


class Transactions:
    """App transaction ids and their numbers, as of `version`; a look-up is one in memory.

    Read from the Delta log itself: its newest checkpoint, then the versions after it. delta-rs's own
    `transaction_version` (1.6.6) goes through the whole log for each id: 11 ms an id on a local table of 100,000
    partitions, and the planning of thousands of source files asks for each of them.
    """

    def __init__(self, storage: Storage) -> None:
        self.version = -1
        self._storage = storage
        self._numbers: dict[str, int] = {}

    def get(self, key: str) -> int | None:
        """The number of an app transaction, or None if there was none."""
        return self._numbers.get(key)

    def advance(self, version: int) -> None:
        """Bring this to a version that exists. Versions never change, so only newer ones are read."""
        if version - self.version > NEAR_VERSIONS:
            self._start_from_checkpoint(version)
        wanted = range(self.version + 1, version + 1)
        for number, data in zip(wanted, self._storage.read_many([_log_file(n) for n in wanted]), strict=True):
            for line in data.splitlines():
                if b'"txn"' in line and (found := json.loads(line).get("txn")):
                    self._numbers[found["appId"]] = found["version"]
            self.version = number

    def _start_from_checkpoint(self, version: int) -> None:
        names = (file.path for file in self._storage.list("_delta_log"))
        found = [(int(match[1]), name) for name in names if (match := CHECKPOINT.fullmatch(name))]
        number, name = max(((number, name) for number, name in found if number <= version), default=(-1, ""))
        if number <= self.version:
            return
        column = pq.read_table(pa.BufferReader(self._storage.read(name)), columns=["txn"])["txn"]
        entries: list[Any] = column.drop_null().to_pylist()
        self._numbers = {entry["appId"]: entry["version"] for entry in entries}
        self.version = number


def _log_file(version: int) -> str:
    return f"_delta_log/{version:020}.json"
