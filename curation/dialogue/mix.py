"""How plans are chosen so that accepted data have the recipe's mix of response types.

The plan of a sample knows nothing of other samples, so the mix is met in expectation. Of the plans that a sample's
evidence carries, one that brings n accepted turns (by type; T in all) has the chance

    exp(FAVOUR * T - NEAR * |v|^2 + lean * v),   v = n - T * mix,

where v is how far this plan pulls the whole away from the mix. `lean` is what makes all pulls cancel out; it is solved
from a table of what captions can carry (`supply.yaml`, or one counted on the recipe's own source). NEAR makes dialogues
likelier that are near the mix in themselves: the less single samples pull, the less a share differs from one thousand
samples to the next. FAVOUR asks for more turns rather than fewer.

Most alt-text of the web is the title of a product, which carries a description and nothing else. Where a mix cannot be
met with all samples, some must go: to ask for nothing is one plan more, so unlikely (SPARE) that it is chosen only
where the lean presses for it.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import yaml

if TYPE_CHECKING:
    import numpy as np

SUPPLY = Path(__file__).parent / "supply.yaml"
MANY = "conversation"  # of every other type an image carries one turn: a second would say the same
DESCRIPTION = "detailed_description"
FAVOUR = 4.0
NEAR = 4.0
SPARE = 6.0
MOST_LEAN = 100.0  # a mix that needs more is one that captions cannot carry
ROUNDS = 100
STEP = 8.0  # most change of a lean in one round, so that Newton's method cannot overshoot
HALVINGS = 20
CLOSE = 2e-5  # of a turn
RIDGE = 1e-6  # keeps Newton's method in bounds where a mix cannot be met, and costs less than CLOSE where it can


@dataclass(frozen=True)
class Carries:
    """What a class of samples can carry: types of one turn; turns of conversation with a description and without."""

    single: tuple[str, ...]
    beside: int  # turns of conversation beside a description
    alone: int


Supply = Mapping[Carries, float]  # how many samples are of each class


class Option(NamedTuple):
    """One way to plan a sample: its turns of which there is one, and how many of conversation."""

    single: tuple[str, ...]
    many: int


NOTHING = Option((), 0)


@dataclass(frozen=True)
class Mixer:
    """Chooses plans. `mix` holds shares that add up to 1; of the planned turns of a type the share `yields` is accepted
    (1 where it says nothing). With `spares` a sample may get no turn, so that the mix can be met."""

    mix: Mapping[str, float]
    yields: Mapping[str, float]
    max_turns: int
    lean: Mapping[str, float]
    spares: bool = True

    def options(self, carries: Carries) -> list[Option]:
        """Every plan that such a sample carries; none when it carries nothing."""
        single = [name for name in carries.single if name in self.mix]
        found = []
        for size in range(min(len(single), self.max_turns) + 1):
            for picks in itertools.combinations(single, size):
                most = carries.beside if DESCRIPTION in picks else carries.alone
                room = min(most, self.max_turns - size) if MANY in self.mix else 0
                found += [Option(picks, number) for number in range(0 if picks else 1, room + 1)]
        return [NOTHING, *found] if found and self.spares else found

    def liking(self, option: Option) -> float:
        """The part of a plan's score that hangs on how much it asks for."""
        return -SPARE if option == NOTHING else FAVOUR * sum(self.turns(option).values())

    def turns(self, option: Option) -> dict[str, float]:
        """The turns of each type that a plan is expected to bring, after checks."""
        planned = {name: option.many if name == MANY else int(name in option.single) for name in self.mix}
        return {name: number * self.yields.get(name, 1.0) for name, number in planned.items()}

    def chances(self, options: list[Option]) -> list[float]:
        """How likely each of a sample's plans is."""
        scores = []
        for option in options:
            turns = self.turns(option)
            total = sum(turns.values())
            pulls = {name: turns[name] - total * share for name, share in self.mix.items()}
            leaning = sum(pull * self.lean.get(name, 0.0) - NEAR * pull * pull for name, pull in pulls.items())
            scores.append(self.liking(option) + leaning)
        weights = [math.exp(score - max(scores)) for score in scores]
        return [weight / sum(weights) for weight in weights]

    def choose(self, carries: Carries, at: float) -> Option | None:
        """The plan at a place from 0 to 1, which may be NOTHING; None for a sample that carries nothing."""
        options = self.options(carries)
        reached = 0.0
        for option, chance in zip(options, self.chances(options), strict=True):
            reached += chance
            if at < reached:
                return option
        return options[-1] if options else None


@functools.cache
def published() -> Supply:
    """The packaged table: 40,000 web-like captions by what they carry. `tests/bench/bench_mix.py` prints it anew."""
    rows = yaml.safe_load(SUPPLY.read_text("utf-8"))["classes"]
    return {Carries(tuple(row["single"]), row["beside"], row["alone"]): row["samples"] for row in rows}


@dataclass(frozen=True)
class Solved:
    """The lean of a mix, and what comes of it."""

    lean: Mapping[str, float]
    shares: Mapping[str, float]  # expected, among accepted turns
    spread: Mapping[str, float]  # standard deviation of each share over 1,000 samples
    turns: float  # expected accepted turns a sample
    spared: float  # expected share of the samples that carry something but are asked nothing

    def misses(self, mix: Mapping[str, float]) -> float:
        """The largest distance of an expected share from the mix."""
        return max(abs(self.shares[name] - share) for name, share in mix.items())


def solve(
    mix: Mapping[str, float], supply: Supply, max_turns: int, yields: Mapping[str, float], spares: bool = True
) -> Solved:
    """The `lean` with which accepted turns have the mix in expectation, as near as captions carry it.

    The sum of log(sum of exp) over a sample's plans is convex in the lean and has its least value where the expected
    pulls are 0: Newton's method finds it in some ten rounds.
    """
    import numpy as np

    mixer = Mixer(mix, yields, max_turns, {}, spares)
    groups = _groups(mixer, supply)
    lean = np.zeros(len(mix))
    for _ in range(ROUNDS):
        slope, bend = RIDGE * lean, RIDGE * np.eye(len(mix))
        for weight, scores, pulls in groups:
            chances = _softmax(scores + pulls @ lean)
            mean = chances @ pulls
            slope = slope + weight * mean
            bend = bend + weight * ((pulls.T * chances) @ pulls - np.outer(mean, mean))
        if float(np.abs(slope).max()) < CLOSE:
            break
        step = np.linalg.solve(bend, slope)
        step *= min(1.0, STEP / max(float(np.abs(step).max()), 1e-9))
        height = _height(groups, lean)
        for _ in range(HALVINGS):  # where the curve is flat, a whole step of Newton's goes far beyond the least value
            tried = np.clip(lean - step, -MOST_LEAN, MOST_LEAN)
            if _height(groups, tried) < height:
                break
            step = step / 2
        lean = tried
    # rounded, so that a plan does not hang on the last bit of a machine's arithmetic
    return _outcome(mixer, supply, {name: round(float(value), 3) for name, value in zip(mix, lean, strict=True)})


def _groups(mixer: Mixer, supply: Supply) -> list[tuple[float, np.ndarray, np.ndarray]]:
    """For each class its weight, and of each of its plans the score without lean, and the pulls."""
    import numpy as np

    shares, samples = np.array(list(mixer.mix.values())), sum(supply.values())
    groups = []
    for carries, number in supply.items():
        options = mixer.options(carries)
        if options:
            turns = np.array([list(mixer.turns(option).values()) for option in options])
            pulls = turns - np.outer(turns.sum(axis=1), shares)
            liking = np.array([mixer.liking(option) for option in options])
            groups.append((number / samples, liking - NEAR * (pulls**2).sum(axis=1), pulls))
    return groups


def _height(groups: list[tuple[float, np.ndarray, np.ndarray]], lean: np.ndarray) -> float:
    """What `solve` looks for the least value of."""
    import numpy as np

    total = RIDGE / 2 * float(lean @ lean)
    for weight, scores, pulls in groups:
        each = scores + pulls @ lean
        total += weight * (float(each.max()) + math.log(float(np.exp(each - each.max()).sum())))
    return total


def _softmax(scores: np.ndarray) -> np.ndarray:
    import numpy as np

    weights: np.ndarray = np.exp(scores - scores.max())
    chances: np.ndarray = weights / weights.sum()
    return chances


def _outcome(mixer: Mixer, supply: Supply, lean: Mapping[str, float]) -> Solved:
    """What a lean comes to, by the same formula as plans are chosen by."""
    leaning = replace(mixer, lean=lean)
    spared, carrying = 0.0, 1e-9
    turns, squares = dict.fromkeys(mixer.mix, 0.0), dict.fromkeys(mixer.mix, 0.0)
    for carries, number in supply.items():
        options = leaning.options(carries)
        carrying += number if options else 0
        for option, chance in zip(options, leaning.chances(options), strict=True):
            spared += number * chance * (option == NOTHING)
            brought = leaning.turns(option)
            total = sum(brought.values())
            for name, share in mixer.mix.items():
                turns[name] += number * chance * brought[name]
                squares[name] += number * chance * (brought[name] - total * share) ** 2
    total, samples = max(1e-9, sum(turns.values())), max(1e-9, sum(supply.values()))
    mean = total / samples
    return Solved(
        lean,
        {name: number / total for name, number in turns.items()},
        {name: math.sqrt(square / samples / 1000) / mean for name, square in squares.items()},
        mean if supply else 0.0,
        spared / carrying,
    )
