"""The response types: what each asks the LLM for, and how its answer becomes turns.

A new one is a class with `name`, `schema`, `foci(evidence)`, `messages(evidence, planned)` and `parse(text, ...)`,
a prompt file of that name, and its line in RESPONSE_TYPES.
"""

from __future__ import annotations

import functools
from typing import Any, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from curation.dialogue import focus as focus_of
from curation.dialogue.evidence import OCR
from curation.dialogue.model import Evidence, Focus, PlannedTurn, Turn
from curation.dialogue.premise import premise_foci
from curation.dialogue.promptfile import PromptFile, prompt_file
from curation.dialogue.scene import Scene
from curation.dialogue.view import View

Model = TypeVar("Model", bound=BaseModel)


class InvalidAnswer(ValueError):
    """The LLM's text is no answer of this response type. Safe next: ask again."""


class Exchange(BaseModel):
    """A question and its answer, as the LLM writes them."""

    model_config = ConfigDict(extra="forbid")

    question: str = Field(min_length=8, max_length=140)
    answer: str = Field(min_length=5, max_length=300)


class Statement(BaseModel):
    """An answer to a question that is already known."""

    model_config = ConfigDict(extra="forbid")

    answer: str = Field(min_length=8, max_length=400)


class ResponseType(Protocol):
    """What the rewrite stage needs of a response type."""

    name: str
    needs: str  # why evidence that carries none of its foci does not

    def schema(self, planned: PlannedTurn, steer: bool) -> dict[str, Any]:
        """The JSON schema that the answer is decoded by; with `steer` it fixes how the question begins."""

    def foci(self, evidence: Evidence) -> list[Focus]:
        """What the evidence can carry of this type; none when it cannot."""

    def messages(self, evidence: Evidence, planned: PlannedTurn) -> tuple[dict[str, Any], ...]:
        """The chat to send."""

    def parse(self, text: str, planned: PlannedTurn) -> Turn:
        """The turn in the LLM's text. Raises InvalidAnswer."""


class Conversation:
    """Short questions about single facts: colour, number, clothing, activity, place, material."""

    name = "conversation"
    needs = "no color, number, clothing, activity, place, material or text is told of anything"

    def schema(self, planned: PlannedTurn, steer: bool) -> dict[str, Any]:
        return _steered(planned.focus.forms[0] if steer and planned.focus.forms else "")

    def foci(self, evidence: Evidence) -> list[Focus]:
        return focus_of.foci(evidence)

    def messages(self, evidence: Evidence, planned: PlannedTurn) -> tuple[dict[str, Any], ...]:
        return _prompt(self.name, evidence).chat(planned.focus.kind, _told(evidence, planned), planned.focus.topic)

    def parse(self, text: str, planned: PlannedTurn) -> Turn:
        found = _validate(Exchange, text)
        return Turn(self.name, found.question.strip(), found.answer.strip())


class _StatementType:
    """A question that is known beforehand, and an answer that the LLM writes."""

    name: str
    needs: str

    def schema(self, planned: PlannedTurn, steer: bool) -> dict[str, Any]:
        return _statement()

    def parse(self, text: str, planned: PlannedTurn) -> Turn:
        found = _validate(Statement, text)
        return Turn(self.name, planned.focus.topic, found.answer.strip())


class DetailedDescription(_StatementType):
    """All of the evidence as fluent text. The question is one of the prompt file's, by sample id."""

    name = "detailed_description"
    needs = "nothing is told that can be seen, or there is no prompt file in its language"

    def foci(self, evidence: Evidence) -> list[Focus]:
        prompt = prompt_file(self.name, evidence.lexicon.language)
        if not evidence.stems or prompt is None:
            return []
        if evidence.lexicon.reads and not any(_tells(scene, evidence) for scene in evidence.scenes):
            return []
        kind = "action" if evidence.scenes[0].actions else "still"
        if _seen(evidence) and "fused" in prompt.examples:
            kind = "fused"
        return [Focus(kind, question) for question in prompt.questions]

    def messages(self, evidence: Evidence, planned: PlannedTurn) -> tuple[dict[str, Any], ...]:
        kind = planned.focus.kind
        facts = _seen(evidence) if kind == "fused" else ()
        return _prompt(self.name, evidence).chat(kind, evidence.text, "", facts=facts)


class ComplexReasoning(_StatementType):
    """A cautious inference from a cue that the evidence holds. The question is one of the cue's, by sample id; the
    answer hedges and names the cue."""

    name = "complex_reasoning"
    needs = "nothing told is a cue for an inference"

    def schema(self, planned: PlannedTurn, steer: bool) -> dict[str, Any]:
        return _concluding(planned.focus.forms[0]) if steer and planned.focus.forms else _statement()

    def foci(self, evidence: Evidence) -> list[Focus]:
        return focus_of.cue_foci(evidence)

    def messages(self, evidence: Evidence, planned: PlannedTurn) -> tuple[dict[str, Any], ...]:
        focus = planned.focus
        prompt = _prompt(self.name, evidence)
        return prompt.chat(focus.kind, _told(evidence, planned), focus.topic, focus.hint, focus.clue)


class FalsePremise(_StatementType):
    """A question that takes for granted what the evidence excludes (a color, a deed, a place, a kind of thing ...), and
    an answer that puts it right."""

    name = "false_premise"
    needs = "nothing is told that excludes something which a question could take for granted"

    def foci(self, evidence: Evidence) -> list[Focus]:
        return premise_foci(evidence)

    def messages(self, evidence: Evidence, planned: PlannedTurn) -> tuple[dict[str, Any], ...]:
        focus = planned.focus
        return _prompt(self.name, evidence).chat(focus.kind, _told(evidence, planned), focus.topic, focus.hint)


def _tells(scene: Scene, evidence: Evidence) -> bool:
    """Whether a fact tells of something seen, and a headline what one can ask for or how it looks: of 500 alt-texts of
    LAION, 13 of 18 untrue descriptions were of titles that carry no other question ("Descendants of the Sun")."""
    lexicon = evidence.lexicon
    looks = any(token.stem in lexicon.colours or token.stem in lexicon.materials for token in scene.content)
    shown = View.of(scene, lexicon).shows_something()
    return shown and (not scene.headline or looks or bool(focus_of.foci(evidence)))


def _told(evidence: Evidence, planned: PlannedTurn) -> str:
    """The fact that answers the focus: one is enough, and more would tempt a small model to mix them."""
    return evidence.facts[planned.focus.fact].text


def _seen(evidence: Evidence) -> tuple[str, ...]:
    """The facts beside the first that a description tells too. What is written in the image is a turn of its own."""
    return tuple(fact.text for fact in evidence.facts[1:] if fact.source != OCR)


def _prompt(name: str, evidence: Evidence) -> PromptFile:
    """The prompt file in the evidence's language. `foci` has made sure that there is one."""
    found = prompt_file(name, evidence.lexicon.language)
    if found is None:
        raise LookupError(f"no prompt file of {name} in language {evidence.lexicon.language}")
    return found


@functools.cache
def _steered(form: str) -> dict[str, Any]:
    """The schema of an exchange whose question has a given form; the same object for the same form."""
    schema = Exchange.model_json_schema()
    if form:
        schema["properties"]["question"] = {"type": "string", "pattern": f"^{form}\\?$"}
    return schema


@functools.cache
def _concluding(form: str) -> dict[str, Any]:
    """The schema of an answer of a given form."""
    schema = Statement.model_json_schema()
    schema["properties"]["answer"] = {"type": "string", "pattern": f"^{form}\\.$"}
    return schema


@functools.cache
def _statement() -> dict[str, Any]:
    return Statement.model_json_schema()


def _validate(model: type[Model], text: str) -> Model:
    try:
        return model.model_validate_json(text)
    except ValidationError as error:
        raise InvalidAnswer(str(error.errors()[0]["type"])) from error


RESPONSE_TYPES: dict[str, ResponseType] = {
    kind.name: kind for kind in (Conversation(), DetailedDescription(), ComplexReasoning(), FalsePremise())
}
