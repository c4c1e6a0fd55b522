"""Figures on dialogues and what they cost, from the columns of a table of finished samples."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import median
from typing import Any

import pyarrow as pa

from curation.evaluate.questions import topic_of
from curation.inference.spent import COLUMNS as LLM_COLUMNS
from curation.inference.spent import Spent
from curation.samples import Reason

COLUMNS = ("reason", "turns", "model", "language", *LLM_COLUMNS.values())
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")


@dataclass(frozen=True)
class Verdicts:
    """The turns of which a judge said one thing: how many, how many stood, and the mean of its scores."""

    turns: int = 0
    stood: int = 0
    score: float = 0.0

    def plus(self, stood: bool, score: float) -> Verdicts:
        """With one turn more."""
        mean = (self.score * self.turns + score) / (self.turns + 1)
        return Verdicts(self.turns + 1, self.stood + stood, mean)


@dataclass(frozen=True)
class DialogueFacts:
    """What the read rows say: kept turns of accepted samples, and the checks and LLM use behind all of them."""

    rows: int = 0  # read for these figures
    dialogues: int = 0
    response_types: dict[str, int] = field(default_factory=dict)  # kept turns
    first_words: dict[str, int] = field(default_factory=dict)  # of questions of kept turns, lower case
    topics: dict[str, int] = field(default_factory=dict)  # what those questions ask for
    type_spent: dict[str, Spent] = field(default_factory=dict)  # of all turns written, shared out equally in a row
    turns_per_dialogue: dict[int, int] = field(default_factory=dict)
    question_words: float = 0.0  # median length
    answer_words: float = 0.0
    failed_checks: dict[str, int] = field(default_factory=dict)  # turns by the first check they failed
    verdicts: dict[str, Verdicts] = field(default_factory=dict)  # of all judged turns, in accepted rows or not
    unjudged: int = 0  # dialogues on which the judge gave no usable answer, and that fell for it
    turns_written: int = 0
    models: dict[str, int] = field(default_factory=dict)
    languages: dict[str, int] = field(default_factory=dict)  # of accepted samples
    spent_on_accepted: Spent = field(default_factory=Spent)
    wasted: dict[str, Spent] = field(default_factory=dict)  # by reason of rejection

    @property
    def turns(self) -> int:
        """Kept turns of accepted samples."""
        return sum(self.response_types.values())

    @property
    def spent(self) -> Spent:
        """Use of the LLM for all rows that were read."""
        return sum(self.wasted.values(), self.spent_on_accepted)

    def spent_per_kept_turn(self, response_type: str) -> Spent:
        """What was spent on a response type, dropped turns included, for each turn of it that was kept."""
        return self.type_spent.get(response_type, Spent()) * (1 / self.response_types[response_type])


class Tally:
    """Counts rows one by one; `facts` says what they come to."""

    def __init__(self) -> None:
        self.rows = self.dialogues = self.written = 0
        self.types: Counter[str] = Counter()
        self.type_spent: dict[str, Spent] = {}
        self.words: Counter[str] = Counter()
        self.topics: Counter[str] = Counter()
        self.per_dialogue: Counter[int] = Counter()
        self.failed: Counter[str] = Counter()
        self.verdicts: dict[str, Verdicts] = {}
        self.unjudged = 0
        self.models: Counter[str] = Counter()
        self.languages: Counter[str] = Counter()
        self.lengths: tuple[list[int], list[int]] = ([], [])
        self.on_accepted = Spent()
        self.wasted: dict[str, Spent] = {}

    def take(self, batch: pa.Table | pa.RecordBatch) -> None:
        """Count the rows of a table that has the columns of `COLUMNS` at least."""
        for row in batch.select(list(COLUMNS)).to_pylist():
            self._add(row)

    def _add(self, row: Mapping[str, Any]) -> None:
        self.rows += 1
        turns = row["turns"] or []
        self.written += len(turns)
        spent = Spent.in_row(row)
        for turn in turns:
            kind = turn["response_type"] or "?"
            self.type_spent[kind] = self.type_spent.get(kind, Spent()) + spent * (1 / len(turns))
            if turn["checks"]:
                self.failed[turn["checks"][0].partition(":")[0].strip()] += 1
            if verdict := turn["verdict"]:
                earlier = self.verdicts.get(verdict, Verdicts())
                self.verdicts[verdict] = earlier.plus(not turn["checks"], turn["score"] or 0.0)
        self.unjudged += row["reason"] == Reason.JUDGE_FAILED
        if turns and row["model"]:
            self.models[row["model"]] += 1
        if row["reason"] is not None:
            if spent:
                self.wasted[row["reason"]] = self.wasted.get(row["reason"], Spent()) + spent
            return
        self.on_accepted += spent
        self._accepted(row, [turn for turn in turns if not turn["checks"]])

    def _accepted(self, row: Mapping[str, Any], kept: list[Mapping[str, Any]]) -> None:
        self.dialogues += 1
        self.per_dialogue[len(kept)] += 1
        if row["language"]:
            self.languages[row["language"]] += 1
        for turn in kept:
            self.types[turn["response_type"] or "?"] += 1
            self.topics[topic_of(turn["question"] or "")] += 1
            words = _WORD.findall(turn["question"] or "")
            self.words[words[0].lower() if words else "?"] += 1
            self.lengths[0].append(len((turn["question"] or "").split()))
            self.lengths[1].append(len((turn["answer"] or "").split()))

    def facts(self) -> DialogueFacts:
        """The figures of all rows counted so far."""
        questions, answers = self.lengths
        return DialogueFacts(
            rows=self.rows,
            dialogues=self.dialogues,
            response_types=dict(self.types.most_common()),
            type_spent=self.type_spent,
            first_words=dict(self.words.most_common()),
            topics=dict(self.topics.most_common()),
            turns_per_dialogue=dict(sorted(self.per_dialogue.items())),
            question_words=median(questions) if questions else 0.0,
            answer_words=median(answers) if answers else 0.0,
            failed_checks=dict(self.failed.most_common()),
            verdicts=dict(sorted(self.verdicts.items(), key=lambda pair: -pair[1].turns)),
            unjudged=self.unjudged,
            turns_written=self.written,
            models=dict(self.models.most_common()),
            languages=dict(self.languages.most_common()),
            spent_on_accepted=self.on_accepted,
            wasted=dict(sorted(self.wasted.items(), key=lambda pair: -pair[1].tokens)),
        )
