from __future__ import annotations

from collections import Counter
from statistics import stdev

import pytest

from curation.dialogue.mix import Carries, Mixer, published, solve
from curation.dialogue.plan import Candidate, candidate, plan, supply_of, uniform
from curation.dialogue.response_types import RESPONSE_TYPES
from curation.samples import sample_id
from curation.stages.rewrite import RewriteSection
from tests.captions import web_captions
from tests.unit.dialogue.reading import evidence

SECTION = RewriteSection()
MIXER = SECTION.mixer()
SETS = 5


def of(text: str, name: str = "id", types: tuple[str, ...] = tuple(RESPONSE_TYPES)) -> Candidate:
    return candidate(name, evidence(text), types, SECTION.min_words)


@pytest.fixture(scope="module")
def thousands() -> list[list[Candidate]]:
    """Sets of a thousand samples each; of these captions the packaged table knows none."""
    return [
        [of(text, sample_id("u", text), tuple(SECTION.mix)) for text in web_captions(1000, seed=seed)]
        for seed in range(7, 7 + SETS)
    ]


@pytest.fixture(scope="module")
def thousand(thousands: list[list[Candidate]]) -> list[Candidate]:
    return thousands[0]


def test_the_mix_of_accepted_turns_is_met_within_two_points_on_every_set_of_a_thousand_samples(
    thousands: list[list[Candidate]],
) -> None:
    for samples in thousands:
        counts: Counter[str] = Counter()
        for sample in samples:
            for turn in plan(sample, MIXER):
                passes = SECTION.yields.get(turn.response_type, 1.0)
                counts[turn.response_type] += uniform(sample.sample_id, f"pass {turn.focus.topic}") < passes
        for name, share in SECTION.shares.items():
            assert abs(counts[name] / counts.total() - share) < 0.02, counts


def test_the_packaged_table_tells_what_captions_carry_as_they_are_read_now(thousands: list[list[Candidate]]) -> None:
    counts: Counter[str] = Counter()
    for turn in (turn for samples in thousands for sample in samples for turn in plan(sample, MIXER)):
        counts[turn.response_type] += SECTION.yields.get(turn.response_type, 1.0)  # type: ignore[assignment]
    total = sum(counts.values())
    for name, share in SECTION.shares.items():
        stale = f"{name} {counts[name] / total:.3f}: make supply.yaml anew, `python -m tests.bench.bench_mix --table`"
        assert abs(counts[name] / total - share) < 0.01, stale


def test_the_expected_shares_and_turns_are_those_that_plans_have(thousands: list[list[Candidate]]) -> None:
    samples = [sample for some in thousands for sample in some]
    solved = solve(SECTION.shares, supply_of(samples), 4, {})
    chosen = Mixer(SECTION.shares, {}, 4, solved.lean)
    counts = Counter(turn.response_type for sample in samples for turn in plan(sample, chosen))
    assert counts.total() / len(samples) == pytest.approx(solved.turns, abs=0.03)
    for name, share in solved.shares.items():
        assert counts[name] / counts.total() == pytest.approx(share, abs=0.01)


def test_a_share_varies_from_set_to_set_as_it_is_told_to(thousands: list[list[Candidate]]) -> None:
    found = []
    for samples in thousands:
        counts = Counter(turn.response_type for sample in samples for turn in plan(sample, MIXER))
        found.append(counts["detailed_description"] / counts.total())
    told = solve(SECTION.shares, published(), 4, SECTION.yields, spares=False).spread["detailed_description"]
    assert 0.3 * told < stdev(found) < 2 * told < 0.02


def test_every_sample_that_carries_anything_gets_a_turn_when_none_may_be_spared(thousand: list[Candidate]) -> None:
    never = Mixer(SECTION.shares, {}, 4, dict.fromkeys(SECTION.mix, -30.0), spares=False)
    assert all(plan(sample, never) for sample in thousand if any(sample.foci.values()))
    short = Mixer(SECTION.shares, {}, 2, MIXER.lean)
    assert all(len(plan(sample, short)) <= 2 for sample in thousand)
    assert plan(Candidate("id", {}), MIXER) == []


def test_titles_that_carry_a_description_alone_are_spared_as_far_as_the_mix_needs_it() -> None:
    rich = Carries(("complex_reasoning", "detailed_description", "false_premise"), 3, 3)
    title = Carries(("detailed_description",), 0, 0)
    few = solve(SECTION.shares, {rich: 900.0, title: 100.0}, 4, {})
    assert few.misses(SECTION.shares) < 0.001
    assert few.spared < 0.01
    many = solve(SECTION.shares, {rich: 200.0, title: 800.0}, 4, {})
    assert many.misses(SECTION.shares) < 0.001
    assert 0.4 < many.spared < 0.8
    kept = solve(SECTION.shares, {rich: 200.0, title: 800.0}, 4, {}, spares=False)
    assert kept.misses(SECTION.shares) > 0.09
    assert kept.spared == 0


def test_the_plan_of_a_sample_depends_on_its_id_and_evidence_alone() -> None:
    text = "Woman in a red coat holding an umbrella in the snow"
    plans = {str(plan(of(text, f"{at}"), MIXER)) for at in range(40)}
    assert len(plans) > 3
    assert plan(of(text, "7"), MIXER) == plan(of(text, "7"), MIXER)


def test_a_mix_that_captions_cannot_carry_is_met_by_sparing_or_told_and_neared_as_far_as_they_go() -> None:
    mix = {"conversation": 0.2, "detailed_description": 0.1, "complex_reasoning": 0.7}
    met = solve(mix, published(), 4, {})
    assert met.misses(mix) < 0.001
    assert met.spared > 0.3
    kept = solve(mix, published(), 4, {}, spares=False)
    assert kept.misses(mix) > 0.2
    usual = solve(SECTION.shares, published(), 4, {}, spares=False)
    assert kept.shares["complex_reasoning"] > usual.shares["complex_reasoning"]


def test_types_that_pass_less_often_are_asked_for_more_often() -> None:
    mix = {"conversation": 0.5, "detailed_description": 0.5}
    supply = {Carries(("detailed_description",), 2, 2): 1000.0}

    def asked(yields: dict[str, float]) -> float:
        solved = solve(mix, supply, 4, yields)
        assert solved.misses(mix) < 0.001
        found = Mixer(mix, yields, 4, solved.lean)
        options = found.options(next(iter(supply)))
        return sum(chance * option.many for option, chance in zip(options, found.chances(options), strict=True))

    assert asked({"conversation": 0.5}) > 1.5 * asked({})


def test_a_recipe_may_fix_the_lean() -> None:
    assert RewriteSection(lean={"conversation": 0.25}).mixer().lean == {"conversation": 0.25}
    with pytest.raises(ValueError, match="from -100 to 100"):
        RewriteSection(lean={"conversation": 150.0})
    with pytest.raises(ValueError, match="from 0 to 1"):
        RewriteSection(yields={"conversation": 2.0})


def test_a_thin_caption_carries_one_plain_description() -> None:
    assert [turn.response_type for turn in plan(of("Scaffold"), MIXER)] == ["detailed_description"]


def test_nobody_is_asked_to_count_without_a_number_or_to_infer_without_a_cue() -> None:
    sample = of("Woman with a pencil in a park")
    everything = Mixer(dict.fromkeys(RESPONSE_TYPES, 0.25), {}, 8, {})
    assert {turn.focus.kind for turn in plan(sample, everything)} <= {"place", "action", "still"}
    assert sample.refused["complex_reasoning"] == "nothing told is a cue for an inference"
    assert "conversation" not in sample.refused


def test_no_two_turns_of_a_sample_ask_for_the_same_thing(thousand: list[Candidate]) -> None:
    for sample in thousand:
        topics = [turn.focus.topic for turn in plan(sample, Mixer(SECTION.shares, {}, 6, {}))]
        assert len(topics) == len(set(topics))
