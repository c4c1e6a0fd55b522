"""Support, word by word: an answer may not name what the evidence does not give."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from itertools import pairwise
from typing import Literal

from pydantic import Field

from curation.dialogue.checks.base import DESCRIPTION, FALSE_PREMISE, REASONING, BaseCheck, Context, fail, supported
from curation.dialogue.checks.deeds import AUXILIARIES
from curation.dialogue.checks.german import is_single
from curation.dialogue.checks.relations import BECAUSE, reason_of
from curation.dialogue.cues import cues_of
from curation.dialogue.denied import LATER, denied, is_denial, told_later
from curation.dialogue.lexicon import POSSESSIVE, Lexicon
from curation.dialogue.lexicon import Cue as CueWord
from curation.dialogue.parse import DOERS, parse
from curation.dialogue.scene import Kind, Phrase, Scene, plural, read
from curation.dialogue.tokens import is_finite
from curation.samples import Reason, Reject

ABOUT = frozenset({"about", "around", "over", "under", "some"})
THAN = frozenset({"than", "to", "least", "most"})
BOUNDS = (
    frozenset({"more", "over", "least"}),
    frozenset({"less", "fewer", "under", "most", "up"}),
    frozenset({"about", "around", "nearly", "almost", "roughly", "approximately", "some"}),
)
THINGS = frozenset({"it", "its", "they", "them"})
ANYBODY = frozenset({"someone", "somebody", "something", "people", "one", "there", "this"})
CREDITS = frozenset({"photo", "photograph", "photographer", "credit", "image"})  # before a colon
SAINTS = frozenset({"san", "santa", "saint", "st", "st.", "mount", "lake", "fort", "port", "cape", "hurricane"})
NEGATIONS = frozenset({"not", "no", "never", "none", "nothing", "nobody", "without", "n't", "neither", "nor"})


class Words(BaseCheck):
    """Every content word of the answer stands in the evidence, in any inflection, or follows from it by the lexicon
    (a puppy is a dog). A reasoning answer may also use the words of a cue that the evidence holds."""

    kind: Literal["words"] = "words"

    def check(self, context: Context) -> Reject | None:
        if context.turn.response_type == FALSE_PREMISE:
            return None  # it names what is wrong; the premise check holds it to the rest
        extra = [token for token in context.answer.content if not supported(token, context.allowed, context)]
        if extra:
            words = ", ".join(dict.fromkeys(token.text for token in extra))
            return fail(Reason.UNSUPPORTED, f"the evidence has no: {words}")
        return None


class Numbers(BaseCheck):
    """A noun keeps its number: of "a boat" nobody may tell "boats", of "coins" nobody "a coin", of "at least three"
    nobody three."""

    kind: Literal["numbers"] = "numbers"

    def check(self, context: Context) -> Reject | None:
        given, lexicon = context.evidence.words, context.lexicon
        for bound, number in (found for scene in context.evidence.scenes for found in _bounds(scene, lexicon)):
            said = {token.lower for token in (*context.answer.tokens, *context.question.tokens)}
            if number in {token.stem for token in context.answer.tokens} and not bound & said:
                return fail(Reason.UNSUPPORTED, f"the evidence has {min(bound)} {number}")
        phrases = [phrase for phrase in context.answer.phrases if phrase.head.stem not in context.inferable]
        heads = [(phrase.head.lower, phrase.determiner) for phrase in phrases]
        if not lexicon.reads:
            # German adjectives change like plurals do; its nouns are known by their capitals
            nouns = [token for token in context.answer.content if token.text[:1].isupper() or not lexicon.capital_nouns]
            heads = [(token.lower, "") for token in nouns]
        for phrase in phrases if lexicon.reads else ():
            same = [known for known in _phrases(context) if known.head.stem == phrase.head.stem]
            one = phrase.determiner in ("a", "an") and not plural(phrase)
            if one and same and all(plural(known) for known in same):
                return fail(Reason.UNSUPPORTED, f"the evidence has {same[0].head.text}, the answer {phrase.head.text}")
        if lexicon.reads:  # "dinosaur wallpaper" may show dinosaurs
            given = frozenset(phrase.head.lower for phrase in _phrases(context))
        if context.turn.response_type == FALSE_PREMISE:  # "there are not three nurses"
            given |= {token.lower for token in context.question.tokens}
        for word, determiner in heads:
            if word in given:
                continue
            for form in (f"{word}s", f"{word}es", f"{word[:-1]}ies" if word.endswith("y") else ""):
                if form in given:
                    return fail(Reason.UNSUPPORTED, f"the evidence has {form}, the answer {word}")
            for form in (f"{word}n", f"{word}en") if lexicon.capital_nouns and is_single(word, context) else ():
                if form in given:
                    return fail(Reason.UNSUPPORTED, f"the evidence has {form}, the answer one {word}")
            for form in (word[:-1] if word.endswith("s") else "", word[:-2] if word.endswith("es") else ""):
                if form and form in given - _shared(context) and determiner != "each":
                    return fail(Reason.UNSUPPORTED, f"the evidence has {form}, the answer {word}")
        return None


def _bounds(scene: Scene, lexicon: Lexicon) -> Iterator[tuple[frozenset[str], str]]:
    """Numbers that the evidence gives as bounds or roughly ("more than three"), each with the words that say so."""
    words = ["", "", *(token.lower for token in scene.tokens)]
    for first, second, token in zip(words, words[1:], scene.tokens, strict=False):
        begins = second in ABOUT and first in ("", "are", "is", ",")  # a "book about three sisters" has three
        for bound in BOUNDS:
            if token.stem in lexicon.numbers and (
                (begins and second in bound) or second in bound - ABOUT or (first in bound and second in THAN)
            ):
                yield bound, token.stem


def _shared(context: Context) -> frozenset[str]:
    """Nouns for one thing that each of several has, as titles tell: "Six Glasses with Gold Rim" have rims."""
    return frozenset(
        thing.head.lower
        for scene in context.evidence.scenes
        for several, thing in pairwise(scene.phrases)
        if scene.titled and several.head.lower.endswith("s") and thing.link is not None and thing.link.lower == "with"
    )


def _phrases(context: Context) -> list[Phrase]:
    return [phrase for scene in context.evidence.scenes for phrase in scene.phrases]


def _first_names(context: Context) -> frozenset[str]:
    """What the evidence writes with a capital and may be somebody's first name, without accents: not of "San Diego",
    and of nobody after whom a picture is "by"."""
    named = set()
    for scene in context.evidence.scenes:
        for before, token, after in zip(scene.tokens[:1] + scene.tokens, scene.tokens, scene.tokens[1:], strict=False):
            if token.lower == "by" or (token.lower in CREDITS and after.text == ":"):
                break
            if token.text[:1].isupper() and before.lower not in SAINTS:
                named.add(POSSESSIVE.sub("", token.lower))
    decomposed = (unicodedata.normalize("NFKD", name) for name in named)
    return frozenset("".join(char for char in name if not unicodedata.combining(char)) for name in decomposed)


def _named_female(context: Context) -> bool:
    """Whether the evidence names a German woman by her trade: "Bäckerin"."""
    return any(token.text[:1].isupper() and token.lower.endswith("erin") for token in context.evidence.content)


class Gender(BaseCheck):
    """He, she, his and her only where the evidence tells the sex, by a word or by somebody's first name."""

    kind: Literal["gender"] = "gender"

    def check(self, context: Context) -> Reject | None:
        lexicon = context.lexicon
        said = {
            POSSESSIVE.sub("", token.lower) for scene in (context.answer, context.question) for token in scene.tokens
        }
        if not said & (lexicon.he | lexicon.she):
            return None
        written = {token.lower for scene in context.evidence.scenes for token in scene.tokens}
        given = context.evidence.supported if lexicon.reads else frozenset(written)
        names = _first_names(context)
        given |= lexicon.male if names & lexicon.male_names else frozenset()
        given |= lexicon.female if names & lexicon.female_names else frozenset()
        sides = ((lexicon.he, lexicon.male, lexicon.female), (lexicon.she, lexicon.female, lexicon.male))
        for pronouns, own, other in sides:
            if lexicon.capital_nouns and other is lexicon.female and _named_female(context):
                given |= other
            if not said & pronouns or given & own or written & pronouns:
                continue  # not said, or the caption tells the sex
            if lexicon.reads or given & other:  # where things have a gender too, only a contradiction can be told
                return fail(Reason.UNSUPPORTED, f"the evidence does not tell {min(said & pronouns)}")
        return None


class Negation(BaseCheck):
    """What is not in an image cannot be known from a caption: no denials, save where a false premise is refused. And
    what the caption denies ("not wearing a mask") is not there."""

    kind: Literal["negation"] = "negation"

    def check(self, context: Context) -> Reject | None:
        if context.turn.response_type == FALSE_PREMISE:
            return None
        said = {token.lower for token in context.answer.tokens}
        found = {word for word in said if word in NEGATIONS or word.endswith(("n't", "n’t"))}
        written = {token.lower for scene in context.evidence.scenes for token in scene.tokens}
        if found - written:
            return fail(Reason.UNSUPPORTED, f"the answer denies something: {min(found)}")
        absent = frozenset(stem for scene in context.evidence.scenes for stem in denied(scene))
        if context.turn.response_type == REASONING:  # who wears no helmet may need one
            absent &= {token.stem for token in read(reason_of(context.turn.answer), context.lexicon).tokens}
        if absent & context.answer_stems and not any(map(is_denial, said)):
            return fail(Reason.UNSUPPORTED, f"the evidence denies it: {min(absent & context.answer_stems)}")
        later = context.answer_stems & told_later(context.evidence.scenes[0])  # the alt-text
        if later and not said & LATER:
            return fail(Reason.UNSUPPORTED, f"the evidence has it only later: {min(later)}")
        return None


class Cue(BaseCheck):
    """A reasoning answer names a cue of the evidence and hedges what it concludes."""

    kind: Literal["cue"] = "cue"

    def check(self, context: Context) -> Reject | None:
        if context.turn.response_type != REASONING:
            return None
        lexicon = context.lexicon
        cues = cues_of(context.evidence)
        parts = BECAUSE.split(context.turn.answer, maxsplit=1)
        if len(parts) < 2:
            return fail(Reason.MALFORMED, "the answer gives no reason")
        conclusion, reason = (read(part, lexicon) for part in parts)
        told = {token.stem for token in reason.content}
        there = reason.tokens[0].lower in ("there", "this")  # "because there are shirts in it", not "because it is old"
        says = there or reason.actions or any(phrase.link is not None for phrase in reason.phrases)
        if says and {token.lower for token in reason.tokens} & (THINGS | lexicon.he | lexicon.she):
            told |= {token.stem for token in conclusion.content}  # "the boat may burn, because it is made of wood"
        named = [cue for cue in cues if cue.stems & told]
        if not named:
            return fail(Reason.UNSUPPORTED, "the reason names no cue of the evidence")
        if not {token.lower for token in conclusion.tokens} & lexicon.hedges:
            return fail(Reason.UNSUPPORTED, "the answer states an inference as a fact")
        concluded = {token.stem for token in conclusion.content} - lexicon.stems(lexicon.hedges)
        best = max(named, key=lambda cue: len(cue.core & concluded))
        core, subject = _called(conclusion, best, context)
        if len(core & lexicon.entailed(concluded)) * 3 < len(core) * 2:
            return fail(Reason.UNSUPPORTED, "the answer does not conclude what its cue carries")
        carried = best.core | best.words | subject
        if concluded - carried - context.evidence.supported:
            extra = ", ".join(sorted(concluded - carried - context.evidence.supported))
            return fail(Reason.UNSUPPORTED, f"its cue does not carry: {extra}")
        bare = not {token.stem for token in reason.content} - best.stems - lexicon.colours
        if bare and not there and [token.lower for token in reason.tokens[2:3]] in (["a"], ["an"], ["the"]):
            return fail(Reason.UNSUPPORTED, "the reason says what the cue is called")  # because it is a helmet
        return _reason_holds(reason, best.core, context)


class Coverage(BaseCheck):
    """A description tells a fair part of the evidence."""

    kind: Literal["coverage"] = "coverage"
    min_share: float = Field(0.5, ge=0, le=1)
    """Least share of the alt-text's content words that the description must hold."""

    def check(self, context: Context) -> Reject | None:
        if context.turn.response_type != DESCRIPTION:
            return None
        wanted = {token.stem for token in context.evidence.scenes[0].content}
        told = wanted & context.answer_stems
        if wanted and len(told) < self.min_share * len(wanted):
            return fail(Reason.TOO_SHORT, f"the description tells {len(told)} of {len(wanted)} words of the evidence")
        return None


def _called(conclusion: Scene, cue: CueWord, context: Context) -> tuple[frozenset[str], frozenset[str]]:
    """What a conclusion must say, and what it may call whom it speaks of: where the cue says "they" or "people" it may
    name them, "the students may be learning", and where the question names them it may say "they"."""
    begins, known = cue.conclusion.split()[0].lower(), context.evidence.supported
    if begins in THINGS | ANYBODY and conclusion.phrases:
        subject = conclusion.phrases[0]
        named = {word.stem for word in subject.words} if subject.link is None and subject.start <= 1 else set()
        return cue.core - context.lexicon.stems(ANYBODY), frozenset(named & known)
    if {token.lower for token in conclusion.tokens} & THINGS:
        return cue.core - (context.question_stems & known) or cue.core, frozenset()
    return cue.core, frozenset()


def _reason_holds(reason: Scene, concluded: frozenset[str], context: Context) -> Reject | None:
    """The reason is in the evidence, and is not the conclusion once more."""
    lexicon = context.lexicon
    told = {token.stem for token in reason.content}
    stated = context.stated | lexicon.stems(("wear",))
    fresh = {token.stem for token in reason.content if not supported(token, stated, context)}
    if fresh:
        return fail(Reason.UNSUPPORTED, f"the evidence gives no such reason: {', '.join(sorted(fresh))}")
    circular = (told & concluded) - context.evidence.supported
    if circular:
        return fail(Reason.UNSUPPORTED, f"the reason repeats the conclusion: {', '.join(sorted(circular))}")
    words = [token.lower for token in reason.tokens]
    if words[:2] == ["it", "is"] and reason.tokens[2].kind is Kind.PREPOSITION:
        return fail(Reason.MALFORMED, f"“it is {words[2]}” says of nothing where or when it is")
    tells = any(is_finite(token.text, token.kind, lexicon) or token.stem in lexicon.resting for token in reason.tokens)
    verbs = [token for token in reason.tokens if is_finite(token.text, token.kind, lexicon)]
    begun = not AUXILIARIES & set(words) and all(verb.lower.endswith(("ing", "ed")) for verb in verbs)
    if begun and any(token.kind is Kind.VERB and token.lower.endswith("ing") for token in reason.tokens):
        return fail(Reason.MALFORMED, "the reason is no sentence: it only begins a deed")  # "the turtle gliding above"
    # a trained parser knows more verbs: "the volcano spews ash"
    if not reason.actions and not tells and not any(w.dep_ in DOERS for w in parse(reason.text, lexicon).doc):
        return fail(Reason.MALFORMED, "the reason is no sentence: it has no verb")
    joins = {("is", "of"), ("are", "of")} & set(pairwise(words))
    if joins and reason.content[-1].stem not in lexicon.materials:  # a wall may be of brick, no pancake of blueberry
        return fail(Reason.MALFORMED, "the reason only joins two nouns")
    if words[:1] == ["it"] and any(phrase.head.stem in lexicon.persons for phrase in reason.phrases[:1]):
        return fail(Reason.UNSUPPORTED, "“it” is a person")
    return None


__all__ = ["DESCRIPTION", "Coverage", "Cue", "Gender", "Negation", "Numbers", "Words"]
