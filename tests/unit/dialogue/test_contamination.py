"""Evaluation sets stay out, and questions that everybody asks stay in."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from curation.dialogue.contamination import (
    ContaminationSection,
    EvaluationImages,
    EvaluationQuestions,
    EvaluationSet,
)
from curation.errors import RecipeError
from tests.bench.bench_quality import labelled

# Written for this test, in the manner of benchmarks.
SPECIFIC = [
    "What is written on the red sign above the door of the old bakery?",
    "Which of the two cyclists in the foreground is overtaking the bus with the open roof?",
    "According to the bar chart, in which year did exports of copper exceed those of tin?",
    "How many bottles of olive oil stand on the second shelf from the left in the pantry?",
    "What does the boy in the striped sweater hand to the veterinarian behind the counter?",
    "¿Qué lleva en la mano izquierda el camarero que cruza la plaza junto a la fuente?",
    "Welche Nummer trägt der Läufer, der auf der nassen Straße vor der alten Kirche stürzt?",
]
GENERIC = [
    "What color is the car?", "What is the man doing?", "How many people are there in the image?",
    "What is the color of the car in the image?", "What is the man in the picture wearing on his head?",
    "Where is the dog sitting?", "What kind of animal is shown in this picture?", "Is it day or night?",
    "What is on the table in front of the woman?", "What time of day might it be in this photo, and why?",
    "What is the main subject of the image and what is it doing?", "Describe the image in detail.",
    "Can you describe what is happening in this image in one or two sentences?",
    "What is the woman holding in her hand?", "How many dogs are there in the picture that you see?",
    "What is the color of the shirt that the man in the image is wearing?", "What is the weather like?",
    "¿De qué color es el coche que se ve en la imagen?", "¿Qué está haciendo el hombre en la foto?",
    "Welche Farbe hat das Auto, das auf dem Bild zu sehen ist?", "Was macht der Mann auf dem Foto?",
]  # fmt: skip


def sets(tmp_path: Path, **files: str) -> ContaminationSection:
    paths = {}
    for name, text in files.items():
        path = tmp_path / f"{name}.txt"
        path.write_text(text)
        paths[name] = (str(path),)
    return ContaminationSection(sets=(EvaluationSet(name="bench", **paths),))


def test_a_question_of_a_set_is_found_whatever_its_case_and_punctuation_and_within_a_longer_one(tmp_path: Path) -> None:
    known = EvaluationQuestions(sets(tmp_path, questions="\n".join(["first", *SPECIFIC])))
    for at, question in enumerate(SPECIFIC, 2):
        for asked in (question, question.upper(), question.replace(" ", "  ").rstrip("?") + " …"):
            found = known(asked)
            assert found is not None, asked
            assert found.reason == "contaminated"
            assert found.detail == f"bench: {tmp_path}/questions.txt, entry {at}"
    assert known("Look closely. " + SPECIFIC[1]) is not None
    assert known(SPECIFIC[2].swapcase()) is not None
    assert known(SPECIFIC[0].replace("red", "green")) is None


def test_questions_that_everybody_asks_do_not_count_though_they_stand_in_a_set(tmp_path: Path) -> None:
    known = EvaluationQuestions(sets(tmp_path, questions="\n".join(GENERIC)))
    assert [question for question in GENERIC if known(question)] == []


def test_no_labelled_question_is_taken_for_a_benchmarks(tmp_path: Path) -> None:
    known = EvaluationQuestions(sets(tmp_path, questions="\n".join(SPECIFIC + GENERIC)))
    assert [case.turn.question for case in labelled() if known(case.turn.question)] == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("q.json", json.dumps(SPECIFIC)),
        ("q.json", json.dumps({"questions": [{"question": text, "image": 1} for text in SPECIFIC]})),
        ("q.jsonl", "\n".join(json.dumps({"text": text}) for text in SPECIFIC)),
    ],
)
def test_questions_may_be_json(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    section = ContaminationSection(sets=(EvaluationSet(name="bench", questions=(str(tmp_path / name),)),))
    found = EvaluationQuestions(section)(SPECIFIC[2])
    assert found is not None
    assert found.detail == f"bench: {tmp_path / name}, entry 3"


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("q.json", "{", "not JSON"),
        ("q.json", "7", "expected a list"),
        ("q.json", '["a", 7]', "entry 2: expected text, found int"),
        ("q.txt", None, "FileNotFoundError"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(tmp_path: Path, name: str, text: str | None, words: str) -> None:
    if text is not None:
        (tmp_path / name).write_text(text)
    section = ContaminationSection(sets=(EvaluationSet(name="bench", questions=(str(tmp_path / name),)),))
    with pytest.raises(RecipeError, match=words) as caught:
        EvaluationQuestions(section)
    assert str(tmp_path / name) in str(caught.value)


def test_an_image_of_a_set_is_found_by_each_of_its_hashes(tmp_path: Path) -> None:
    known = EvaluationImages(sets(tmp_path, sha256="a" * 64, md5="b" * 32, pdq="0" * 64))
    far = "f" * 64
    assert known("a" * 64, far, None) is not None
    assert known("c" * 64, far, json.dumps({"hash": "B" * 32})) is not None
    near = known("c" * 64, "7" + "0" * 63, None)
    assert near is not None
    assert near.reason == "contaminated_image"
    assert near.detail.startswith("bench: pdq 7")
    assert known("c" * 64, far, None) is None
    assert known(None, None, None) is None


def test_without_sets_nothing_is_found() -> None:
    assert EvaluationQuestions(ContaminationSection())(SPECIFIC[0]) is None
    assert EvaluationImages(ContaminationSection())("a" * 64, "0" * 64, None) is None
