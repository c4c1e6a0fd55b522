"""What the evidence states of things together: who is what, has what, does what, is where."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from itertools import pairwise

from curation.dialogue.lexicon import Lexicon
from curation.dialogue.model import Evidence
from curation.dialogue.scene import Action, Phrase

OWNED = frozenset({"in", "with", "wear", "hold", "carri", "have"})  # "man in a coat": the coat of the man
HELD = frozenset({"with", "of", "hold", "contain", "full", "fill"})


@dataclass(frozen=True)
class Given:
    """The relations that the evidence states, in stems."""

    lexicon: Lexicon
    phrases: tuple[Phrase, ...]
    actions: tuple[Action, ...]
    pairs: frozenset[tuple[str, str]]  # (word, what stands before it in its phrase)
    stems: frozenset[str]
    owners: frozenset[str]  # of whom something is told: "the man's hat" is the hat of the man

    @classmethod
    def of(cls, evidence: Evidence) -> Given:
        phrases = tuple(phrase for scene in evidence.scenes for phrase in scene.phrases)
        actions = tuple(action for scene in evidence.scenes for action in scene.actions)
        names = {phrase for scene in evidence.scenes for phrase in scene.phrases if scene.is_name(phrase)}
        fixed = evidence.lexicon.colours | frozenset(evidence.lexicon.numbers)
        pairs = frozenset(
            (word.stem, before.stem)
            for phrase in phrases
            for index, word in enumerate(phrase.words)
            for before in phrase.words[:index]
            if phrase not in names or before.stem not in fixed or word is not phrase.head
        )
        pairs |= {  # "shoes in black and white"
            (thing.head.stem, word.stem)
            for thing, colour in pairwise(phrases)
            for word in colour.words
            if colour.link is not None and colour.link.lower == "in" and word.stem in evidence.lexicon.colours
            if colour.head.stem in evidence.lexicon.colours
        }
        owners = frozenset(token.stem for token in evidence.content if token.lower.endswith(("'s", "’s", "s'", "s’")))
        return cls(evidence.lexicon, phrases, actions, pairs, evidence.stems, owners)

    def has(self, owner: str, thing: str) -> bool:
        """Whether the evidence has an owner with or of a thing: "car with seats"."""
        return any(
            at < spot and held.link is not None and {held.link.lower, held.link.stem} & (OWNED | HELD)
            for at, having in self.heads(owner)
            for spot, held in self.heads(thing)
            if having.link is not held.link  # "with a desk and a chair": neither has the other
        )

    def aimed_at(self, phrase: Phrase) -> bool:
        """Whether a verb right before the phrase aims at it and tells no place: "looking at", "reflected in"."""
        before = phrase.start - 2 - bool(phrase.determiner)
        verbs = (action.verb.stem for action in self.actions if action.start == before)
        return any(verb in self.lexicon.directed for verb in verbs)

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
        own |= {word.stem for word in phrase.words if word.stem in self.lexicon.persons}
        if not all(word.text[:1].isupper() for word in phrase.words):
            own |= {word.stem for word in phrase.words[1:] if word.text[:1].isupper()}
        elif len(phrase.words) > 1 and phrase.words[0].stem not in self.lexicon.colours:
            own |= {word.stem for word in phrase.words if word.stem not in self.lexicon.colours}
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


@functools.lru_cache(maxsize=64)
def given_by(evidence: Evidence) -> Given:
    """The relations of some evidence; the last few are kept, since each turn of a dialogue asks for the same."""
    return Given.of(evidence)
