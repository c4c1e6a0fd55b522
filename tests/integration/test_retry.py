"""Doing again what was rejected for a reason that may pass: the sums hold, a death changes nothing, the rest stays."""

from __future__ import annotations

import io
import time
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from curation.cli import app
from curation.errors import CommitFailed
from curation.pipeline import RunResult, retry, run
from curation.recipe import load_recipe
from curation.report.data import from_table
from curation.report.section import ReportSection
from curation.table.erase import erase
from curation.table.maintain import compact
from curation.table.retry import plan_again
from tests.hostile.site import Page
from tests.integration.test_run import run as run_command
from tests.integration.test_run import start_run
from tests.servers.openai import Call, Reply
from tests.world import World, world

DOWN = Page(b"", status=503)
DOWNLOAD: dict[str, object] = {  # so that a server that is down is given up at once
    "allow_networks": ["127.0.0.0/8"], "ports": [], "isolate_decoder": False, "retries": 0, "host_per_s": 1000,
    "host_failures": 1000,
}  # fmt: skip


def again(made: World) -> RunResult:
    return retry(load_recipe(made.recipe), Console(file=io.StringIO()))


def after_a_bad_night(made: World, rows: int, bad: range) -> None:
    """A run over so many rows, of which those of `bad` have a server that is down."""
    made.add_rows("a.parquet", 0, rows)
    up = {f"{number}.jpg": made.site.pages[f"{number}.jpg"] for number in bad if number % 5 != 4}
    made.site.pages |= dict.fromkeys(up, DOWN)
    assert run(load_recipe(made.recipe), Console(quiet=True)).complete
    made.site.pages |= up


def reasons(made: World) -> dict[str, int]:
    """Rows by reason, which must add up to what was planned."""
    status = made.table.status()
    assert status.balanced, status.unbalanced
    return status.reasons


@pytest.fixture
def download() -> dict[str, object]:
    return DOWNLOAD


def test_rows_that_failed_at_night_are_accepted_by_a_retry_and_every_sum_holds(
    tmp_path: Path, download: dict[str, object]
) -> None:
    with world(tmp_path, download=download) as made:
        after_a_bad_night(made, 30, range(5, 18))
        before = {row["url"]: row for row in made.table.table(["url", "partition", "row"]).to_pylist()}
        assert reasons(made) == {"http_404": 6, "http_5xx": 11}
        made.site.pages["7.jpg"] = DOWN  # and one stays down
        fetched = len(made.site.requests)
        result = again(made)
        assert result.complete
        assert (result.accepted, result.rejected) == (10, 1)
        assert {path.lstrip("/") for path, _ in made.site.requests[fetched:]} == {
            f"{number}.jpg" for number in range(5, 18) if number % 5 != 4
        }
        assert reasons(made) == {"http_404": 6, "http_5xx": 1}
        assert made.outcomes() == made.expected(0, 30) | {made.site.url("7.jpg"): "http_5xx"}
        rows = made.table.table(["url", "partition", "row"]).to_pylist()
        assert {row["url"]: row for row in rows} == before  # each keeps its place
        first, second = from_table(made.table, ReportSection()).runs
        assert (first.again, first.accepted, second.again, second.accepted, second.rejected) == (False, 13, True, 10, 1)
        assert second.spent.requests >= 10

        assert [part.rows for part in plan_again(made.table, 10).pending] == [1]
        made.site.pages["7.jpg"] = made.site.pages["6.jpg"]
        assert again(made).rejected == 1
        assert reasons(made) == {"http_404": 6, "duplicate_image": 1}
        assert not again(made).plan.pending
        assert not run(load_recipe(made.recipe), Console(quiet=True)).plan.pending


def test_a_retry_that_is_killed_leaves_a_table_that_balances_and_the_next_one_does_the_rest(
    tmp_path: Path, download: dict[str, object]
) -> None:
    with world(tmp_path, download=download) as made:
        after_a_bad_night(made, 30, range(30))
        before, asked = made.outcomes(), len(made.llm.calls)
        write = made.llm.script
        # the first partition is committed, of the second half the rows are written
        made.llm.script = lambda call: Reply(hang=True) if len(made.llm.calls) > asked + 12 else write(call)
        process = start_run(made, "--retry")
        while process.poll() is None and len(made.llm.calls) < asked + 16:
            time.sleep(0.05)
        process.kill()
        process.wait()
        made.llm.script = write
        reasons(made)
        half = made.outcomes()
        assert half.keys() == before.keys()
        assert sum(outcome == "accepted" for outcome in half.values()) in (0, 8)
        assert again(made).complete
        assert made.outcomes() == made.expected(0, 30)
        assert reasons(made) == {"http_404": 6}


def test_a_large_rejected_file_is_done_again_in_pieces(tmp_path: Path, download: dict[str, object]) -> None:
    with world(tmp_path, download=download) as made:
        after_a_bad_night(made, 40, range(40))
        compact(made.table)
        assert [part.rows for part in plan_again(made.table, 10).pending] == [10, 10, 10, 2]
        assert again(made).complete
        assert made.outcomes() == made.expected(0, 40)
        assert reasons(made) == {"http_404": 8}


def test_a_retry_beside_upkeep_ends_with_a_clear_error_and_brings_nothing_back(
    tmp_path: Path, download: dict[str, object]
) -> None:
    with world(tmp_path, download=download) as made:
        after_a_bad_night(made, 10, range(10))
        write, erased = made.llm.script, made.site.url("3.jpg")

        def and_erase(call: Call) -> Reply:
            made.llm.script = write
            erase(made.table, urls=[erased])
            return write(call)

        made.llm.script = lambda call: write(call) if call.probe else and_erase(call)
        with pytest.raises(CommitFailed, match="Run again"):
            again(made)
        assert again(made).complete
        assert reasons(made) == {"http_404": 2, "erased": 1}


def test_a_retry_tells_people_what_is_left_of_a_retry(
    tmp_path: Path, download: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    with world(tmp_path, download=download) as made:
        after_a_bad_night(made, 10, range(3))
        pending = RunResult("again", plan_again(made.table, 10), interrupted=True)
        monkeypatch.setattr("curation.pipeline.retry", lambda recipe, console: pending)
        told = CliRunner().invoke(app, ["run", str(made.recipe), "--retry"])
        assert told.exit_code == 1
        assert "1 partitions stay pending; `run --retry` again to continue" in " ".join(told.output.split())
        assert again(made).complete
        code, text = run_command(made, "--retry")
        assert code == 0, text
        assert "Nothing to do: no row was rejected for a reason that may pass." in text
