"""Checks of the question: it can be asked of an image, it presupposes nothing unknown, and it is answered."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Literal

from pydantic import Field

from curation.dialogue.checks.base import DESCRIPTION, FALSE_PREMISE, BaseCheck, Context, fail, supported
from curation.dialogue.given import given_by
from curation.dialogue.scene import Kind
from curation.samples import Reason, Reject

ASKING = frozenset({"what", "which", "qué", "cuál", "welche", "welcher", "welches", "welchem", "welchen"})
YES_NO = re.compile(r"^(is|are|was|were|do|does|did|can|could|will|would|has|have|had|should|may|might)\b", re.I)
COLOUR = re.compile(r"\bcolou?rs?\b", re.I)
BLACK_AND_WHITE = re.compile(r"\bblack[- ]and[- ]white\b", re.I)
COUNT = re.compile(r"\bhow many\b", re.I)
WHERE = re.compile(r"^where\b", re.I)
ROUGHLY = frozenset({"several", "many", "dozens", "few", "both"})
WHO = re.compile(r"^who\b", re.I)
BESIDES = frozenset({"against", "to", "off", "up", "toward", "towards", "into", "past"})  # "taped to a window"
DOING = re.compile(r"\b(doing|do)\?$|\bdoing\b", re.I)
MATERIAL = re.compile(r"\bmade (of|from|out of)\b|\bmaterial\b", re.I)


class Presupposition(BaseCheck):
    """The question's words stand in the evidence, follow from it, or belong to the words questions are made of. Its
    verbs may be the writer's own, in English, where nobody acts or the answer tells what they do."""

    kind: Literal["presupposition"] = "presupposition"

    def check(self, context: Context) -> Reject | None:
        lexicon = context.lexicon
        if context.turn.response_type in (DESCRIPTION, FALSE_PREMISE) or context.asked_by_cue:
            return None
        allowed = context.allowed - (context.light - context.evidence.supported if lexicon.reads else frozenset())
        allowed |= lexicon.question_words | _asked_kind(context) | _rests(context)
        # "What year does the chart cover?"; what somebody does is a claim, but not beside what they do
        deeds = {action.verb.stem for action in context.answer.actions} & context.verbs
        own = lexicon.reads and bool(deeds or not context.question_stems & lexicon.living)
        asked = [token for token in context.question.content if not (own and token.kind is Kind.VERB)]
        extra = [token.text for token in asked if not supported(token, allowed, context)]
        if extra:
            return fail(Reason.BAD_QUESTION, f"the question presupposes: {', '.join(dict.fromkeys(extra))}")
        return None


class Unseen(BaseCheck):
    """The question is one that an image can answer: not of prices, owners, thoughts, smells, or who took the picture,
    unless the evidence uses those words itself."""

    kind: Literal["unseen"] = "unseen"

    def check(self, context: Context) -> Reject | None:
        if context.turn.response_type in (DESCRIPTION, FALSE_PREMISE) or context.asked_by_cue:
            return None
        found = context.lexicon.unseen.search(context.turn.question)
        # what the evidence speaks of itself may be asked: a price tag
        if found and found.group().split()[-1].lower() not in context.evidence.words:
            return fail(Reason.BAD_QUESTION, f"no image can answer “{found.group()}”")
        return None


class Answered(BaseCheck):
    """The question is open, does not hold its own answer, and the answer is of the kind that was asked for."""

    kind: Literal["answered"] = "answered"
    allow_yes_no: bool = Field(False)
    """Whether a question may be answered by yes or no."""

    def check(self, context: Context) -> Reject | None:
        turn = context.turn
        if turn.response_type in (DESCRIPTION, FALSE_PREMISE):
            return None
        closed = context.lexicon.reads and YES_NO.match(turn.question) and not context.asked_by_cue
        choice = closed and " or " in turn.question  # "Is the photo in color or black and white?"
        if closed and not choice and not self.allow_yes_no:
            return fail(Reason.BAD_QUESTION, "a yes-or-no question")
        if context.asked_by_cue or choice:
            return None
        fresh = context.answer_stems - context.question_stems - context.lexicon.frame
        if not fresh:
            return fail(Reason.BAD_QUESTION, "the answer tells nothing that the question does not")
        return self._kind(context, fresh) if context.lexicon.reads else None

    def _kind(self, context: Context, fresh: frozenset[str]) -> Reject | None:
        lexicon, question = context.lexicon, context.turn.question
        actions = {action.verb.stem for action in context.answer.actions}
        prepositions = {t.lower for t in context.answer.tokens if t.kind is Kind.PREPOSITION}
        materials = set(lexicon.materials) | set(lexicon.materials.values())
        asked = (
            (COLOUR, lexicon.colours, "a color"),
            (COUNT, frozenset(lexicon.numbers), "a number"),
            (MATERIAL, frozenset(materials), "a material"),
        )
        for pattern, wanted, name in asked:
            roughly = {token.lower for token in context.answer.tokens} & ROUGHLY
            counted = pattern is COUNT and (roughly or any(token.text[:1].isdigit() for token in context.answer.tokens))
            if pattern.search(question) and not counted and not fresh & wanted:
                return fail(Reason.BAD_QUESTION, f"the question asks for {name}, the answer gives none")
        if COLOUR.search(question) and not _colour_of_asked(context, fresh & lexicon.colours):
            return fail(Reason.BAD_QUESTION, "the answer gives the color of something else")
        places = {
            phrase.link.lower
            for phrase in context.answer.phrases
            if phrase.link is not None and phrase.head.stem not in lexicon.times | lexicon.clothing | lexicon.colours
        }
        if WHERE.match(question) and not places & prepositions & (lexicon.place_prepositions | BESIDES):
            return fail(Reason.BAD_QUESTION, "the question asks where, the answer does not tell")
        subject = [phrase for phrase in context.question.phrases if phrase.link is None][:1]
        taken = lexicon.stem("taken") in context.question_stems
        if WHERE.match(question) and not taken and subject and subject[0].head.stem in lexicon.depictions:
            return fail(Reason.BAD_QUESTION, "the question asks where a picture is")
        if DOING.search(question) and not actions - ({lexicon.stem("do")} - context.evidence.stems):
            return fail(Reason.BAD_QUESTION, "the question asks for an activity, the answer gives none")
        doers = {p.head.stem for scene in context.evidence.scenes for a in scene.actions for p in a.subjects}
        if WHO.match(question) and not fresh & (lexicon.living | doers) and not _names(context):
            return fail(Reason.BAD_QUESTION, "the question asks who, the answer names nobody")
        return None


def _asked_kind(context: Context) -> frozenset[str]:
    """What a question asks for by its kind: "What dish ...", "In which city ...", "What kind of wood ..."."""
    tokens = [token for token in context.question.tokens if token.lower not in ("kind", "type", "sort", "of")]
    after: set[str] = set()
    for before, token in pairwise(tokens):
        if before.lower in ASKING or (before.stem in after and token.kind in (Kind.WORD, Kind.CONJUNCTION)):
            after.add(token.stem)
    return frozenset(after if _gives_name(context) else after & context.lexicon.categories)


def _gives_name(context: Context) -> bool:
    """Whether the answer gives a name that the evidence holds: what kind of thing has it, its name tells."""
    told = (word for scene in context.evidence.scenes if not scene.titled for word in scene.tokens[1:])
    names = {word.stem for word in told if word.text[:1].isupper()}
    return bool(names & (context.answer_stems - context.question_stems))


def _rests(context: Context) -> frozenset[str]:
    """Where a thing lies or stands may be asked; of a person or an animal that would be a claim."""
    living = context.lexicon.living
    subjects = {token.stem for token in context.question.content}
    return frozenset() if subjects & living else context.light


def _colour_of_asked(context: Context, colours: frozenset[str]) -> bool:
    given, talk = given_by(context.evidence), context.lexicon.frame - context.lexicon.depictions
    named = [phrase for phrase in context.question.phrases if phrase.head.stem not in talk]
    if not named:
        return False
    first, others = named[0], named[1:]
    if first.head.stem in context.lexicon.depictions:
        return bool(BLACK_AND_WHITE.search(context.turn.answer) and BLACK_AND_WHITE.search(context.evidence.text))
    # "What color is the spool of thread?" "The thread is green."
    inner = [each for each in others[:1] if each.link is not None and each.link.lower == "of"]
    things = [first, *(each for each in inner if each.head.stem in context.answer_stems)]
    return any(given.modifies(thing.head.stem, colour) for thing in things for colour in colours)


def _names(context: Context) -> bool:
    return any(token.text[:1].isupper() for token in context.answer.tokens[1:])
