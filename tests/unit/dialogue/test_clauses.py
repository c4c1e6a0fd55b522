"""What no sentence about a picture has: a finite verb after "shows" or "is", and the first person."""

from __future__ import annotations

import pytest

from tests.unit.dialogue.reading import failed

DESCRIBE = "Describe the image."

SLIPS = [
    ("A porter heaves the trunk onto a cart.", "A porter is heaves the trunk onto a cart."),
    (
        "The potter, clay on his sleeves, shapes the rim with a wet sponge.",
        "The photo shows a potter, clay on his sleeves, shapes the rim with a wet sponge.",
    ),
    ("We were soaked, but the ferry to the island was worth it.", "We were soaked, but the ferry was worth it."),
    ("Our eldest blew out the candles on the cake.", "Our eldest blew out the candles on the cake."),
]
SOUND = [
    ("A porter heaves the trunk onto a cart.", "The photo shows a porter who heaves the trunk onto a cart."),
    ('A mug reads "We love our dog" on a red shelf.', 'A mug that reads "We love our dog" is on a red shelf.'),
    ("Soldiers of World War I in a muddy trench", "Soldiers of World War I are in a muddy trench."),
    ("A man with one small girl on a bench", "The photo shows a man and one small girl on a bench."),
    ("A clown whose hat is green juggles pins", "A clown whose hat is green is juggling pins."),
]


@pytest.mark.parametrize(("caption", "answer"), SLIPS)
def test_a_finite_verb_after_shows_or_is_and_the_first_person_are_no_english_of_a_picture(
    caption: str, answer: str
) -> None:
    assert failed(caption, DESCRIBE, answer, "detailed_description").get("grammar") == "malformed"


@pytest.mark.parametrize(("caption", "answer"), SOUND)
def test_a_clause_of_its_own_a_quotation_and_a_number_are_sound(caption: str, answer: str) -> None:
    assert "grammar" not in failed(caption, DESCRIBE, answer, "detailed_description")


def test_an_answer_that_asks_and_has_three_doers_before_its_verb_is_read() -> None:
    caption = "A train is pulling into a station where only one passenger is waiting."
    answer = "What makes one think that people may be about to travel?"
    assert failed(
        caption,
        "People may be about to travel, because a train is pulling into a station where only one passenger is waiting.",
        answer,
    )
