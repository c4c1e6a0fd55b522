"""The judge stage: an LLM is asked of every kept turn whether the evidence supports it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import pyarrow as pa
from pydantic import Field

from curation.dialogue.judge import SUPPORTED, Case, Judgement, fingerprint, schema
from curation.dialogue.model import Fact, Turn
from curation.dialogue.response_types import InvalidAnswer
from curation.inference.chat import ChatAnswer, ChatRequest
from curation.inference.section import EndpointSection
from curation.inference.spent import Spent, add_spent
from curation.samples import Reason, Reject, column, fill, live, reject
from curation.section import Section
from curation.stages.rewrite import Chat, messages_of

RETRY_TEMPERATURE = 0.5


class JudgeSection(Section):
    """`judge`: a second request a dialogue that grades its turns. Without this section nobody judges."""

    endpoints: tuple[EndpointSection, ...] = ()
    """Servers of a judge of its own, asked as `inference.client` says; without any, the writer judges itself."""
    min_score: float = Field(0.5, ge=0, le=1)
    """Least score with which a turn that is called supported stands. 0.5 is the judge's own even odds; measure your
    judge (`python -m tests.bench.bench_judge`) before you trust another."""
    min_turns: int = Field(1, ge=1)
    """Fewest turns that must stand for the dialogue to be accepted."""
    min_kept_share: float = Field(0.5, ge=0, le=1)
    """Least share of the judged turns that must stand: of a dialogue that is mostly invented nothing is trusted."""
    attempts: int = Field(2, ge=1, le=10)
    """How often a dialogue is put to the judge until its answer is one verdict a turn."""
    on_failure: Literal["reject", "keep"] = "reject"
    """What becomes of a dialogue on which the judge gives no usable answer."""
    max_tokens: int = Field(512, ge=32, le=8192)
    """Most tokens of one answer; a turn takes about 20."""


@dataclass
class Opinion:
    """What came of putting one dialogue to the judge: its judgements, or None and why; and what it cost."""

    judgements: tuple[Judgement, ...] | None = None
    failure: str = ""
    spent: Spent = field(default_factory=Spent)
    hopeless: bool = field(default=False, repr=False)

    @property
    def open(self) -> bool:
        """Whether asking again may help."""
        return self.judgements is None and not self.hopeless


class Judge:
    """Grades each turn that quality kept, and drops those that the evidence does not support.

    Reads `evidence`, `turns`. Fills `turns` (verdict and score of each judged turn, and the failed check
    "judged_unsupported: ..."), `messages`, and adds its requests, tokens and seconds to the row, and its
    prompt's fingerprint to `prompt`. Reasons: judged_unsupported (too few turns stand), judge_failed.
    """

    name = "judge"

    def __init__(self, section: JudgeSection, chat: Chat) -> None:
        self._section = section
        self._chat = chat

    def close(self) -> None:
        """Close the client."""
        self._chat.close()

    def __call__(self, table: pa.Table) -> pa.Table:
        rows = live(table)
        columns = [column(table, name, rows) for name in ("evidence", "turns")]
        dialogues = [[Turn.from_row(turn) for turn in turns or ()] for turns in columns[1]]
        cases = [
            Case(tuple(Fact(**fact) for fact in facts or ()), tuple(turn for turn in turns if not turn.checks))
            for facts, turns in zip(columns[0], dialogues, strict=True)
        ]
        opinions = judge(self._section, self._chat, cases)
        table = _spent(table, rows, opinions)
        filled: dict[str, dict[int, Any]] = {"turns": {}, "messages": {}}
        rejects: dict[int, Reject] = {}
        for row, turns, opinion in zip(rows, dialogues, opinions, strict=True):
            if opinion.judgements is None:
                if self._section.on_failure == "reject":
                    rejects[row] = Reject(Reason.JUDGE_FAILED, opinion.failure)
                continue
            graded = self._graded(turns, opinion.judgements)
            kept = [turn for turn in graded if not turn.checks]
            filled["turns"][row] = [turn.to_row() for turn in graded]
            filled["messages"][row] = messages_of(kept)
            judged = len(opinion.judgements)
            if len(kept) < max(self._section.min_turns, self._section.min_kept_share * judged):
                detail = f"{len(kept)} of {judged} turns stand: {_worst(opinion.judgements)}"
                rejects[row] = Reject(Reason.JUDGED_UNSUPPORTED, detail)
        for name, values in filled.items():
            table = fill(table, name, values)
        return reject(table, rejects)

    def _graded(self, turns: Sequence[Turn], judgements: Sequence[Judgement]) -> list[Turn]:
        """The turns, with what the judge says of those that had no failed check."""
        left = iter(judgements)
        graded: list[Turn] = []
        for turn in turns:
            if not turn.checks:
                found = next(left)
                stands = found.verdict == SUPPORTED and found.score >= self._section.min_score
                checks = () if stands else (f"{Reason.JUDGED_UNSUPPORTED}: {_words(found)}",)
                turn = turn.judged(found.verdict, found.score).failed(checks)
            graded.append(turn)
        return graded


def judge(section: JudgeSection, chat: Chat, cases: Sequence[Case]) -> list[Opinion]:
    """One opinion a dialogue, in order. One without turns or evidence is not asked about.

    Raises `PoolError` when no endpoint answers."""
    opinions = [
        Opinion() if case.facts and case.turns else Opinion(failure="nothing to judge", hopeless=True) for case in cases
    ]
    for attempt in range(section.attempts):
        asked = [(case, opinion) for case, opinion in zip(cases, opinions, strict=True) if opinion.open]
        if not asked:
            break
        temperature = RETRY_TEMPERATURE if attempt else 0.0
        requests = [
            ChatRequest(case.messages(), section.max_tokens, temperature, schema=schema(len(case.turns)))
            for case, _ in asked
        ]
        for (case, opinion), answer in zip(asked, chat.ask(requests), strict=True):
            _take(case, opinion, answer)
    return opinions


def _take(case: Case, opinion: Opinion, answer: ChatAnswer) -> None:
    opinion.spent += Spent.on(answer)
    if answer.failure is not None and answer.failure is not Reason.LLM_TRUNCATED:
        opinion.failure = f"{answer.failure}: {answer.detail}"
        opinion.hopeless = answer.failure is not Reason.LLM_INVALID  # the client has tried again already
        return
    try:
        opinion.judgements = case.parse(answer.text)
    except InvalidAnswer as error:
        opinion.failure = f"the judge's answer is not valid: {error}"


def _spent(table: pa.Table, rows: Sequence[int], opinions: Sequence[Opinion]) -> pa.Table:
    """The table with what the judge took, and its prompt, in the rows that it was asked about."""
    asked = {row: opinion.spent for row, opinion in zip(rows, opinions, strict=True) if opinion.spent}
    table = add_spent(table, asked)
    prompts = dict(zip(rows, column(table, "prompt", rows), strict=True))
    return fill(table, "prompt", {row: f"{prompts[row] or ''}+{fingerprint()}" for row in asked})


def _worst(judgements: Sequence[Judgement]) -> str:
    return _words(min(judgements, key=lambda found: (found.verdict == SUPPORTED, found.score)))


def _words(found: Judgement) -> str:
    return f"{found.verdict}, score {found.score:.2g}"
