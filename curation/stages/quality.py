"""The quality stage: every turn is checked, failed turns fall, and a dialogue that keeps too few falls whole."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pyarrow as pa
from pydantic import Field

from curation.dialogue.checks import Check, default_checks, failures
from curation.dialogue.contamination import ContaminationSection, EvaluationQuestions
from curation.dialogue.evidence import from_rows
from curation.dialogue.model import Evidence, Turn
from curation.samples import Reason, Reject, column, fill, live, reject
from curation.section import Section
from curation.stages.rewrite import messages_of


class QualitySection(Section):
    """What a turn must pass, and how much of a dialogue must."""

    checks: tuple[Check, ...] = Field(default_factory=default_checks)
    """The checks, in the order in which they speak. All by default; a list replaces them."""
    min_turns: int = Field(1, ge=1)
    """Fewest turns that must be kept for the dialogue to be accepted."""
    min_kept_share: float = Field(0.0, ge=0, le=1)
    """Least share of a dialogue's turns that must be kept for it to be accepted."""
    contamination: ContaminationSection = ContaminationSection()
    """Evaluation sets whose images and questions must not be trained on. Images fall right after the images stage."""


class Quality:
    """Holds each turn to the checks and keeps those that pass.

    Reads `language`, `evidence`, `turns`. Fills `turns` (the failed checks of each turn, "reason: detail") and
    `messages` (rebuilt from the kept turns). A turn whose question stands in an evaluation set fails too. Rejects a row
    that keeps too few turns, with the reason that failed most of its turns. Reasons: those of the checks,
    contaminated, no_evidence.
    """

    name = "quality"

    def __init__(self, section: QualitySection) -> None:
        self._section = section
        self._contaminated = EvaluationQuestions(section.contamination)

    def __call__(self, table: pa.Table) -> pa.Table:
        rows = live(table)
        checked: dict[int, Any] = {}
        messages: dict[int, Any] = {}
        rejects: dict[int, Reject] = {}
        columns = (column(table, name, rows) for name in ("language", "evidence", "turns"))
        for row, language, facts, given in zip(rows, *columns, strict=True):
            evidence = from_rows(facts, language)
            if evidence is None or not given:
                rejects[row] = Reject(Reason.NO_EVIDENCE, "no evidence or no turns to check")
                continue
            turns, found = self._check([Turn.from_row(turn) for turn in given], evidence)
            kept = [turn for turn in turns if not turn.checks]
            checked[row] = [turn.to_row() for turn in turns]
            messages[row] = messages_of(kept)
            if len(kept) < max(self._section.min_turns, self._section.min_kept_share * len(turns)):
                rejects[row] = _telling(found, len(kept), len(turns))
        table = fill(fill(table, "turns", checked), "messages", messages)
        return reject(table, rejects)

    def _check(self, turns: list[Turn], evidence: Evidence) -> tuple[list[Turn], list[Reject]]:
        """The turns with the checks they failed, and the first failure of each failed one."""
        checked: list[Turn] = []
        first: list[Reject] = []
        for turn in turns:
            earlier = [other for other in checked if not other.checks]
            found = [reject for _, reject in failures(self._section.checks, turn, evidence, earlier)]
            contaminated = self._contaminated(turn.question)
            found += [contaminated] if contaminated else []
            checked.append(turn.failed([f"{each.reason}: {each.detail}" for each in found]))
            first.extend(found[:1])
        return checked, first


def _telling(found: list[Reject], kept: int, turns: int) -> Reject:
    """The reason that failed most turns, with the detail of the first turn that it failed."""
    common = Counter(each.reason for each in found).most_common(1)[0][0]
    detail = next(each.detail for each in found if each.reason == common)
    return Reject(common, f"{kept} of {turns} turns kept: {detail}")
