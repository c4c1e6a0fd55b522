"""The rewrite stage: an LLM writes a dialogue about each image from what is known of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import pyarrow as pa
from pydantic import Field, field_validator

from curation.dialogue.checks import default_checks, failures
from curation.dialogue.evidence import gather
from curation.dialogue.lexicon import WORD
from curation.dialogue.model import Evidence, PlannedTurn, Turn
from curation.dialogue.plan import candidate, draw, plan
from curation.dialogue.promptfile import fingerprint
from curation.dialogue.response_types import RESPONSE_TYPES, InvalidAnswer
from curation.inference.chat import ChatAnswer, ChatRequest
from curation.samples import Reason, Reject, column, fill, live, reject
from curation.section import Section


class Chat(Protocol):
    """Where requests go."""

    def ask(self, requests: list[ChatRequest]) -> list[ChatAnswer]:
        """One answer a request, in the same order. Never raises for a single request."""

    def close(self) -> None:
        """Let go of connections and threads."""


class RewriteSection(Section):
    """How dialogues are written."""

    mix: dict[str, float] = Field({"conversation": 0.5, "detailed_description": 0.35, "complex_reasoning": 0.15})
    """Share of each response type among the turns, as far as the evidence can carry it; shares are normalised.
    Compare Instructify's 0.37 conversation, 0.15 description, 0.49 reasoning, which a lone alt-text cannot carry."""
    max_turns: int = Field(4, ge=1, le=12)
    """Most turns of one dialogue."""
    min_words: dict[str, int] = Field({"conversation": 3, "detailed_description": 1, "complex_reasoning": 3})
    """Fewest different content words of evidence that a response type needs."""
    attempts: int = Field(3, ge=1, le=10)
    """How often a turn is asked for until a candidate passes every default check."""
    temperature: float = Field(0.0, ge=0, le=2)
    """Sampling temperature of the first attempt."""
    retry_temperature: float = Field(0.7, ge=0, le=2)
    """Sampling temperature of the attempts after it."""
    max_tokens: int = Field(160, ge=16, le=4096)
    """Most tokens of one answer; one that reaches it counts as truncated."""
    steer_questions: bool = Field(True)
    """Fix how a question begins ("What color are the ...") by the decoding schema. A model below about 1B parameters
    needs it; with a larger one, switch it off for more varied questions."""
    seed: bool = Field(False)
    """Send a seed that is made of the sample id. Leave it off for CPU pools: a seeded request can kill vLLM there."""

    @field_validator("mix")
    @classmethod
    def _known_types(cls, mix: dict[str, float]) -> dict[str, float]:
        unknown = sorted(set(mix) - set(RESPONSE_TYPES))
        if unknown:
            raise ValueError(f"unknown response type {unknown[0]!r}; known are {', '.join(RESPONSE_TYPES)}")
        if not mix or min(mix.values()) < 0 or sum(mix.values()) <= 0:
            raise ValueError("the shares of a mix must not be negative and must have a positive sum")
        return mix


@dataclass
class _Slot:
    """One planned turn and what has come back for it."""

    planned: PlannedTurn
    turn: Turn | None = None
    failed: int = 0  # checks that the best candidate failed; 0 with a turn means done
    reject: Reject | None = None  # why there is no turn

    @property
    def done(self) -> bool:
        return self.turn is not None and not self.failed


@dataclass
class _Dialogue:
    """One sample on its way through the stage."""

    row: int
    sample_id: str
    evidence: Evidence
    slots: list[_Slot] = field(default_factory=list)
    model: str | None = None
    prompt_tokens: int = 0
    completion_tokens: int = 0

    def others(self, slot: _Slot) -> list[Turn]:
        return [other.turn for other in self.slots if other is not slot and other.turn is not None and other.done]


class Rewrite:
    """Writes a dialogue for each sample that has evidence.

    Reads `sample_id`, `text`, `language`. Fills `evidence`, `turns`, `messages` (`<image>` in the first question
    alone), `model`, `prompt`, `seed`, `prompt_tokens`, `completion_tokens`. Each planned turn is asked for up to
    `attempts` times until a candidate passes the default checks; the best candidate is kept either way, and the
    quality stage has the last word. Reasons: no_evidence, llm_failed, llm_truncated, llm_invalid.
    """

    name = "rewrite"

    def __init__(self, section: RewriteSection, chat: Chat) -> None:
        self._section = section
        self._chat = chat
        self._checks = default_checks()
        total = sum(section.mix.values())
        self._mix = {name: share / total for name, share in section.mix.items() if share > 0}

    def close(self) -> None:
        """Close the client."""
        self._chat.close()

    def __call__(self, table: pa.Table) -> pa.Table:
        rows = live(table)
        dialogues, rejects = self._plan(table, rows)
        for attempt in range(self._section.attempts):
            self._round(dialogues, attempt)
        self._rescue(dialogues)
        for dialogue in dialogues:
            if not any(slot.turn for slot in dialogue.slots):
                rejects[dialogue.row] = _no_turn(dialogue.slots)
        return reject(_filled(table, dialogues, self._section.seed), rejects)

    def _plan(self, table: pa.Table, rows: Sequence[int]) -> tuple[list[_Dialogue], dict[int, Reject]]:
        dialogues: list[_Dialogue] = []
        rejects: dict[int, Reject] = {}
        ids, texts, tongues = (column(table, name, rows) for name in ("sample_id", "text", "language"))
        for row, sample_id, text, language in zip(rows, ids, texts, tongues, strict=True):
            evidence = gather(text, language)
            if evidence is None:
                found = f"no lexicon of language {language}" if text else "no text"
                rejects[row] = Reject(Reason.NO_EVIDENCE, found)
            else:
                dialogues.append(_Dialogue(row, sample_id, evidence))
        candidates = [
            candidate(each.sample_id, each.evidence, list(self._mix), self._section.min_words) for each in dialogues
        ]
        for dialogue, turns in zip(dialogues, plan(candidates, self._mix, self._section.max_turns), strict=True):
            dialogue.slots = [_Slot(turn) for turn in turns]
            if not turns:
                rejects[dialogue.row] = Reject(Reason.NO_EVIDENCE, "the text carries no response type of the mix")
        return [dialogue for dialogue in dialogues if dialogue.slots], rejects

    def _rescue(self, dialogues: Sequence[_Dialogue]) -> None:
        """Ask for a plain description where nothing else came out well: nearly every caption carries one."""
        kind = "detailed_description"
        lost = [each for each in dialogues if not any(slot.done for slot in each.slots)]
        for dialogue in lost:
            if kind in self._mix and all(slot.planned.response_type != kind for slot in dialogue.slots):
                foci = RESPONSE_TYPES[kind].foci(dialogue.evidence)
                foci.sort(key=lambda focus: draw(dialogue.sample_id, kind, focus.topic))
                dialogue.slots = [_Slot(PlannedTurn(kind, foci[0])), *dialogue.slots] if foci else dialogue.slots
        fresh = [each for each in lost if each.slots[0].turn is None and each.slots[0].planned.response_type == kind]
        for attempt in range(self._section.attempts):
            self._round(fresh, attempt, first_only=True)

    def _round(self, dialogues: Sequence[_Dialogue], attempt: int, first_only: bool = False) -> None:
        """Ask once for every turn (or every dialogue's first) that has no good candidate yet."""
        slots = [(each, slot) for each in dialogues for slot in each.slots[: 1 if first_only else None]]
        open_slots = [(dialogue, slot) for dialogue, slot in slots if not slot.done]
        if not open_slots:
            return
        answers = self._chat.ask([self._request(dialogue, slot, attempt) for dialogue, slot in open_slots])
        for (dialogue, slot), answer in zip(open_slots, answers, strict=True):
            dialogue.model = answer.model or dialogue.model
            dialogue.prompt_tokens += answer.prompt_tokens
            dialogue.completion_tokens += answer.completion_tokens
            self._take(dialogue, slot, answer)

    def _request(self, dialogue: _Dialogue, slot: _Slot, attempt: int) -> ChatRequest:
        kind = RESPONSE_TYPES[slot.planned.response_type]
        section = self._section
        seed = _seed(dialogue.sample_id, slot.planned.focus.topic, str(attempt)) if section.seed else None
        return ChatRequest(
            messages=kind.messages(dialogue.evidence, slot.planned),
            max_tokens=section.max_tokens,
            temperature=section.retry_temperature if attempt else section.temperature,
            seed=seed,
            schema=kind.schema(slot.planned, section.steer_questions),
        )

    def _take(self, dialogue: _Dialogue, slot: _Slot, answer: ChatAnswer) -> None:
        """Keep the answer's turn if it is better than what the slot has."""
        if answer.failure is not None:
            slot.reject = Reject(answer.failure, answer.detail)
            return
        if answer.finish_reason == "length":
            slot.reject = Reject(Reason.LLM_TRUNCATED, f"cut at {self._section.max_tokens} tokens")
            return
        try:
            turns = RESPONSE_TYPES[slot.planned.response_type].parse(answer.text, slot.planned)
        except InvalidAnswer as error:
            slot.reject = Reject(Reason.LLM_INVALID, f"{slot.planned.response_type}: {error}")
            return
        for turn in turns:
            failed = len(failures(self._checks, turn, dialogue.evidence, dialogue.others(slot)))
            failed += _off_focus(turn, slot.planned, dialogue.evidence)
            if slot.turn is None or failed < slot.failed:
                slot.turn, slot.failed = turn, failed


def _off_focus(turn: Turn, planned: PlannedTurn, evidence: Evidence) -> int:
    """1 when the question gives the answer away or misses the focus, or the answer misses it: ask again."""
    focus = planned.focus
    lexicon = evidence.lexicon
    asked = {lexicon.stem(word) for word in WORD.findall(turn.question)}
    told = lexicon.entailed(lexicon.stem(word) for word in WORD.findall(turn.answer))
    if focus.expected and not focus.expected & told:
        return 1
    if focus.asked and not focus.asked & asked:
        return 1
    if focus.kind in ("color", "count", "material", "wearing", "object") and focus.expected & asked:
        return 1
    return 0


def _no_turn(slots: Iterable[_Slot]) -> Reject:
    order = (Reason.LLM_INVALID, Reason.LLM_TRUNCATED, Reason.LLM_FAILED)
    found = [slot.reject for slot in slots if slot.reject is not None]
    return max(found, key=lambda each: order.index(each.reason) if each.reason in order else len(order))


def _seed(sample_id: str, *names: str) -> int:
    return draw(sample_id, *names) % 2**31


def messages_of(turns: Sequence[Turn]) -> list[dict[str, str]]:
    """The dialogue as trainers read it: user and assistant in turn, `<image>` before the first question alone."""
    messages: list[dict[str, str]] = []
    for at, turn in enumerate(turns):
        question = turn.question if at else f"<image>\n{turn.question}"
        messages.append({"role": "user", "content": question})
        messages.append({"role": "assistant", "content": turn.answer})
    return messages


def _filled(table: pa.Table, dialogues: Sequence[_Dialogue], seeded: bool) -> pa.Table:
    columns: dict[str, dict[int, Any]] = {
        name: {}
        for name in ("evidence", "turns", "messages", "model", "prompt", "seed", "prompt_tokens", "completion_tokens")
    }
    for each in dialogues:
        turns = [slot.turn for slot in each.slots if slot.turn is not None]
        columns["evidence"][each.row] = [{"source": fact.source, "text": fact.text} for fact in each.evidence.facts]
        columns["turns"][each.row] = [turn.to_row() for turn in turns]
        columns["messages"][each.row] = messages_of(turns)
        columns["model"][each.row] = each.model
        columns["prompt"][each.row] = fingerprint()
        columns["prompt_tokens"][each.row] = each.prompt_tokens
        columns["completion_tokens"][each.row] = each.completion_tokens
        if seeded:
            columns["seed"][each.row] = _seed(each.sample_id)
    for name, values in columns.items():
        table = fill(table, name, values)
    return table
