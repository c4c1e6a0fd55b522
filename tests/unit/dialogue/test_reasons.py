"""Inferences from what a text says of causes and purposes, and from two facts read together."""

from __future__ import annotations

import pytest

from curation.dialogue.cues import cue_foci
from curation.dialogue.model import Turn
from curation.dialogue.writing import off_focus
from tests.unit.dialogue.reading import evidence, failed


@pytest.mark.parametrize(
    ("caption", "question", "conclusion", "reason"),
    [
        (
            "Residents fill sandbags ahead of the storm",
            "Why might the residents be filling sandbags?",
            "The residents may be preparing for the storm",
            "the residents are filling sandbags",
        ),
        (
            "Passengers queue at a desk after a computer failure",
            "What might have happened before this photo?",
            "There may have been a computer failure",
            "the passengers queue at a desk",
        ),
        (
            "A boy stands on a stool to reach the cookie jar",
            "Why might the boy be standing on a stool?",
            "The boy may want to reach the cookie jar",
            "the boy stands on a stool",
        ),
        (
            "Ada Lind celebrates after winning the race",
            "Why might Ada Lind be celebrating?",
            "Ada Lind may have won the race",
            "Ada Lind is celebrating",
        ),
        (
            "Man kneeling in front of his girlfriend with a ring",
            "Why might the man be kneeling?",
            "The man may be proposing marriage",
            "the man is kneeling in front of his girlfriend",
        ),
    ],
)
def test_a_stated_cause_or_purpose_and_two_facts_together_are_concluded(
    caption: str, question: str, conclusion: str, reason: str
) -> None:
    focus = next(focus for focus in cue_foci(evidence(caption)) if focus.topic == question)
    answer = f"{conclusion}, because {reason}."
    assert focus.hint.lower() == conclusion.lower()
    assert failed(caption, question, answer, "complex_reasoning") == {}
    assert off_focus(Turn("complex_reasoning", question, answer), focus, evidence(caption)) == []


def test_of_two_facts_both_must_be_named() -> None:
    told = evidence("Man kneeling in front of his girlfriend with a ring")
    focus = next(focus for focus in cue_foci(told) if focus.topic == "Why might the man be kneeling?")
    one = Turn("complex_reasoning", focus.topic, "The man may be proposing marriage, because the man is kneeling.")
    assert off_focus(one, focus, told) == ["off focus: the answer names one of two facts"]


@pytest.mark.parametrize(
    ("caption", "conclusion"),
    [
        ("Hunting trophy of a stag on a wall", "competition"),
        ("Girl dressed as a bee holding a plastic pumpkin", "nectar"),
        ("Christmas Island red crabs crossing a road", "December"),
        ("Portrait of a smiling woman, oil on canvas", "happy"),
        ("Sleeping bag for winter camping", "quiet"),
        ("Woman with a broken leg on crutches", "hurt"),
        ("Confetti on the floor the morning after", "celebrating"),
        ("Green Day performing at Wembley Stadium", "game"),
        ("Woman without an umbrella in the park", "raining"),
        ("Father teaching his daughter to ride a bike", "want to ride"),
        ("Man next to a smiling woman", "the man may be happy"),
    ],
)
def test_a_cue_in_another_sense_carries_nothing(caption: str, conclusion: str) -> None:
    assert [focus.hint for focus in cue_foci(evidence(caption)) if conclusion in focus.hint] == []


def test_who_waves_may_have_won_or_lost() -> None:
    hints = {focus.hint for focus in cue_foci(evidence("Ada Lind waves to the crowd after losing the match"))}
    assert not any("lost" in hint for hint in hints)
    hints = {focus.hint for focus in cue_foci(evidence("Ada Lind is weeping after losing the match"))}
    assert any("lost" in hint for hint in hints)


def test_a_purpose_is_no_reason_for_itself() -> None:
    foci = cue_foci(evidence("Residents line up to fill jerrycans with water"))
    assert {focus.topic for focus in foci} >= {"Why might the residents be lining up?"}
    assert not any("fill" in focus.forms[0].partition("because ")[2] for focus in foci)
