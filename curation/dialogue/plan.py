"""Which turns to ask for: by what each sample's evidence can carry, and by the recipe's mix over the partition."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from curation.dialogue.model import Evidence, Focus, PlannedTurn
from curation.dialogue.response_types import RESPONSE_TYPES

THIN_WORDS = 7  # up to as many content words, one sentence tells it all
SLACK = 2.0  # turns by which a type may be ahead of its share
SCARCE = 0.6  # part of its share below which a type does not hold back the others
ORDER = ("conversation", "detailed_description", "complex_reasoning", "false_premise")  # of the turns in a dialogue


@dataclass(frozen=True)
class Candidate:
    """A sample and, by response type, what may be asked about it (in the order of preference)."""

    sample_id: str
    foci: Mapping[str, Sequence[Focus]]
    thin: bool = False  # so little evidence that "what is she doing?" would be answered by the description


def candidate(sample_id: str, evidence: Evidence, types: Sequence[str], min_words: Mapping[str, int]) -> Candidate:
    """What the evidence of one sample can carry, in an order that its id decides.

    A response type needs at least `min_words[type]` content words of evidence: a thin caption carries a plain
    description alone.
    """
    size = len(evidence.stems)
    foci: dict[str, Sequence[Focus]] = {}
    for name in types:
        if size >= min_words.get(name, 1):
            found = RESPONSE_TYPES[name].foci(evidence)
            foci[name] = sorted(found, key=lambda focus: draw(sample_id, name, focus.topic))
    return Candidate(sample_id, foci, thin=size <= THIN_WORDS)


def plan(candidates: Sequence[Candidate], mix: Mapping[str, float], max_turns: int) -> list[list[PlannedTurn]]:
    """The turns to ask for, sample by sample.

    Samples are served in the order of a hash of their ids; each turn goes to the response type that the sample can
    still carry and that is furthest below its share. A sample whose other types have their share already gets no
    further turn, so that the mix is met as closely as the evidence allows; every sample gets one turn at least.
    The same partition gets the same plan on every attempt.
    """
    mix = reachable(candidates, mix, max_turns)
    counts: Counter[str] = Counter()
    planned: list[list[PlannedTurn]] = [[] for _ in candidates]
    for at in sorted(range(len(candidates)), key=lambda at: draw(candidates[at].sample_id, "plan", "")):
        planned[at] = _plan_one(candidates[at], mix, max_turns, counts)
    return planned


def reachable(candidates: Sequence[Candidate], mix: Mapping[str, float], max_turns: int) -> dict[str, float]:
    """The mix that the evidence of these samples can carry.

    A type that could fill less than SCARCE of its share is taken whole wherever it can be had, and the others divide
    the rest as the recipe says: a share that hardly any caption supports must not cost the rest of the data.
    """
    full = sum(min(max_turns, sum(_most(sample, name) for name in mix)) for sample in candidates)
    most = {name: sum(_most(sample, name) for sample in candidates) for name in mix}
    scarce = {name: most[name] / full for name in mix if full and most[name] < SCARCE * mix[name] * full}
    rest = sum(share for name, share in mix.items() if name not in scarce)
    left = 1 - sum(scarce.values())
    return {name: scarce.get(name, share / rest * left if rest else 0.0) for name, share in mix.items()}


def _most(sample: Candidate, name: str) -> int:
    """How many turns of a type the sample can carry."""
    foci = sample.foci.get(name, ())
    return len(foci) if name == "conversation" else min(1, len(foci))


def _plan_one(sample: Candidate, mix: Mapping[str, float], max_turns: int, counts: Counter[str]) -> list[PlannedTurn]:
    chosen: list[PlannedTurn] = []
    while len(chosen) < max_turns:
        options = {name: focus for name in mix if (focus := _next_focus(sample, name, chosen)) is not None}
        if not options:
            break
        total = sum(counts.values()) + 1
        below = {name: mix[name] * total - counts[name] for name in options}
        name = max(options, key=lambda name: (below[name], name))
        if chosen and below[name] < -SLACK:
            break
        counts[name] += 1
        chosen.append(PlannedTurn(name, options[name]))
    return sorted(
        chosen, key=lambda turn: ORDER.index(turn.response_type) if turn.response_type in ORDER else len(ORDER)
    )


def _next_focus(sample: Candidate, name: str, chosen: Sequence[PlannedTurn]) -> Focus | None:
    if sample.thin and _retells(name, chosen):
        return None
    thin_foci = ("doing", "object") if sample.thin else ()
    described = any(turn.response_type == "detailed_description" for turn in chosen)
    taken = [turn.focus for turn in chosen if turn.response_type == name]
    if name != "conversation" and taken:
        return None  # one description and one inference an image: a second would say the same
    for focus in sample.foci.get(name, ()):
        if described and focus.kind in thin_foci:
            continue
        if not any(clash(focus, other) for other in taken):
            return focus
    return None


def _retells(name: str, chosen: Sequence[PlannedTurn]) -> bool:
    told = {turn.focus.kind for turn in chosen}
    return name == "detailed_description" and bool(told & {"doing", "object"})


def clash(one: Focus, two: Focus) -> bool:
    """Whether two foci would ask for the same: what is held, and what is done."""
    return bool(one.expected & (two.expected | two.asked) or two.expected & one.asked)


def draw(sample_id: str, *names: str) -> int:
    """A number that depends on the sample id and the names alone."""
    joined = "\0".join((sample_id, *names)).encode()
    return int.from_bytes(hashlib.sha256(joined).digest()[:8], "big")
