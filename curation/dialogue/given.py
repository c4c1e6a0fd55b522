"""What the evidence states of things together: who is what, has what, does what, is where."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from curation.dialogue.lexicon import Lexicon
from curation.dialogue.model import Evidence
from curation.dialogue.scene import POSSESSIVES, Action, Kind, Phrase, Token, joined
from curation.dialogue.seen import claims

OWNED = frozenset({"in", "with", "wear", "hold", "carri", "have"})  # "man in a coat": the coat of the man
CLEARED = frozenset({"clear", "sweep", "remov", "shovel", "collect", "pick", "harvest", "wipe", "scrape"})
COVERED_WITH = Token("with", "with", "with", Kind.PREPOSITION)
THEM = frozenset({"them", "him", "her", "it"})
HELD = frozenset({"with", "of", "show", "hold", "contain", "full", "fill"})


@dataclass(frozen=True)
class Given:
    """The relations that the evidence states, in stems."""

    lexicon: Lexicon
    phrases: tuple[Phrase, ...]
    actions: tuple[Action, ...]
    pairs: frozenset[tuple[str, str]]  # (word, what stands before it in its phrase)
    stems: frozenset[str]
    blends: tuple[tuple[str, frozenset[str]], ...]  # things of several colors: what, and which
    owners: frozenset[str]  # of whom something is told: "the man's hat" is the hat of the man
    venues: frozenset[str]  # where what follows is done: "a market where vendors sell melons"
    around: frozenset[str]  # prepositions before a pronoun: "in a meadow with mountains behind them"

    @classmethod
    def of(cls, evidence: Evidence) -> Given:
        """What all scenes of some evidence give together."""
        phrases = tuple(
            told for scene in evidence.scenes for phrase in scene.phrases for told in _spelled_out(phrase, evidence)
        )
        actions = tuple(action for scene in evidence.scenes for action in scene.actions)
        fixed = evidence.lexicon.colours | frozenset(evidence.lexicon.numbers)
        told = {
            (phrase, word)
            for scene in evidence.scenes
            for phrase in scene.phrases
            for word in claims(phrase, scene, evidence.lexicon)
        }
        pairs = frozenset(
            (word.stem, before.stem)
            for phrase in phrases
            for index, word in enumerate(phrase.words)
            for before in phrase.words[:index]
            if word is phrase.head or not _only_for(phrase, word, evidence.lexicon)
            if before.stem not in fixed or word is not phrase.head or (phrase, before) in told
        )
        pairs |= {  # a "snow-covered cabin" is covered, a "blue-and-white boat" is blue
            (phrase.head.stem, evidence.lexicon.stem(part))
            for phrase in phrases
            for word in phrase.modifiers
            if "-" in word.lower
            for part in word.lower.split("-")
            if part.endswith("ed") or evidence.lexicon.stem(part) in evidence.lexicon.colours
        }
        pairs |= {  # "shoes in black and white"
            (thing.head.stem, word.stem)
            for thing, colour in pairwise(phrases)
            for word in colour.words  # dark, olive
            if colour.link is not None and colour.link.lower == "in"
            if colour.head.stem in evidence.lexicon.colours
        }
        pairs |= frozenset(_told_last(evidence))
        owners = frozenset(token.stem for token in evidence.content if token.lower.endswith(("'s", "’s", "s'", "s’")))
        blends = tuple(
            (phrase.head.stem, colours)
            for scene in evidence.scenes
            for phrase in scene.phrases
            if (colours := joined(scene, phrase, evidence.lexicon))
        )
        scenes = [(p, s.phrases[0], s.tokens[p.start + len(p.words) :]) for s in evidence.scenes for p in s.phrases]
        venues = frozenset(
            each.head.stem
            for phrase, first, rest in scenes
            for each in (phrase, first)  # "an office with glass walls where people sit"
            if [token.lower for token in rest[:1]] == ["where"]
        )
        runs = [pair for scene in evidence.scenes for pair in pairwise(scene.tokens)]
        around = frozenset(one.lower for one, two in runs if one.kind is Kind.PREPOSITION and two.lower in THEM)
        return cls(evidence.lexicon, phrases, actions, pairs, evidence.stems, blends, owners, venues, around)

    def has(self, owner: str, thing: str) -> bool:
        """Whether the evidence has an owner with or of a thing: "car with seats"."""
        pairs = [(one, other) for one in self.heads(owner) for other in self.heads(thing)]
        return (thing, owner) in self.pairs or any(
            (
                not any(each.link is not COVERED_WITH for each in self.phrases[spot + 1 : at])
                and spot < at
                and having.link is not None
                and having.link.lower == "of"
            )  # "blades of a turbine"
            or (self.owned(at, spot) and held.link is not None and {held.link.lower, held.link.stem} & (OWNED | HELD))
            for (at, having), (spot, held) in pairs
            if having.link is not held.link  # "with a desk and a chair": neither has the other
        )

    def half(self, head: str, words: Iterable[Token]) -> bool:
        """Whether these give some of the colors of a thing that the evidence gives several, and not the others."""
        told = {word.stem for word in words} & self.lexicon.colours
        known = [colours for thing, colours in self.blends if head in self.lexicon.entailed((thing,))]
        return bool(told) and any(told < colours for colours in known) and not any(told == each for each in known)

    def owned(self, at: int, spot: int) -> bool:
        """Whether what is at one place may be told of who is at another: of "man photographing a woman in a red dress"
        the dress is the woman's, who stands between."""
        living = self.lexicon.living
        owners = self.lexicon.persons if self.phrases[spot].head.stem in self.lexicon.clothing else living
        for before, phrase in zip(self.phrases[at:spot], self.phrases[at + 1 : spot], strict=False):
            of_them = phrase.link is None or phrase.link is self.phrases[at].link or phrase.link.lower == "for"
            of_them |= phrase.link is not None and phrase.link.lower == "of" and before.head.stem in living
            if phrase.head.stem in owners and not of_them:
                return False
        return at < spot

    def done_by(self, doer: str, verb: str) -> list[Action]:
        """The actions that the evidence says are done by somebody: "released on a beach by biologists"."""
        return [
            action
            for action in self.actions
            for _, phrase in self.heads(doer)
            if action.verb.stem == verb and action.clause == phrase.clause and action.start < phrase.start
            if phrase.link is not None and phrase.link.lower == "by" and not action.verb.lower.endswith("ing")
        ]

    def verbs_at(self, phrase: Phrase) -> list[Action]:
        """The verb right before a phrase and its preposition: "covered" of "covered with snow"."""
        before = phrase.start - 2 - bool(phrase.determiner)
        return [action for action in self.actions if action.start == before and action.clause == phrase.clause]

    def aimed_at(self, phrase: Phrase) -> bool:
        """Whether a verb right before the phrase aims at it and tells no place: "looking at", "reflected in"."""
        return any(action.verb.stem in self.lexicon.directed for action in self.verbs_at(phrase))

    def seen_from(self, phrase: Phrase) -> bool:
        """Whether a "from" tells where somebody is who looks or points elsewhere, "waving from a balcony", or where
        something was: "clearing snow from a road"."""
        before = [action for action in self.actions if action.clause == phrase.clause and action.start < phrase.start]
        return bool(before) and before[-1].verb.stem in self.lexicon.directed | self.lexicon.distant | CLEARED

    def stays_at(self, phrase: Phrase) -> bool:
        """Whether the verb right before a place, if there is one, says that its subject is there."""
        before = [action for action in self.actions if action.clause == phrase.clause and action.start < phrase.start]
        return not before or before[-1].verb.stem in self.lexicon.staying

    def heads(self, stem: str) -> list[tuple[int, Phrase]]:
        """The evidence's phrases that `stem` may stand for, with their places: by head, by what follows from the
        head, or by a name or a person's role within the phrase."""
        return [(at, phrase) for at, phrase in enumerate(self.phrases) if stem in self.stands_for(phrase)]

    def stands_for(self, phrase: Phrase) -> frozenset[str]:
        """Stems by which an answer may call a phrase of the evidence."""
        own = {phrase.head.stem}
        own |= {
            word.stem
            for word in phrase.words
            if word.stem in self.lexicon.persons and not word.lower.endswith(POSSESSIVES)
            if not _only_for(phrase, word, self.lexicon)
        }
        if not all(word.text[:1].isupper() or word.text[:1].isdigit() for word in phrase.words):
            own |= {word.stem for word in phrase.words[1:] if word.text[:1].isupper()}
            if phrase.head.text[:1].isupper():  # "container ship Ever Given" is a ship
                own |= {word.stem for word in [w for w in phrase.words if w.text[:1].islower()][-1:]}
        elif len(phrase.words) > 1 and phrase.words[0].stem not in self.lexicon.colours:
            words = (word for word in phrase.words if not word.text[:1].isdigit())
            own |= {word.stem for word in words if word.stem not in self.lexicon.colours}
        if phrase.head.text.isdigit():
            own |= {word.stem for word in phrase.words[-2:]}  # "stage 17"
        return self.lexicon.entailed(own)

    def modifies(self, head: str, modifier: str) -> bool:
        """Whether the evidence puts `modifier` before `head`, or before what `head` follows from."""
        if (head, modifier) in self.pairs:
            return True
        for at, phrase in self.heads(head):
            words = self.lexicon.entailed(word.stem for word in self.phrases[at].words)
            if modifier in words and (phrase.head.stem, modifier) in self.pairs | {
                (phrase.head.stem, phrase.head.stem)
            }:
                return True
            if modifier in words and modifier not in {word.stem for word in phrase.words}:
                return True  # the modifier itself follows from a word of the phrase
        return False


def _only_for(phrase: Phrase, word: Token, lexicon: Lexicon) -> bool:
    """Whether a word tells only whom a thing is for: of a "black astronaut helmet" no astronaut is black."""
    living = lexicon.persons | lexicon.animals
    thing = phrase.head.text.islower() and phrase.head.stem not in living and phrase.head.stem in lexicon.items
    whose = word.lower.endswith(POSSESSIVES)  # and of a "polar explorer's sled" the explorer is polar
    return thing and word is not phrase.head and word.stem in living and not whose


def _told_last(evidence: Evidence) -> Iterator[tuple[str, str]]:
    """What last parts tell of what the first names: "wallet, dark brown", "lamp - foldable", "vase, Ming dynasty"."""
    lexicon = evidence.lexicon
    for scene in evidence.scenes:
        for last in scene.phrases[1:]:
            alone = len(last.words) == 1 and lexicon.qualifies(last.head.lower)
            tells = alone or last.words[0].text[:1].isdigit() or last.head.stem in lexicon.colours | lexicon.times
            if last.clause and last.link is None and tells:
                yield from ((scene.phrases[0].head.stem, word.stem) for word in last.words)


def _spelled_out(phrase: Phrase, evidence: Evidence) -> Iterator[Phrase]:
    """A phrase, and what its compound participles say: a "snow-covered cabin" is covered with snow."""
    yield phrase
    for word in phrase.modifiers:
        thing, _, participle = word.lower.rpartition("-")
        if thing and participle.endswith("ed"):
            stem = evidence.lexicon.stem(thing)
            yield Phrase((Token(thing, thing, stem, Kind.WORD),), phrase.start, COVERED_WITH, phrase.clause)
        if thing.isdigit() or evidence.lexicon.stem(thing) in evidence.lexicon.numbers:
            several = f"{participle}s"  # a "12-cup pan" has 12 cups
            parts = (Token(part, part, evidence.lexicon.stem(part), Kind.WORD) for part in (thing, several))
            yield Phrase(tuple(parts), phrase.start, COVERED_WITH, phrase.clause)


@functools.lru_cache(maxsize=64)
def given_by(evidence: Evidence) -> Given:
    """The relations of some evidence; the last few are kept, since each turn of a dialogue asks for the same."""
    return Given.of(evidence)
