"""What web-like captions can carry, and how near the accepted data come to the mix: `python -m tests.bench.bench_mix`.

With --table it prints `curation/dialogue/supply.yaml` anew.
"""

from __future__ import annotations

import statistics
import sys
from collections import Counter
from collections.abc import Sequence

from curation.dialogue.evidence import gather
from curation.dialogue.mix import Supply, published, solve
from curation.dialogue.plan import Candidate, candidate, plan, supply_of, uniform
from curation.dialogue.response_types import RESPONSE_TYPES
from curation.samples import sample_id
from curation.stages.rewrite import RewriteSection
from tests.captions import web_captions

SAMPLES = 1000
SETS = 40
MIXES: tuple[dict[str, float], ...] = (
    RewriteSection().shares,
    {"conversation": 0.5, "detailed_description": 0.4, "complex_reasoning": 0.1},
    {"conversation": 0.45, "detailed_description": 0.4, "complex_reasoning": 0.1, "false_premise": 0.05},
    {"conversation": 0.37, "detailed_description": 0.15, "complex_reasoning": 0.48},
)


def candidates(captions: Sequence[str], types: Sequence[str]) -> list[Candidate]:
    """What each caption can carry."""
    found = []
    for caption in captions:
        evidence = gather(caption, "en")
        if evidence is not None:
            found.append(candidate(sample_id("u", caption), evidence, types, RewriteSection().min_words))
    return found


def shares(samples: Sequence[Candidate], section: RewriteSection, passes: float = 1.0) -> dict[str, float]:
    """The mix over the turns that are accepted when each type's planned turns pass as the section's yields say."""
    mixer, yields = section.mixer(), section.yields
    kept: Counter[str] = Counter()
    for sample in samples:
        for turn in plan(sample, mixer):
            chance = yields.get(turn.response_type, 1.0) * passes
            kept[turn.response_type] += uniform(sample.sample_id, f"pass {turn.focus.topic}") < chance
    return {name: kept[name] / kept.total() for name in section.shares}


def print_table(supply: Supply) -> None:
    """The packaged table, as YAML."""
    sys.stdout.write(
        "# How many of 40,000 web-like captions (tests/captions.py) carry what; made by tests/bench/bench_mix.py.\n"
    )
    sys.stdout.write(
        "# single: types of which it carries a turn; beside, alone: turns of conversation with and without a\n"
    )
    sys.stdout.write("# description.\nversion: 1\nclasses:\n")
    for carries, number in sorted(supply.items(), key=lambda pair: (-pair[1], str(pair[0]))):
        single = ", ".join(carries.single)
        line = f"  - {{samples: {number:g}, single: [{single}], beside: {carries.beside}, alone: {carries.alone}}}\n"
        sys.stdout.write(line)


def main() -> None:
    """Print for each mix how far the shares of SETS sets of 1,000 samples are from it."""
    if "--table" in sys.argv:
        # forty sets of different captions: one of forty thousand would run out of short ones
        captions = [caption for seed in range(100, 140) for caption in web_captions(SAMPLES, seed)]
        print_table(supply_of(candidates(captions, list(RESPONSE_TYPES))))
        return
    sets = [candidates(web_captions(SAMPLES, seed), list(RESPONSE_TYPES)) for seed in range(2, 2 + SETS)]
    for mix in MIXES:
        section = RewriteSection(mix=mix)
        solved = solve(section.shares, published(), section.max_turns, section.yields)
        misses = []
        for samples in sets:
            found = shares(samples, section)
            misses.append(max(abs(found[name] - share) for name, share in section.shares.items()))
        wanted = ", ".join(f"{name} {share:.2f}" for name, share in mix.items())
        expected = ", ".join(f"{share:.3f} ± {solved.spread[name]:.3f}" for name, share in solved.shares.items())
        sys.stdout.write(
            f"{wanted}\n  expected {expected}; {solved.turns:.2f} turns a sample; largest miss on {SETS} sets of "
            f"{SAMPLES}: median {statistics.median(misses):.3f}, worst {max(misses):.3f}, "
            f"{sum(miss > 0.02 for miss in misses)} above 0.02\n"
        )


if __name__ == "__main__":
    main()
