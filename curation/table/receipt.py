"""What the write stage returns for a partition, and what the driver commits."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field


@dataclass(frozen=True)
class ShardFile:
    """One Parquet file that was written: where (relative to the table), for which outcome, and its proof."""

    path: str
    outcome: str  # "accepted" or "rejected"
    bytes: int
    rows: int
    sha256: str


@dataclass(frozen=True)
class Receipt:
    """Everything the driver must know to commit a partition: `planned = accepted + rejected`, always."""

    partition: str
    file_id: str
    file_partitions: int  # how many partitions its source file was planned into
    planned: int
    accepted: int
    rejected: int
    files: tuple[ShardFile, ...]
    reasons: dict[str, int] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)  # busy seconds by stage
    llm: dict[str, float] = field(default_factory=dict)  # the fields of inference.spent.Spent, of all rows

    def to_json(self) -> str:
        """One line of JSON, to cross process borders."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Receipt:
        """The receipt that `to_json` wrote."""
        values = json.loads(text)
        files = tuple(ShardFile(**item) for item in values.pop("files"))
        return cls(files=files, **values)
