"""Support, relation by relation: words of the evidence may not be put together in ways that it does not.

"Man in blue coat" supports a man, a coat and blue, and does not support a blue man.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from curation.dialogue.checks.base import DESCRIPTION, FALSE_PREMISE, REASONING, BaseCheck, Context, fail
from curation.dialogue.given import Given, given_by
from curation.dialogue.lexicon import Lexicon
from curation.dialogue.scene import Kind, Phrase, Scene, Token, plural, read
from curation.samples import Reason, Reject

BECAUSE = re.compile(r"\b(?:because|since)\b", re.I)
FIXED = (DESCRIPTION, REASONING)  # their questions are written by hand
HAVE = frozenset({"has", "have", "had"})
BE = frozenset({"is", "are", "was", "were", "be", "it's", "there's"})
PLACED = frozenset({"in", "at", "from"})


class Relations(BaseCheck):
    """Colours, counts and adjectives stay with their nouns, places with their prepositions, actions with those who
    act. In a reasoning answer only the part that gives the reason is held to it."""

    kind: Literal["relations"] = "relations"

    def check(self, context: Context) -> Reject | None:
        if context.turn.response_type == FALSE_PREMISE or not context.lexicon.reads:
            return None
        given = given_by(context.evidence)
        answer = context.answer
        if context.turn.response_type == REASONING:
            answer = read(_reason(context.turn.answer), context.lexicon)
        asked = [phrase for phrase in context.question.phrases if phrase.head.stem not in given.lexicon.frame]
        if context.turn.response_type in FIXED:
            asked = []  # "it" then means the image, or what the cue is about
        for detail in (
            *_bad_modifiers(answer, given),
            *_bad_predicates(answer, asked, given),
            *_bad_links(answer, given),
            *_bad_actions(answer, asked, given),
            *(_bad_question(context.question, given) if context.turn.response_type not in FIXED else ()),
        ):
            return fail(Reason.UNSUPPORTED, detail)
        return None


def _reason(answer: str) -> str:
    """The part of a reasoning answer that says what its conclusion rests on."""
    return BECAUSE.split(answer, maxsplit=1)[-1]


def _bad_question(question: Scene, given: Given) -> Iterator[str]:
    known = [phrase for phrase in question.phrases if phrase.head.stem in given.lexicon.entailed(given.stems)]
    yield from _bad_modifiers(question, given)
    linked = [phrase for phrase in known if not _held_by(phrase, known, given)]
    yield from _bad_links(Scene(question.tokens, linked, question.actions), given)
    yield from _bad_actions(Scene(question.tokens, known, question.actions), [], given)


def _held_by(phrase: Phrase, known: list[Phrase], given: Given) -> bool:
    """ "The seats in the car", of "car with seats"."""
    if phrase.link is None or phrase.link.lower not in ("in", "on", "of"):
        return False
    before = [other for other in known if other.start < phrase.start]
    return bool(before) and any(
        (at < spot and held.link is not None and held.link.lower in ("with", "of"))
        for at, _ in given.heads(phrase.head.stem)
        for spot, held in given.heads(before[-1].head.stem)
    )


def _bad_modifiers(scene: Scene, given: Given) -> Iterator[str]:
    lexicon = given.lexicon
    for phrase in scene.phrases:
        if given.is_named(phrase):
            continue
        for modifier in phrase.modifiers:
            head = phrase.head
            if (
                modifier.stem in lexicon.frame
                or head.stem in lexicon.frame
                or modifier.lower.endswith(("'s", "’s", "s'"))
            ):
                continue
            if modifier.stem not in given.lexicon.entailed(given.stems) or head.stem in lexicon.question_words:
                continue  # the word check speaks of it
            if not given.modifies(head.stem, modifier.stem):
                yield f"the evidence has no “{modifier.text} {head.text}”"


def _bad_predicates(scene: Scene, asked: list[Phrase], given: Given) -> Iterator[str]:
    """X is Y: Y must modify X in the evidence, or X follow from Y."""
    lexicon = given.lexicon
    for at, phrase in enumerate(scene.phrases):
        word = _before(scene, phrase)
        if word not in BE or phrase.link is not None:
            continue
        before = [p for p in scene.phrases[:at] if p.clause == phrase.clause]
        subjects = [before[0]] if before and before[0].head.stem not in lexicon.frame else asked
        if not subjects or (not before and not _pronoun_subject(scene, phrase, lexicon)):
            continue
        if before and phrase.head.stem == subjects[0].head.stem:
            yield f"“{subjects[0].text} is {phrase.text}” says nothing"
            continue
        if phrase.determiner and not any(_is_called(subject, phrase, given) for subject in subjects):
            yield f"the evidence does not say that {subjects[0].head.text} is {phrase.determiner} {phrase.text}"
            continue
        for token in phrase.words:
            if token.stem in lexicon.frame:
                continue
            if not any(_is(subject, token, phrase, given) for subject in subjects):
                yield f"the evidence does not say that {subjects[0].head.text} is {phrase.text}"
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


def _bad_links(scene: Scene, given: Given) -> Iterator[str]:
    """Preposition or verb and the phrase after it must stand so in the evidence, after what they hang on."""
    lexicon = given.lexicon
    for at, phrase in enumerate(scene.phrases):
        link = phrase.link
        if link is None:
            if _before(scene, phrase) in HAVE and not _linked(
                phrase, given, {"with", "of", "wear", "hold", "carri", "have"}
            ):
                yield f"the evidence has no “with {phrase.text}”"
            continue
        previous = scene.phrases[at - 1] if at else None
        if link.stem in lexicon.frame or (
            previous and previous.head.stem in lexicon.frame and link.lower in ("of", "from")
        ):
            continue
        before = scene.tokens.index(link) - 1
        if phrase.head.stem in lexicon.frame or (before >= 0 and scene.tokens[before].stem in lexicon.frame):
            continue  # a kind of hat, a view of the sea
        if link.lower in ("of", "from") and _material(scene, phrase, given):
            continue
        if link.lower == "of" and phrase.head.stem in given.owners:
            continue
        found = _linked(phrase, given, _same_links(link, phrase, lexicon))
        if not found:
            if link.lower in PLACED and _place_clause(phrase, link.lower, given):
                continue
            yield f"the evidence has no “{link.lower} {phrase.text}”"
        elif previous is not None:
            governors = [spot for p in (scene.phrases[0], previous) for spot, _ in given.heads(p.head.stem)]
            if not _placed(scene, previous, phrase, found, given):
                yield f"the evidence may put something else {link.lower} {phrase.text}"
            elif _astray(previous, found, given) or (governors and min(governors) >= max(found)):
                yield f"the evidence does not put {previous.text} {link.lower} {phrase.text}"


def _placed(scene: Scene, previous: Phrase, phrase: Phrase, found: list[int], given: Given) -> bool:
    """X is in Y: an object between X and Y in the evidence may be what is in Y, unless things happen at Y."""
    at = phrase.start - 1 - (1 if phrase.determiner else 0) - 1
    if phrase.link is None or phrase.link.kind is not Kind.PREPOSITION or at < 0 or scene.tokens[at].lower not in BE:
        return True
    lexicon = given.lexicon
    if phrase.head.stem in lexicon.settings or phrase.capitalised or phrase.head.text[:1].isupper():
        return True
    if not any(given.stays_at(given.phrases[spot]) for spot in found):
        return False
    for spot in found:
        for start, _ in given.heads(previous.head.stem):
            between = [known.link for known in given.phrases[start + 1 : spot]]
            if start < spot and all(link is None or link.lower in ("of", "with") for link in between):
                return True
    return False


def _astray(previous: Phrase, found: list[int], given: Given) -> bool:
    """Whether the phrase right before comes only later in the evidence: "eating melon with curly hair" of "toddler
    with curly hair eating melon"."""
    spots = [spot for spot, _ in given.heads(previous.head.stem)]
    return bool(spots) and min(spots) > max(found)


def _same_links(link: Token, phrase: Phrase, lexicon: Lexicon) -> set[str]:
    names = {lexicon.same(link.lower), link.stem}
    if link.stem == lexicon.stem("wear") and phrase.head.stem in lexicon.clothing:
        names |= {"in", "with"}
    if link.lower == "in" and phrase.head.stem in lexicon.clothing:
        names |= {lexicon.stem("wear")}
    if link.lower == "with":
        names |= {"have", "hold", "carri"}
    return names


def _linked(phrase: Phrase, given: Given, links: set[str]) -> list[int]:
    """Places of the evidence's phrases that stand after one of these links and that `phrase` may stand for."""
    lexicon = given.lexicon
    found = []
    for at, known in given.heads(phrase.head.stem):
        link = known.link
        if known.head.stem == phrase.head.stem and plural(known) != plural(phrase):
            continue  # "surrounded by galaxies" is not surrounded by a galaxy
        if link is not None and ({lexicon.same(link.lower), link.stem} & links):
            found.append(at)
    return found


def _place_clause(phrase: Phrase, link: str, given: Given) -> bool:
    """A last part of a caption that names a place ("..., Louvre Museum") says where."""
    for _, known in given.heads(phrase.head.stem):
        if not known.clause or known.link is not None:
            continue
        named = all(word.text[:1].isupper() for word in known.words) and not given.titled
        if known.head.stem in given.lexicon.places or (named and link == "in"):
            return True
    return False


def _material(scene: Scene, phrase: Phrase, given: Given) -> bool:
    """Made of wood: the subject has that material in the evidence."""
    if not any(token.lower == "made" for token in scene.tokens):
        return False
    subject = scene.phrases[0]
    for material, named in given.lexicon.materials.items():
        if phrase.head.stem in (material, named) and given.modifies(subject.head.stem, material):
            return True
    return False


def _bad_actions(scene: Scene, asked: list[Phrase], given: Given) -> Iterator[str]:
    """Who does what: an action's subject in the answer must be one that the evidence gives it."""
    lexicon = given.lexicon
    for action in scene.actions:
        verb = action.verb.stem
        if (
            verb in lexicon.frame
            or verb in lexicon.resting - given.stems
            or action.verb.lower in ("made", "doing", "located", "found")
        ):
            continue
        named = [phrase for phrase in action.subjects[:1] if phrase.head.stem not in lexicon.frame]
        subjects = named or ([phrase for phrase in asked if phrase.link is None] or asked)[-1:]
        if not subjects:
            continue
        stem = subjects[0].head.stem
        if verb == lexicon.stem("wear") and verb not in given.stems:
            continue  # the link check asks for the clothes
        if given.modifies(stem, verb) or (verb, stem) in given.pairs:
            continue  # a sleeping cat; a rocket launch
        doers = [phrase for known in given.actions if known.verb.stem == verb for phrase in known.subjects]
        nouns = [phrase for phrase in given.phrases if phrase.head.stem == verb]
        if (not doers and not nouns) or (doers and not any(stem in given.stands_for(phrase) for phrase in doers)):
            yield f"the evidence does not say that {subjects[0].text} is {action.verb.text}"


def _before(scene: Scene, phrase: Phrase) -> str:
    at = phrase.start - 1
    while (
        at >= 0
        and scene.tokens[at].kind is Kind.FUNCTION
        and scene.tokens[at].lower in ("a", "an", "the", "both", "some")
    ):
        at -= 1
    return scene.tokens[at].lower if at >= 0 else ""


def _pronoun_subject(scene: Scene, phrase: Phrase, lexicon: Lexicon) -> bool:
    return any(token.lower in ("it", "they", "it's") for token in scene.tokens[: phrase.start])
