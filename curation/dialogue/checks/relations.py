"""Support, relation by relation: words of the evidence may not be put together in ways that it does not.

"Man in blue coat" supports a man, a coat and blue, and does not support a blue man.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

from curation.dialogue.checks.base import (
    CARRIERS,
    DESCRIPTION,
    FALSE_PREMISE,
    REASONING,
    BaseCheck,
    Context,
    fail,
    supported,
)
from curation.dialogue.checks.bonds import bad_bonds
from curation.dialogue.checks.doers import wrong_doers
from curation.dialogue.checks.grammar import GROUPS
from curation.dialogue.checks.likeness import taken_for_real
from curation.dialogue.checks.links import BE, bad_links, word_before
from curation.dialogue.checks.otherwise import COVERED
from curation.dialogue.given import Given, given_by
from curation.dialogue.lexicon import YEAR_DIGITS, Lexicon
from curation.dialogue.scene import POSSESSIVES, Action, Kind, Phrase, Scene, Token, read
from curation.samples import Reason, Reject

BECAUSE = re.compile(r"\b(?:because|since|given that)\b|, as\b", re.I)
AUXILIARIES = frozenset({"is", "are", "was", "were", "does", "do", "did", "has", "have", "can"})
OF_THINGS = frozenset({"hold", "contain"})  # of a person or an animal, the word and the link checks ask for it
PRONOUNS = frozenset({"he", "she", "it", "they"})
ASKING = frozenset({"what", "which", "kind", "type", "sort", "of", "in", "on", "at"})
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
        answer = _understood(answer, context.allowed, context)
        question = _understood(context.question, context.allowed | context.lexicon.question_words, context)
        # not what the question asks for by its kind: "What dish ...", "In which race ..."
        asked = [phrase for phrase in context.question.phrases if not _asked_for(phrase, context.question, given)]
        meant = asked
        if context.turn.response_type in FIXED:
            asked = []  # "it" then means the image, or what the cue is about
            meant = context.answer.phrases[:1]  # "the boat may burn, because it is made of wood"
        for detail in (
            *taken_for_real(context, given),
            *_bad_modifiers(answer, given),
            *_bad_predicates(answer, question, asked, given),
            *bad_links(answer, given, meant),
            *_bad_actions(answer, asked, given),
            *(_bad_question(question, given) if context.turn.response_type not in FIXED else ()),
        ):
            return fail(Reason.UNSUPPORTED, detail)
        return None


def _understood(scene: Scene, allowed: frozenset[str], context: Context) -> Scene:
    """What is told in words that the evidence supports: of the others the checks of words speak."""
    phrases = [phrase for phrase in scene.phrases if all(supported(word, allowed, context) for word in phrase.words)]
    actions = [action for action in scene.actions if supported(action.verb, allowed, context)]
    return replace(scene, phrases=phrases, actions=actions)


def _asked_for(phrase: Phrase, question: Scene, given: Given) -> bool:
    kinds = given.lexicon.categories - given.lexicon.entailed(given.stems)
    before = {token.lower for token in question.tokens[: phrase.start]}
    talk = given.lexicon.frame | given.lexicon.question_words | kinds
    return phrase.head.stem in talk or (bool(before) and before <= ASKING)


def reason_of(answer: str) -> str:
    """The part of a reasoning answer that says what its conclusion rests on."""
    return BECAUSE.split(answer, maxsplit=1)[-1]


def _bad_question(question: Scene, given: Given) -> Iterator[str]:
    known = [phrase for phrase in question.phrases if given.heads(phrase.head.stem)]
    yield from _bad_modifiers(question, given)
    linked = [phrase for phrase in known if not _held_by(phrase, known, given)]
    yield from bad_links(Scene(question.tokens, linked, question.actions), given)
    asking = given.lexicon.question_words - given.lexicon.stems(("hold",))  # "What is he using?" claims nothing
    acts = [a for a in question.actions if set(a.subjects) <= set(known) and a.verb.stem not in asking]
    yield from _bad_actions(Scene(question.tokens, known, acts), [], given)


def _held_by(phrase: Phrase, known: list[Phrase], given: Given) -> bool:
    """ "The seats in the car", of "car with seats"."""
    if phrase.link is None or phrase.link.lower not in ("in", "on", "of"):
        return False
    before = [other for other in known if other.start < phrase.start]
    return bool(before) and given.has(phrase.head.stem, before[-1].head.stem)


def _bad_modifiers(scene: Scene, given: Given) -> Iterator[str]:
    lexicon = given.lexicon
    for phrase in scene.phrases:
        for at, modifier in enumerate(phrase.modifiers):
            # of "the old man's beard" the man is old; of "the living room sofa" the room is for living
            after = phrase.words[at + 1 :]
            head = next((word for word in after if word.lower.endswith(POSSESSIVES)), phrase.head)
            if modifier.stem in lexicon.frame or head.stem in lexicon.frame or modifier.lower.endswith(POSSESSIVES):
                continue
            named = modifier.text[:1].isupper() and head.text[:1].isupper()
            if (named or {modifier.stem, head.stem} <= lexicon.colours) and _share(head.stem, modifier.stem, given):
                continue  # "a set in navy and white", "the Black Forest"
            if modifier.text.isdigit() and len(modifier.text) == YEAR_DIGITS and head.stem not in lexicon.places:
                continue  # "a 1955 roadster" of one "from 1955"
            if modifier.text[:1].isdigit() and head.stem not in given.stems:
                continue  # "98 percent" of "98%"
            if modifier.stem not in given.lexicon.entailed(given.stems) or head.stem in lexicon.question_words:
                continue  # the word check speaks of it
            # and the sofa of the "room with a sofa" is the room sofa, a "bearded man" a man with a beard
            had = given.has(modifier.stem, head.stem)
            had |= modifier.lower.endswith(("ed", "ing")) and given.has(head.stem, modifier.stem)
            had |= any(head.stem in given.stands_for(doer) for doer in _who(modifier.stem, given))  # a folded blanket
            if not had and not any(given.modifies(word.stem, modifier.stem) for word in (head, after[0])):
                yield f"the evidence has no “{modifier.text} {head.text}”"
        if given.half(phrase.head.stem, phrase.modifiers):
            yield f"the evidence gives {phrase.head.text} another color too"


def _who(verb: str, given: Given) -> Iterator[Phrase]:
    """Who or what the evidence says does, or is, what a verb tells."""
    acts = (action for action in given.actions if action.verb.stem == verb and not action.aimed)
    return (doer for action in acts for doer in _doers(action, given.lexicon))


def _share(one: str, other: str, given: Given) -> bool:
    """Whether two words stand in one phrase, or tell of one thing."""
    of_one, of_other = ({thing for thing, word in given.pairs if word == stem} for stem in (one, other))
    return bool(of_one & of_other) or any({one, other} <= {w.stem for w in p.words} for p in given.phrases)


def _bad_predicates(scene: Scene, question: Scene, asked: list[Phrase], given: Given) -> Iterator[str]:
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
                yield f"“{subjects[0].text} is {phrase.text}” says nothing"
            continue  # "the boat is a blue boat": what modifies it has been looked at
        if phrase.determiner and not any(_is_called(subject, phrase, given) for subject in subjects):
            yield f"the evidence does not say that {subjects[0].head.text} is {phrase.determiner} {phrase.text}"
            continue
        if any(given.half(subject.head.stem, phrase.words) for subject in subjects):
            yield f"{subjects[0].head.text} is not {phrase.text} alone"
        for token in phrase.words:
            if token.stem in lexicon.frame or token.lower in lexicon.adverbs:
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


def _bad_actions(scene: Scene, asked: list[Phrase], given: Given) -> Iterator[str]:
    """Who does what: an action's subject in the answer must be one that the evidence gives it."""
    lexicon = given.lexicon
    for action in scene.actions:
        verb = _deed(action, scene, given)
        if verb in lexicon.frame | OF_THINGS or action.verb.lower in (
            "made",
            "built",
            "constructed",
            "doing",
            "located",
            "found",
        ):
            continue
        same = [known for known in given.actions if verb in lexicon.entailed((known.verb.stem,))]
        if same and not action.aimed and all(known.aimed for known in same):
            yield f"the evidence does not say that “{action.verb.text}” is done"
        nameless = lexicon.frame | set(lexicon.numbers)  # "the two are"
        named = [phrase for phrase in _subjects(action, scene, lexicon) if phrase.head.stem not in nameless]
        subjects = named or [phrase for phrase in asked if phrase.link is None][-1:]
        if not subjects:
            continue
        stem = subjects[0].head.stem
        light = lexicon.resting | lexicon.as_prepositions.keys()
        cooked = lexicon.stem("cook") in lexicon.entailed(word.stem for word in subjects[0].modifiers)
        living = stem in lexicon.persons | lexicon.animals and not cooked and stem not in lexicon.settings  # a garden
        if verb in light - given.stems and not living:
            continue  # things lie and stand where they are, and what a verb says for a preposition the links tell
        if not action.verb.lower.endswith("ing") and any(
            (known.link is not None and known.link.stem == verb)
            or any(told.verb.stem == verb for told in given.verbs_at(known))
            for _, known in given.heads(stem)
        ):
            continue  # "the blood pressure is being checked", "the patient is being operated on"
        clause = {token.lower for token in scene.tokens[subjects[0].start + len(subjects[0].words) : action.start]}
        if named and clause & PRONOUNS:
            continue  # "the tent they are pitching"
        if verb in lexicon.wearing and verb not in given.stems:
            continue  # the link check asks for the clothes
        if given.modifies(stem, verb) or (verb, stem) in given.pairs:
            continue  # a sleeping cat; a rocket launch
        if given.done_by(stem, verb):
            continue
        doers = [phrase for known in same for phrase in _doers(known, lexicon)]
        nouns = [phrase for phrase in given.phrases if phrase.head.stem == verb]
        if (not doers and not nouns) or (doers and not any(stem in given.stands_for(phrase) for phrase in doers)):
            yield f"the evidence does not say that {subjects[0].text} is {action.verb.text}"


def _deed(action: Action, scene: Scene, given: Given) -> str:
    """Stem of what is done: of "taking a rest" it is resting."""
    nouns = {phrase.head.stem for phrase in scene.phrases if phrase.link is action.verb}
    done = nouns & {known.verb.stem for known in given.actions} if action.verb.stem in CARRIERS else set()
    return min(done, default=action.verb.stem)


def _doers(action: Action, lexicon: Lexicon) -> tuple[Phrase, ...]:
    """Who may act: of "boy watching a girl eating an apple" the girl alone, whom somebody else's verb aims at."""
    last = action.subjects[-1] if action.subjects else None
    if last is None or last.link is None:
        return action.subjects
    first, link, living = action.subjects[0].head.stem, last.link.lower, lexicon.persons | lexicon.animals
    if action.verb.stem in COVERED and not action.verb.lower.endswith("ing") and last.head.stem not in living:
        named = last.head.text[:1].isupper()  # "park near Lyon covered with snow"
        return action.subjects if named else (last,)  # "in a classroom decorated with stars"
    if first in living and last.head.stem not in living and action.verb.lower.endswith("ed"):
        return action.subjects  # "planting trees on a hillside destroyed by fire"
    end = action.subjects[0].start + len(action.subjects[0].words)  # not "villagers carry the coffin of a soldier"
    if link == "of" and first in lexicon.persons - lexicon.stems(GROUPS) and last.start <= end + 2:
        return action.subjects[:1]  # "the son of a farmer", and not "a group of hikers"
    acts = action.verb.stem not in lexicon.staying or action.verb.stem in lexicon.directed
    if first in living and last.head.stem not in living and acts:
        return action.subjects[:1]  # "woman with an umbrella waiting", and not "man with a camera hanging"
    if link in ("with", "and", "of"):
        return action.subjects
    worn = action.verb.stem in lexicon.wearing and last.head.stem not in lexicon.persons
    aimed = last.head.stem in living and not worn and action.verb.lower.endswith("ing")
    return (last,) if aimed else action.subjects


def _subjects(action: Action, scene: Scene, lexicon: Lexicon) -> tuple[Phrase, ...]:
    """Who acts: the clause's first phrase, or in "What animals is the dog herding?" the one after the auxiliary."""
    clause = [token.lower for token in scene.tokens[: action.start] if token.lower not in AUXILIARIES]
    if clause[-1:] in (["that"], ["which"]):
        things = [p for p in scene.phrases if p.start < action.start and not p.head.text[:1].isupper()]
        return tuple(things[-1:])  # "in a classroom that is decorated"
    if len(_doers(action, lexicon)) < len(action.subjects):
        before = scene.tokens[action.start - 1]
        if before in action.subjects[-1].words:  # "a boy is watching a girl eating": right before its verb
            living = action.subjects[-1].head.stem in lexicon.persons | lexicon.animals
            return action.subjects[-1:] if living else _doers(action, lexicon)  # "a boy in a coat jumps"
    if len(action.subjects) > 1 and scene.tokens[0].lower in ("what", "which", "how", "whose"):
        first, last = action.subjects
        between = scene.tokens[first.start + len(first.words) : last.start]
        if between and between[0].lower in AUXILIARIES and all(token.kind is Kind.FUNCTION for token in between):
            return (last,)
    return action.subjects[:1]


def _pronoun_subject(scene: Scene, phrase: Phrase, lexicon: Lexicon) -> bool:
    return any(token.lower in ("it", "they", "it's") for token in scene.tokens[: phrase.start])
