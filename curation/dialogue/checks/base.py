"""What every check gets and gives back."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from curation.dialogue.cues import cues_of
from curation.dialogue.lexicon import YEAR_DIGITS, Lexicon
from curation.dialogue.model import Evidence, Turn
from curation.dialogue.scene import Phrase, Scene, Token, read
from curation.samples import Reason, Reject
from curation.section import Section

REASONING = "complex_reasoning"
DESCRIPTION = "detailed_description"
FALSE_PREMISE = "false_premise"
HEAD_LETTERS = 4
MEASURED = re.compile(r"\d ?(?:mm|cm|m|ft|in|inch(?:es)?)\b|[\"″]|\b[SMLX]{1,4}\b|\bW\d\d")
ORDINAL = re.compile(r"(\d+)(?:st|nd|rd|th)?$")
SHORTEST_PART = 3
SOMEBODY = frozenset({"someone", "somebody"})
CARRIERS = frozenset({"take", "have", "give", "share", "make", "do", "perform"})
Doubt = tuple[Token | None, str]  # the word whose relation is not found, and what was found; None: nothing clears it
UNITS = {"%": ("percent", "prozent"), "€": ("euro", "euros"), "$": ("dollar",), "£": ("pound",)}  # signs, as words


@dataclass(frozen=True)
class Context:
    """One turn among its evidence and the turns before it, with the readings that several checks share."""

    turn: Turn
    evidence: Evidence
    earlier: Sequence[Turn] = ()

    @property
    def lexicon(self) -> Lexicon:
        """The words of the evidence's language."""
        return self.evidence.lexicon

    @cached_property
    def verbs(self) -> frozenset[str]:
        """Stems of what the evidence uses as a verb: of "sanding a door" an answer may make "sands a door"."""
        return frozenset(action.verb.stem for scene in self.evidence.scenes for action in scene.actions)

    @cached_property
    def gerunds(self) -> frozenset[str]:
        """Roots of the evidence's Spanish gerunds: of "reparando" an answer may make "repara"."""
        if self.lexicon.language != "es":
            return frozenset()
        words = (token.lower for token in self.evidence.content)
        return frozenset(word.removesuffix("ando").removesuffix("iendo") for word in words if word.endswith("ndo"))

    @cached_property
    def answer(self) -> Scene:
        """The answer, read as a sentence."""
        return read(self.turn.answer, self.lexicon, self.verbs, sentence=True)

    @cached_property
    def question(self) -> Scene:
        """The question, read."""
        return read(self.turn.question, self.lexicon, self.verbs)

    @cached_property
    def answer_stems(self) -> frozenset[str]:
        """Stems of what the answer claims."""
        return frozenset(token.stem for token in self.answer.content)

    @cached_property
    def question_stems(self) -> frozenset[str]:
        """Stems of what the question speaks of."""
        return frozenset(token.stem for token in self.question.content)

    @cached_property
    def asked_by_cue(self) -> bool:
        """Whether the question is one that comes with a cue of the evidence, and so is not the writer's."""
        return any(self.turn.question in cue.ask for cue in cues_of(self.evidence))

    @cached_property
    def inferable(self) -> frozenset[str]:
        """Stems that a reasoning turn may use because it names the cue that carries them."""
        if self.turn.response_type != REASONING:
            return frozenset()
        allowed: set[str] = set(self.lexicon.reasoning_words)
        for cue in cues_of(self.evidence):
            allowed |= cue.words | cue.stems
        return frozenset(allowed)

    @cached_property
    def light(self) -> frozenset[str]:
        """Stems of verbs that say of a thing no more than that it is there, or what a preposition of the evidence says
        too: a bridge "over" a river crosses it. Of a person or an animal they would be claims."""
        links = {token.lower for scene in self.evidence.scenes for token in scene.tokens}
        told = self.lexicon.as_prepositions.items()
        return self.lexicon.resting | {verb for verb, prepositions in told if prepositions & links}

    @cached_property
    def allowed(self) -> frozenset[str]:
        """Stems that an answer may use: those that it may state, and in a reasoning turn those of its cue."""
        return self.stated | self.inferable

    @cached_property
    def carriers(self) -> frozenset[str]:
        """Stems of verbs that say no more than the noun after them: "taking a rest" of who rests, "taking an exam" of
        who sits one."""
        nouns = [phrase for phrase in self.answer.phrases if phrase.head.stem in self.verbs | self.lexicon.deeds]
        return frozenset(noun.link.stem for noun in nouns if noun.link is not None and noun.link.stem in CARRIERS)

    @cached_property
    def stated(self) -> frozenset[str]:
        """Stems of the evidence, of what follows from them, and of what images are told in."""
        lexicon, content = self.lexicon, self.evidence.content
        stems = frozenset(token.stem for token in content)
        allowed = self.evidence.supported | lexicon.frame | self.carriers
        allowed |= self.light  # a bowl stands somewhere; the relations say whether who is alive does
        if stems & lexicon.clothing or (lexicon.capital_nouns and _ends_in(content, lexicon.clothing)):
            allowed |= lexicon.wearing  # a man in a coat wears it; the relations say who wears what
        for sign, unit in UNITS.items():
            allowed |= lexicon.stems(unit) if sign in self.evidence.text else frozenset()
        phrases = [phrase for scene in self.evidence.scenes for phrase in scene.phrases]
        several = [phrase for phrase in phrases if phrase.head.lower.endswith(("s", "en"))]
        if any(token.stem in lexicon.clothing and token.lower.endswith("s") for token in content):
            allowed |= {"pair"}
        if any(phrase.head.stem in lexicon.living or phrase.head.lower == "sheep" for phrase in several):
            allowed |= {"group"}
        if stems & lexicon.animals:
            allowed |= {"herd", "flock"}  # the numbers say of how many
        if stems & set(lexicon.materials):
            allowed |= lexicon.stems(("made", "built", "constructed")) | set(lexicon.materials.values())
        if {token.lower for scene in self.evidence.scenes for token in scene.tokens} & SOMEBODY:
            allowed |= {lexicon.stem("person")}
        if any(self._is_trade(doer) for scene in self.evidence.scenes for a in scene.actions for doer in a.subjects):
            allowed |= {lexicon.stem("work")}  # the relations say who acts
        if any(len(token.text) == YEAR_DIGITS and token.text.isdigit() for token in content):
            allowed |= {lexicon.stem("made")}  # "about 1480"; the relations say of what and by whom
        if MEASURED.search(self.evidence.text):
            allowed |= lexicon.stems(("measure", "size", "inch"))
        if any(p.link is not None and p.link.lower == "with" and p.head.stem in lexicon.items for p in phrases):
            allowed |= {lexicon.stem("carry")}  # "commuters with umbrellas"
        if stems & lexicon.holders:
            allowed |= lexicon.stems(("hold", "contain"))  # a bowl with eggs holds them; the relations say what does
        return allowed

    def _is_trade(self, doer: Phrase) -> bool:
        """Whether somebody who acts is called by what they do: a mechanic, and no girl."""
        others = self.lexicon.male | self.lexicon.female | self.lexicon.stems(("child", "person", "people", "group"))
        return doer.head.lower in self.lexicon.people and doer.head.stem not in others


def _ends_in(content: tuple[Token, ...], heads: frozenset[str]) -> bool:
    """Whether a German word is a compound of one of these: a "Schutzanzug" is an "Anzug"."""
    return any(token.lower.endswith(head) for token in content for head in heads)


def supported(token: Token, allowed: frozenset[str], context: Context) -> bool:
    """Whether a word claims nothing that is not allowed or in the evidence."""
    if token.stem in allowed or context.lexicon.is_function(token.lower):
        return True
    if _in_other_form(token.lower, allowed, context.lexicon):
        return True
    same = context.lexicon.same(token.stem)
    if any(context.lexicon.same(stem) == same for stem in context.evidence.stems):
        return True
    if token.lower.endswith(("a", "e", "an", "en")) and token.lower.rstrip("n")[:-1] in context.gerunds:
        return True
    if context.lexicon.adjective(token.lower) in allowed or _compound(token, context):
        return True
    return "-" in token.lower and all(context.lexicon.stem(part) in allowed for part in token.lower.split("-"))


def _in_other_form(word: str, allowed: frozenset[str], lexicon: Lexicon) -> bool:
    """Whether a word says what the evidence writes otherwise: "17th" and 17, "sunset" of a sun that sets."""
    number = ORDINAL.match(word)
    if number is not None:
        return any(lexicon.stem(number[1] + end) in allowed for end in ("", "st", "nd", "rd", "th"))
    if not lexicon.reads:
        return False
    cuts = range(SHORTEST_PART, len(word) - SHORTEST_PART + 1)
    return any(lexicon.stem(word[:cut]) in allowed and lexicon.stem(word[cut:]) in allowed for cut in cuts)


def _compound(token: Token, context: Context) -> bool:
    """Whether a German noun is the head of a compound of the evidence ("Diagramm" of "Balkendiagramm") or what it is
    made of ("Holz" of "Holzkiste")."""
    if not context.lexicon.capital_nouns or len(token.lower) < HEAD_LETTERS or not token.text[:1].isupper():
        return False
    material = token.stem in context.lexicon.materials
    return any(
        (word.endswith(token.lower) and len(word) > len(token.lower) + 2) or (material and word.startswith(token.lower))
        for word in context.evidence.words
    )


class BaseCheck(Section):
    """A check of one turn: None, or the reason why the turn falls. Needs a `kind` and its thresholds."""

    def check(self, context: Context) -> Reject | None:
        """None when the turn passes."""
        raise NotImplementedError


def fail(reason: Reason, detail: str) -> Reject:
    """A failed check; the detail says what was found."""
    return Reject(reason, detail)
