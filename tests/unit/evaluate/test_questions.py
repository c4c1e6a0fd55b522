"""What questions ask for, by a rule on their words."""

from __future__ import annotations

import pytest

from curation.evaluate.questions import LLAVA, TOPICS, topic_of


# The first of each is in the manner of ours, the second as LLaVA's are; none is from a data set.
@pytest.mark.parametrize(
    ("topic", "questions"),
    [
        (
            "description",
            ["Describe the image.", "Can you elaborate on what the photo holds?", "What is in this photo?"],
        ),
        ("description", ["What can you see in this picture?", "Give a short description of the scene."]),
        (
            "reason",
            ["What might the weather be like?", "Why might the goats gather there?", "What benefits has a roof?"],
        ),
        ("count", ["How many lanterns are there?", "What is the number of boats?"]),
        ("color", ["Which color is the kettle?", "What is the colour of both hats?"]),
        ("text", ["What words are written in the image?", "What does the sign say? Which text is it?"]),
        ("yes or no", ["Is the goat on a roof?", "Are there two boats or three?"]),
        ("place", ["Where is the lantern?", "What is the position of the boat?"]),
        ("time", ["What season is it?", "When was the bridge built?"]),
        ("action", ["What is the potter doing?", "Which activity are they busy with?"]),
        ("relation", ["What stands next to the lamp?", "What is the connection of the two?"]),
        ("kind", ["Which material is the jug made of?", "What type of goat is it?", "What is the boy wearing?"]),
        ("object", ["What is the potter holding?", "Which items lie on the shelf?"]),
        ("other", ["¿Qué hace el hombre en la foto?", ""]),
    ],
)
def test_a_question_has_the_topic_that_it_asks_for(topic: str, questions: list[str]) -> None:
    assert [topic_of(question) for question in questions] == [topic] * len(questions)
    assert topic in TOPICS


def test_the_shares_of_llavas_questions_are_whole() -> None:
    assert set(LLAVA.topics) <= set(TOPICS)
    assert sum(LLAVA.topics.values()) == pytest.approx(1, abs=0.005)
    assert sum(LLAVA.first_words.values()) == pytest.approx(1, abs=0.005)
    for form, share in LLAVA.forms.items():
        assert share <= LLAVA.first_words[form.split()[0]] + 0.001
