"""What an answer tells in the evidence's own words and order puts nothing together that the evidence does not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from curation.dialogue.checks.base import Context
from curation.dialogue.lexicon import Lexicon
from curation.dialogue.scene import SHOWS, Kind, Token

LEAST = 3  # words in a row; fewer are a name
WITH = "with"
HAS = SHOWS | {"has", "have", "having", "containing", "featuring", "showing"}
COMMA = ","
FRONTED = frozenset({"because", "while", "as", "when", "before", "after"})
PARTICLES = frozenset({"up", "down", "off", "out", "away"})  # "holding a sign", of one held up


def as_told(answer: Sequence[Token], context: Context) -> bool:
    """Whether an answer says word for word what a fact begins with, up to articles, the form of verbs, "wearing" for
    "in", "has" for "with", the "in" or "on" of a last part that names a place or a date, and the place of a first part
    that tells where or when: "Before the vows, she weeps" and "She weeps before the vows"."""
    lexicon = context.lexicon
    facts = [_words(order, lexicon) for scene in context.evidence.scenes for order in _orders(scene.tokens)]
    names = frozenset(token.stem for token in context.evidence.content if not token.text[0].islower())
    for order in _orders(answer):
        said = [word for word in _words(order, lexicon) if word != COMMA]
        if said[:1] == [WITH]:
            said = said[1:]  # "The photo shows"
        if len(said) >= LEAST and any(_begins(said, fact, names, lexicon) for fact in facts):
            return True
    return False


def _orders(tokens: Sequence[Token]) -> Iterator[Sequence[Token]]:
    """A text as it stands, and with a first part that tells where or when put last."""
    yield tokens
    comma = next((at for at, token in enumerate(tokens) if token.text == COMMA), 0)
    if comma and (tokens[0].kind is Kind.PREPOSITION or tokens[0].lower in FRONTED):
        yield [*tokens[comma + 1 :], *tokens[:comma]]


def _begins(said: Sequence[str], fact: Sequence[str], names: frozenset[str], lexicon: Lexicon) -> bool:
    """Whether `fact` begins with what is said."""
    at = 0
    for index, word in enumerate(said):
        if fact[at : at + 1] == [COMMA]:
            at += 1
            if word in ("in", "on", "at") and fact[at : at + 1] != [word] and names & set(fact[at : at + 1]):
                continue
        if word not in PARTICLES and PARTICLES & set(fact[at : at + 1]):
            at += 1
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
        elif token.lower in PARTICLES:
            found.append(token.lower)
        elif token.kind is Kind.PREPOSITION:
            found.append(lexicon.same(token.lower))
        elif token.kind not in (Kind.FUNCTION, Kind.BREAK) and token.stem not in lexicon.frame:
            found.append(token.stem)
    return found
