"""How much of each response type to keep, so that accepted data have the recipe's mix.

The plan of a sample knows nothing of other samples, so the shares are met in expectation: from a table of what captions
can carry (`supply.yaml`, or one counted on the recipe's own source), the expected number of turns of each type is a
closed formula of the probabilities `keep`, and they are solved for.
"""

from __future__ import annotations

import functools
import itertools
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from curation.dialogue.plan import MANY, Candidate, fallback

SUPPLY = Path(__file__).parent / "supply.yaml"
ROUNDS = 40
CLOSE = 0.001  # of a share
LEAST_KEEP = 0.3  # no type is thinned further for the sake of one that few captions carry


@dataclass(frozen=True)
class Carries:
    """What a class of samples can carry: types of one turn; turns of conversation with a description and without."""

    single: tuple[str, ...]
    beside: int  # turns of conversation beside a description
    alone: int

    @classmethod
    def of(cls, sample: Candidate, cap: int = 6) -> Carries:
        """The class of a sample; more than `cap` turns of conversation count as `cap`."""
        single = tuple(sorted(name for name, foci in sample.foci.items() if name != MANY and foci))
        counts = (len(sample.conversation(described)) for described in (True, False))
        return cls(single, *(min(cap, count) for count in counts))


Supply = Mapping[Carries, float]


def supply_of(samples: Iterable[Candidate]) -> Supply:
    """How many of the samples are of each class."""
    return Counter(Carries.of(sample) for sample in samples)


@functools.cache
def published() -> Supply:
    """The packaged table: 10,000 web-like captions by what they carry. `tests/bench/bench_mix.py` prints it anew."""
    rows = yaml.safe_load(SUPPLY.read_text("utf-8"))["classes"]
    return {Carries(tuple(row["single"]), row["beside"], row["alone"]): row["samples"] for row in rows}


def expected(supply: Supply, keep: Mapping[str, float], max_turns: int) -> dict[str, float]:
    """The expected number of planned turns of each type of `keep`, over all samples of the table."""
    turns = dict.fromkeys(keep, 0.0)
    for carries, samples in supply.items():
        single = [name for name in carries.single if name in keep]
        for picks in itertools.product((True, False), repeat=len(single)):
            chance = samples * 1.0
            for name, picked in zip(single, picks, strict=True):
                chance *= keep[name] if picked else 1 - keep[name]
            if chance:
                chosen = [name for name, picked in zip(single, picks, strict=True) if picked][:max_turns]
                _add(turns, carries, single, chosen, chance, keep, max_turns)
    return turns


def _add(
    turns: dict[str, float],
    carries: Carries,
    single: list[str],
    chosen: list[str],
    chance: float,
    keep: Mapping[str, float],
    max_turns: int,
) -> None:
    for name in chosen:
        turns[name] += chance
    most = carries.beside if "detailed_description" in chosen else carries.alone
    room = min(most, max_turns - len(chosen)) if MANY in keep else 0
    number = room * keep.get(MANY, 0.0)
    if room:
        turns[MANY] += chance * number
    none = 0.0 if chosen else max(0.0, 1 - number)
    carried = [*single, *([MANY] if carries.alone and MANY in keep else [])]
    if none and carried:
        for name, part in fallback(sorted(carried), keep).items():
            turns[name] += chance * none * part


@dataclass(frozen=True)
class Solved:
    """How much of each type to keep, and what comes of it."""

    keep: Mapping[str, float]
    shares: Mapping[str, float]  # expected, among accepted turns
    turns: float  # expected accepted turns a sample

    def misses(self, mix: Mapping[str, float]) -> float:
        """The largest distance of an expected share from the mix."""
        return max(abs(self.shares[name] - share) for name, share in mix.items())


def solve(mix: Mapping[str, float], supply: Supply, max_turns: int, yields: Mapping[str, float]) -> Solved:
    """The `keep` with the most turns whose expected shares are the mix, after `yields[type]` of the planned turns are
    accepted (1 where it says nothing).

    No type is thinned below LEAST_KEEP for the sake of one that few samples carry, and each sample keeps a turn: a mix
    that captions cannot carry is then missed, by `misses`.
    """
    keep = dict.fromkeys(mix, 1.0)
    found = _shares(keep, mix, supply, max_turns, yields)
    for _ in range(ROUNDS):
        if found.misses(mix) <= CLOSE:
            break
        wanted = {name: keep[name] * mix[name] / max(found.shares[name], 1e-6) for name in mix}
        most = max(wanted.values())
        keep = {name: max(LEAST_KEEP, value / most) for name, value in wanted.items()}
        found = _shares(keep, mix, supply, max_turns, yields)
    return found


def _shares(
    keep: Mapping[str, float], mix: Mapping[str, float], supply: Supply, max_turns: int, yields: Mapping[str, float]
) -> Solved:
    turns = {name: number * yields.get(name, 1.0) for name, number in expected(supply, keep, max_turns).items()}
    total = sum(turns.values())
    samples = sum(supply.values())
    return Solved(
        keep, {name: turns[name] / total if total else 0.0 for name in mix}, total / samples if samples else 0
    )
