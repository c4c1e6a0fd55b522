"""What belongs in no dialogue: another language, the prompt's own words, abuse; and what looks like it and is not."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from curation.dialogue.checks.base import Context
from curation.dialogue.checks.foreign import Toxicity
from curation.dialogue.model import Turn
from curation.dialogue.wordlists import toxic
from tests.unit.dialogue.reading import evidence, failed

TEXTS = Path(__file__).parents[2] / "data" / "toxic.tsv"
MILL = "Old mill beside a stream"


def texts(label: str) -> list[tuple[str, str]]:
    rows = (line.split("\t") for line in TEXTS.read_text("utf-8").splitlines() if not line.startswith("#"))
    return [(language, text) for found, language, text in rows if found == label]


def test_few_harmless_texts_are_taken_for_foul_and_few_foul_ones_pass() -> None:
    harmless = [text for language, text in texts("harmless") if toxic(language).search(text)]
    missed = [text for language, text in texts("foul") if not toxic(language).search(text)]
    assert len(texts("harmless")) >= 100
    assert len(harmless) <= 0.05 * len(texts("harmless")), harmless
    assert len(missed) <= 0.1 * len(texts("foul")), missed


def test_a_foul_answer_falls_and_the_detail_does_not_quote_it() -> None:
    turn = Turn("conversation", "What is beside the stream?", "The fucking mill is beside a stream.")
    found = Toxicity().check(Context(turn, evidence(MILL)))
    assert found is not None
    assert (found.reason, found.detail) == ("toxic", "the answer is foul")


def test_foul_evidence_fails_its_turns_unless_the_recipe_says_otherwise() -> None:
    turn = Turn("conversation", "What is beside the stream?", "A mill is beside the stream.")
    context = Context(turn, evidence("Shitty old mill beside a stream"))
    assert Toxicity().check(context) is not None
    assert Toxicity(evidence=False).check(context) is None


def test_the_recipe_adds_expressions_and_allows_names() -> None:
    turn = Turn("conversation", "Where is the sign?", "The sign is in Fucking, Austria.")
    context = Context(turn, evidence("Sign in Fucking, Austria"))
    assert Toxicity().check(context) is not None
    assert Toxicity(allow=("fucking, austria",)).check(context) is None
    assert Toxicity(allow=("fucking, austria",), also=("sign in .*",)).check(context) is not None
    with pytest.raises(ValidationError, match="no regular expression"):
        Toxicity(also=("(",))


@pytest.mark.parametrize(
    ("caption", "language", "answer"),
    [
        (MILL, "en", "El molino está junto a un arroyo."),
        (MILL, "en", "Die Mühle steht an einem Bach."),
        (MILL, "en", "这是一座老磨坊。"),
        (MILL, "en", "Старая мельница."),
        ("Alte Mühle an einem Bach", "de", "The old mill is beside a stream."),
        ("Molino viejo junto a un arroyo", "es", "There is an old mill and a stream in the image."),
    ],
)
def test_an_answer_in_another_language_falls(caption: str, language: str, answer: str) -> None:
    question = {"en": "What is it?", "de": "Was ist das?", "es": "¿Qué es?"}[language]
    assert failed(caption, question, answer, language=language)["language"] == "wrong_language"


@pytest.mark.parametrize(
    ("caption", "language", "answer"),
    [
        ("Café de la Paix in Paris", "en", "It is the Café de la Paix in Paris."),
        ("Poster of La La Land at El Rey theater", "en", "The poster is of La La Land."),
        ("Schild mit der Aufschrift The End", "de", "Das Schild hat die Aufschrift The End."),
        ("Sushi 寿司 on a plate", "en", "The sushi is on a plate, with the sign 寿司."),
        ("Woman at the Museo del Prado", "en", "The woman is at the Museo del Prado."),
    ],
)
def test_foreign_names_do_not_make_an_answer_foreign(caption: str, language: str, answer: str) -> None:
    question = {"en": "What is it?", "de": "Was ist das?"}[language]
    assert "language" not in failed(caption, question, answer, language=language)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("What is beside the stream?", "Use only what the caption says."),
        ("What is beside the stream?", "You write questions and answers about photos."),
        ("What color is the cat?", "The cat is white."),
        ("Write one question about the topic?", "The mill is beside a stream."),
    ],
)
def test_the_prompt_and_its_examples_do_not_come_back(question: str, answer: str) -> None:
    assert failed(MILL, question, answer)["prompt_leak"] == "prompt_leak"


def test_an_example_s_answer_that_the_evidence_supports_is_no_leak() -> None:
    assert failed("White cat on a chair", "What color is the cat on the chair?", "The cat is white.") == {}


@pytest.mark.parametrize(
    "answer",
    ["Assistant: The mill is beside a stream.", "1. The mill is beside a stream.", "- The mill is old.",
     "The *mill* is beside a stream.", "The `mill` is beside a stream.", "A: The mill is beside a stream."],
)  # fmt: skip
def test_roles_and_markdown_are_debris(answer: str) -> None:
    assert failed(MILL, "What is beside the stream?", answer)["debris"] == "debris"


@pytest.mark.parametrize(
    ("language", "question"),
    [
        ("en", "How much does the mill cost?"), ("en", "Who owns the mill?"), ("en", "What does it smell like?"),
        ("en", "Who took the photo, and with which camera?"), ("en", "What will happen next at the mill?"),
        ("es", "¿Cuánto cuesta el molino?"), ("es", "¿De quién es el molino?"), ("de", "Wem gehört die Mühle?"),
    ],
)  # fmt: skip
def test_no_question_that_no_image_answers(language: str, question: str) -> None:
    caption = {"en": MILL, "es": "Molino viejo junto a un arroyo", "de": "Alte Mühle an einem Bach"}[language]
    assert failed(caption, question, caption + ".", language=language)["unseen"] == "bad_question"


def test_a_question_of_what_the_evidence_itself_names_is_fine() -> None:
    assert "unseen" not in failed("Price tag on a cheese", "What does the price tag stand on?", "It is on a cheese.")
