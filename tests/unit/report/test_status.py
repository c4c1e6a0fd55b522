"""A table's status on a terminal."""

from __future__ import annotations

import io

from rich.console import Console

from curation.report.status import render_status
from curation.table.balance import Unbalanced
from curation.table.read import Status


def shown(status: Status) -> str:
    console = Console(file=io.StringIO(), width=80)
    console.print(render_status(status, "s3://bucket/table"))
    return console.file.getvalue()  # type: ignore[attr-defined]


def test_a_status_says_what_is_there_why_rows_fell_and_where_the_table_is() -> None:
    status = Status(3, 2, 10, 6, 4, {"blank": 3, "timeout": 1}, files=4, bytes=2_500_000)
    text = shown(status)
    assert "10 planned = 6 accepted + 4 rejected" in text
    assert "one colour or close to it" in text
    assert "s3://bucket/table  version 3, 2 partitions in 4 files, 2.5 MB" in " ".join(text.split("\n"))


def test_partitions_out_of_balance_are_named_but_not_all_of_thousands() -> None:
    wrong = tuple(Unbalanced(f"f-{number}+10", 10, 5, 4, 9, number > 0) for number in range(1000))
    text = shown(Status(1, 1000, 10_000, 5_000, 4_000, {"blank": 4_000}, unbalanced=wrong))
    flat = " ".join(text.split())
    assert "✗ partition f-0+10: 10 planned, 5 accepted, 4 rejected, 9 different rows, and its commit is not" in flat
    assert "and 980 more partitions out of balance" in text
    assert "10,000 planned ≠ 5,000 accepted + 4,000 rejected" in text
