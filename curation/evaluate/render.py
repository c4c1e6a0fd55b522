"""Figures of one data set, or of two side by side, for a person; beside them what is published of LLaVA-Instruct."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from curation.evaluate.figures import Figures, Lengths, Rate
from curation.evaluate.questions import LLAVA
from curation.report.text import count, printable

NOT_MEASURABLE = "not measurable"


def render(found: Sequence[Figures]) -> RenderableType:
    """One column a data set, and one for the questions that are known of LLaVA-Instruct."""
    table = Table(box=None, pad_edge=False, show_header=True, header_style="bold")
    table.add_column("")
    for each in found:
        table.add_column(Text(printable(each.name, 60)), justify="right", overflow="fold")
    table.add_column(Text(LLAVA.name), justify="right", overflow="fold", style="dim")
    known = {
        "words of a question": f"median {LLAVA.question_words:g}",
        "words of an answer": f"median {LLAVA.answer_words:g}",
    }
    rows: list[tuple[str, Callable[[Figures], str]]] = [
        ("dialogues", lambda f: count(f.rows)),
        ("sampled", lambda f: f"{count(f.sampled)} with {count(f.turns)} turns"),
        ("accepted rows", lambda f: _rate(f.acceptance)),
        ("turns kept", lambda f: _rate(f.kept)),
        ("supported, by the checks", lambda f: _rate(f.supported)),
        ("pass every check", lambda f: _rate(f.passed)),
    ]
    if any(each.judged is not None for each in found):
        rows.append(("supported, by the judge", _judged))
    rows += [
        ("turns a dialogue", lambda f: f"{f.turns_per_dialogue:.1f}"),
        ("words of a question", lambda f: _lengths(f.question_words)),
        ("words of an answer", lambda f: _lengths(f.answer_words)),
        ("different questions", lambda f: _share(f.distinct_questions)),
        ("distinct-1 of answers", lambda f: f"{f.distinct_words[1]:.3f}"),
        ("distinct-2 of answers", lambda f: f"{f.distinct_words[2]:.3f}"),
    ]
    for name, cell in rows:
        table.add_row(name, *(cell(each) for each in found), known.get(name, ""))
    columns: list[tuple[str, list[Mapping[str, float] | None]]] = [
        ("response types", [each.types for each in found]),
        ("questions ask for", [*(each.topics for each in found), LLAVA.topics]),
        ("questions begin", [*(each.forms for each in found), LLAVA.forms]),
    ]
    for title, shares in columns:
        table.add_row(Text(title, style="bold"), *("" if each is not None else NOT_MEASURABLE for each in shares))
        for name in dict.fromkeys(name for each in shares for name in each or {}):
            cells = ((_share(each[name]) if name in each else "–") if each is not None else "" for each in shares)
            table.add_row(Text(f"  {printable(name, 40)}"), *cells)
    notes = [f"{each.unjudged} dialogues got no usable verdict from the judge" for each in found if each.unjudged]
    return Group(table, *(Text(note, style="yellow") for note in notes))


def _judged(figures: Figures) -> str:
    return _rate(figures.judged)


def _rate(rate: Rate | None) -> str:
    if rate is None or rate.share is None or rate.interval is None:
        return NOT_MEASURABLE
    low, high = rate.interval
    return f"{_share(rate.share)} [{100 * low:.0f}, {100 * high:.0f}] of {count(rate.of)}"


def _share(share: float) -> str:
    return f"{100 * share:.1f} %"


def _lengths(lengths: Lengths) -> str:
    return f"{lengths.mean:.1f}, median {lengths.median:g}, p90 {lengths.p90:g}"
