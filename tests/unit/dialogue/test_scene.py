from __future__ import annotations

import pytest

from curation.dialogue.lexicon import lexicon
from curation.dialogue.scene import plural, read

EN = lexicon("en")
assert EN is not None


def phrases(text: str) -> list[tuple[str, str | None]]:
    assert EN is not None
    return [(phrase.text, phrase.link.lower if phrase.link else None) for phrase in read(text, EN).phrases]


def actions(text: str) -> list[tuple[str, str]]:
    assert EN is not None
    return [(action.verb.lower, action.subjects[0].text) for action in read(text, EN).actions]


def test_phrases_hang_on_the_preposition_or_verb_before_them() -> None:
    assert phrases("Man in blue coat walking with umbrella") == [
        ("Man", None),
        ("blue coat", "in"),
        ("umbrella", "with"),
    ]


def test_two_colours_stay_one_phrase_and_two_things_do_not() -> None:
    assert phrases("Black and white cat with a ball and a bone") == [
        ("Black white cat", None),
        ("ball", "with"),
        ("bone", "with"),
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Woman reading a book", [("reading", "Woman")]),
        ("Dog runs on the beach", [("runs", "Dog")]),
        ("Motorcycle parked in front of a garage", [("parked", "Motorcycle")]),
        ("Two children building a sandcastle", [("building", "Two children")]),
        ("Bus crossing Westminster Bridge", [("crossing", "Bus")]),
    ],
)
def test_an_action_has_its_verb_and_its_doer(text: str, found: list[tuple[str, str]]) -> None:
    assert actions(text) == found


@pytest.mark.parametrize(
    "text", ["A brick building in the city", "Oil painting of a ship", "Wedding cake", "Gold ring"]
)
def test_a_noun_in_ing_is_no_action(text: str) -> None:
    assert actions(text) == []


@pytest.mark.parametrize(
    ("text", "doers"),
    [
        ("Family walks dog", [("walks", "Family")]),
        ("Rescue team search rubble in Turkey", [("search", "Rescue team")]),
        ("Crew search rubble", [("search", "Crew")]),
        ("Lioness feeds leopard cub wild Africa wildlife", [("feeds", "Lioness")]),
        ("Family photos on a wall", []),
    ],
)
def test_a_group_acts_as_one_or_as_several_and_a_lioness_as_one(text: str, doers: list[tuple[str, str]]) -> None:
    assert actions(text) == doers


@pytest.mark.parametrize(
    ("text", "several"),
    [
        *((noun, True) for noun in ("cattle", "firemen", "red lamps", "oxen", "Men")),
        *((noun, False) for noun in ("glass specimen", "canvas", "actress", "a dog's", "Paris")),
    ],
)
def test_the_form_of_a_noun_tells_whether_there_are_several(text: str, several: bool) -> None:
    assert EN is not None
    assert plural(read(text, EN).phrases[0]) is several


def test_a_preposition_of_several_words_is_one_link() -> None:
    assert phrases("A bench next to the old door") == [("bench", None), ("old door", "next to")]


@pytest.mark.parametrize("text", ["", "...", "()", "12", "& & &", "’s", "- -", "İ ß ﬁ", "🙂"])
def test_any_text_can_be_read(text: str) -> None:
    assert EN is not None
    read(text, EN)
