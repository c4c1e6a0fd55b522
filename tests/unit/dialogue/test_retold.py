"""What a caption says in other forms passes, and what stands near it and is false or no English falls."""

from __future__ import annotations

import pytest

from tests.unit.dialogue.reading import failed

DESCRIBE = "Describe the image."

# a caption, a description of it, and one near it that falls
RETOLD = [
    (  # a first part that tells when or where may stand last
        "After the storm, the farmer's son mends a gap in the stone wall.",
        "The farmer's son mends a gap in the stone wall after the storm.",
        "The farmer's son mends a gap in the stone wall before the storm.",
    ),
    (  # what is on a part of a thing is on it
        "A gecko on the underside of a leaf watches an ant.",
        "A gecko on a leaf watches an ant.",
        "An ant on a leaf watches a gecko.",
    ),
    (  # verbs in -ette double their last letter
        "A chemist pipettes a blue dye into a row of vials.",
        "A chemist is pipetting a blue dye into a row of vials.",
        "A chemist is pipetting a red dye into a row of vials.",
    ),
    (
        "Somebody has scratched a heart into the bark of a beech.",
        "A person has scratched a heart into the bark of a beech.",
        "A child has scratched a heart into the bark of a beech.",
    ),
    (  # two finite verbs, each in a clause of its own
        "Clerks at the depot weigh the parcels before the vans are loaded.",
        "Clerks at the depot are weighing the parcels before the vans are loaded.",
        "Clerks are weighing parcels are loaded before the vans.",
    ),
    (
        "Female hunting dog guarding her pups in a barn",
        "A female hunting dog is guarding her pups in a barn.",
        "Female is hunting dog in a barn.",
    ),
    (
        "A climber sleeps alone on a ledge above the fjord.",
        "A climber is sleeping alone on a ledge above the fjord.",
        "A climber is sleeping alone on a fjord above the ledge.",
    ),
    (
        "A shelf with orange, brown and white jars above the stove",
        "A shelf with orange, brown, and white jars is above the stove.",
        "A shelf with orange jars is above the stove.",
    ),
    (  # finite verbs need a subject of their own
        "A mime painted gold stands motionless on a crate while children laugh.",
        "A mime painted gold stands motionless on a crate while children laugh.",
        "A mime is painted gold stands motionless on a crate while children laugh.",
    ),
    (
        "A pair of muddy shoes left on a mat that says Welcome",
        "A pair of muddy shoes is left on a mat that says Welcome.",
        "A pair of muddy shoes left on a mat that says Welcome.",
    ),
    (
        "the kitchen of a cottage designed by architect with views over the sea",
        "The photo shows the kitchen of a cottage designed by an architect with views over the sea.",
        "A kitchen of a cottage designed by an architect with views over the sea.",
    ),
    (
        "Picnic with the Okafors at Lake Bled, just before the wind came and scattered the plates.",
        "The photo shows a picnic with the Okafors at Lake Bled before the wind came and scattered the plates.",
        "The photo shows a picnic with the Okafors at Lake Bled with the wind scattering the plates.",
    ),
    (
        "A happy old couple baking in a bright kitchen, soft focus on hands.",
        "A happy old couple is baking in a bright kitchen.",
        "A happy old couple is baking in a bright kitchen, focusing on hands.",
    ),
    (
        "Made it to the summit of Ben Lomond at dawn, and it is steeper than you think.",
        "The photo shows the summit of Ben Lomond at dawn.",
        "Made it to the summit of Ben Lomond at dawn, and it is steeper than you think.",
    ),
]

# a caption, a question and a good answer, and a false answer to the same question
ASKED = [
    (
        "A swan leads five cygnets across the lane behind a pub.",
        "How many cygnets are with the swan?",
        "There are five cygnets with the swan.",
        "There are five swans with the cygnets.",
    ),
    (
        "A black and white photograph of weavers at a loom",
        "What color is the photograph?",
        "The photograph is black and white.",
        "The photograph is black.",
    ),
    (
        "A ball of red yarn and two needles on a chair",
        "What color is the ball of yarn?",
        "The yarn is red.",
        "The chair is red.",
    ),
    (
        "A plumber in grey overalls fixes a tap in a cellar",
        "Where is the plumber working?",
        "The plumber is working in a cellar.",
        "The plumber is working in grey overalls.",
    ),
    (
        "The room has a wide bed, a desk and a window that looks out over the harbor.",
        "What does the room window look out over?",
        "The room window looks out over the harbor.",
        "The room window looks out over the bed.",
    ),
    (
        "A juggler spins three hoops along one arm while a drummer plays.",
        "What is the juggler spinning?",
        "The juggler is spinning three hoops along one arm.",
        "The juggler is spinning one hoop along three arms.",
    ),
]


@pytest.mark.parametrize(("caption", "right", "wrong"), RETOLD)
def test_a_description_in_another_form_passes_and_a_false_one_near_it_falls(
    caption: str, right: str, wrong: str
) -> None:
    assert failed(caption, DESCRIBE, right, "detailed_description") == {}
    assert failed(caption, DESCRIBE, wrong, "detailed_description")


@pytest.mark.parametrize(("caption", "question", "right", "wrong"), ASKED)
def test_an_answer_in_another_form_passes_and_a_false_one_near_it_falls(
    caption: str, question: str, right: str, wrong: str
) -> None:
    assert failed(caption, question, right) == {}
    assert failed(caption, question, wrong)


def test_fish_are_several_and_a_choice_is_no_yes_or_no_question() -> None:
    caption = "Divers light up a school of silver fish near a wreck."
    assert failed(caption, "What color are the fish?", "The fish are silver.") == {}
    assert failed(caption, "Is the fish silver?", "The fish is silver.")
    caption = "A black and white photo of a tram in Lisbon"
    assert failed(caption, "Is the photo in color or black and white?", "It is black and white.") == {}
    assert "answered" in failed(caption, "Is the photo black and white?", "It is black and white.")
