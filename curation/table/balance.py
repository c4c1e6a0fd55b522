"""What has landed, and the proof that it balances: each planned row is there exactly once, with one outcome."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from curation.table.log import FileProgress, partition_key
from curation.table.shard import ACCEPTED, planned_rows
from curation.table.transactions import Transactions


class Landed:
    """What one version of the table holds, asked by id; each answer is one look-up in memory."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    def file(self, file_id: str) -> bool:
        """Whether every partition of this source file has landed."""
        return FileProgress.of(self._transactions, file_id).whole

    def partition(self, partition: str) -> bool:
        """Whether this partition has landed."""
        return self._transactions.get(partition_key(partition)) is not None


@dataclass(frozen=True)
class Unbalanced:
    """A partition whose rows are not what was planned. `distinct` counts different row numbers."""

    partition: str
    planned: int
    accepted: int
    rejected: int
    distinct: int
    landed: bool


class RowCount:
    """How often each row number of each partition occurs, by outcome and reason."""

    def __init__(self) -> None:
        self.seen: dict[str, np.ndarray[Any, np.dtype[np.uint8]]] = {}
        self.accepted: Counter[str] = Counter()
        self.rejected: Counter[str] = Counter()
        self.reasons: Counter[str] = Counter()

    def add(self, batch: pa.RecordBatch) -> None:
        """Count rows; reads partition, row, reason and outcome."""
        parts: Any = pc.dictionary_encode(batch.column("partition"))
        codes = np.asarray(parts.indices)
        numbers = np.asarray(batch.column("row"))
        outcomes = np.asarray(pc.equal(batch.column("outcome"), pa.scalar(ACCEPTED)).cast(pa.int8()))
        for code, name in enumerate(parts.dictionary.to_pylist()):
            mine = codes == code
            planned = planned_rows(name)
            seen = self.seen.setdefault(name, np.zeros(planned, np.uint8))
            inside = numbers[mine & (numbers >= 0) & (numbers < planned)]
            np.add.at(seen, inside, 1)
            accepted = int(outcomes[mine].sum())
            self.accepted[name] += accepted
            self.rejected[name] += int(mine.sum()) - accepted
        self.reasons.update(str(reason) for reason in batch.column("reason").drop_null().to_pylist())

    def check(self, name: str, landed: Landed) -> Unbalanced | None:
        """What is wrong with a partition, or None."""
        planned = planned_rows(name)
        seen = self.seen.get(name, np.zeros(planned, np.uint8))
        rows = self.accepted[name] + self.rejected[name]
        if landed.partition(name) and rows == planned and bool((seen == 1).all()):
            return None
        return Unbalanced(
            name, planned, self.accepted[name], self.rejected[name], int(np.count_nonzero(seen)), landed.partition(name)
        )
