"""False premises: questions that take for granted what the evidence contradicts, so that a model learns to say no.

What is *not* in an image cannot be known from a caption. What can be known is that a thing has one colour and not
another, one number: these two are what a false premise may be about.
"""

from __future__ import annotations

from collections.abc import Iterator

from curation.dialogue.focus import NUMBER_LIMIT
from curation.dialogue.model import Evidence, Focus
from curation.dialogue.seen import sure_claims
from curation.dialogue.view import View

COLOURS = ("red", "blue", "green", "yellow", "white", "black", "purple", "pink", "brown")
NUMBERS = ("two", "five", "three", "four", "six")
COLOUR_FORMS = ("Why {be} the {thing} {wrong}?", "What makes the {thing} look so {wrong}?")
NUMBER_FORMS = (
    "Where are the {wrong} {thing}?",
    "What are the {wrong} {thing} like?",
    "Why are there {wrong} {thing}?",
)


def premise_foci(evidence: Evidence) -> list[Focus]:
    """The false premises that the evidence can refute."""
    if not evidence.lexicon.reads:
        return []
    view = View.of(evidence.scenes[0], evidence.lexicon)
    return [*_wrong_colours(evidence, view), *_wrong_numbers(evidence, view)]


def _wrong_colours(evidence: Evidence, view: View) -> Iterator[Focus]:
    lexicon = evidence.lexicon
    for phrase in view.common():
        told = [word for word in sure_claims(phrase, view.scene, lexicon) if word.stem in lexicon.colours]
        if len(told) != 1 or phrase.head.lower in lexicon.people:
            continue
        others = [colour for colour in COLOURS if lexicon.stem(colour) not in evidence.stems]
        wrong = others[len(phrase.head.text) % len(others)]
        be, thing = view.subject(phrase).be, phrase.head.lower
        for form in COLOUR_FORMS:
            topic = form.format(be=be, thing=thing, wrong=wrong)
            yield Focus("color", topic, expected=frozenset({told[0].stem}), hint=f"the {thing} {be} {told[0].lower}")


def _wrong_numbers(evidence: Evidence, view: View) -> Iterator[Focus]:
    lexicon = evidence.lexicon
    for phrase in view.common():
        first = phrase.words[0]
        number = lexicon.numbers.get(first.stem, 0)
        told = first in sure_claims(phrase, view.scene, lexicon) and phrase.head.stem not in lexicon.units
        if not told or not 2 <= number <= NUMBER_LIMIT or view.subject(phrase).be == "is" or not first.lower.isalpha():
            continue
        others = [other for other in NUMBERS if lexicon.stem(other) not in evidence.stems]
        wrong = others[len(phrase.head.text) % len(others)]
        thing = phrase.head.lower
        for form in NUMBER_FORMS:
            topic = form.format(thing=thing, wrong=wrong)
            yield Focus("count", topic, expected=frozenset({first.stem}), hint=f"there are {first.lower} {thing}")
