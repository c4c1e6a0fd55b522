"""The unit of work."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Partition:
    """Consecutive rows of one source file. `id` is stable: it is made of the file's identity and the row range."""

    id: str
    file: str  # path or URL of the source file
    file_id: str
    file_partitions: int  # how many partitions the file has
    first_row: int
    rows: int

    def to_json(self) -> str:
        """One line of JSON, to cross process borders."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Partition:
        """The partition that `to_json` wrote."""
        return cls(**json.loads(text))
