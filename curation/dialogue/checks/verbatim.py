"""What an answer tells in the evidence's own words and order puts nothing together that the evidence does not."""

from __future__ import annotations

from collections.abc import Sequence

from curation.dialogue.checks.base import Context
from curation.dialogue.lexicon import Lexicon
from curation.dialogue.scene import SHOWS, Kind, Token

LEAST = 3  # words in a row; fewer are a name
WITH = "with"
HAS = SHOWS | {"has", "have", "having", "containing", "featuring", "showing"}
COMMA = ","


def as_told(answer: Sequence[Token], context: Context) -> bool:
    """Whether an answer says word for word what a fact begins with, up to articles, the form of verbs, "wearing" for
    "in", "has" for "with", and the "in" or "on" of a last part that names a place or a date."""
    lexicon = context.lexicon
    said = [word for word in _words(answer, lexicon) if word != COMMA]
    if said[:1] == [WITH]:
        said = said[1:]  # "The photo shows"
    facts = (_words(scene.tokens, lexicon) for scene in context.evidence.scenes)
    names = frozenset(token.stem for token in context.evidence.content if not token.text[0].islower())
    return len(said) >= LEAST and any(_begins(said, fact, names, lexicon) for fact in facts)


def _begins(said: Sequence[str], fact: Sequence[str], names: frozenset[str], lexicon: Lexicon) -> bool:
    """Whether `fact` begins with what is said."""
    at = 0
    for index, word in enumerate(said):
        if fact[at : at + 1] == [COMMA]:
            at += 1
            if word in ("in", "on", "at") and fact[at : at + 1] != [word] and names & set(fact[at : at + 1]):
                continue
        if at == len(fact):
            return False
        worn = word == lexicon.stem("wear") and fact[at] == "in" and _clothes(said[index + 1 :], lexicon)
        if fact[at] != word and not worn:
            return False
        at += 1
    return True


def _clothes(words: Sequence[str], lexicon: Lexicon) -> bool:
    """Whether the first thing named is worn: "green gowns"."""
    things = (word for word in words if word not in lexicon.colours | lexicon.adjectives)
    return next(things, "") in lexicon.clothing


def _words(tokens: Sequence[Token], lexicon: Lexicon) -> list[str]:
    """Stems of what is told, in order, with commas: prepositions by what they have in common, "has" and "contains" as
    "with"."""
    found = []
    for at, token in enumerate(tokens):
        if token.lower in HAS and at:
            found.append(WITH)
        elif token.text == COMMA:
            found.append(COMMA)
        elif token.kind is Kind.PREPOSITION:
            found.append(lexicon.same(token.lower))
        elif token.kind not in (Kind.FUNCTION, Kind.BREAK) and token.stem not in lexicon.frame:
            found.append(token.stem)
    return found
