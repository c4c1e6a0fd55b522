"""What a person is told at the end of a run: what became of the rows, where they are, and what is left."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from curation.report.funnel import Funnel, render

if TYPE_CHECKING:
    from curation.pipeline import RunResult
    from curation.table.read import Status


def tell(result: RunResult, recipe: Path, status: Status, uri: str, console: Console, again: bool) -> None:
    """Print the end of a run of a recipe file, or `again` of a retry, whose table at `uri` has this status."""
    for bad in result.plan.bad_files:
        words = f"skipped {bad.path}: {bad.problem}"
        console.print(words, style="yellow", markup=False, highlight=False, soft_wrap=True)
    if not result.plan.pending:
        words = f"all {result.plan.rows:,} rows in {result.plan.partitions} partitions are committed"
        console.print(f"Nothing to do: {'no row was rejected for a reason that may pass' if again else words}.")
    if status.planned:
        console.print(render(Funnel(status.planned, status.accepted, status.reasons)))
    console.print(_how_to_read(uri, recipe), highlight=False, soft_wrap=True, markup=False)
    if result.elsewhere:
        console.print(f"{result.elsewhere} partitions were landed by another run first", style="yellow")
    if result.left:
        words = "interrupted" if result.interrupted else "incomplete"
        command = "`run --retry`" if again else "run"
        console.print(f"{words}: {result.left} partitions stay pending; {command} again to continue", style="yellow")


def _how_to_read(uri: str, recipe: Path) -> str:
    """Where the table is, how to read it and how to check it."""
    return (
        f"table   {uri}\n"
        f'read    files = deltalake.DeltaTable("{uri}").file_uris([("outcome", "=", "accepted")])\n'
        f'        datasets.load_dataset("parquet", data_files=files)\n'
        f"prove   curation status {recipe}"
    )
