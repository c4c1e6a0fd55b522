"""What titles of products, animals and plants answer: what is shown, and in which color."""

from __future__ import annotations

import pytest

from curation.dialogue.checks import default_checks, failures
from curation.dialogue.evidence import gather
from curation.dialogue.mix import Mixer
from curation.dialogue.model import Focus, Turn
from curation.dialogue.plan import candidate, plan
from curation.dialogue.response_types import RESPONSE_TYPES


def foci(caption: str) -> dict[str, Focus]:
    evidence = gather(caption, "en")
    assert evidence is not None
    return {
        focus.kind: focus for focus in RESPONSE_TYPES["conversation"].foci(evidence) if focus.kind in ("kind", "color")
    }


@pytest.mark.parametrize(
    ("caption", "topic", "expected"),
    [
        ("Ash Falcon suede ankle boots", "what items are shown", "boots"),
        ("Black Panther Necklace", "what jewelry is shown", "necklace"),
        ("Michael Kors Collection Gia Clutch with Lock", "what item is shown", "clutch"),
        ("Buy John Lewis Options Slim Arm Large Sofa, Linley Online", "what furniture is shown", "sofa"),
        ("Warthog in Masai Mara", "what animal is shown", "warthog"),
        ("Fresh waffles with honey", "what food is shown", "waffles"),
        ("Ruined medieval castle in Scotland", "what building is shown", "castle"),
        ("Kate Middleton grey dress", "what item is shown", "dress"),
        ("A sea turtle swims toward the surface", "what animal is shown", "turtle"),
    ],
)
def test_the_first_thing_is_asked_by_its_kind(caption: str, topic: str, expected: str) -> None:
    focus = foci(caption)["kind"]
    assert focus.topic == topic
    assert focus.expected == gather(expected, "en").stems  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "caption",
    [
        "Woman in a red dress",
        "1970 Dodge Coronet Super Bee for sale",
        "Owl On Tree With Flying Birds Wall Sticker",
        "Men's Tattoo Fish and Flowers T-Shirt",
        "Watercolor painting of a sofa",
        "The Best Of Summer",
        "Poster of a red car",
        "How to remove a password",
    ],
)
def test_what_may_be_a_name_a_print_or_a_picture_is_not_asked_for(caption: str) -> None:
    assert "kind" not in foci(caption)


@pytest.mark.parametrize(
    ("caption", "color"),
    [
        ("Ash Falcon suede ankle boots in black", "black"),
        ("Grizzly Fiend Club OG T-Shirt - Black", "black"),
        ("Hooded Flannel Jacket - Midnight Blue", "blue"),
        ("Leather tote bag, red", "red"),
    ],
)
def test_the_color_that_a_title_ends_in_is_that_of_the_thing(caption: str, color: str) -> None:
    assert foci(caption)["color"].expected == gather(f"{color} bag", "en").stems - gather("bag", "en").stems  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "caption",
    ["Suede boots, black and white", "Red boots in black", "Boots in black boxes", "LG Crystal Case - Purple Hex Star"],
)
def test_a_color_that_may_be_of_something_else_is_not_taken_for_the_things(caption: str) -> None:
    found = foci(caption).get("color")
    assert found is None or not found.expected & gather("black bag", "en").stems or "box" in found.topic  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("caption", "question", "answer"),
    [
        ("Ash Falcon suede ankle boots in black", "What items are shown?", "These are suede ankle boots."),
        ("Ash Falcon suede ankle boots in black", "What color are the ankle boots?", "The ankle boots are black."),
        ("Black Panther Necklace", "What jewelry is shown?", "It is a Black Panther necklace."),
        ("Warthog in Masai Mara", "What kind of animal is shown?", "It is a warthog."),
        ("Michael Kors Collection Gia Clutch with Lock", "What item is shown?", "The item is a clutch with a lock."),
    ],
)
def test_such_turns_pass_every_check(caption: str, question: str, answer: str) -> None:
    evidence = gather(caption, "en")
    assert evidence is not None
    assert failures(default_checks(), Turn("conversation", question, answer), evidence, []) == []


def test_what_is_shown_is_asked_before_a_question_names_it_and_only_after_all_else_is_planned() -> None:
    evidence = gather("Ash Falcon suede ankle boots in black", "en")
    assert evidence is not None
    for at in range(20):
        sample = candidate(f"{at}", evidence, ["conversation"], {})
        assert [focus.kind for focus in sample.conversation(False)] == ["color", "kind"]
        both = plan(sample, Mixer({"conversation": 1.0}, {}, 4, {}))
        assert [turn.focus.kind for turn in both] == ["kind", "color"]


def test_what_is_made_like_an_animal_is_none() -> None:
    assert "kind" in foci("Mallard duck wedged in the gutter")
    assert "kind" not in foci("Rubber duck wedged in the gutter")
    assert "kind" not in foci("Roast chicken with lemon halves in a skillet")
