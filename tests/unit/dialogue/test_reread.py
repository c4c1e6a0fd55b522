"""What the first reading of an answer doubts passes where a parser finds it in the caption too, and only there."""

from __future__ import annotations

import pytest

from tests.unit.dialogue.reading import failed

DESCRIBE = "Describe the image."

# a caption, what it tells in another order or from another side, and what it does not tell
AGAIN = [
    (
        "Hand-bound notebook with silver clasp on a slate counter",
        "On a slate counter is a hand-bound notebook with a silver clasp.",
        "On a silver counter is a hand-bound notebook with a slate clasp.",
    ),
    (
        "Sailors climb the rigging during the 3rd leg of the regatta",
        "Sailors are climbing the rigging during leg 3 of the regatta.",
        "Sailors are climbing the rigging during leg 4 of the regatta.",
    ),
    (
        "Tram commuters photograph a parade in the rain",
        "Commuters on a tram are photographing a parade in the rain.",
        "A parade on a tram is photographing commuters in the rain.",
    ),
    (
        "Stone cottage surrounded by birch trees in the mist",
        "Birch trees stand around a stone cottage in the mist.",
        "A stone cottage stands around birch trees in the mist.",
    ),
    (
        "Attic studio with a piano and a green armchair",
        "The studio is in an attic and has a piano and a green armchair.",
        "The attic is in a studio and has a piano and a green armchair.",
    ),
]


@pytest.mark.parametrize(("caption", "true", "false"), AGAIN)
def test_what_a_parser_finds_in_caption_and_answer_passes(caption: str, true: str, false: str) -> None:
    assert failed(caption, DESCRIBE, true, "detailed_description") == {}
    assert failed(caption, DESCRIBE, false, "detailed_description") != {}


@pytest.mark.parametrize(
    ("caption", "question", "answer"),
    [
        (
            "Mother holding a baby wearing a straw hat",
            "What is the mother wearing?",
            "The mother is wearing a straw hat.",
        ),
        ("Son of a farmer shearing a sheep in a barn", "Who is shearing the sheep?", "A farmer is shearing the sheep."),
        ("Goose chasing a boy on a scooter", "Who is on the scooter?", "The goose is on a scooter."),
        ("Mother koala with a baby in her pouch", "Where is the koala?", "The koala is in her pouch."),
        ("City hall reflected in the canal at dusk", "Where is the city hall?", "The city hall is in the canal."),
        ("Pot of stew on a bench with two stools", "What is shown?", "A pot of stew with two stools is on a bench."),
    ],
)
def test_a_parse_that_may_be_wrong_clears_nothing(caption: str, question: str, answer: str) -> None:
    assert "relations" in failed(caption, question, answer)


@pytest.mark.parametrize(
    ("caption", "false", "true"),
    [
        (
            "X-ray of a cracked elbow held together by a steel pin",
            "An X-ray of a cracked elbow is held together by a steel pin.",
            "An X-ray shows a cracked elbow that is held together by a steel pin.",
        ),
        (
            "Interior of the chapel facing the altar",
            "An interior of the chapel is facing the altar.",
            "The photo shows an interior of the chapel facing the altar.",
        ),
    ],
)
def test_what_is_seen_acts_and_not_the_view_of_it(caption: str, false: str, true: str) -> None:
    assert "relations" in failed(caption, DESCRIBE, false, "detailed_description")
    assert failed(caption, DESCRIBE, true, "detailed_description") == {}
