"""The inferences of cues_en.yaml: each is asked of the captions that hold its cue, and passes every check."""

from __future__ import annotations

import pytest
import yaml

from curation.dialogue import lexicon as lexicon_of
from curation.dialogue.checks import default_checks, failures
from curation.dialogue.evidence import gather
from curation.dialogue.focus import cue_foci
from curation.dialogue.lexicon import lexicon
from curation.dialogue.model import Evidence, Turn

RULES = yaml.safe_load((lexicon_of.FOLDER / "cues_en.yaml").read_text("utf-8"))["cues"]


def evidence_of(caption: str) -> Evidence:
    found = gather(caption, "en")
    assert found is not None
    return found


def captions_with(word: str) -> list[str]:
    """Captions that hold the word as a thing, as what someone does, as how something is, and as a day."""
    return [
        f"Old man with a {word} near a white wall",
        f"Old man with {word} near a white wall",
        f"Two women {word} near a white wall",
        f"Photo of a {word} house near a white wall",
        f"People at {word.title()} near a white wall",
    ]


def reasons_with(word: str) -> list[str]:
    return [
        f"the old man has a {word}",
        f"the old man has {word}",
        f"two women are {word} near a white wall",
        f"the house is {word}",
        f"people are at {word.title()} near a white wall",
    ]


def carried(rule: dict[str, object], word: str) -> list[str]:
    """What is wrong with the rule's inference, in the caption where least is wrong."""
    best = ["no caption holds the cue"]
    for caption, reason in zip(captions_with(word), reasons_with(word), strict=True):
        evidence = evidence_of(caption)
        asked = [focus for focus in cue_foci(evidence) if focus.hint == rule["conclusion"]]
        for focus in asked:
            answer = f"{focus.hint[:1].upper()}{focus.hint[1:]}, because {reason}."
            turn = Turn("complex_reasoning", focus.topic, answer)
            problems = [
                f"{caption}: {kind}: {reject.detail}" for kind, reject in failures(default_checks(), turn, evidence, ())
            ]
            if not problems:
                return []
            best = problems
    return best


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["cue"][0])
def test_each_cue_carries_its_conclusion_through_every_check(rule: dict[str, list[str]]) -> None:
    assert {word: problems for word in rule["cue"] if (problems := carried(rule, word))} == {}


def test_each_conclusion_hedges() -> None:
    words = lexicon("en")
    assert words is not None
    assert [cue.conclusion for cue in words.cues if not set(cue.conclusion.split()) & words.hedges] == []


@pytest.mark.parametrize(
    "caption",
    [
        "Robert Frost reading a poem in 1955",
        "Plush owl with big yellow eyes",
        "Ceramic mug with a kangaroo",
        "Printable Halloween sushi stickers",
        "Yoga mat in purple",
    ],
)
def test_names_and_likenesses_carry_no_inference_about_the_real_thing(caption: str) -> None:
    hints = {focus.hint for focus in cue_foci(evidence_of(caption))}
    assert not hints - {"it is probably October"}
