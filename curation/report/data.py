"""All that a report shows, as plain values: from a table, or from samples in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from curation.inference.spent import Spent
from curation.report.funnel import Funnel, FunnelStage
from curation.report.gallery import COLUMNS as GALLERY_COLUMNS
from curation.report.gallery import Card, cards
from curation.report.section import ReportSection
from curation.report.statistics import COLUMNS as FACT_COLUMNS
from curation.report.statistics import DialogueFacts, Tally

if TYPE_CHECKING:
    from curation.table.read import RunInfo, SampleTable

# A gallery reads pictures, so it looks at no more than this many times the rows that it shows.
MOST_ROWS_PER_CARD = 50


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
    spent: Spent = field(default_factory=Spent)  # use of the LLM, over all rows
    again: bool = False  # a retry: its rows stand under the run that rejected them too

    @property
    def hours(self) -> float:
        """From the start of the run, which is in its name, to its last commit. 0 where the name holds no time."""
        try:
            began = datetime.strptime(self.run.partition("-")[0], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
        except ValueError:
            return 0.0
        return max(0.0, (self.ended - began).total_seconds() / 3600) if self.ended else 0.0


@dataclass(frozen=True)
class Prices:
    """What use of the LLM costs: of a token, and of a second that a request was in flight."""

    prompt: float = 0.0
    completion: float = 0.0
    second: float = 0.0

    @classmethod
    def of(cls, section: ReportSection, runs: Iterable[RunFacts]) -> Prices:
        """The recipe's prices; what the GPUs cost over the runs falls on the requests by their seconds."""
        hours = spent_s = 0.0
        for run in runs:
            hours += run.hours
            spent_s += run.spent.seconds
        gpu_cost = section.gpu_hour_price * section.gpus * hours
        second = gpu_cost / spent_s if spent_s else 0.0
        return cls(section.prompt_price / 1e6, section.completion_price / 1e6, second)

    def cost(self, spent: Spent) -> float:
        """In the recipe's currency."""
        return (
            spent.prompt_tokens * self.prompt + spent.completion_tokens * self.completion + spent.seconds * self.second
        )

    def __bool__(self) -> bool:
        return bool(self.prompt or self.completion or self.second)


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
    problems: tuple[str, ...] = ()  # partitions that do not balance
    made: datetime = field(default_factory=lambda: datetime.now(UTC))

    def shelves(self) -> list[tuple[FunnelStage, list[ReasonGroup]]]:
        """The rejected samples to show, by stage in pipeline order, the most frequent reason of a stage first."""
        groups = {group.reason: group for group in self.rejected if group.cards}
        shelves = [
            (stage, [groups[reason] for reason in stage.reasons if reason in groups]) for stage in self.funnel.stages()
        ]
        return [(stage, found) for stage, found in shelves if found]

    @property
    def balanced(self) -> bool:
        """Whether every planned row is there exactly once, as far as the table was checked."""
        return self.funnel.balanced and not self.problems

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
        """Rows a busy second; 0 when it was never busy."""
        return self.rows / self.seconds if self.seconds else 0.0


def stage_times(data: ReportData) -> list[StageTime]:
    """Busy time by stage in pipeline order. Rows rejected before a stage are not counted as its work."""
    reached = {stage.stage: stage.rows_in for stage in data.funnel.stages()}
    reached["write"] = data.funnel.accepted + data.funnel.rejected
    order = {stage: place for place, stage in enumerate(reached)}
    known = sorted(data.seconds.items(), key=lambda pair: order.get(pair[0], len(order)))
    return [StageTime(stage, reached.get(stage, data.funnel.planned), seconds) for stage, seconds in known]


def from_table(table: SampleTable, section: ReportSection) -> ReportData:
    """What a table holds: the funnel from all rows, figures and rejected samples from the first
    `section.statistics_rows` of each outcome, accepted samples spread over the rows by their ids."""
    status = table.status()
    most = section.statistics_rows
    data = assemble(
        table.uri,
        Funnel(status.planned, status.accepted, status.reasons),
        section,
        accepted=table.scan(FACT_COLUMNS, outcome="accepted", limit=most),
        pictured=table.scan(
            GALLERY_COLUMNS,
            outcome="accepted",
            filter=_spread(section.accepted_samples, status.accepted),
            limit=section.accepted_samples,
        ),
        rejected=table.scan(sorted({*GALLERY_COLUMNS, *FACT_COLUMNS} - {"image"}), outcome="rejected", limit=most),
    )
    return replace(
        data,
        runs=tuple(_run_facts(run) for run in table.runs()),
        partitions=status.partitions,
        table_bytes=status.bytes,
        problems=tuple(
            f"partition {wrong.partition}: {wrong.planned:,} planned, {wrong.accepted:,} accepted, "
            f"{wrong.rejected:,} rejected, {wrong.distinct:,} different rows"
            for wrong in status.unbalanced[:20]
        ),
    )


def assemble(
    where: str,
    funnel: Funnel,
    section: ReportSection,
    accepted: Iterable[pa.RecordBatch],
    pictured: Iterable[pa.RecordBatch],
    rejected: Iterable[pa.RecordBatch],
) -> ReportData:
    """A report's content from batches of rows. `accepted` needs the columns of `statistics.COLUMNS`, `pictured`
    those of `gallery.COLUMNS`, `rejected` both save for `image`. Each is read once and not held."""
    tally = Tally()
    for batch in accepted:
        tally.take(batch)
    shown: dict[str, list[Card]] = {}
    for batch in rejected:
        tally.take(batch)
        _show(batch, shown, section)
    wall: list[Card] = []
    for batch in pictured:
        wall += cards(batch, section.accepted_samples - len(wall), section.image_px)
    groups = (ReasonGroup(reason, funnel.reasons.get(reason, 0), tuple(some)) for reason, some in shown.items())
    return ReportData(where, funnel, tally.facts(), tuple(wall), tuple(groups))


def _show(batch: pa.RecordBatch, shown: dict[str, list[Card]], section: ReportSection) -> None:
    rows: list[int] = []
    room = Counter({reason: section.rejected_samples - len(some) for reason, some in shown.items()})
    for row, found in enumerate(batch.column("reason").to_pylist()):
        reason = str(found)
        if room.setdefault(reason, section.rejected_samples) > 0:
            room[reason] -= 1
            rows.append(row)
    for card in cards(batch.take(pa.array(rows, pa.int64())), len(rows), section.image_px):
        shown.setdefault(card.reason, []).append(card)


def _spread(wanted: int, rows: int) -> pc.Expression | None:
    """A filter that passes about twice `wanted` of `rows` rows. Sample ids are hashes, so those below a bound are
    a fair sample."""
    part = max(2 * wanted / rows if rows else 1.0, 1 / MOST_ROWS_PER_CARD)
    if part >= 1:
        return None
    return pc.field("sample_id") < f"{int(part * 16**8):08x}"


def _run_facts(run: RunInfo) -> RunFacts:
    seconds: Counter[str] = Counter()
    spent = Spent()
    for receipt in run.receipts:
        seconds.update(receipt.seconds)
        spent += Spent(**receipt.llm)
    return RunFacts(
        run=run.run,
        recipe=run.recipe,
        started=run.first_commit,
        ended=run.last_commit,
        commits=run.commits,
        partitions=len(run.receipts),
        accepted=sum(receipt.accepted for receipt in run.receipts),
        rejected=sum(receipt.rejected for receipt in run.receipts),
        seconds=dict(seconds),
        spent=spent,
        again=run.again,
    )
