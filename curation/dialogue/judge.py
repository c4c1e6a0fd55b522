"""Model-graded judging: what an LLM is asked about the turns of a dialogue, and what its answer means."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from curation.dialogue.model import Fact, Turn
from curation.dialogue.response_types import InvalidAnswer

PROMPT = Path(__file__).with_name("judge.yaml")
SUPPORTED = "supported"
# Few values, so that a small model cannot lose itself in digits.
SCORES = [tenth / 10 for tenth in range(11)]


class Judgement(BaseModel):
    """What the judge says of one turn. The score is 1 for certainly supported and 0 for certainly not."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    verdict: Literal["supported", "contradicted", "unknowable"]
    score: float = Field(ge=0, le=1)


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    verdicts: tuple[Judgement, ...]


class _ShownTurn(Judgement):
    question: str
    answer: str


class _Example(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    evidence: tuple[dict[str, str], ...]
    turns: tuple[_ShownTurn, ...]


class _Prompt(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    version: int
    system: str
    examples: tuple[_Example, ...]


@dataclass(frozen=True)
class Case:
    """One dialogue to judge: what is known of the image, and the turns."""

    facts: tuple[Fact, ...]
    turns: tuple[Turn, ...]

    def messages(self) -> tuple[dict[str, Any], ...]:
        """The chat to send. Evidence and turns are JSON strings, so that nothing in them can end the quotation."""
        told = [{"source": fact.source, "text": fact.text} for fact in self.facts]
        return (*_preamble(), {"role": "user", "content": _shown(told, self.turns)})

    def parse(self, text: str) -> tuple[Judgement, ...]:
        """One judgement a turn, in order. Raises `InvalidAnswer` when the answer is not that."""
        try:
            found = _Answer.model_validate_json(text).verdicts
        except ValidationError as error:
            raise InvalidAnswer(str(error.errors()[0]["type"])) from error
        if len(found) != len(self.turns):
            raise InvalidAnswer(f"{len(found)} verdicts for {len(self.turns)} turns")
        return found


@functools.cache
def schema(turns: int) -> dict[str, Any]:
    """The JSON schema of an answer about so many turns; the same object for the same number."""
    verdicts = ["supported", "contradicted", "unknowable"]
    one = {
        "type": "object",
        "properties": {"verdict": {"type": "string", "enum": verdicts}, "score": {"type": "number", "enum": SCORES}},
        "required": ["verdict", "score"],
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "properties": {"verdicts": {"type": "array", "items": one, "minItems": turns, "maxItems": turns}},
        "required": ["verdicts"],
        "additionalProperties": False,
    }


@functools.cache
def fingerprint() -> str:
    """16 hex digits that change when the judge's prompt file changes."""
    return hashlib.sha256(PROMPT.read_bytes()).hexdigest()[:16]


@functools.cache
def _preamble() -> tuple[dict[str, Any], ...]:
    prompt = _Prompt.model_validate(yaml.safe_load(PROMPT.read_text("utf-8")))
    messages: list[dict[str, Any]] = [{"role": "system", "content": prompt.system}]
    for example in prompt.examples:
        said = {"verdicts": [{"verdict": turn.verdict, "score": turn.score} for turn in example.turns]}
        messages.append({"role": "user", "content": _shown(list(example.evidence), example.turns)})
        messages.append({"role": "assistant", "content": json.dumps(said, separators=(", ", ": "))})
    return tuple(messages)


def _shown(facts: list[dict[str, str]], turns: Sequence[Turn | _ShownTurn]) -> str:
    told = [{"turn": at, "question": turn.question, "answer": turn.answer} for at, turn in enumerate(turns, 1)]
    return json.dumps({"evidence": facts, "turns": told}, ensure_ascii=False)
