"""What a person sees while a run goes on: a live table on a terminal, plain lines in a log."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from curation.report.progress import Committed, PlanFacts, Progress, StageProgress
from curation.report.text import count, duration, plural, printable, rate

LINE_EVERY_S = 10.0
LINE_AT_MOST_EVERY_S = 1.0
_REFRESH_PER_S = 4
_WIDE = 100
_POOL_STYLES = {"ready": "green", "failed": "red"}  # any other state is one of starting
_ENDPOINTS = re.compile(r"waiting |\S+: ")  # states of servers that someone else runs; they say what ails them
_PATIENCE_S = 3.0
_SILENT_S = 30.0
_LOADING = "Loading a model takes a minute or two; the stages before rewrite go on meanwhile."


class RunView:
    """The view of one run, as a context manager: `update` it a few times a second, and on leaving it shows the
    last state once more.

    On a terminal it draws a live table; elsewhere (a CI log, `ray job` output) it writes a line every 10 s and
    at each commit or change of the pool's state. It fails no run: it writes to the console alone.
    """

    def __init__(
        self,
        plan: PlanFacts,
        stages: Sequence[str],
        console: Console | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._plan = plan
        self._console = console or Console()
        self._clock = clock
        self._progress = Progress(plan, stages)
        self._committed = Committed()
        self._pool = ""
        self._pool_since_s: float | None = None
        self._start_s = clock()
        self._line_s = float("-inf")
        self._told: tuple[int, str] = (0, "")
        self._told_loading = False
        self._draws = self._console.is_terminal and not self._console.is_dumb_terminal
        self._live: Live | None = None

    def __enter__(self) -> RunView:
        self._start_s = self._clock()
        self._progress.update(self._start_s, {})
        self._console.print(_opening(self._plan), soft_wrap=not self._draws)
        if self._draws:
            # The function is called at each refresh, so that elapsed time moves while the run is silent.
            self._live = Live(console=self._console, get_renderable=self._render, refresh_per_second=_REFRESH_PER_S)
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()
        else:
            self._line()

    def update(self, snapshot: Mapping[str, Mapping[str, float]], committed: Committed, pool: str = "") -> None:
        """Take in the meter's totals, what is committed, and the pool's state in words ("" when there is none)."""
        now_s = self._clock()
        self._progress.update(now_s, snapshot)
        self._committed = committed
        if pool_kind(pool) != pool_kind(self._pool):
            self._pool_since_s = now_s
        self._pool = pool
        if self._live is None:
            if self._loading() and not self._told_loading:
                self._told_loading = True
                self.note(_LOADING)
            self._maybe_line(now_s)

    def note(self, message: str) -> None:
        """A line that stays, above the live table: a skipped file, a partition that will be tried again."""
        self._console.print(Text(printable(message)), soft_wrap=not self._draws)

    def _maybe_line(self, now_s: float) -> None:
        news = (self._committed.commits, pool_kind(self._pool))
        waited_s = now_s - self._line_s
        if waited_s >= LINE_EVERY_S or (news != self._told and waited_s >= LINE_AT_MOST_EVERY_S):
            self._line_s = now_s
            self._told = news
            self._line()

    def _line(self) -> None:
        parts = [f"[{duration(self._elapsed_s())}]"]
        parts += [_plain(line) for line in self._progress.stages() if line.rows or line.requests]
        done = self._committed
        parts.append(f"committed {done.partitions}/{self._plan.partitions} partitions")
        parts.append(f"({count(done.accepted)} accepted, {count(done.rejected)} rejected)")
        if self._pool:
            parts.append(f"pool: {self._pool_text()}")
        parts.append(self._estimate())
        self._console.print(Text("  ".join(parts)), soft_wrap=True)

    def _render(self) -> RenderableType:
        lines = self._progress.stages()
        wide = self._console.width >= _WIDE
        table = Table(box=None, padding=(0, 1), pad_edge=False, header_style="dim", expand=False)
        for name, side in (("", "left"), ("", "left"), ("rows", "right"), ("rows/s", "right"), ("rejected", "right")):
            table.add_column(name, justify=side, no_wrap=True)  # type: ignore[arg-type]
        table.add_column("mostly", no_wrap=True, overflow="ellipsis")
        for line in lines:
            table.add_row(*_cells(line, wide))
        return Group(Text(""), table, self._footer(lines))

    def _footer(self, lines: Sequence[StageProgress]) -> RenderableType:
        grid = Table.grid(padding=(0, 2))
        grid.add_column(style="dim", no_wrap=True)
        grid.add_column(overflow="fold")
        if self._pool:
            grid.add_row("LLM pool", Text(self._pool_text(), style=_POOL_STYLES.get(pool_kind(self._pool), "yellow")))
            if self._loading():
                grid.add_row("", Text(_LOADING, style="dim"))
        talk = next((line for line in lines if line.requests), None)
        if talk is not None:
            retries = f", {count(talk.retries)} tried again" if talk.retries else ""
            asked = f"{count(talk.answers)} of {plural(talk.requests, 'request')} answered{retries}{_silence(talk)}"
            grid.add_row("LLM", Text(f"{rate(talk.tokens_per_s)} tokens/s, {asked}"))
        done = self._committed
        grid.add_row(
            "committed",
            Text.assemble(
                f"{done.partitions:,} of {plural(self._plan.partitions, 'partition')} in "
                f"{plural(done.commits, 'commit')}: ",
                (f"{count(done.accepted)} accepted", "green"),
                f", {count(done.rejected)} rejected",
            ),
        )
        grid.add_row("time", Text(f"{duration(self._elapsed_s())} so far, {self._estimate()}"))
        return Group(Text(""), grid)

    def _elapsed_s(self) -> float:
        return self._clock() - self._start_s

    def _loading(self) -> bool:
        """Whether the run's own pool has been starting for longer than one takes that is up already."""
        if not _starting(self._pool) or _ENDPOINTS.match(self._pool) or self._pool_since_s is None:
            return False
        return self._clock() - self._pool_since_s >= _PATIENCE_S

    def _pool_text(self) -> str:
        words = printable(self._pool, 240)
        if not _starting(self._pool) or self._pool_since_s is None:
            return words
        waited = "" if _says_time(words) else f" ({duration(self._clock() - self._pool_since_s)})"
        return f"{words}{waited}"

    def _estimate(self) -> str:
        if self._plan.partitions and self._committed.partitions >= self._plan.partitions:
            return "all committed"
        left_s = self._progress.remaining_s()
        slowest = self._progress.slowest()
        if slowest is None:
            return "committing the last partitions"
        if left_s is None:
            return f"no estimate yet (waiting for {slowest.stage})"
        return f"about {duration(_rough(left_s))} left ({slowest.stage} is slowest)"


def pool_kind(state: str) -> str:
    """`ready`, `failed`, or the state without its numbers, so that a counting clock is no news."""
    for kind in _POOL_STYLES:
        if state.startswith(kind):
            return kind
    return re.sub(r"\d+", "#", state)


def _starting(state: str) -> bool:
    return bool(state) and pool_kind(state) not in _POOL_STYLES


def _silence(line: StageProgress) -> str:
    """Said of an LLM that has answered nothing for a while: it may be gone, and the run waits for it."""
    return f", none for {duration(line.silent_s)}" if line.silent_s >= _SILENT_S else ""


def _says_time(words: str) -> bool:
    return re.search(r"\d+ ?(s|min)\b", words) is not None


def _rough(seconds: float) -> float:
    """An estimate no more precise than it is: to 5 s below a minute, 15 s below ten, a minute above."""
    grain = 5 if seconds < 60 else 15 if seconds < 600 else 60
    return max(grain, round(seconds / grain) * grain)


def _opening(plan: PlanFacts) -> Text:
    files = f" of {plural(plan.files, 'source file')}" if plan.files else ""
    text = Text.assemble(
        ("run ", "dim"), plan.run or "–", ("  recipe ", "dim"), plan.recipe[:12] or "–", ("  table ", "dim"), plan.table
    )
    text.append(f"\n{count(plan.rows)} rows in {plural(plan.partitions, 'partition')}{files} to do")
    if plan.partitions_committed:
        text.append(
            f"; {count(plan.rows_committed)} rows in {plural(plan.partitions_committed, 'partition')} done before"
        )
    return text


def _cells(line: StageProgress, wide: bool) -> tuple[RenderableType, ...]:
    bar = ProgressBar(
        total=max(line.planned, 1),
        completed=line.rows,
        width=24 if wide else 12,
        style="grey37",
        complete_style="cyan",
        finished_style="green",
    )
    name = Text(line.stage, style="green" if line.done else "bold" if line.rows else "dim")
    speed = rate(line.rows_per_s) if line.rows else "–"
    rejected = Text(count(line.rejected), style="yellow" if line.rejected else "dim")
    return name, bar, f"{count(line.rows)}/{count(line.planned)}", speed, rejected, Text(line.top_reason, style="dim")


def _plain(line: StageProgress) -> str:
    text = f"{line.stage} {'✓' if line.done else f'{line.rows}/{line.planned}'}"
    extra = []
    if line.requests and not line.done:
        extra.append(f"{rate(line.tokens_per_s)} tokens/s, {line.answers}/{line.requests} answered{_silence(line)}")
    extra += [f"-{line.rejected}"] if line.rejected else []
    return f"{text} ({', '.join(extra)})" if extra else text
