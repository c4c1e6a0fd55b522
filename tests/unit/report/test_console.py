"""The live view and its lines in a log, driven by a clock of the test's own."""

from __future__ import annotations

import io
import re

from rich.console import Console

from curation.report.console import RunView, pool_kind
from curation.report.progress import Committed, PlanFacts, Progress, Rate

STAGES = ("captions", "dedup_samples", "download", "images", "dedup_images", "rewrite", "quality", "dedup_dialogues")
PLAN = PlanFacts(rows=100, partitions=10, files=2, table="/t", recipe="abc", run="r1")


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Seen:
    """A view on a console of the test's own."""

    def __init__(self, terminal: bool = False, width: int = 80) -> None:
        self.clock = Clock()
        self.console = Console(file=io.StringIO(), width=width, force_terminal=terminal, color_system=None)
        self.view = RunView(PLAN, STAGES, self.console, self.clock)

    def text(self) -> str:
        return self.console.file.getvalue()  # type: ignore[attr-defined]

    def lines(self) -> list[str]:
        return [line for line in self.text().splitlines() if line.startswith("[")]


def rows(**done: float) -> dict[str, dict[str, float]]:
    return {stage: {"rows": number} for stage, number in done.items()}


def test_a_log_gets_a_line_every_ten_seconds_and_not_more() -> None:
    seen = Seen()
    with seen.view:
        for _ in range(200):
            seen.view.update(rows(captions=50), Committed(), "ready")
            seen.clock.now += 0.25
        assert len(seen.lines()) == 5


def test_a_log_gets_a_line_at_each_commit_and_change_of_the_pool() -> None:
    seen = Seen()
    with seen.view:
        for commits, pool in ((0, "starting (1 s)"), (0, "starting (2 s)"), (0, "ready"), (1, "ready"), (2, "ready")):
            seen.view.update(rows(captions=10), Committed(commits, commits, commits), pool)
            seen.clock.now += 1.5
        told = seen.lines()
    assert len(told) == 4
    assert "pool: starting" in told[0]
    assert "pool: ready" in told[1]
    assert "committed 2/10" in told[3]


def test_a_starting_model_is_said_to_take_a_minute_and_for_how_long_it_has() -> None:
    for terminal in (False, True):
        seen = Seen(terminal)
        with seen.view:
            seen.view.update(rows(captions=10), Committed(), "starting replica 1 of 1")
            seen.clock.now += 45
            seen.view.update(rows(captions=20), Committed(), "starting replica 1 of 1")
        assert "takes a minute" in seen.text()
        assert "starting replica 1 of 1 (45 s)" in seen.text()


def test_endpoints_that_are_up_at_once_are_not_said_to_be_loading() -> None:
    seen = Seen()
    with seen.view:
        seen.view.update(rows(), Committed(), "waiting for a first answer")
        seen.clock.now += 2
        seen.view.update(rows(), Committed(), "ready")
    assert "takes a minute" not in seen.text()


def test_endpoints_of_others_are_waited_for_in_their_own_words() -> None:
    words = "waiting 115 s more for http://llm:8001/v1: connection refused (inference.client.first_patience_s: 120)"
    missing = "judge.endpoints: ready, but for http://llm:8001/v1: connection refused"
    for state in (words, f"judge.endpoints: {words}", missing):
        seen = Seen(width=200)
        with seen.view:
            for _ in range(20):
                seen.view.update({}, Committed(), state)
                seen.clock.now += 1
        assert f"pool: {state}" in seen.text()
        assert "Loading a model" not in seen.text()


def test_an_llm_that_answers_nothing_any_more_is_told_of() -> None:
    seen = Seen(width=200)
    asked = rows(captions=50, rewrite=10)
    with seen.view:
        for second in range(100):
            asked["rewrite"] |= {"requests": 90, "answers": min(second, 40)}
            seen.view.update(asked, Committed(), "ready")
            seen.clock.now += 1
    told = seen.lines()
    assert "40/90 answered)" in told[5]
    assert "40/90 answered, none for 50 s)" in told[9]


def test_the_pools_own_clock_is_not_shown_twice() -> None:
    seen = Seen()
    with seen.view:
        seen.view.update(rows(), Committed(), "starting replica 1 of 1 (40 s)")
    assert "(40 s)" in seen.text()
    assert "(0 s)" not in seen.text()
    assert pool_kind("starting (40 s)") == pool_kind("starting (41 s)")


def test_a_pool_that_failed_is_not_said_to_be_loading() -> None:
    seen = Seen()
    with seen.view:
        seen.view.update(rows(), Committed(), "failed: no such model")
        seen.clock.now += 20
    assert "pool: failed: no such model  " in seen.text()
    assert "takes a minute" not in seen.text()


def test_the_live_table_fits_80_columns() -> None:
    seen = Seen(terminal=True)
    big = {stage: {"rows": 90, "rejected": 9, "rejected.near_duplicate_image": 9} for stage in STAGES}
    big["rewrite"] |= {"requests": 123_456, "answers": 120_000, "completion_tokens": 10**9, "retries": 999}
    with seen.view:
        seen.view.update(big, Committed(3, 7, 40, 30), "starting replica 1 of 1")
        seen.clock.now += 2
        seen.view.update(big, Committed(3, 7, 40, 30), "starting replica 1 of 1")
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "\n", seen.text()).replace("\r", "\n")
    assert max(map(len, plain.splitlines())) <= 80
    assert all(stage in plain for stage in STAGES)
    assert "rows/s" in plain


def test_the_state_at_the_end_stays_on_screen_when_the_run_fails() -> None:
    seen = Seen()
    try:
        with seen.view:
            seen.view.update(rows(captions=10), Committed(), "")
            seen.clock.now += 3
            seen.view.update(rows(captions=100), Committed(2, 5, 20, 30), "")
            raise ValueError
    except ValueError:
        pass
    assert "committed 5/10" in seen.lines()[-1]


def test_markup_and_escapes_in_a_note_are_shown_as_text() -> None:
    seen = Seen()
    with seen.view:
        seen.view.note("skipped [bold]a[/bold] \x1b[31m")
    assert "skipped [bold]a[/bold] \ufffd[31m" in seen.text()


def test_a_stage_is_measured_by_the_rows_that_reach_it() -> None:
    progress = Progress(PLAN, ("captions", "download", "rewrite"))
    progress.update(0, {"captions": {"rows": 100, "rejected": 30}, "download": {"rows": 35, "rejected": 5}})
    captions, download, rewrite = progress.stages()
    assert (captions.done, captions.planned) == (True, 100)
    assert (download.done, download.rows, download.planned) == (False, 35, 70)
    assert rewrite.planned == 65


def test_a_partition_that_was_tried_again_does_not_push_a_stage_beyond_its_end() -> None:
    progress = Progress(PLAN, ("captions",))
    progress.update(0, rows(captions=130))
    assert (progress.stages()[0].rows, progress.stages()[0].done) == (100, True)


def test_there_is_no_estimate_before_the_slowest_stage_has_moved_twice() -> None:
    progress = Progress(PLAN, ("captions", "rewrite"))
    progress.update(0, {})
    assert progress.remaining_s() is None
    progress.update(1, rows(captions=100))
    progress.update(11, rows(captions=100, rewrite=10))
    assert progress.remaining_s() is None
    progress.update(21, rows(captions=100, rewrite=20))
    assert progress.remaining_s() == 80.0


def test_a_last_stage_that_has_moved_but_once_does_not_hold_the_estimate_back() -> None:
    progress = Progress(PLAN, ("rewrite", "quality"))
    progress.update(0, {})
    progress.update(10, rows(rewrite=10))
    assert progress.remaining_s() is None
    progress.update(20, rows(rewrite=20, quality=20))
    assert progress.remaining_s() == 80.0


def test_the_time_before_rows_reach_a_stage_is_not_held_against_it() -> None:
    progress = Progress(PLAN, ("download", "rewrite"))
    progress.update(0, {})
    progress.update(600, rows(download=50))
    progress.update(605, rows(download=80, rewrite=10))
    progress.update(610, rows(download=100, rewrite=20))
    assert progress.stages()[1].rows_per_s == 2.0


def test_a_rate_falls_while_nothing_moves_and_forgets_what_is_old() -> None:
    rate = Rate(window_s=30)
    for now in range(0, 101, 10):
        rate.add(now, now * 5)
    assert rate.per_second(100) == 5.0
    assert rate.per_second(200) < 2.0
    for now in range(110, 301, 10):
        rate.add(now, 500 + (now - 100))
    assert rate.per_second(300) == 1.0
