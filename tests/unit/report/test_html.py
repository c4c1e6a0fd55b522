"""The HTML report of a real table: what it holds, what it must never hold, and how large it may grow."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from curation.inference.spent import Spent
from curation.report.data import Prices, RunFacts, assemble, from_table, stage_times
from curation.report.funnel import Funnel
from curation.report.gallery import TURNS
from curation.report.html import build_report, render
from curation.report.section import ReportSection
from curation.samples import NEVER_SHOWN, Reason
from tests.unit.report.samples import ESCAPES, SCRIPT, accepted, committed, judged, rejected, table_of, turn

SECONDS = {"captions": 0.5, "download": 4.0, "rewrite": 20.0}


class Page(HTMLParser):
    """The tags, attributes and text of a page."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.text = ""
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.text += data + " "


def report(folder: Path, rows: list[dict[str, Any]], section: ReportSection | None = None) -> Page:
    path = build_report(committed(folder, rows, SECONDS), folder / "deep" / "report.html", section)
    assert not list(path.parent.glob("*.part"))
    return Page(path.read_text(encoding="utf-8"))


def test_questions_are_shown_beside_llavas(tmp_path: Path) -> None:
    words = " ".join(report(tmp_path, [accepted(1)]).text.split())
    assert "object 50.0 % · LLaVA 8 %" in words
    assert "reason 0 % · LLaVA 46 %" in words
    assert "what 50.0 % · LLaVA 74 %" in words


def test_the_report_shows_a_judges_verdicts_where_one_was_asked_and_only_there(tmp_path: Path) -> None:
    page = report(tmp_path, [judged(1), judged(2), rejected(1, "judge_failed")])
    words = " ".join(page.text.split())
    assert "conversation, judged supported, 0.9" in words
    assert "conversation, dropped, judged unknowable, 0.2" in words
    assert "The judge's verdicts and none on 1 dialogue" in words
    assert "supported 2 2 0.90 unknowable 2 0 0.20" in words
    assert "judge's verdicts" not in report(tmp_path / "plain", [accepted(1)]).text


def test_the_report_holds_the_funnel_the_samples_and_why_turns_and_samples_fell(tmp_path: Path) -> None:
    page = report(tmp_path, [accepted(1), accepted(2), rejected(1, "http_404"), rejected(2, "blank")])
    for words in (
        "4 planned = 2 accepted + 2 rejected", "A red square on a wall", "What is on the wall?",
        "unsupported: 'huge' is not in the evidence", "found http_404", "The image is gone (HTTP 404).",
        "detailed description", "run1", "recipe1", "small",
    ):  # fmt: skip
        assert words in page.text, words
    assert [value[:23] for tag, name, value in page.attributes if (tag, name) == ("img", "src")] == [
        "data:image/jpeg;base64,"
    ] * 4


def test_hostile_text_in_any_column_is_text_in_the_report(tmp_path: Path) -> None:
    bad = accepted(
        1,
        SCRIPT + ESCAPES,
        url=f"javascript:alert(1)//{SCRIPT}",
        text=SCRIPT,
        language=SCRIPT,
        model=SCRIPT,
        turns=[turn(SCRIPT, SCRIPT, SCRIPT), turn('"><script>', SCRIPT, SCRIPT, SCRIPT)],
    )
    page = report(tmp_path, [bad, rejected(1, "blank", SCRIPT, detail=SCRIPT, url=f"javascript:{SCRIPT}")])
    assert SCRIPT in page.text
    assert not {"script", "iframe", "object", "svg"} & set(page.tags)
    assert not [found for found in page.attributes if found[1].startswith("on")]
    assert "\x1b" not in page.text


def test_the_page_loads_nothing_and_links_to_nothing_but_itself(tmp_path: Path) -> None:
    page = report(tmp_path, [accepted(1), rejected(1, "blank")])
    links = [value for _, name, value in page.attributes if name in ("src", "href", "srcset", "action", "data")]
    assert links
    assert all(link.startswith(("#", "data:image/jpeg;base64,")) for link in links)
    assert "url(" not in page.text
    assert "@import" not in page.text
    policy = [value for tag, name, value in page.attributes if (tag, name) == ("meta", "content")]
    assert any("default-src 'none'" in value for value in policy)


def test_every_link_within_the_page_has_its_place(tmp_path: Path) -> None:
    page = report(tmp_path, [accepted(1), *(rejected(place, reason) for place, reason in enumerate(Reason))])
    places = {value for _, name, value in page.attributes if name == "id"}
    targets = {value[1:] for _, name, value in page.attributes if name == "href"}
    assert targets <= places
    assert {f"reason-{reason}" for reason in Reason} <= places


def test_pictures_that_must_not_be_shown_are_not_even_if_the_table_has_them() -> None:
    rows = table_of([rejected(place, reason) for place, reason in enumerate(NEVER_SHOWN)]).to_batches()
    funnel = Funnel(len(NEVER_SHOWN), 0, dict.fromkeys(NEVER_SHOWN, 1))
    data = assemble("t", funnel, ReportSection(), [], [], rows)
    assert len(data.rejected) == len(NEVER_SHOWN)
    assert "data:image" not in render(data)


def test_a_damaged_picture_does_not_end_the_report(tmp_path: Path) -> None:
    rows = [
        accepted(place, image={"bytes": data, "path": None}) for place, data in enumerate((b"\xff\xd8\xff", b"GIF89a"))
    ]
    page = report(tmp_path, rows)
    assert "img" not in page.tags
    assert page.text.count("A red square hangs on a wall.") == 2


def test_the_page_stays_small_however_much_the_table_holds(tmp_path: Path) -> None:
    section = ReportSection(accepted_samples=4, rejected_samples=2)
    long = "word " * 1_000
    turns = [turn("conversation", long, long)] * 20
    rows = [accepted(number, long, url="http://x.example/" + "a" * 5_000, turns=turns) for number in range(12)]
    rows += [rejected(number, "blank", long, detail=long) for number in range(12)]
    path = build_report(committed(tmp_path, rows), tmp_path / "report.html", section)
    page = Page(path.read_text(encoding="utf-8"))
    assert page.tags.count("article") == 4 + 2
    assert page.attributes.count(("p", "class", "q")) == 4 * TURNS
    assert path.stat().st_size < 300_000
    assert "24 planned = 12 accepted + 12 rejected" in page.text


def test_each_reason_gets_its_share_of_the_gallery_wherever_its_rows_are() -> None:
    reasons = ["blank", "blank", "aspect", "blank", "aspect", "blank", "decode"]
    batches = [table_of([rejected(place, reason)]).to_batches()[0] for place, reason in enumerate(reasons)]
    funnel = Funnel(7, 0, {"blank": 4, "aspect": 2, "decode": 1})
    data = assemble("t", funnel, ReportSection(rejected_samples=2), [], [], batches)
    shelves = data.shelves()
    assert [stage.stage for stage, _ in shelves] == ["download", "images"]
    shown = [(group.reason, group.rows, len(group.cards)) for _, groups in shelves for group in groups]
    assert shown == [("decode", 1, 1), ("blank", 4, 2), ("aspect", 2, 2)]


def test_figures_are_read_from_no_more_rows_than_the_recipe_says(tmp_path: Path) -> None:
    rows = [accepted(number) for number in range(150)] + [rejected(number, "blank") for number in range(150)]
    data = from_table(committed(tmp_path, rows), ReportSection(statistics_rows=100, accepted_samples=1))
    assert data.dialogues.rows == 200
    assert (data.funnel.accepted, data.funnel.rejected) == (150, 150)


def test_accepted_samples_are_spread_over_a_large_table_and_not_its_first_rows(tmp_path: Path) -> None:
    rows = [accepted(number) for number in range(600)]
    data = from_table(committed(tmp_path, rows), ReportSection(accepted_samples=3))
    places = [int(card.url.split("/")[-1].removesuffix(".jpg")) for card in data.accepted]
    assert len(places) == 3
    assert max(places) > 10
    assert all(card.sample_id < "06" for card in data.accepted)


def test_times_and_runs_come_from_the_table(tmp_path: Path) -> None:
    rows = [accepted(1), accepted(2), rejected(1, "file_name"), rejected(2, "http_404")]
    data = from_table(committed(tmp_path, rows, SECONDS), ReportSection())
    assert [(time.stage, time.rows, time.rows_per_s) for time in stage_times(data)] == [
        ("captions", 4, 8.0),
        ("download", 3, 0.75),
        ("rewrite", 2, 0.1),
        ("write", 4, pytest.approx(4 / data.seconds["write"])),
    ]
    assert [(run.run, run.partitions, run.accepted, run.rejected) for run in data.runs] == [("run1", 1, 2, 2)]


def test_a_cost_is_shown_when_the_recipe_has_a_price_and_only_then(tmp_path: Path) -> None:
    rows = [accepted(1), rejected(1, "unsupported", prompt_tokens=300, completion_tokens=80)]
    assert "EUR" not in report(tmp_path / "a", rows).text
    priced = ReportSection(prompt_price=1000, completion_price=10_000, currency="EUR")
    page = report(tmp_path / "b", rows, priced)
    # 400 prompt tokens at 0.001 and 100 completion tokens at 0.01, for one accepted dialogue
    assert re.search(r"For each accepted dialogue.*: 500 tokens.* 1\.40000 EUR", page.text)


def test_the_hours_of_the_gpus_fall_on_requests_by_their_seconds() -> None:
    ended = datetime(2026, 1, 2, 3, 34, 5, tzinfo=UTC)
    run = RunFacts("20260102T030405-ab12", "recipe", ended=ended, spent=Spent(seconds=3000))
    assert run.hours == 0.5
    prices = Prices.of(ReportSection(gpu_hour_price=3, gpus=8), [run])  # 8 GPUs for half an hour at 3 each: 12
    assert prices.cost(Spent(seconds=3000)) == pytest.approx(12)
    assert prices.cost(Spent(seconds=30, prompt_tokens=500)) == pytest.approx(0.12)
    assert not Prices.of(ReportSection(), [run])


@pytest.mark.parametrize("rows", [[], [accepted(1)], [rejected(1, "blank")]])
def test_a_table_with_one_outcome_or_none_has_a_report(tmp_path: Path, rows: list[dict[str, Any]]) -> None:
    batches = table_of(rows or [accepted(1)]).slice(0, len(rows)).to_batches()
    funnel = Funnel(
        len(rows), sum("reason" not in row for row in rows), {"blank": 1} if rows and "reason" in rows[0] else {}
    )
    kept = [] if funnel.rejected else batches
    page = render(assemble("t", funnel, ReportSection(), kept, kept, batches if funnel.rejected else []))
    assert "Curation report" in page


def test_a_partition_that_does_not_balance_is_named() -> None:
    from dataclasses import replace

    data = assemble("t", Funnel(5, 4, {"blank": 1}), ReportSection(), [], [], [])
    assert "balance off" not in render(data)
    assert "partition x: 5 planned" in render(replace(data, problems=("partition x: 5 planned",)))
    assert "6 planned ≠" in render(replace(data, funnel=Funnel(6, 4, {"blank": 1})))
