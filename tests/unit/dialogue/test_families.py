from __future__ import annotations

import pytest

from tests.unit.dialogue.reading import failed

# a caption, a question, an answer that a word or two of the caption betray, the check that says so, and a right answer
FAMILIES = [
    (
        "Mural of a whale on a harbor wall",
        "What is on the wall?",
        "There is a whale on the wall.",
        "relations",
        "There is a mural of a whale on the wall.",
    ),
    (
        "Kite shaped like an octopus over a beach",
        "What is over the beach?",
        "An octopus is over the beach.",
        "relations",
        "A kite is over the beach.",
    ),
    (
        "Plush penguin on a bookshelf",
        "What is on the bookshelf?",
        "There is a penguin on the bookshelf.",
        "relations",
        "There is a plush penguin on the bookshelf.",
    ),
    (
        "Girl dressed as a witch holding a pumpkin",
        "Who is holding the pumpkin?",
        "A witch is holding a pumpkin.",
        "relations",
        "A girl dressed as a witch is holding it.",
    ),
    (
        "Puppy trying to climb a wooden gate",
        "What is the puppy doing?",
        "The puppy is climbing a wooden gate.",
        "relations",
        "The puppy is trying to climb a wooden gate.",
    ),
    (
        "Daughter of a fisherman cleaning a net",
        "Who is cleaning the net?",
        "A fisherman is cleaning a net.",
        "relations",
        "The daughter of a fisherman is cleaning it.",
    ),
    (
        "Nearly ten kayaks on a river",
        "How many kayaks are on the river?",
        "There are ten kayaks on the river.",
        "numbers",
        "There are nearly ten kayaks on the river.",
    ),
    (
        "Purple and orange kite above a meadow",
        "What color is the kite?",
        "The kite is purple.",
        "relations",
        "The kite is purple and orange.",
    ),
    (
        "Boy watching a dancer in a silver dress",
        "What is the boy wearing?",
        "The boy is wearing a silver dress.",
        "relations",
        "The dancer is wearing a silver dress.",
    ),
    (
        "Vet examining a dog with a bandaged paw",
        "Who has a bandaged paw?",
        "The vet has a bandaged paw.",
        "relations",
        "The dog has a bandaged paw.",
    ),
    (
        "Barn covered by ivy",
        "What covers the barn?",
        "The barn covers the ivy.",
        "relations",
        "Ivy covers the barn.",
    ),
]


@pytest.mark.parametrize(("caption", "question", "wrong", "check", "right"), FAMILIES)
def test_what_a_word_or_two_of_the_caption_betray_falls_and_its_right_neighbour_passes(
    caption: str, question: str, wrong: str, check: str, right: str
) -> None:
    assert check in failed(caption, question, wrong)
    assert check not in failed(caption, question, right)


@pytest.mark.parametrize(
    ("caption", "wrong", "right"),
    [
        ("Großes Pferd auf einer Weide", "einen großen Pferd auf einer Weide", "ein großes Pferd auf einer Weide"),
        ("Hund an einem Fluss", "einen Hund an einer Fluss", "einen Hund an einem Fluss"),
        ("Roter Ballon am Himmel", "ein roter Ballon am Himmel", "einen roten Ballon am Himmel"),
        ("Ball unter einem Baum", "eine alten Ball unter einem Baum", "einen Ball unter einem Baum"),
    ],
)
def test_a_german_article_agrees_with_its_adjective_and_with_the_gender_that_the_caption_tells(
    caption: str, wrong: str, right: str
) -> None:
    question = "Beschreibe das Bild."
    assert "grammar" in failed(caption, question, f"Das Foto zeigt {wrong}.", "detailed_description", language="de")
    assert "grammar" not in failed(caption, question, f"Das Foto zeigt {right}.", "detailed_description", language="de")
