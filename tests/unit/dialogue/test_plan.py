from __future__ import annotations

from collections import Counter

from curation.dialogue.plan import Candidate, candidate, plan
from curation.samples import sample_id
from tests.unit.dialogue.reading import evidence

MIX = {"conversation": 0.5, "detailed_description": 0.35, "complex_reasoning": 0.15}
MIN_WORDS = {"conversation": 3, "complex_reasoning": 3}
PEOPLE = ("woman", "girl", "farmer", "nurse", "sailor")
ACTS = ("holding a red umbrella", "reading a blue book", "smiling", "eating two green apples", "sitting")
PLACES = ("in the snow", "on a wooden bench", "at the market", "near a white fence", "under a tree at sunset")


def captions(number: int) -> list[str]:
    return [
        f"{PEOPLE[at % 5]} {ACTS[at // 5 % 5]} {PLACES[at // 25 % 5]} {at}" if at % 7 else f"red vase {at}"
        for at in range(number)
    ]


def candidates(number: int) -> list[Candidate]:
    return [candidate(sample_id("u", text), evidence(text), list(MIX), MIN_WORDS) for text in captions(number)]


def test_the_mix_is_met_within_two_points_on_a_thousand_samples() -> None:
    planned = plan(candidates(1000), MIX, 4)
    counts = Counter(turn.response_type for turns in planned for turn in turns)
    total = sum(counts.values())
    for name, share in MIX.items():
        assert abs(counts[name] / total - share) < 0.02, counts


def test_the_same_samples_get_the_same_plan_whatever_their_order() -> None:
    given = candidates(60)
    forwards = {each.sample_id: turns for each, turns in zip(given, plan(given, MIX, 4), strict=True)}
    given.reverse()
    backwards = {each.sample_id: turns for each, turns in zip(given, plan(given, MIX, 4), strict=True)}
    assert forwards == backwards


def test_a_thin_caption_carries_one_plain_description() -> None:
    given = [candidate(sample_id("u", "Clock"), evidence("Clock"), list(MIX), MIN_WORDS)]
    (turns,) = plan(given, MIX, 4)
    assert [turn.response_type for turn in turns] == ["detailed_description"]


def test_nobody_is_asked_to_count_without_a_number_or_to_infer_without_a_cue() -> None:
    text = "Woman with flowers in a garden"
    (turns,) = plan([candidate("id", evidence(text), list(MIX), MIN_WORDS)], MIX, 8)
    assert {turn.focus.kind for turn in turns} <= {"place", "action", "still"}


def test_no_two_turns_of_a_sample_ask_for_the_same_thing() -> None:
    for turns in plan(candidates(200), MIX, 6):
        topics = [turn.focus.topic for turn in turns]
        assert len(topics) == len(set(topics))
