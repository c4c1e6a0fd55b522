"""What can be said of a run in progress, from the meter's totals: how far each stage is, how fast, how long yet."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

WINDOW_S = 30.0


@dataclass(frozen=True)
class PlanFacts:
    """What a run is about to do, and what the table already holds."""

    rows: int  # pending
    partitions: int  # pending
    files: int = 0  # source files with pending partitions
    rows_committed: int = 0  # by earlier runs
    partitions_committed: int = 0
    table: str = ""
    recipe: str = ""  # fingerprint
    run: str = ""


@dataclass(frozen=True)
class Committed:
    """What this run has committed so far."""

    commits: int = 0
    partitions: int = 0
    accepted: int = 0
    rejected: int = 0


class Rate:
    """Units per second over a sliding window that reaches back over three changes at least: a stage moves by
    whole partitions, and a window that holds none would say that it stands still."""

    def __init__(self, window_s: float = WINDOW_S) -> None:
        self._window_s = window_s
        self._points: deque[tuple[float, float]] = deque()

    def add(self, now_s: float, total: float) -> None:
        """Record the running total at a time."""
        if not self._points or total != self._points[-1][1]:
            self._points.append((now_s, total))
        while len(self._points) > 4 and self._points[1][0] < now_s - self._window_s:
            self._points.popleft()

    def per_second(self, now_s: float | None) -> float:
        """The rate up to now, which falls while nothing moves; or, with None, up to the last change."""
        if len(self._points) < 2:
            return 0.0
        (start_s, start), (last_s, end) = self._points[0], self._points[-1]
        return (end - start) / max((now_s or last_s) - start_s, 1e-3)

    @property
    def moved(self) -> int:
        """How often the total changed, as far as the window remembers."""
        return max(0, len(self._points) - 1)


@dataclass(frozen=True)
class StageProgress:
    """One line of the live table: of the rows that reach the stage, as many as are known to, how many are done."""

    stage: str
    rows: int
    planned: int  # rows of the plan that no earlier stage has rejected so far
    rejected: int
    top_reason: str  # the most frequent so far, "" when nothing was rejected
    rows_per_s: float
    tokens_per_s: float
    requests: int
    answers: int
    retries: int
    silent_s: float  # how long requests have been waiting without an answer to any

    @property
    def done(self) -> bool:
        """Whether every row that is known to reach the stage has left it."""
        return self.rows >= self.planned


class Progress:
    """Turns snapshots of the meter (keys: see `curation.meter.Meter.add`) into lines, rates and an estimate."""

    def __init__(self, plan: PlanFacts, stages: Sequence[str]) -> None:
        self._plan = plan
        self._stages = tuple(stages)
        self._rows = {stage: Rate() for stage in stages}
        self._tokens = {stage: Rate() for stage in stages}
        self._heard: dict[str, tuple[float, float]] = {}  # answers, and when the last came or none was waited for
        self._counts: Mapping[str, Mapping[str, float]] = {}
        self._now_s = 0.0

    def update(self, now_s: float, snapshot: Mapping[str, Mapping[str, float]]) -> None:
        """Take in the totals at a time (seconds of a monotonic clock)."""
        self._now_s = now_s
        self._counts = snapshot
        for before, stage in zip((None, *self._stages), self._stages, strict=False):
            counts = snapshot.get(stage, {})
            answers = counts.get("answers", 0)
            if answers >= counts.get("requests", 0) or answers != self._heard.get(stage, (0.0, 0.0))[0]:
                self._heard[stage] = (answers, now_s)
            # The clock of a stage starts when rows can reach it, so that its rate owes nothing to the stages before.
            if before is None or snapshot.get(before, {}).get("rows") or counts.get("rows"):
                self._rows[stage].add(now_s, counts.get("rows", 0))
                self._tokens[stage].add(now_s, counts.get("completion_tokens", 0))

    def stages(self) -> list[StageProgress]:
        """One line a stage, in order."""
        lines: list[StageProgress] = []
        left = self._plan.rows
        for stage in self._stages:
            lines.append(self._stage(stage, max(left, 0)))
            left -= lines[-1].rejected
        return lines

    def _stage(self, stage: str, planned: int) -> StageProgress:
        counts = self._counts.get(stage, {})
        by_reason = {key[9:]: number for key, number in counts.items() if key.startswith("rejected.") and number}
        rows = min(int(counts.get("rows", 0)), planned)  # a partition that was tried again is counted again
        return StageProgress(
            stage=stage,
            rows=rows,
            planned=planned,
            rejected=int(counts.get("rejected", 0)),
            top_reason=max(by_reason, key=lambda reason: by_reason[reason], default=""),
            rows_per_s=self._rows[stage].per_second(self._now_s if rows < planned else None),
            tokens_per_s=self._tokens[stage].per_second(self._now_s),
            requests=int(counts.get("requests", 0)),
            answers=int(counts.get("answers", 0)),
            retries=int(counts.get("retries", 0)),
            silent_s=self._now_s - self._heard.get(stage, (0.0, self._now_s))[1] if rows < planned else 0.0,
        )

    def remaining_s(self) -> float | None:
        """Seconds until the slowest stage is through, at its present rate; 0 when all are, None while nothing supports
        a figure: until every stage has let rows through, and one of those still at work has done so twice."""
        slowest = self.slowest()
        if slowest is None:
            return 0.0
        if not slowest.rows or not slowest.rows_per_s or self._rows[slowest.stage].moved < 2:
            return None
        return (slowest.planned - slowest.rows) / slowest.rows_per_s

    def slowest(self) -> StageProgress | None:
        """The stage that will finish last at present rates; None when all are through. A stage that no row has left
        comes first. One that has moved but once has no rate yet, and is passed over while another has one."""
        at_work = [line for line in self.stages() if not line.done]
        silent = [line for line in at_work if not line.rows]
        known = [line for line in at_work if self._rows[line.stage].moved >= 2]
        if silent:
            return silent[0]
        return max(known or at_work, key=_left_s, default=None)


def _left_s(line: StageProgress) -> float:
    return (line.planned - line.rows) / max(line.rows_per_s, 1e-9)
