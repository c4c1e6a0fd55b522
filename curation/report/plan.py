"""The plan on a terminal: each source file, what is committed of it and what is left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from curation.report.text import count, plural, printable

if TYPE_CHECKING:
    from curation.plan import FilePlan, Plan

MOST_FILES = 40


def render_plan(plan: Plan) -> RenderableType:
    """A line a source file (pending files first, 40 at most), bad files with what is wrong with them, and the sum."""
    parts: list[RenderableType] = []
    if plan.files:
        parts.append(_files(plan))
    hidden = len(plan.files) - MOST_FILES
    if hidden > 0:
        parts.append(Text(f"and {plural(hidden, 'more file')}", style="dim"))
    parts += [Text(f"skipped {bad.path}: {printable(bad.problem)}", style="yellow") for bad in plan.bad_files]
    parts.append(_sum(plan))
    return Group(*parts)


def _files(plan: Plan) -> Table:
    table = Table(box=None, padding=(0, 1), pad_edge=False, header_style="dim")
    table.add_column("file", overflow="fold", ratio=1)
    for name in ("rows", "partitions", "committed", "pending"):
        table.add_column(name, justify="right", no_wrap=True)
    for file in sorted(plan.files, key=lambda file: file.pending == 0)[:MOST_FILES]:
        table.add_row(*_cells(file))
    return table


def _cells(file: FilePlan) -> tuple[RenderableType, ...]:
    done = file.partitions - file.pending
    return (
        Text(printable(file.path), style="dim" if not file.pending else ""),
        count(file.rows),
        count(file.partitions),
        Text(count(done), style="green" if done else "dim"),
        Text(count(file.pending), style="yellow" if file.pending else "dim"),
    )


def _sum(plan: Plan) -> Text:
    done = plan.partitions - len(plan.pending)
    whole = f"{plural(len(plan.files), 'file')}, {plural(plan.rows, 'row')} in {plural(plan.partitions, 'partition')}"
    if not plan.pending:
        return Text.assemble(whole, ": ", ("all committed, nothing to do", "green"))
    pending = f"{plural(plan.pending_rows, 'row')} in {plural(len(plan.pending), 'partition')} pending"
    return Text.assemble(whole, f": {count(done)} committed, ", (pending, "yellow"))
