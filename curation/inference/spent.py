"""What the LLM was used for: requests, tokens and seconds, by row, by partition and by run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import pyarrow as pa

from curation.inference.chat import ChatAnswer
from curation.samples import column, fill


@dataclass(frozen=True)
class Spent:
    """Use of the LLM. `seconds` are those that requests were in flight, waits and retries included, summed over
    requests: 32 requests that ran together for a second are 32. Adds up with `+`; false when nothing was spent."""

    requests: float = 0
    retries: float = 0  # attempts beyond the first of each request
    prompt_tokens: float = 0
    completion_tokens: float = 0
    seconds: float = 0.0

    @classmethod
    def on(cls, answer: ChatAnswer) -> Spent:
        """What one answer took."""
        return cls(
            1, max(0, answer.attempts - 1), answer.prompt_tokens, answer.completion_tokens, round(answer.seconds, 3)
        )

    @classmethod
    def in_row(cls, row: Mapping[str, Any]) -> Spent:
        """What a row of the table says of itself; columns that are null count as nothing."""
        return cls(**{name: row[column] or 0 for name, column in COLUMNS.items()})

    @property
    def tokens(self) -> float:
        """Prompt and completion tokens together."""
        return self.prompt_tokens + self.completion_tokens

    def to_dict(self) -> dict[str, float]:
        """Plain values, for JSON."""
        return asdict(self)

    def __add__(self, other: Spent) -> Spent:
        return Spent(*(getattr(self, field.name) + getattr(other, field.name) for field in fields(self)))

    def __mul__(self, share: float) -> Spent:
        return Spent(*(getattr(self, field.name) * share for field in fields(self)))

    def __bool__(self) -> bool:
        return any(getattr(self, field.name) for field in fields(self))


# The table's column for each of the above.
COLUMNS = {
    "requests": "llm_requests",
    "retries": "llm_retries",
    "prompt_tokens": "prompt_tokens",
    "completion_tokens": "completion_tokens",
    "seconds": "llm_seconds",
}


def add_spent(table: pa.Table, spent: Mapping[int, Spent]) -> pa.Table:
    """The sample table with these rows' use of the LLM added to what they hold already."""
    rows = list(spent)
    before = zip(*(column(table, name, rows) for name in COLUMNS.values()), strict=True)
    after = [spent[row] + Spent(*(value or 0 for value in cells)) for row, cells in zip(rows, before, strict=True)]
    for name, target in COLUMNS.items():
        table = fill(table, target, {row: getattr(each, name) for row, each in zip(rows, after, strict=True)})
    return table
