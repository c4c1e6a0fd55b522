"""Support, relation by relation: words of the evidence may not be put together in ways that it does not.

"Man in blue coat" supports a man, a coat and blue, and does not support a blue man.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Literal

from curation.dialogue.checks.base import (
    DESCRIPTION,
    FALSE_PREMISE,
    REASONING,
    BaseCheck,
    Context,
    Doubt,
    fail,
    supported,
)
from curation.dialogue.checks.bonds import bad_bonds
from curation.dialogue.checks.deeds import bad_actions, doers_of
from curation.dialogue.checks.doers import wrong_doers
from curation.dialogue.checks.likeness import taken_for_real
from curation.dialogue.checks.links import BE, bad_links, word_before
from curation.dialogue.checks.reread import Reread
from curation.dialogue.checks.verbatim import as_told
from curation.dialogue.given import Given, given_by
from curation.dialogue.lexicon import YEAR_DIGITS, Lexicon
from curation.dialogue.scene import POSSESSIVES, Phrase, Scene, Token, read
from curation.samples import Reason, Reject

BECAUSE = re.compile(r"\b(?:because|since|given that)\b|, as\b", re.I)
ASKING = frozenset({"what", "which", "kind", "type", "sort", "of", "in", "on", "at"})
VIEWS = ("view", "close-up", "closeup", "interior", "exterior", "panorama", "x-ray", "scan", "micrograph")
RELATIVE = frozenset({"that", "which", "who", "where", "whose"})
HERDS = frozenset({"herd", "flock", "line", "crowd"})
FIXED = (DESCRIPTION, REASONING)  # their questions are written by hand


class Relations(BaseCheck):
    """Colours, counts and adjectives stay with their nouns, places with their prepositions, actions with those who
    act. In a reasoning answer only the part that gives the reason is held to it."""

    kind: Literal["relations"] = "relations"

    def check(self, context: Context) -> Reject | None:
        if context.turn.response_type == FALSE_PREMISE:
            return None
        if not context.lexicon.reads:
            found = (*bad_bonds(context), *wrong_doers(context))
            return next((fail(Reason.UNSUPPORTED, detail) for detail in found), None)
        given = given_by(context.evidence)
        answer = context.answer
        if context.turn.response_type == REASONING:
            answer = read(reason_of(context.turn.answer), context.lexicon, context.verbs, sentence=True)
        told = as_told(answer.tokens, context)
        answer = _counted(_understood(answer, context.allowed, context))
        question = _understood(context.question, context.allowed | context.lexicon.question_words, context)
        # not what the question asks for by its kind: "What dish ...", "In which race ..."
        asked = [phrase for phrase in context.question.phrases if not _asked_for(phrase, context.question, given)]
        meant = asked
        if context.turn.response_type in FIXED:
            asked = []  # "it" then means the image, or what the cue is about
            meant = context.answer.phrases[:1]  # "the boat may burn, because it is made of wood"
        subjects = frozenset(phrase.head.stem for phrase in asked if phrase.link is None)
        doubts = iter(()) if told else _bad_answer(context, answer, question, asked, meant, given)
        again = Reread(answer.text, context.evidence, subjects)
        slip = _sure(doubts, again) or next(_deeds_of_views(answer, again), None)
        if slip is None and context.turn.response_type not in FIXED:
            slip = _sure(_bad_question(question, given), Reread(question.text, context.evidence, frozenset()))
        return None if slip is None else fail(Reason.UNSUPPORTED, slip)


def _sure(doubts: Iterator[Doubt], again: Reread) -> str | None:
    """The first of some doubts that a second reading does not clear."""
    return next((detail for word, detail in doubts if word is None or not again.finds(word)), None)


def _bad_answer(
    context: Context, answer: Scene, question: Scene, asked: list[Phrase], meant: list[Phrase], given: Given
) -> Iterator[Doubt]:
    yield from taken_for_real(context, given)
    yield from _bad_modifiers(answer, given)
    yield from _bad_predicates(answer, question, asked, given)
    yield from bad_links(answer, given, meant)
    yield from bad_actions(answer, asked, given)


def _deeds_of_views(answer: Scene, again: Reread) -> Iterator[str]:
    """What an answer tells of a sight and the evidence of what is seen: no interior of a nave looks east, and of an
    "x-ray of a wrist held together by a plate" the wrist is held."""
    views = again.evidence.lexicon.stems(VIEWS)
    for action in answer.actions:
        words = [token.lower for token in answer.tokens[: action.start]]
        view = action.subjects[0].head if action.subjects else None
        told = words[-1:] and words[-1] in BE and not RELATIVE & set(words)
        if (
            view
            and view.stem in views
            and told
            and (action.verb.lower.endswith("ing") or again.is_of_another(action.verb, view))
        ):
            yield f"the evidence does not say that {view.text} is {action.verb.text}"


def _understood(scene: Scene, allowed: frozenset[str], context: Context) -> Scene:
    """What is told in words that the evidence supports: of the others the checks of words speak."""
    phrases = [phrase for phrase in scene.phrases if all(supported(word, allowed, context) for word in phrase.words)]
    actions = [action for action in scene.actions if supported(action.verb, allowed, context)]
    return replace(scene, phrases=phrases, actions=actions)


def _counted(scene: Scene) -> Scene:
    """What is told of "a flock of sheep" is told of the sheep."""
    of = {
        id(whole): replace(part, link=whole.link)
        for whole, part in pairwise(scene.phrases)
        if whole.head.stem in HERDS and part.link is not None and part.link.lower == "of"
    }
    parts = {part.start for part in of.values()}
    phrases = [of.get(id(phrase), phrase) for phrase in scene.phrases if phrase.start not in parts]
    actions = [replace(each, subjects=tuple(of.get(id(who), who) for who in each.subjects)) for each in scene.actions]
    return replace(scene, phrases=phrases, actions=actions) if of else scene


def _asked_for(phrase: Phrase, question: Scene, given: Given) -> bool:
    kinds = given.lexicon.categories - given.lexicon.entailed(given.stems)
    before = {token.lower for token in question.tokens[: phrase.start]}
    talk = given.lexicon.frame | given.lexicon.question_words | kinds
    return phrase.head.stem in talk or (bool(before) and before <= ASKING)


def reason_of(answer: str) -> str:
    """The part of a reasoning answer that says what its conclusion rests on."""
    return BECAUSE.split(answer, maxsplit=1)[-1]


def _bad_question(question: Scene, given: Given) -> Iterator[Doubt]:
    known = [phrase for phrase in question.phrases if given.heads(phrase.head.stem)]
    yield from _bad_modifiers(question, given)
    linked = [phrase for phrase in known if not _held_by(phrase, known, given)]
    yield from bad_links(Scene(question.tokens, linked, question.actions), given)
    asking = given.lexicon.question_words - given.lexicon.stems(("hold",))  # "What is he using?" claims nothing
    acts = [a for a in question.actions if set(a.subjects) <= set(known) and a.verb.stem not in asking]
    yield from bad_actions(Scene(question.tokens, known, acts), [], given)


def _held_by(phrase: Phrase, known: list[Phrase], given: Given) -> bool:
    """ "The seats in the car", of "car with seats"."""
    if phrase.link is None or phrase.link.lower not in ("in", "on", "of"):
        return False
    before = [other for other in known if other.start < phrase.start]
    return bool(before) and given.has(phrase.head.stem, before[-1].head.stem)


def _bad_modifiers(scene: Scene, given: Given) -> Iterator[Doubt]:
    lexicon = given.lexicon
    for phrase in scene.phrases:
        for at, modifier in enumerate(phrase.modifiers):
            # of "the old man's beard" the man is old; of "the living room sofa" the room is for living
            after = phrase.words[at + 1 :]
            head = next((word for word in after if word.lower.endswith(POSSESSIVES)), phrase.head)
            if (
                modifier.lower in lexicon.adverbs
                or modifier.stem in lexicon.frame
                or head.stem in lexicon.frame
                or modifier.lower.endswith(POSSESSIVES)
            ):
                continue
            named = modifier.text[:1].isupper() and head.text[:1].isupper()
            if {modifier.stem, head.stem} <= lexicon.colours & given.stems:
                continue  # "a set in navy and white"
            if named and _share(head.stem, modifier.stem, given):
                continue  # "the Black Forest"
            if modifier.text.isdigit() and len(modifier.text) == YEAR_DIGITS and head.stem not in lexicon.places:
                continue  # "a 1955 roadster" of one "from 1955"
            if head.text.isdigit() or (modifier.text[:1].isdigit() and head.stem not in given.stems):
                continue  # "stage 14", "98 percent" of "98%"
            if modifier.stem not in given.lexicon.entailed(given.stems) or head.stem in lexicon.question_words:
                continue  # the word check speaks of it
            # and the sofa of the "room with a sofa" is the room sofa, a "bearded man" a man with a beard
            had = given.has(modifier.stem, head.stem)
            had |= modifier.lower.endswith(("ed", "ing")) and given.has(head.stem, modifier.stem)
            had |= any(head.stem in given.stands_for(doer) for doer in _who(modifier.stem, given))  # a folded blanket
            if not had and not any(given.modifies(word.stem, modifier.stem) for word in (head, after[0])):
                yield modifier, f"the evidence has no “{modifier.text} {head.text}”"
        if given.half(phrase.head.stem, phrase.modifiers):
            yield None, f"the evidence gives {phrase.head.text} another color too"


def _who(verb: str, given: Given) -> Iterator[Phrase]:
    """Who or what the evidence says does, or is, what a verb tells."""
    acts = (action for action in given.actions if action.verb.stem == verb and not action.aimed)
    return (doer for action in acts for doer in doers_of(action, given.lexicon))


def _share(one: str, other: str, given: Given) -> bool:
    """Whether two words stand in one phrase, or tell of one thing."""
    of_one, of_other = ({thing for thing, word in given.pairs if word == stem} for stem in (one, other))
    return bool(of_one & of_other) or any({one, other} <= {w.stem for w in p.words} for p in given.phrases)


def _bad_predicates(scene: Scene, question: Scene, asked: list[Phrase], given: Given) -> Iterator[Doubt]:
    """X is Y: Y must modify X in the evidence, or X follow from Y."""
    lexicon = given.lexicon
    for at, phrase in enumerate(scene.phrases):
        word = word_before(scene, phrase)
        if word not in BE or phrase.link is not None:
            continue
        before = [p for p in scene.phrases[:at] if p.clause == phrase.clause]
        if not before and asked and all(known.link is not None for known in asked):
            # "What is on the wall?" "It is a map.": says that a map is on the wall
            said = Scene(question.tokens, [replace(phrase, link=None, start=0), *asked])
            yield from bad_links(said, given)
            continue
        subjects = [before[0]] if before and before[0].head.stem not in lexicon.frame else asked
        if not subjects or (not before and not _pronoun_subject(scene, phrase, lexicon)):
            continue
        kinds = [kind for kind in question.phrases if _asked_for(kind, question, given)]
        if not before and any(given.heads(kind.head.stem) and _is_called(kind, phrase, given) for kind in kinds):
            continue  # "What kind of birds is she feeding?" "They are pigeons."
        if before and phrase.head.stem == subjects[0].head.stem:
            told, named = ({word.stem for word in each.words} for each in (phrase, subjects[0]))
            if told <= named or (len(named) > 1 and named <= told):
                yield None, f"“{subjects[0].text} is {phrase.text}” says nothing"
            continue  # "the boat is a blue boat": what modifies it has been looked at
        if phrase.determiner and not any(_is_called(subject, phrase, given) for subject in subjects):
            yield (
                phrase.head,
                f"the evidence does not say that {subjects[0].head.text} is {phrase.determiner} {phrase.text}",
            )
            continue
        if any(given.half(subject.head.stem, phrase.words) for subject in subjects):
            yield None, f"{subjects[0].head.text} is not {phrase.text} alone"
        for token in phrase.words:
            if token.stem in lexicon.frame or token.lower in lexicon.adverbs:
                continue
            if not any(_is(subject, token, phrase, given) for subject in subjects):
                yield phrase.head, f"the evidence does not say that {subjects[0].head.text} is {phrase.text}"
                break


def _is_called(subject: Phrase, predicate: Phrase, given: Given) -> bool:
    """Whether the evidence has one thing that may be called both."""
    if subject.head.stem in given.lexicon.frame or predicate.head.stem in given.lexicon.frame:
        return True
    both = [given.stands_for(phrase) | given.lexicon.entailed({phrase.head.stem}) for phrase in given.phrases]
    return any({subject.head.stem, predicate.head.stem} <= names for names in both)


def _is(subject: Phrase, token: Token, predicate: Phrase, given: Given) -> bool:
    head = subject.head.stem
    if given.modifies(head, token.stem):
        return True
    if head in given.lexicon.entailed(given.lexicon.entailed({token.stem, predicate.head.stem})):
        return True
    return any(
        token.stem in {word.stem for word in phrase.words} | given.stands_for(phrase)
        for _, phrase in given.heads(head)
        if token.stem not in given.lexicon.colours
    )


def _pronoun_subject(scene: Scene, phrase: Phrase, lexicon: Lexicon) -> bool:
    return any(token.lower in ("it", "they", "it's") for token in scene.tokens[: phrase.start])
