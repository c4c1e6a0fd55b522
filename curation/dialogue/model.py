"""The values that writing and checking a dialogue pass around."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from curation.dialogue.lexicon import Lexicon
from curation.dialogue.scene import Scene, Token, read


@dataclass(frozen=True)
class Fact:
    """One thing that is known of the image, and who says so."""

    source: str
    text: str


@dataclass(frozen=True)
class Turn:
    """A question and its answer. `checks` names each check that it failed, as "reason: detail". `verdict` and `score`
    are the judge's, where there is one."""

    response_type: str
    question: str
    answer: str
    checks: tuple[str, ...] = ()
    verdict: str | None = None
    score: float | None = None

    def to_row(self) -> dict[str, Any]:
        """The turn as a value of the `turns` column."""
        return {
            "response_type": self.response_type,
            "question": self.question,
            "answer": self.answer,
            "checks": list(self.checks),
            "verdict": self.verdict,
            "score": self.score,
        }

    @classmethod
    def from_row(cls, row: dict[str, Any]) -> Turn:
        """The turn that `to_row` wrote."""
        checks = tuple(row["checks"] or ())
        kind, question, answer = (row[name] or "" for name in ("response_type", "question", "answer"))
        return cls(kind, question, answer, checks, row.get("verdict"), row.get("score"))

    def failed(self, checks: Sequence[str]) -> Turn:
        """This turn with the checks it failed."""
        return replace(self, checks=tuple(checks))

    def judged(self, verdict: str, score: float) -> Turn:
        """This turn with what the judge says of it."""
        return replace(self, verdict=verdict, score=score)


@dataclass(frozen=True)
class Focus:
    """What one turn shall be about: something that the evidence can answer.

    `topic` is what the LLM is told; `asked` are stems of which the question must hold one, `expected` stems of which
    the answer must hold one and the question none. Empty sets ask for nothing. `form` is how a small model is held to
    the kind of question: few values, so that an engine compiles few grammars.
    """

    kind: str
    topic: str
    asked: frozenset[str] = frozenset()
    expected: frozenset[str] = frozenset()
    subject: frozenset[str] = frozenset()  # of whom or what the answer must speak, by a word of it or a pronoun
    forms: tuple[str, ...] = ()  # regular expressions of the question, without its mark; the sample id chooses one
    hint: str = ""  # the inference that a cue carries
    clue: str = ""  # the cue as written
    also: frozenset[str] = frozenset()  # stems of a second fact, of which the answer must hold one too
    rank: int = 0  # foci of a higher rank are asked first
    fact: int = 0  # which of the evidence's facts answers it


@dataclass(frozen=True)
class PlannedTurn:
    """One turn to ask for."""

    response_type: str
    focus: Focus


@dataclass(frozen=True)
class Evidence:
    """All that is known of one image, read in the language of its alt-text."""

    facts: tuple[Fact, ...]
    lexicon: Lexicon

    @cached_property
    def scenes(self) -> tuple[Scene, ...]:
        """The reading of each fact, in order."""
        return tuple(read(fact.text, self.lexicon) for fact in self.facts)

    @cached_property
    def content(self) -> tuple[Token, ...]:
        """The words of all facts that claim something."""
        return tuple(token for scene in self.scenes for token in scene.content)

    @cached_property
    def stems(self) -> frozenset[str]:
        """Stems of the content words."""
        return frozenset(token.stem for token in self.content)

    @cached_property
    def supported(self) -> frozenset[str]:
        """Stems that the facts give, and those that follow from them."""
        parts = {self.lexicon.stem(part) for token in self.content for part in token.lower.split("-")}
        return self.lexicon.entailed(self.stems | parts)

    @cached_property
    def words(self) -> frozenset[str]:
        """The content words as written, lower case."""
        return frozenset(token.lower for token in self.content)

    @property
    def text(self) -> str:
        """The first fact: the repaired alt-text."""
        return self.facts[0].text
