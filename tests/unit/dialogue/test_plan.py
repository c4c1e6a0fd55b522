from __future__ import annotations

from collections import Counter

import pytest

from curation.dialogue.mix import Carries, expected, published, solve, supply_of
from curation.dialogue.plan import Candidate, candidate, plan, uniform
from curation.dialogue.response_types import RESPONSE_TYPES
from curation.samples import sample_id
from curation.stages.rewrite import RewriteSection
from tests.captions import web_captions
from tests.unit.dialogue.reading import evidence

SECTION = RewriteSection()
KEEP = SECTION.kept()


def of(text: str, name: str = "id", types: tuple[str, ...] = tuple(RESPONSE_TYPES)) -> Candidate:
    return candidate(name, evidence(text), types, SECTION.min_words)


@pytest.fixture(scope="module")
def thousand() -> list[Candidate]:
    return [of(text, sample_id("u", text), tuple(SECTION.mix)) for text in web_captions(1000, seed=7)]


def test_the_mix_of_accepted_turns_is_met_within_two_points_on_a_thousand_samples(thousand: list[Candidate]) -> None:
    counts: Counter[str] = Counter()
    for sample in thousand:
        for turn in plan(sample, KEEP, SECTION.max_turns):
            passes = SECTION.yields.get(turn.response_type, 1.0)
            counts[turn.response_type] += uniform(sample.sample_id, f"pass {turn.focus.topic}") < passes
    for name, share in SECTION.shares.items():
        assert abs(counts[name] / counts.total() - share) < 0.02, counts


def test_the_expected_turns_are_those_that_plans_have(thousand: list[Candidate]) -> None:
    keep = {"conversation": 0.4, "detailed_description": 0.3, "complex_reasoning": 0.7}
    counts = Counter(turn.response_type for sample in thousand for turn in plan(sample, keep, 3))
    for name, number in expected(supply_of(thousand), keep, 3).items():
        assert counts[name] == pytest.approx(number, abs=3.5 * len(thousand) ** 0.5 / 2)


def test_every_sample_that_carries_anything_gets_a_turn(thousand: list[Candidate]) -> None:
    never = dict.fromkeys(SECTION.mix, 0.0)
    assert all(plan(sample, never, 4) for sample in thousand if any(sample.foci.values()))
    assert all(len(plan(sample, KEEP, 2)) <= 2 for sample in thousand)


def test_the_plan_of_a_sample_depends_on_its_id_and_evidence_alone() -> None:
    text = "Woman in a red coat holding an umbrella in the snow"
    plans = {str(plan(of(text, f"{at}"), {"conversation": 0.5}, 4)) for at in range(40)}
    assert len(plans) > 3
    assert plan(of(text, "7"), KEEP, 4) == plan(of(text, "7"), KEEP, 4)


def test_a_mix_that_captions_cannot_carry_is_told_and_thins_no_type_away() -> None:
    mix = {"conversation": 0.2, "detailed_description": 0.1, "complex_reasoning": 0.7}
    solved = solve(mix, published(), 4, {})
    assert solved.misses(mix) > 0.2
    assert min(solved.keep.values()) >= 0.3
    assert solved.keep["complex_reasoning"] == 1


def test_types_that_pass_less_often_are_asked_for_more_often() -> None:
    mix = {"conversation": 0.5, "detailed_description": 0.5}
    supply = {Carries(("detailed_description",), 2, 2): 1000.0}
    even = solve(mix, supply, 4, {}).keep["conversation"]
    assert solve(mix, supply, 4, {"conversation": 0.5}).keep["conversation"] == pytest.approx(2 * even, rel=0.05)


def test_a_recipe_may_fix_what_is_kept() -> None:
    assert RewriteSection(keep={"conversation": 0.25}).kept()["conversation"] == 0.25
    with pytest.raises(ValueError, match="from 0 to 1"):
        RewriteSection(keep={"conversation": 2.0})


def test_a_thin_caption_carries_one_plain_description() -> None:
    assert [turn.response_type for turn in plan(of("Clock"), KEEP, 4)] == ["detailed_description"]


def test_nobody_is_asked_to_count_without_a_number_or_to_infer_without_a_cue() -> None:
    sample = of("Woman with flowers in a garden")
    everything = dict.fromkeys(RESPONSE_TYPES, 1.0)
    assert {turn.focus.kind for turn in plan(sample, everything, 8)} <= {"place", "action", "still"}
    assert sample.refused["complex_reasoning"] == "nothing told is a cue for an inference"
    assert "conversation" not in sample.refused


def test_no_two_turns_of_a_sample_ask_for_the_same_thing(thousand: list[Candidate]) -> None:
    for sample in thousand:
        topics = [turn.focus.topic for turn in plan(sample, dict.fromkeys(SECTION.mix, 1.0), 6)]
        assert len(topics) == len(set(topics))
