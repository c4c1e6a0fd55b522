"""Which turns to ask for: by what a sample's evidence can carry, its id, and what the mix wants.

The plan of a sample depends on nothing but its evidence, its id and the recipe: it is the same in every partition, on
every attempt and on every engine. How the mix is met nevertheless is `mix.py`'s matter.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from curation.dialogue.mix import DESCRIPTION, MANY, Carries, Mixer, Supply
from curation.dialogue.model import Evidence, Focus, PlannedTurn
from curation.dialogue.response_types import RESPONSE_TYPES

THIN_WORDS = 7  # up to as many content words, one sentence tells it all
ORDER = ("conversation", "detailed_description", "complex_reasoning", "false_premise")  # of the turns in a dialogue
COUNTED = 6  # turns of conversation, in a table of what captions carry
SHOWN = "kind"
RETOLD = ("doing", "object", SHOWN)  # of a thin caption, what a description tells too


@dataclass(frozen=True)
class Candidate:
    """A sample and, by response type, what may be asked about it (in the order of preference)."""

    sample_id: str
    foci: Mapping[str, Sequence[Focus]]
    thin: bool = False  # so little evidence that "what is she doing?" would be answered by the description
    refused: Mapping[str, str] = field(default_factory=dict)  # types that the evidence cannot carry, and why

    def conversation(self, described: bool) -> list[Focus]:
        """The foci of conversation that do not ask for the same, beside a description or without: what is shown comes
        last, as the least telling."""
        kept: list[Focus] = []
        for focus in sorted(self.foci.get(MANY, ()), key=lambda each: each.kind == SHOWN):
            retold = self.thin and described and focus.kind in RETOLD
            # what is shown is asked first, before another question names it
            if not retold and (focus.kind == SHOWN or not any(clash(focus, other) for other in kept)):
                kept.append(focus)
        return kept

    def carries(self, most: int) -> Carries:
        """What it can carry; more than `most` turns of conversation count as `most`."""
        single = tuple(sorted(name for name, foci in self.foci.items() if name != MANY and foci))
        return Carries(single, *(min(most, len(self.conversation(described))) for described in (True, False)))


def candidate(sample_id: str, evidence: Evidence, types: Sequence[str], min_words: Mapping[str, int]) -> Candidate:
    """What the evidence of one sample can carry, in an order that its id decides.

    A response type needs at least `min_words[type]` content words of evidence: a thin caption carries a plain
    description alone.
    """
    size = len(evidence.stems)
    foci: dict[str, Sequence[Focus]] = {}
    refused: dict[str, str] = {}
    for name in types:
        least = min_words.get(name, 1)
        if size < least:
            refused[name] = f"the evidence has {size} content words, {least} are needed"
            continue
        found = RESPONSE_TYPES[name].foci(evidence)
        if not found:
            refused[name] = RESPONSE_TYPES[name].needs
            continue
        ordered = sorted(found, key=lambda focus: (-focus.rank, draw(sample_id, name, focus.topic)))
        foci[name] = [_with_form(focus, sample_id) for focus in ordered]
    return Candidate(sample_id, foci, size <= THIN_WORDS, refused)


def _with_form(focus: Focus, sample_id: str) -> Focus:
    """The focus with the one of its forms that the sample id chooses."""
    at = draw(sample_id, "form", focus.topic) % max(1, len(focus.forms))
    return replace(focus, forms=focus.forms[at : at + 1])


def plan(sample: Candidate, mixer: Mixer) -> list[PlannedTurn]:
    """The turns to ask for, in the order of the dialogue: one of the plans that the sample carries, by a number that
    depends on its id alone. None when it carries nothing, or when the mix wants no more of what it carries."""
    chosen = mixer.choose(sample.carries(mixer.max_turns), uniform(sample.sample_id, "plan"))
    if chosen is None:
        return []
    turns = [PlannedTurn(name, sample.foci[name][0]) for name in chosen.single]
    asked = sample.conversation(DESCRIPTION in chosen.single)
    turns += [PlannedTurn(MANY, focus) for focus in asked[: chosen.many]]
    return sorted(turns, key=_place)


def supply_of(samples: Iterable[Candidate]) -> Supply:
    """How many of the samples are of each class; more than COUNTED turns of conversation count as so many."""
    return Counter(sample.carries(COUNTED) for sample in samples)


def _place(turn: PlannedTurn) -> tuple[int, bool]:
    at = ORDER.index(turn.response_type) if turn.response_type in ORDER else len(ORDER)
    return at, turn.focus.kind != SHOWN


def clash(one: Focus, two: Focus) -> bool:
    """Whether two foci would ask for the same: what is held, and what is done."""
    return bool(one.expected & (two.expected | two.asked) or two.expected & one.asked)


def draw(sample_id: str, *names: str) -> int:
    """A number that depends on the sample id and the names alone."""
    joined = "\0".join((sample_id, *names)).encode()
    return int.from_bytes(hashlib.sha256(joined).digest()[:8], "big")


def uniform(sample_id: str, name: str) -> float:
    """As `draw`, evenly from 0 to 1."""
    return draw(sample_id, "even", name) / 2**64
