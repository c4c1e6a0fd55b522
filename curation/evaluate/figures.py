"""What is measured of a data set's dialogues."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from statistics import mean, median, quantiles
from typing import Any

from curation.dialogue.checks import default_checks, failures
from curation.dialogue.evidence import from_rows
from curation.dialogue.judge import SUPPORTED, Case
from curation.evaluate.dialogues import Dialogue, Dialogues
from curation.evaluate.questions import TOPICS, topic_of
from curation.samples import Reason
from curation.stages.judge import JudgeSection, judge
from curation.stages.rewrite import Chat

WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
FORM_WORDS = 2
TOP_FORMS = 12
Z95 = 1.959964  # normal quantile of 95 %


@dataclass(frozen=True)
class Rate:
    """A share, and the interval in which the data set's own lies with 95 % confidence (Wilson, 1927)."""

    hits: int
    of: int

    @property
    def share(self) -> float | None:
        """From 0 to 1; None of nothing."""
        return self.hits / self.of if self.of else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Its lower and upper end, from 0 to 1; None of nothing."""
        if not self.of:
            return None
        share, square = self.hits / self.of, Z95 * Z95
        centre = (share + square / (2 * self.of)) / (1 + square / self.of)
        half = Z95 / (1 + square / self.of) * math.sqrt(share * (1 - share) / self.of + square / (4 * self.of**2))
        return max(0.0, centre - half), min(1.0, centre + half)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {"hits": self.hits, "of": self.of, "share": self.share, "interval": self.interval}


@dataclass(frozen=True)
class Lengths:
    """Words of some texts."""

    mean: float = 0.0
    median: float = 0.0
    p90: float = 0.0


@dataclass(frozen=True)
class Figures:
    """The figures of one data set, on its sampled dialogues. What cannot be measured there is None, never 0."""

    name: str
    rows: int
    sampled: int
    turns: int
    acceptance: Rate | None  # rows accepted of rows planned
    kept: Rate | None  # turns that the checks kept of turns written, in accepted dialogues
    supported: Rate | None  # turns whose every word and relation the evidence gives, by the checks of support
    passed: Rate | None  # turns that pass all default checks
    judged: Rate | None  # turns that the judge supports
    unjudged: int  # dialogues on which the judge gave no answer
    types: dict[str, float] | None
    turns_per_dialogue: float
    question_words: Lengths
    answer_words: Lengths
    distinct_questions: float  # different questions, of all questions
    distinct_words: dict[int, float]  # different n-grams of all answers' n-grams, within the same number of words
    forms: dict[str, float] = field(default_factory=dict)  # first words of questions, the most frequent ones
    topics: dict[str, float] = field(default_factory=dict)  # what questions ask for: see questions.py

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        rates = ("acceptance", "kept", "supported", "passed", "judged")
        return asdict(self) | {name: rate.to_dict() if (rate := getattr(self, name)) else None for name in rates}


def measure(found: Dialogues, words: int, section: JudgeSection | None = None, chat: Chat | None = None) -> Figures:
    """The figures of a data set. Distinct n-grams are counted within the first `words` words of its answers, since
    they grow rarer with the length of a text: give data sets that are compared the same number."""
    turns = [turn for dialogue in found.sampled for turn in dialogue.turns]
    supported, passed = _by_checks(found.sampled)
    judged, unjudged = _by_judge(found.sampled, section, chat) if section and chat else (None, 0)
    types = Counter(turn.response_type for turn in turns)
    questions = [WORD.findall(turn.question.casefold()) for turn in turns]
    forms = Counter(" ".join(question[:FORM_WORDS]) for question in questions)
    spoken = answer_words(found)[:words]
    return Figures(
        name=found.name,
        rows=found.rows,
        sampled=len(found.sampled),
        turns=len(turns),
        acceptance=None if found.planned is None else Rate(found.rows, found.planned),
        kept=None if found.written is None else Rate(len(turns), found.written),
        supported=supported,
        passed=passed,
        judged=judged,
        unjudged=unjudged,
        types=None if "" in types else _shares(types, len(turns), len(types)),
        turns_per_dialogue=len(turns) / max(1, len(found.sampled)),
        question_words=_lengths([len(turn.question.split()) for turn in turns]),
        answer_words=_lengths([len(turn.answer.split()) for turn in turns]),
        distinct_questions=len({tuple(question) for question in questions}) / max(1, len(turns)),
        distinct_words={n: _distinct(spoken, n) for n in (1, 2)},
        forms=_shares(forms, len(turns), TOP_FORMS),
        topics=_shares(Counter(topic_of(turn.question) for turn in turns), len(turns), len(TOPICS)),
    )


def answer_words(found: Dialogues) -> list[str]:
    """The words of all sampled answers, one after the other."""
    return [
        word for dialogue in found.sampled for turn in dialogue.turns for word in WORD.findall(turn.answer.casefold())
    ]


def _by_checks(dialogues: Sequence[Dialogue]) -> tuple[Rate | None, Rate | None]:
    """Turns that the checks call supported, and turns that pass them all. None where no dialogue has evidence."""
    checks = default_checks()
    supported = passed = of = 0
    for dialogue in dialogues:
        evidence = from_rows([vars(fact) for fact in dialogue.facts], dialogue.language)
        if evidence is None:
            continue
        for at, turn in enumerate(dialogue.turns):
            reasons = {reject.reason for _, reject in failures(checks, turn, evidence, dialogue.turns[:at])}
            supported += Reason.UNSUPPORTED not in reasons
            passed += not reasons
            of += 1
    return (Rate(supported, of), Rate(passed, of)) if of else (None, None)


def _by_judge(dialogues: Sequence[Dialogue], section: JudgeSection, chat: Chat) -> tuple[Rate | None, int]:
    cases = [Case(dialogue.facts, dialogue.turns) for dialogue in dialogues if dialogue.facts and dialogue.turns]
    opinions = judge(section, chat, cases)
    judged = [each for opinion in opinions for each in opinion.judgements or ()]
    hits = sum(each.verdict == SUPPORTED and each.score >= section.min_score for each in judged)
    return Rate(hits, len(judged)) if cases else None, sum(opinion.judgements is None for opinion in opinions)


def _shares(counts: Counter[str], of: int, top: int) -> dict[str, float]:
    return {name: times / max(1, of) for name, times in counts.most_common(top)}


def _lengths(words: Sequence[int]) -> Lengths:
    if not words:
        return Lengths()
    tenths = quantiles(words, n=10, method="inclusive") if len(words) > 1 else [words[0]]
    return Lengths(mean(words), median(words), tenths[-1])


def _distinct(words: Sequence[str], n: int) -> float:
    grams = [tuple(words[at : at + n]) for at in range(len(words) - n + 1)]
    return len(set(grams)) / len(grams) if grams else 0.0
