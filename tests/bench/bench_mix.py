"""What captions can carry, and how near the accepted data come to the mix: `python -m tests.bench.bench_mix`.

`python -m tests.bench.bench_mix FILE` does it for the alt-texts of a LAION-style Parquet file, solved on one half and
tried on the other, and sets aside what is surplus. With --table it prints `curation/dialogue/supply.yaml` anew.
"""

from __future__ import annotations

import statistics
import sys
from collections import Counter
from collections.abc import Sequence

import pyarrow.parquet as pq

from curation.dialogue.evidence import gather
from curation.dialogue.mix import Supply, published, solve
from curation.dialogue.plan import Candidate, candidate, plan, supply_of, uniform
from curation.dialogue.response_types import RESPONSE_TYPES
from curation.samples import column, live, make_table, sample_id
from curation.stages.captions import Captions, CaptionsSection
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


def alt_texts(path: str) -> list[str]:
    """The texts of a Parquet file that the captions stage lets pass."""
    table = pq.read_table(path, columns=["URL", "TEXT"])
    columns = {
        "sample_id": [f"{row:032x}" for row in range(len(table))],
        "url": table.column("URL").to_pylist(),
        "caption": table.column("TEXT").to_pylist(),
    }
    looked = Captions(CaptionsSection())(make_table(columns))
    return [str(text) for text in column(looked, "text", live(looked))]


def print_table(supply: Supply) -> None:
    """The packaged table, as YAML."""
    sys.stdout.write(
        "# How many of 40,000 web-like captions (tests/captions.py) carry what; made by tests/bench/bench_mix.py.\n"
        "# single: types of which it carries a turn; beside, alone: turns of conversation with and without a\n"
        "# description.\nversion: 1\nclasses:\n"
    )
    for carries, number in sorted(supply.items(), key=lambda pair: (-pair[1], str(pair[0]))):
        single = ", ".join(carries.single)
        line = f"  - {{samples: {number:g}, single: [{single}], beside: {carries.beside}, alone: {carries.alone}}}\n"
        sys.stdout.write(line)


def main() -> None:
    """Print for each mix how far the shares of SETS sets of 1,000 samples are from it, the lean solved on others."""
    types = list(RESPONSE_TYPES)
    files = [name for name in sys.argv[1:] if name != "--table"]
    surplus = "keep"
    if files:
        found = candidates(alt_texts(files[0]), types)
        source, sets, surplus = supply_of(found[: len(found) // 2]), [found[len(found) // 2 :]], "reject"
    elif "--table" in sys.argv:
        # forty sets of different captions: one of forty thousand would run out of short ones
        texts = [text for seed in range(100, 140) for text in web_captions(SAMPLES, seed)]
        return print_table(supply_of(candidates(texts, types)))
    else:
        source = published()
        sets = [candidates(web_captions(SAMPLES, seed), types) for seed in range(2, 2 + SETS)]
    for mix in MIXES:
        report(RewriteSection(mix=mix, surplus=surplus), source, sets)
    return None


def report(plain: RewriteSection, source: Supply, sets: Sequence[Sequence[Candidate]]) -> None:
    """How far each set is from the mix with the lean that a source solves to."""
    solved = solve(plain.shares, source, plain.max_turns, plain.yields, plain.surplus == "reject")
    section = plain.model_copy(update={"lean": dict(solved.lean)})
    misses = []
    for samples in sets:
        found = shares(samples, section)
        misses.append(max(abs(found[name] - share) for name, share in section.shares.items()))
    wanted = ", ".join(f"{name} {share:.2f}" for name, share in plain.shares.items())
    expected = ", ".join(f"{share:.3f} ± {solved.spread[name]:.3f}" for name, share in solved.shares.items())
    sys.stdout.write(
        f"{wanted}\n  expected {expected}; {solved.turns:.2f} turns a sample, {solved.spared:.0%} asked nothing; "
        f"largest miss on {len(sets)} sets of {len(sets[0]):,}: median {statistics.median(misses):.3f}, worst "
        f"{max(misses):.3f}, {sum(miss > 0.02 for miss in misses)} above 0.02\n"
    )


if __name__ == "__main__":
    main()
