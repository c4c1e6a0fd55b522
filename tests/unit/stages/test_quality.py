from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
from pydantic import TypeAdapter

from curation.dialogue.checks.form import Length
from curation.samples import make_table, sample_id
from curation.stages.base import check_rows
from curation.stages.quality import Quality, QualitySection

CAPTION = "Man in blue coat walking with umbrella"
GOOD = ("conversation", "What color is the man's coat?", "The man's coat is blue.")
WALK = ("conversation", "What is the man doing?", "The man is walking with an umbrella.")
BAD = ("conversation", "What is the man wearing?", "The man is wearing a red hat.")
WORSE = ("conversation", "What color is the man?", "The man is blue.")
LEAK = ("conversation", "What is the man doing?", "The caption says he is walking.")


def table(*dialogues: tuple[tuple[str, str, str], ...], language: str = "en") -> pa.Table:
    def turn(values: tuple[str, str, str]) -> dict[str, Any]:
        return {"response_type": values[0], "question": values[1], "answer": values[2], "checks": []}

    return make_table(
        {
            "sample_id": [sample_id("u", str(at)) for at in range(len(dialogues))],
            "language": [language] * len(dialogues),
            "evidence": [[{"source": "alt_text", "text": CAPTION}]] * len(dialogues),
            "turns": [[turn(values) for values in dialogue] for dialogue in dialogues],
        }
    )


def test_failed_turns_fall_and_the_conversation_is_rebuilt_from_the_kept_ones() -> None:
    given = table((BAD, GOOD, WALK))
    after = Quality(QualitySection())(given)
    check_rows("quality", given, after)
    (row,) = after.to_pylist()
    assert row["reason"] is None
    assert [message["content"] for message in row["messages"]] == [f"<image>\n{GOOD[1]}", GOOD[2], WALK[1], WALK[2]]
    assert [bool(turn["checks"]) for turn in row["turns"]] == [True, False, False]
    assert row["turns"][0]["checks"][0].startswith("unsupported: ")


def test_a_row_that_keeps_too_few_turns_falls_with_its_commonest_reason() -> None:
    (row,) = Quality(QualitySection())(table((LEAK, BAD, WORSE))).to_pylist()
    assert row["reason"] == "unsupported"
    assert row["detail"].startswith("0 of 3 turns kept: ")
    assert row["messages"] is None
    assert all(turn["checks"] for turn in row["turns"])


def test_the_recipe_says_how_much_of_a_dialogue_must_stand() -> None:
    given = table((GOOD, BAD))
    assert Quality(QualitySection(min_turns=1))(given).to_pylist()[0]["reason"] is None
    assert Quality(QualitySection(min_turns=2))(given).to_pylist()[0]["reason"] == "unsupported"
    assert Quality(QualitySection(min_kept_share=0.6))(given).to_pylist()[0]["reason"] == "unsupported"


def test_the_recipe_may_name_its_own_checks_and_thresholds() -> None:
    section = TypeAdapter(QualitySection).validate_python(
        {"checks": [{"kind": "length", "max_answer_words": 4}, {"kind": "debris"}]}
    )
    assert section.checks[0] == Length(max_answer_words=4)
    (row,) = Quality(section)(table((GOOD,))).to_pylist()
    assert row["reason"] == "too_long"


def test_a_row_without_turns_or_evidence_is_never_accepted() -> None:
    (row,) = Quality(QualitySection())(table(())).to_pylist()
    assert row["reason"] == "no_evidence"


def test_a_repeated_question_counts_once() -> None:
    (row,) = Quality(QualitySection())(table((GOOD, GOOD))).to_pylist()
    assert len(row["messages"]) == 2


def test_the_section_round_trips_through_json() -> None:
    section = QualitySection()
    assert QualitySection.model_validate(json.loads(section.model_dump_json())) == section


def test_a_turn_of_an_evaluation_set_falls_and_the_rest_stays(tmp_path: Path) -> None:
    asked = ("conversation", "What does the man in the blue coat carry while walking with his umbrella?", WALK[2])
    (tmp_path / "q.txt").write_text(asked[1])
    known = {"name": "bench", "questions": [str(tmp_path / "q.txt")]}
    section = QualitySection.model_validate({"contamination": {"sets": [known]}})
    (row,) = Quality(section)(table((GOOD, asked))).to_pylist()
    assert row["reason"] is None
    assert [turn["checks"][-1:] for turn in row["turns"]] == [
        [], [f"contaminated: bench: {tmp_path}/q.txt, entry 1"],
    ]  # fmt: skip
