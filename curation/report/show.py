"""One sample on a terminal: its picture, texts, dialogue with checks, and every fact that is known of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from curation.report.pictures import half_blocks
from curation.report.reasons import explain, may_pass_later
from curation.report.text import judged, printable
from curation.samples import NEVER_SHOWN

MOST_COLUMNS = 56
_TYPES = {
    "conversation": "blue",
    "detailed_description": "cyan",
    "complex_reasoning": "magenta",
    "false_premise": "red",
}
# Shown elsewhere, or bytes.
_APART = frozenset({"caption", "text", "image", "preview", "messages", "turns", "reason", "detail", "outcome"})


def render_sample(row: Mapping[str, Any]) -> RenderableType:
    """All of one row of the table (Python values by column). Strangers' text is shown as text: no markup, no
    control characters. The picture is drawn on terminals with colours alone."""
    return Group(
        Rule(Text(f"sample {row['sample_id']}"), align="left", style="dim"),
        _verdict(row),
        *_picture(row),
        _texts(row),
        *_dialogue(row.get("turns") or []),
        Text("\nfacts", style="dim"),
        _facts(row),
    )


class _Thumbnail:
    """A picture in half blocks; nothing where colours cannot be shown."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        if not console.is_terminal or console.color_system in (None, "standard", "windows"):
            return
        blocks = half_blocks(self._data, min(options.max_width - 2, MOST_COLUMNS))
        if blocks is not None:
            yield Padding(blocks, (1, 0, 0, 0))


def _verdict(row: Mapping[str, Any]) -> Text:
    reason = row.get("reason")
    if reason is None:
        return Text("accepted", style="bold green")
    detail = printable(row.get("detail"))
    again = " May pass on another day." if may_pass_later(reason) else ""
    return Text.assemble(
        ("rejected", "bold yellow"),
        f": {reason}",
        f" ({detail})" if detail else "",
        (f"\n{explain(reason)}{again}", "dim"),
    )


def _picture(row: Mapping[str, Any]) -> list[RenderableType]:
    data = (row.get("image") or {}).get("bytes") or row.get("preview")
    return [_Thumbnail(data)] if data and row.get("reason") not in NEVER_SHOWN else []


def _texts(row: Mapping[str, Any]) -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_row("", "")
    grid.add_row("alt-text", Text(printable(row.get("caption")) or "(empty)"))
    if row.get("text") and row["text"] != row.get("caption"):
        grid.add_row("repaired", Text(printable(row["text"])))
    return grid


def _dialogue(turns: list[Mapping[str, Any]]) -> list[RenderableType]:
    lines: list[RenderableType] = []
    for turn in turns:
        kind = turn.get("response_type") or "?"
        checks = turn.get("checks") or []
        color = "dim" if checks else _TYPES.get(kind, "yellow")
        words = [kind.replace("_", " "), "dropped" if checks else "", judged(turn.get("verdict"), turn.get("score"))]
        text = Text(", ".join(word for word in words if word) + "\n", style=color)
        text.append(printable(turn.get("question")) + "\n", style="dim" if checks else "bold")
        text.append(printable(turn.get("answer")), style="dim" if checks else "")
        for check in checks:
            text.append(f"\n{printable(check)}", style="yellow")
        lines.append(Padding(text, (1, 0, 0, 2)))
    return lines


def _facts(row: Mapping[str, Any]) -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, value in row.items():
        if name not in _APART and value is not None:
            for label, text in _lines(name, value):
                grid.add_row(label, Text(printable(text)))
    return grid


def _lines(name: str, value: Any) -> list[tuple[str, str]]:
    if name == "fetch":
        known = {key: found for key, found in value.items() if found is not None}
        return [(name, ", ".join(f"{key} {_plain(found)}" for key, found in known.items()))]
    if name == "evidence":
        return [(name if not place else "", f"{fact['source']}: {fact['text']}") for place, fact in enumerate(value)]
    if name == "metadata":
        found = _object(value)
        return [(name, ", ".join(f"{key} {_plain(entry)}" for key, entry in found.items()) if found else str(value))]
    return [(name, _plain(value))]


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _plain(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
