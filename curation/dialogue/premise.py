"""False premises: questions that take for granted what the evidence contradicts, so that a model learns to say no.

What is *not* in an image cannot be known from a caption. What can be known is what excludes what is told: a dress that
is red is not blue, who sleeps does not run, a dog on a sofa is no cat, and dusk is not noon (`premise_en.yaml`). Names,
denials, likenesses and what is only talked of carry none, and of people neither sex, age, skin nor faith is one.
"""

from __future__ import annotations

import functools

from curation.dialogue.focus import foci
from curation.dialogue.model import Evidence, Focus
from curation.dialogue.premise_kinds import of_kinds
from curation.dialogue.premise_scenes import of_scenes
from curation.dialogue.premise_things import of_things
from curation.dialogue.view import View


def premise_foci(evidence: Evidence) -> list[Focus]:
    """The false premises that the evidence can refute: `topic` is the question, `asked` are stems of what is wrong,
    `expected` of what puts it right, and `hint` tells the truth."""
    return list(_found(evidence)) if evidence.lexicon.reads else []


@functools.lru_cache(maxsize=64)  # each turn of a dialogue is checked against the same
def _found(evidence: Evidence) -> tuple[Focus, ...]:
    view = View.of(evidence.scenes[0], evidence.lexicon)
    told = foci(evidence)
    refuted = (*of_things(view, evidence), *of_scenes(view, evidence, told), *of_kinds(view, evidence, told))
    return tuple({focus.topic: focus for each in refuted for focus in each.foci(evidence.lexicon)}.values())
