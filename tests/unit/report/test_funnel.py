"""The funnel: its sum, its order, and what it says on a terminal."""

from __future__ import annotations

import io

from rich.console import Console

from curation.report.funnel import Funnel, reason_table, render
from curation.report.reasons import EXPLANATIONS, explain
from curation.samples import Reason

REASONS = {"http_404": 3, "file_name": 2, "near_duplicate_image": 1, "duplicate_dialogue": 1, "unsupported": 4}


def shown(thing: object, width: int = 80) -> str:
    console = Console(file=io.StringIO(), width=width)
    console.print(thing)
    return console.file.getvalue()  # type: ignore[attr-defined]


def test_every_reason_has_a_sentence_of_its_own() -> None:
    assert set(EXPLANATIONS) == set(Reason)
    assert len({explain(reason) for reason in Reason}) == len(Reason)


def test_each_stage_gets_the_rows_that_the_stage_before_left() -> None:
    stages = Funnel(20, 9, REASONS).stages()
    assert [stage.rows_in for stage in stages[1:]] == [stage.rows_out for stage in stages[:-1]]
    assert (stages[0].rows_in, stages[-1].rows_out) == (20, 9)


def test_rejects_of_dedup_stand_where_the_pipeline_gives_them() -> None:
    places = [stage.stage for stage in Funnel(20, 9, REASONS).stages() if stage.shown]
    assert places.index("images") < places.index("dedup_images") < places.index("rewrite")
    assert places[-1] == "dedup_dialogues"
    assert "dedup_samples" not in places


def test_every_reason_is_at_one_place_of_the_funnel() -> None:
    placed = [reason for stage in Funnel(0, 0, dict.fromkeys(Reason, 1)).stages() for reason in stage.reasons]
    assert sorted(placed) == sorted(Reason)
    assert not Funnel(0, 0, dict.fromkeys(Reason, 1)).stages()[-1].reasons  # none in `other`


def test_a_reason_of_another_version_counts_too() -> None:
    funnel = Funnel(5, 3, {"from_tomorrow": 2})
    assert funnel.balanced
    assert funnel.stages()[-1].reasons == {"from_tomorrow": 2}


def test_a_sum_that_is_off_is_said_and_by_how_much() -> None:
    assert "20 planned = 9 accepted + 11 rejected" in shown(render(Funnel(20, 9, REASONS)))
    assert "21 planned ≠ 9 accepted + 11 rejected: 1 rows missing" in shown(render(Funnel(21, 9, REASONS)))
    assert "1 rows too many" in shown(render(Funnel(19, 9, REASONS)))
    assert Funnel(21, 9, REASONS).to_json()["balanced"] is False


def test_the_funnel_fits_80_columns_and_names_every_reason() -> None:
    everything = Funnel(10**9 + 69 * 10**6, 10**9, dict.fromkeys(Reason, 10**6))
    for picture in (render(everything), reason_table(everything)):
        text = shown(picture)
        assert max(map(len, text.splitlines())) <= 80
        assert all(reason in text.replace("\n", "") or reason[:20] in text for reason in Reason)


def test_an_empty_table_has_a_funnel() -> None:
    assert "0 planned = 0 accepted + 0 rejected" in shown(render(Funnel(0, 0)))
