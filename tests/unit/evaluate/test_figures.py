"""The figures of a data set, by hand and from files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from curation.dialogue.model import Fact, Turn
from curation.evaluate.dialogues import DatasetError, Dialogue, Dialogues, of_llava
from curation.evaluate.figures import Rate, measure
from curation.evaluate.render import NOT_MEASURABLE, render
from curation.stages.judge import JudgeSection
from tests.unit.stages.test_judge import Scripted, answer

TRUE = Turn("conversation", "What color is the coat?", "The coat is blue.")
FALSE = Turn("detailed_description", "What is the man wearing?", "The man is wearing a red hat.")
KNOWN = (Fact("alt_text", "Man in blue coat"),)


def record(**changes: Any) -> dict[str, Any]:
    said = [{"from": "human", "value": "<image>\nWhat is this?"}, {"from": "gpt", "value": "It is a boat."}]
    return {"id": "1", "image": "1.jpg", "conversations": said} | changes


def llava(tmp_path: Path, *records: Any) -> Path:
    path = tmp_path / "llava.json"
    path.write_text(json.dumps(list(records)))
    return path


def text(*found: Any) -> str:
    from rich.console import Console

    console = Console(width=200, record=True, quiet=False, file=open("/dev/null", "w"))  # noqa: SIM115
    console.print(render(found))
    return console.export_text()


def test_the_interval_of_a_share_is_wilsons() -> None:
    low, high = Rate(45, 50).interval or (0.0, 0.0)
    assert (round(low, 3), round(high, 3)) == (0.786, 0.957)  # Newcombe 1998, method 3
    assert Rate(0, 20).interval == (0.0, pytest.approx(0.1611, abs=1e-4))
    assert Rate(0, 0).interval is None


def test_figures_of_a_small_data_set_are_those_counted_by_hand() -> None:
    figures = measure(Dialogues("x", (Dialogue("a", (TRUE, FALSE), KNOWN),), 1, 4, 3), words=11)
    assert figures.acceptance == Rate(1, 4)
    assert figures.kept == Rate(2, 3)
    assert figures.supported == Rate(1, 2)
    assert figures.passed == Rate(1, 2)
    assert figures.types == {"conversation": 0.5, "detailed_description": 0.5}
    assert figures.turns_per_dialogue == 2
    assert figures.question_words.mean == 5
    assert figures.answer_words.mean == 5.5
    assert figures.forms == {"what color": 0.5, "what is": 0.5}
    assert figures.topics == {"color": 0.5, "kind": 0.5}
    # the coat is blue the man is wearing a red hat: 11 words, of which `the` and `is` stand there twice
    assert figures.distinct_words == {1: 9 / 11, 2: 1.0}
    assert figures.judged is None


def test_without_evidence_support_is_not_measurable_and_not_nothing(tmp_path: Path) -> None:
    figures = measure(of_llava(llava(tmp_path, record()), 10), words=4)
    assert (figures.supported, figures.passed, figures.acceptance, figures.types) == (None, None, None, None)
    told = text(figures)
    assert told.count(NOT_MEASURABLE) == 5
    assert figures.to_dict()["supported"] is None


def test_a_caption_in_a_llava_record_is_its_evidence(tmp_path: Path) -> None:
    given = llava(tmp_path, record(caption="A boat"), record(captions=["A car", "A red car"]))
    figures = measure(of_llava(given, 10), words=8)
    assert figures.supported == Rate(1, 2)


def test_the_judge_counts_turns_and_says_on_how_many_dialogues_it_gave_no_verdict() -> None:
    def verdicts(request: Any) -> Any:
        said = [{"verdict": "supported", "score": 1.0}, {"verdict": "unknowable", "score": 1.0}]
        return answer(json.dumps({"verdicts": said}) if "Man" in request.messages[-1]["content"] else "no")

    found = Dialogues("x", (Dialogue("a", (TRUE, FALSE), KNOWN), Dialogue("b", (TRUE,), (Fact("x", "Hat"),))), 2)
    figures = measure(found, 10, JudgeSection(), Scripted(verdicts))
    assert figures.judged == Rate(1, 2)
    assert figures.unjudged == 1
    assert "1 dialogues got no usable verdict" in text(figures)


def test_two_data_sets_stand_side_by_side(tmp_path: Path) -> None:
    ours = measure(Dialogues("ours", (Dialogue("a", (TRUE, FALSE), KNOWN),), 1, 4, 3), words=4)
    theirs = measure(of_llava(llava(tmp_path, record()), 10), words=4)
    told = text(ours, theirs).splitlines()
    assert any(line.split() == ["turns", "a", "dialogue", "2.0", "1.0"] for line in told)
    assert any("what color" in line and "50.0 %" in line and "–" in line for line in told)


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        ({"id": 1}, "expected a list of records"),
        ([], "expected a list of records"),
        ([record(), 7], "record 1: expected an object, found int 7"),
        ([record(conversations=None)], "record 0: expected `conversations`"),
        ([record(conversations=[{"from": "human", "value": "Why?"}])], "found a list of 1"),
        (
            [record(), record(conversations=[{"from": "user", "value": "?"}, {"from": "gpt", "value": "!"}])],
            "record 1: expected conversations[0] to be",
        ),
        ([record(conversations=[{"from": "human", "value": "?"}, {"from": "gpt", "value": None}])], "conversations[1]"),
        ([record(caption=7)], "expected a caption that is text"),
    ],
)
def test_a_bad_file_is_refused_with_its_name_the_record_and_what_was_expected(
    tmp_path: Path, records: Any, expected: str
) -> None:
    path = tmp_path / "bad.json"
    path.write_text(json.dumps(records))
    with pytest.raises(DatasetError) as caught:
        of_llava(path, 10)
    assert str(path) in str(caught.value)
    assert expected in str(caught.value)


@pytest.mark.parametrize("content", [None, "{", b"\xff\xfe"])
def test_a_file_that_is_no_json_is_refused(tmp_path: Path, content: str | bytes | None) -> None:
    path = tmp_path / "bad.json"
    if content is not None:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(DatasetError, match="cannot be read as JSON"):
        of_llava(path, 10)


def test_the_same_records_are_sampled_each_time_and_no_more_than_asked_for(tmp_path: Path) -> None:
    given = llava(tmp_path, *(record(id=str(at)) for at in range(50)))
    first, second = of_llava(given, 7), of_llava(given, 7)
    assert [each.name for each in first.sampled] == [each.name for each in second.sampled]
    assert len(first.sampled) == 7
    assert first.rows == 50
    assert [each.name for each in first.sampled] != [f"{at}#{at}" for at in range(7)]
