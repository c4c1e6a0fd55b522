"""The funnel: rows in, rejected by stage and reason, accepted; and the proof that the sum is right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from curation.report.reasons import explain, may_pass_later, stage_of
from curation.report.text import count, share
from curation.samples import Reason
from curation.stages.base import STAGES

# The last two are no stages: what the engine quarantined, and
# reasons that another version of the program gave.
ORDER = (*STAGES, "engine", "other")
_PLACE = {
    Reason.DUPLICATE_SAMPLE: "dedup_samples",
    Reason.DUPLICATE_IMAGE: "dedup_images",
    Reason.NEAR_DUPLICATE_IMAGE: "dedup_images",
    Reason.DUPLICATE_DIALOGUE: "dedup_dialogues",
}
_WHEN_BUSY = ("dedup_samples", "contamination", "dedup_images", "judge", "dedup_dialogues", "engine", "other")


@dataclass(frozen=True)
class FunnelStage:
    """What one stage did: rows that reached it, rows it rejected by reason (most frequent first), rows left."""

    stage: str
    rows_in: int
    reasons: dict[str, int]

    @property
    def rejected(self) -> int:
        """Rows rejected, for whatever reason."""
        return sum(self.reasons.values())

    @property
    def rows_out(self) -> int:
        """Rows that went on to the next stage."""
        return self.rows_in - self.rejected

    @property
    def shown(self) -> bool:
        """Whether it belongs in a picture of the funnel: not every recipe has every stage."""
        return self.rejected > 0 or self.stage not in _WHEN_BUSY


@dataclass(frozen=True)
class Funnel:
    """Counts of committed rows. `planned` comes from the partition ids, the others from the rows, so that
    `balanced` proves something."""

    planned: int
    accepted: int
    reasons: Mapping[str, int] = field(default_factory=dict)

    @property
    def rejected(self) -> int:
        """Rows rejected, for whatever reason."""
        return sum(self.reasons.values())

    @property
    def balanced(self) -> bool:
        """Whether planned = accepted + rejected."""
        return self.planned == self.accepted + self.rejected

    @property
    def balance(self) -> str:
        """The sum in words, and by how much it is off when it is off."""
        line = f"{count(self.planned)} planned = {count(self.accepted)} accepted + {count(self.rejected)} rejected"
        off = self.planned - self.accepted - self.rejected
        if not off:
            return line
        return f"{line.replace('=', '≠')}: {count(abs(off))} rows {'missing' if off > 0 else 'too many'}"

    def stages(self) -> list[FunnelStage]:
        """Every stage in order, with the rows that reached it."""
        by_stage: dict[str, Counter[str]] = {stage: Counter() for stage in ORDER}
        for reason, rows in self.reasons.items():
            by_stage[_place(reason)][reason] += rows
        found = []
        rows_in = self.accepted + self.rejected
        for stage, reasons in by_stage.items():
            found.append(FunnelStage(stage, rows_in, dict(reasons.most_common())))
            rows_in = found[-1].rows_out
        return found

    def to_json(self) -> dict[str, Any]:
        """The funnel as plain values, for `--json`."""
        return {
            "planned": self.planned,
            "accepted": self.accepted,
            "rejected": self.rejected,
            "balanced": self.balanced,
            "stages": [
                {"stage": s.stage, "rows_in": s.rows_in, "rejected": s.rejected, "reasons": s.reasons}
                for s in self.stages()
                if s.shown
            ],
        }


def render(funnel: Funnel) -> RenderableType:
    """The funnel for a terminal of 80 columns or more: a line a stage, and the sum."""
    return Group(*([_bars(funnel)] if funnel.planned else []), _balance(funnel))


def _place(reason: str) -> str:
    place = next((place for member, place in _PLACE.items() if reason == member), stage_of(reason))
    return place if place in ORDER else "other"


def _bars(funnel: Funnel) -> Table:
    table = Table(box=None, padding=(0, 1), pad_edge=False, header_style="dim")
    table.add_column("", no_wrap=True)
    table.add_column("rows left", justify="right", no_wrap=True)
    table.add_column("", no_wrap=True, width=20)
    table.add_column("rejected because", ratio=1)
    rows = funnel.accepted + funnel.rejected
    table.add_row("planned", count(rows), _bar(rows, rows), "")
    for stage in (stage for stage in funnel.stages() if stage.shown):
        reasons = Text(", ").join(
            Text.assemble((reason, "yellow"), f" {count(number)}") for reason, number in stage.reasons.items()
        )
        table.add_row(stage.stage, count(stage.rows_out), _bar(stage.rows_out, rows), reasons)
    accepted = Text("accepted", style="bold green")
    table.add_row(accepted, Text(count(funnel.accepted), style="bold green"), _bar(funnel.accepted, rows, "green"), "")
    return table


def _bar(part: int, whole: int, style: str = "cyan") -> Text:
    cells = 20 * part / whole if whole else 0
    full = int(cells)
    half = "╸" if cells - full >= 0.5 or (part and not full) else ""
    return Text("━" * full + half, style=style)


def _balance(funnel: Funnel) -> Text:
    accepted = f" ({share(funnel.accepted, funnel.planned)} accepted)" if funnel.planned else ""
    if funnel.balanced:
        return Text.assemble(("✓ ", "green"), funnel.balance, (accepted, "dim"))
    return Text.assemble(("✗ ", "bold red"), (funnel.balance, "red"))


def reason_table(funnel: Funnel) -> Table:
    """Every reason with its count and sentence, most frequent first, for a terminal."""
    table = Table(box=None, padding=(0, 1), pad_edge=False, header_style="dim")
    table.add_column("reason", style="yellow", no_wrap=True)
    table.add_column("rows", justify="right", no_wrap=True)
    table.add_column("means", ratio=1)
    for reason, rows in sorted(funnel.reasons.items(), key=lambda pair: (-pair[1], pair[0])):
        again = Text(" May pass on another day.", style="dim") if may_pass_later(reason) else Text("")
        table.add_row(Text(reason, style="yellow"), count(rows), Text.assemble(explain(reason), again))
    return table
