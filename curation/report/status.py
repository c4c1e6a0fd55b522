"""What a table holds, on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.text import Text

from curation.report.funnel import Funnel, reason_table, render
from curation.report.text import count, plural, size

if TYPE_CHECKING:
    from curation.table.balance import Unbalanced
    from curation.table.read import Status

MOST_UNBALANCED = 20


def render_status(status: Status, uri: str) -> RenderableType:
    """The funnel with its proof, every reason in words, where the table is and how large, and each partition that
    does not balance (20 at most)."""
    parts: list[RenderableType] = [render(Funnel(status.planned, status.accepted, status.reasons))]
    if status.reasons:
        parts += [Text(""), reason_table(Funnel(status.planned, status.accepted, status.reasons))]
    parts += [Text(""), _where(status, uri)]
    parts += [_wrong(found) for found in status.unbalanced[:MOST_UNBALANCED]]
    hidden = len(status.unbalanced) - MOST_UNBALANCED
    if hidden > 0:
        parts.append(Text(f"and {plural(hidden, 'more partition')} out of balance", style="red"))
    return Group(*parts)


def _where(status: Status, uri: str) -> Text:
    held = f"{plural(status.partitions, 'partition')} in {plural(status.files, 'file')}, {size(status.bytes)}"
    return Text.assemble(("table ", "dim"), uri, (f"  version {status.version}, {held}", "dim"))


def _wrong(found: Unbalanced) -> Text:
    landed = "" if found.landed else ", and its commit is not recorded"
    return Text(
        f"✗ partition {found.partition}: {count(found.planned)} planned, {count(found.accepted)} accepted, "
        f"{count(found.rejected)} rejected, {count(found.distinct)} different rows{landed}",
        style="red",
    )
