"""What a caption says in other words passes, and what comes close to it and is false does not."""

from __future__ import annotations

import pytest

from curation.dialogue.checks import default_checks, failures
from curation.dialogue.cues import cues_of
from curation.dialogue.model import Turn
from tests.unit.dialogue.reading import evidence, failed

DESCRIBE = "Describe the image."

# a caption, a description in other words, and a false one near it
SAID_OTHERWISE = [
    (
        "Iron footbridge over the Wye near a mill",
        "An iron footbridge spans the Wye near a mill.",
        "A mill spans the Wye near an iron footbridge.",
    ),
    (
        "Enamel Teapot with Wooden Lid and Strainer",
        "An enamel teapot comes with a wooden lid and a strainer.",
        "A wooden teapot comes with an enamel lid and a strainer.",
    ),
    (
        "Poplars along a canal with barges",
        "Poplars line a canal with barges.",
        "Barges line a canal with poplars.",
    ),
    (
        "Granite cliffs and a ruined chapel on Skye",
        "Granite cliffs and a ruined chapel stand on Skye.",
        "Granite cliffs and a chapel stand in ruined Skye.",
    ),
    (
        "Ceramic Garden Lantern - Rustproof, Green",
        "A green, rustproof ceramic garden lantern is shown.",
        "A ceramic garden lantern with green rustproof lights is shown.",
    ),
    (
        "Silver brooch with enamel flowers, Danish, late 19th century",
        "A Danish silver brooch with enamel flowers dates from the late 19th century.",
        "A silver brooch with Danish enamel flowers dates from the late 20th century.",
    ),
    (
        "Shepherds in felt cloaks drive goats through a gorge in Albania",
        "Shepherds wearing felt cloaks drive goats through a gorge in Albania.",
        "Shepherds drive goats wearing felt cloaks through a gorge in Albania.",
    ),
    (
        "Courier handing a parcel to a tenant across the gate",
        "A courier is handing a parcel across the gate to a tenant.",
        "A tenant is handing a parcel across the gate to a courier.",
    ),
    (
        "Baker pulling a tray covered with rolls from an oven",
        "A baker is pulling a tray that is covered with rolls from an oven.",
        "A baker covered with rolls is pulling a tray from an oven.",
    ),
    (
        "Rescuers search for hikers in Tyrol following an avalanche",
        "After an avalanche, rescuers are searching for hikers in Tyrol.",
        "Before an avalanche, rescuers are searching for hikers in Tyrol.",
    ),
    (
        "Kids' Wooden Sledge with Padded Seat",
        "A wooden sledge for kids has a padded seat.",
        "Kids on a wooden sledge have a padded seat.",
    ),
    (
        "Mullet on a tin plate beside a lemon",
        "A tin plate holds a mullet beside a lemon.",
        "A lemon holds a mullet beside a tin plate.",
    ),
]


@pytest.mark.parametrize(("caption", "right", "wrong"), SAID_OTHERWISE)
def test_a_description_in_other_words_passes_and_a_false_one_near_it_falls(
    caption: str, right: str, wrong: str
) -> None:
    assert failed(caption, DESCRIBE, right, "detailed_description") == {}
    assert failed(caption, DESCRIBE, wrong, "detailed_description") != {}


@pytest.mark.parametrize(
    ("caption", "question", "right", "wrong"),
    [
        ("Pears for sale at a stall", "What is being sold?", "Pears are for sale.", "A stall is for sale."),
        ("Rubber boots by a door", "What is by the door?", "A pair of rubber boots is by the door.", "Two doors are."),
        ("Crate full of plums", "What is in the crate?", "The crate is full of plums.", "The crate is full of pears."),
        ("Diver swims off Crete", "Where is the diver swimming?", "The diver is swimming off Crete.", "She is."),
        ("A gull snatches its prey", "What is the gull doing?", "It is snatching its prey.", "It is eating its prey."),
    ],
)
def test_an_answer_in_other_words_passes(caption: str, question: str, right: str, wrong: str) -> None:
    assert failed(caption, question, right) == {}
    assert failed(caption, question, wrong) != {}


def test_a_question_that_comes_with_a_cue_leaks_nothing_of_the_writer() -> None:
    found = evidence("Two girls flying a kite in snow at dusk")
    hinted = [(question, cue) for cue in cues_of(found) for question in cue.ask if "hint" in question]
    assert hinted
    for question, cue in hinted:
        answer = f"{cue.conclusion[:1].upper()}{cue.conclusion[1:]}, because two girls are flying a kite at dusk."
        assert failures(default_checks(), Turn("complex_reasoning", question, answer), found) == []


def test_a_reason_may_begin_with_as() -> None:
    question, answer = "What might the weather be like?", "It may be raining, as the man is walking with an umbrella."
    assert failed("Man in blue coat walking with umbrella", question, answer, "complex_reasoning") == {}


def test_a_question_of_the_writer_still_leaks() -> None:
    assert "leak" in failed("Boy with a kite", "What does the caption show?", "A boy with a kite.")


def test_what_a_reason_calls_it_is_what_the_conclusion_names() -> None:
    caption, question = (
        "Wooden rowing boat beside a jetty",
        "Why might one keep the wooden rowing boat away from a fire?",
    )
    right = "The wooden rowing boat may burn, because it is made of wood."
    assert failed(caption, question, right, "complex_reasoning") == {}
    wrong = "The wooden rowing boat may burn, because it is made of steel."
    assert failed(caption, question, wrong, "complex_reasoning") != {}


def test_a_light_verb_of_a_person_is_a_claim() -> None:
    assert failed("Girl on a bench", "What is the girl doing?", "The girl is stretching on a bench.") != {}
    assert failed("Man looking across a valley", "What is the man doing?", "The man is crossing a valley.") != {}


def test_what_a_table_is_with_may_lie_on_it_and_chairs_do_not() -> None:
    chairs = "Extendable oak dining table with six upholstered chairs"
    assert failed(chairs, "How many upholstered chairs are there?", "There are six upholstered chairs.") == {}
    on = failed(chairs, "How many chairs are on the dining table?", "There are six chairs on the dining table.")
    assert "relations" in on
    plates = "Oak dining table with six blue plates"
    assert failed(plates, "How many plates are on the dining table?", "There are six plates on the dining table.") == {}


def test_the_color_of_a_thing_is_not_that_of_whom_it_is_for() -> None:
    caption, question = "Shiny black astronaut helmet in front of an orange suit", "What color is the astronaut helmet?"
    assert failed(caption, question, "The helmet is shiny black.") == {}
    assert "relations" in failed(caption, question, "The astronaut is shiny black.")
    assert "relations" not in failed("Young girl Anna in a garden", "Who is it?", "The girl is young.")
