"""The plan as a person reads it."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from curation.plan import Plan
from curation.report.text import count, plural, printable

_SHOWN_FILES = 40


def render_plan(plan: Plan) -> RenderableType:
    """A line a file (the first 40), bad files with what is wrong with them, and the sum."""
    table = Table(box=None, padding=(0, 1), pad_edge=False, header_style="dim")
    table.add_column("file", overflow="fold")
    for name in ("rows", "partitions", "committed", "pending"):
        table.add_column(name, justify="right", no_wrap=True)
    for file in plan.files[:_SHOWN_FILES]:
        done = file.partitions - file.pending
        table.add_row(
            Text(printable(file.path)), count(file.rows), count(file.partitions), count(done), count(file.pending)
        )
    parts: list[RenderableType] = [table]
    if len(plan.files) > _SHOWN_FILES:
        parts.append(Text(f"... and {count(len(plan.files) - _SHOWN_FILES)} more files", style="dim"))
    parts += [Text(printable(f"skipped {bad.path}: {bad.problem}"), style="yellow") for bad in plan.bad_files]
    done_rows = plan.rows - plan.pending_rows
    parts.append(
        Text(
            f"{plural(len(plan.files), 'file')}, {count(plan.rows)} rows in {count(plan.partitions)} partitions: "
            f"{count(done_rows)} rows committed, {count(plan.pending_rows)} rows in {count(len(plan.pending))} partitions pending"
        )
    )
    return Group(*parts)
