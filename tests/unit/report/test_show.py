"""A sample on a terminal."""

from __future__ import annotations

import io
from typing import Any

from rich.console import Console

from curation.report.pictures import data_uri, half_blocks, open_picture
from curation.report.show import render_sample
from tests.unit.report.samples import ESCAPES, accepted, jpeg, judged, rejected, table_of


def shown(row: dict[str, Any], colors: bool = False, width: int = 80) -> str:
    system: Any = "truecolor" if colors else None
    console = Console(file=io.StringIO(), width=width, force_terminal=colors, color_system=system)
    console.print(render_sample(table_of([row]).to_pylist()[0]))
    return console.file.getvalue()  # type: ignore[attr-defined]


def test_a_sample_is_shown_with_all_that_is_known_of_it() -> None:
    evidence = [{"source": "alt_text", "text": "A red square"}, {"source": "title", "text": "Squares"}]
    text = shown(accepted(1, evidence=evidence, metadata='{"similarity": 0.31234567}', pdq="f" * 64))
    words = ["accepted", "What is on the wall?", "A red square hangs", "dropped", "'huge' is not in the evidence"]
    facts = ["alt_text: A red square", "title: Squares", "similarity 0.3123", "f" * 60, "http://site.example/1.jpg"]
    assert [word for word in words + facts if word not in text] == []


def test_a_rejected_sample_says_why_in_words() -> None:
    text = shown(rejected(1, "timeout"))
    assert "rejected: timeout (found timeout)" in text
    assert "May pass on another day." in text


def test_what_the_judge_said_of_a_turn_is_shown_whether_it_stood_or_fell() -> None:
    text = shown(judged(1))
    assert "conversation, judged supported, 0.9" in text
    assert "conversation, dropped, judged unknowable, 0.2" in text
    assert "judged" not in shown(accepted(1))


def test_escapes_and_markup_of_a_stranger_do_nothing_to_the_terminal() -> None:
    text = shown(rejected(1, "blank", ESCAPES, url=ESCAPES, detail=ESCAPES, metadata=ESCAPES, text=ESCAPES))
    assert not {"\x1b", "\x07", "\u202e"} & set(text)
    assert "[bold]markup[/bold]" in text


def test_the_picture_is_drawn_where_there_is_colour_and_nowhere_else() -> None:
    assert "▀" in shown(accepted(1), colors=True)
    assert "▀" not in shown(accepted(1))
    assert "▀" not in shown(rejected(1, "nsfw"), colors=True)
    assert "▀" not in shown(accepted(1, image={"bytes": b"broken", "path": None}), colors=True)


def test_a_picture_fits_where_it_is_drawn() -> None:
    blocks = half_blocks(jpeg(300), columns=24, lines=20)
    assert blocks is not None
    lines = blocks.plain.splitlines()
    assert (len(lines), {len(line) for line in lines}) == (12, {24})


def test_a_picture_in_the_report_is_no_larger_than_asked_for() -> None:
    uri = data_uri(jpeg(300), 100)
    assert uri is not None
    assert len(uri) < len(jpeg(300)) * 2
    assert data_uri(None, 100) is None
    assert open_picture(b"no picture") is None
