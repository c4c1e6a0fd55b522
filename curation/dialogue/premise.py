"""False premises: questions that take for granted what the evidence contradicts, so that a model learns to say no.

What is *not* in an image cannot be known from a caption. What can be known is that a thing has one colour and not
another, and one number and not another: these two are what a false premise may be about.
"""

from __future__ import annotations

from collections.abc import Iterator

from curation.dialogue.model import Evidence, Focus
from curation.dialogue.scene import plural

COLOURS = ("red", "blue", "green", "yellow", "white", "black", "purple", "pink", "brown")
NUMBERS = ("two", "five", "three", "four", "six")


def premise_foci(evidence: Evidence) -> list[Focus]:
    """The false premises that the evidence can refute."""
    if not evidence.lexicon.reads:
        return []
    return [*_wrong_colours(evidence), *_wrong_numbers(evidence)]


def _wrong_colours(evidence: Evidence) -> Iterator[Focus]:
    lexicon, scene = evidence.lexicon, evidence.scenes[0]
    for phrase in scene.phrases:
        told = [word for word in phrase.modifiers if word.stem in lexicon.colours]
        if len(told) != 1 or scene.is_name(phrase) or phrase.head.stem in lexicon.colours:
            continue
        others = [colour for colour in COLOURS if lexicon.stem(colour) not in evidence.stems]
        wrong = others[len(phrase.head.text) % len(others)]
        be = "are" if plural(phrase) else "is"
        thing = phrase.head.lower
        yield Focus(
            "color",
            f"Why {be} the {thing} {wrong}?",
            expected=frozenset({told[0].stem}),
            hint=f"the {thing} {be} {told[0].lower}",
        )


def _wrong_numbers(evidence: Evidence) -> Iterator[Focus]:
    lexicon, scene = evidence.lexicon, evidence.scenes[0]
    for phrase in scene.phrases:
        first = phrase.words[0]
        number = lexicon.numbers.get(first.stem)
        if not number or number < 2 or not plural(phrase) or not first.lower.isalpha() or len(phrase.words) < 2:
            continue
        others = [other for other in NUMBERS if lexicon.stem(other) not in evidence.stems]
        wrong = others[len(phrase.head.text) % len(others)]
        yield Focus(
            "count",
            f"Where are the {wrong} {phrase.head.lower}?",
            expected=frozenset({first.stem}),
            hint=f"there are {first.lower} {phrase.head.lower}",
        )
