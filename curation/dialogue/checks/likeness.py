"""Support of what there is at all: a poster of a tiger, a toy train and a man dressed as a pirate show no tiger, no
train and no pirate. Such a thing may be named only beside the word that tells what it is."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from curation.dialogue.checks.base import Context, Doubt
from curation.dialogue.given import Given
from curation.dialogue.scene import Kind, Phrase, Scene

# what shows a thing that is not there, before "of" it or after its name
LIKENESSES = (
    *("painting", "drawing", "sketch", "illustration", "cartoon", "engraving", "mural", "mosaic", "fresco", "statue"),
    *(
        "sculpture",
        "bust",
        "figurine",
        "model",
        "replica",
        "miniature",
        "toy",
        "logo",
        "silhouette",
        "poster",
        "shadow",
    ),
    *("reflection", "shape", "costume", "mask", "doll", "puppet", "impersonator", "lookalike", "billboard", "postcard"),
)
COPIED = ("toy", "model", "replica", "miniature", "plush", "fake", "origami", "lego", "dummy")  # before anything
MADE_BEASTS = ("stuffed", "chocolate", "balloon", "cartoon", "carved", "knitted", "inflatable")  # before an animal
FOLDED = ("paper", "cardboard")  # before what flies or drives
COMPARED = frozenset({"like", "as"})


def taken_for_real(context: Context, given: Given) -> Iterator[Doubt]:
    """What an answer names as if it were there, and the evidence shows only a likeness of."""
    tells = list(_likenesses(context, given))
    if not tells:
        return
    said = {token.stem for token in (*context.answer.tokens, *context.question.tokens)}
    said = set(context.lexicon.entailed(said))
    unreal = {id(phrase) for phrase, _ in tells}
    for phrase, words in tells:
        names = given.lexicon.entailed((phrase.head.stem,)) | {w.stem for w in phrase.words if w.text[:1].isupper()}
        named = names & context.answer_stems - given.lexicon.frame
        real = {stem for _, known in _real(given, unreal) for stem in given.stands_for(known)}
        if named - real and not words & said:
            yield None, f"the {phrase.text} is none: {min(words)}"


def _real(given: Given, unreal: set[int]) -> Iterator[tuple[int, Phrase]]:
    return ((at, phrase) for at, phrase in enumerate(given.phrases) if id(phrase) not in unreal)


def _likenesses(context: Context, given: Given) -> Iterator[tuple[Phrase, frozenset[str]]]:
    """Phrases of the evidence that name what is not there, each with the stems of which an answer must hold one."""
    lexicon = given.lexicon
    shows, carry = lexicon.stems(LIKENESSES), lexicon.stems(("hold", "carry"))
    for whole, part in pairwise(given.phrases):
        of = part.link is not None and part.link.lower == "of"
        held = whole.head.stem in lexicon.depictions and whole.link is not None  # a photo in somebody's hand
        held &= whole.link is not None and (whole.link.kind is Kind.PREPOSITION or whole.link.stem in carry)
        if of and (whole.head.stem in shows or held):
            yield part, frozenset({whole.head.stem})
    for scene in context.evidence.scenes:
        for phrase in scene.phrases:
            if _compared(scene, phrase):
                yield phrase, frozenset({"like", "as"})
    beasts = lexicon.stems(MADE_BEASTS) | lexicon.replicas | (set(lexicon.materials) - lexicon.colours)
    for phrase in given.phrases:
        stems = {word.stem for word in phrase.modifiers}
        copied = stems & lexicon.stems(COPIED)
        if phrase.head.stem in lexicon.animals:
            copied |= stems & beasts
        if lexicon.stem("vehicle") in lexicon.entailed((phrase.head.stem,)):
            copied |= stems & lexicon.stems(FOLDED)
        if copied and phrase.head.stem not in lexicon.persons:
            yield phrase, frozenset(copied)
        if phrase.head.stem in shows:
            for word in phrase.modifiers:
                if word.stem in lexicon.animals | lexicon.persons or word.text[:1].isupper():
                    yield Phrase((word,), phrase.start, None, phrase.clause), frozenset({phrase.head.stem})


def _compared(scene: Scene, phrase: Phrase) -> bool:
    """Whether something is "shaped like" or "dressed as" the phrase, which does nothing itself."""
    end = phrase.start + len(phrase.words)
    before = phrase.start - 1 - bool(phrase.determiner)
    others = [other.clause for other in scene.phrases if other.start < phrase.start]
    if others and others[-1] != phrase.clause:
        return False  # "bend over rows as a tractor moves"
    acts = end < len(scene.tokens) and scene.tokens[end].kind is Kind.VERB and before > 0
    if before < 1 or scene.tokens[before].lower not in COMPARED or scene.tokens[before - 1].lower in ("well", "such"):
        return False
    told = scene.tokens[before - 1].kind is Kind.VERB or scene.tokens[before - 1].kind is Kind.WORD
    return told and not (acts and scene.tokens[before - 1].kind is not Kind.VERB)
