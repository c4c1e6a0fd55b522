"""The HTML report: one file that needs nothing but a browser.

Everything strangers wrote is text here: autoescape is on, no link leads to a stranger's URL, there is no script,
and the page's own Content-Security-Policy forbids everything but its style sheet and `data:` pictures.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from curation.report.funnel import Funnel
from curation.report.gallery import Card, cards
from curation.report.reading import Snippet, snippets
from curation.report.reasons import explain, may_pass_later, stage_of
from curation.report.section import ReportSection
from curation.report.statistics import DialogueFacts, dialogue_facts
from curation.report.text import count, duration, plural, rate, share, size

FIRST_WORDS = 10


@dataclass(frozen=True)
class RunFacts:
    """What one run committed, from the table's commit infos."""

    run: str
    recipe: str
    started: datetime | None = None  # of its first and last commit
    ended: datetime | None = None
    commits: int = 0
    partitions: int = 0
    accepted: int = 0
    rejected: int = 0
    seconds: Mapping[str, float] = field(default_factory=dict)  # busy seconds by stage


@dataclass(frozen=True)
class ReasonGroup:
    """Rejected samples of one reason; `rows` counts all of them, `cards` holds those that are shown."""

    reason: str
    rows: int
    cards: tuple[Card, ...]


@dataclass(frozen=True)
class ReportData:
    """All that a report shows."""

    table: str
    funnel: Funnel
    dialogues: DialogueFacts
    accepted: tuple[Card, ...] = ()
    rejected: tuple[ReasonGroup, ...] = ()
    runs: tuple[RunFacts, ...] = ()
    partitions: int = 0
    table_bytes: int = 0
    made: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def seconds(self) -> dict[str, float]:
        """Busy seconds by stage over all runs."""
        total: dict[str, float] = {}
        for run in self.runs:
            for stage, busy in run.seconds.items():
                total[stage] = total.get(stage, 0.0) + busy
        return total


@dataclass(frozen=True)
class StageTime:
    """How busy a stage was: rows that reached it, busy seconds, and rows a busy second."""

    stage: str
    rows: int
    seconds: float

    @property
    def rows_per_s(self) -> float:
        return self.rows / self.seconds if self.seconds else 0.0


def stage_times(data: ReportData) -> list[StageTime]:
    """Busy time by stage in pipeline order. Rows rejected before a stage are not counted as its work."""
    reached = {stage.stage: stage.rows_in for stage in data.funnel.stages()}
    reached["write"] = data.funnel.accepted + data.funnel.rejected
    order = {stage: place for place, stage in enumerate(reached)}
    known = sorted(data.seconds.items(), key=lambda pair: order.get(pair[0], len(order)))
    return [StageTime(stage, reached.get(stage, data.funnel.planned), seconds) for stage, seconds in known]


def from_samples(table: pa.Table, where: str, section: ReportSection | None = None) -> ReportData:
    """The report's content from finished samples in memory: no runs, all rows counted and read."""
    section = section or ReportSection()
    funnel = Funnel.from_samples(table)
    by_reason: dict[str | None, list[int]] = {}
    for row, reason in enumerate(table.column("reason").to_pylist()):
        by_reason.setdefault(reason, []).append(row)
    accepted = by_reason.pop(None, [])[: section.accepted_samples]
    groups = [
        ReasonGroup(reason, len(rows), _cards(table, rows, section.rejected_samples, section.image_px))
        for reason, rows in by_reason.items()
        if reason is not None
    ]
    return ReportData(
        table=where,
        funnel=funnel,
        dialogues=dialogue_facts([table]),
        accepted=_cards(table, accepted, section.accepted_samples, section.image_px),
        rejected=sort_groups(groups),
    )


def _cards(table: pa.Table, rows: list[int], limit: int, side_px: int) -> tuple[Card, ...]:
    return cards(table.take(pa.array(rows[:limit], pa.int64())), limit, side_px)


def sort_groups(groups: list[ReasonGroup]) -> tuple[ReasonGroup, ...]:
    """Groups by the order of the funnel's stages, the most frequent reason of a stage first."""
    total = Funnel(0, 0, {group.reason: group.rows for group in groups})
    order = {reason: (place, -rows) for place, s in enumerate(total.stages()) for reason, rows in s.reasons.items()}
    return tuple(sorted(groups, key=lambda group: order[group.reason]))


def render(data: ReportData, section: ReportSection | None = None) -> str:
    """The report as one HTML document."""
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("curation.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(count=count, duration=duration, rate=rate, size=size, share=share, plural=plural)
    environment.globals.update(explain=explain, may_pass_later=may_pass_later, stage_of=stage_of)
    return environment.get_template("report.html").render(_context(data, section or ReportSection()))


def _context(data: ReportData, section: ReportSection) -> dict[str, Any]:
    facts = data.dialogues
    words = list(facts.first_words.items())
    more = sum(number for _, number in words[FIRST_WORDS:])
    reading: list[Snippet] = snippets(data.table)
    return {
        "data": data,
        "funnel": data.funnel,
        "facts": facts,
        "section": section,
        "times": stage_times(data),
        "reasons": sorted(data.funnel.reasons.items(), key=lambda pair: (-pair[1], pair[0])),
        "shown": {group.reason for group in data.rejected if group.cards},
        "words": words[:FIRST_WORDS] + ([("other", more)] if more else []),
        "priced": section.prompt_price > 0 or section.completion_price > 0,
        "snippets": reading,
    }


def write(data: ReportData, out_path: Path | str, section: ReportSection | None = None) -> Path:
    """Write the report to a file, whole or not at all, and return its path."""
    path = Path(out_path)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.write_text(render(data, section), encoding="utf-8")
    part.replace(path)
    return path
