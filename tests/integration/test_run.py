"""Whole runs through the command line against real servers on loopback: increments, signals, death and resumption."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
from itertools import pairwise
from pathlib import Path

import pytest
from rich.console import Console

from curation import pipeline
from curation.pipeline import RunResult
from curation.recipe import load_recipe
from tests.servers.openai import Call, Reply
from tests.world import World, world


def start_run(made: World, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "curation", "run", str(made.recipe), *arguments]
    environment = {name: value for name, value in os.environ.items() if name != "RAY_ADDRESS"}
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, start_new_session=True
    )


def run(made: World, *arguments: str, timeout_s: float = 240) -> tuple[int, str]:
    """The exit code and what was printed; with --json, what went to standard output alone."""
    process = start_run(made, *arguments)
    out, err = process.communicate(timeout=timeout_s)
    return process.returncode, out if "--json" in arguments else out + err


def run_here(made: World) -> RunResult:
    """The same in this process, for tests of which the command line is not the point: it saves the imports."""
    return pipeline.run(load_recipe(made.recipe), Console(file=io.StringIO()))


def wait_for_commit(made: World, process: subprocess.Popen[str], rows: int, timeout_s: float = 120) -> int:
    """Rows committed, as soon as there are at least so many."""
    end = time.monotonic() + timeout_s
    while time.monotonic() < end and process.poll() is None:
        status = made.table.status()
        if status.planned >= rows:
            return status.planned
        time.sleep(0.2)
    pytest.fail(f"no {rows} rows were committed: {process.communicate(timeout=10)}")


def test_a_run_ends_with_every_row_once_and_the_next_one_has_nothing_to_do(tmp_path: Path) -> None:
    with world(tmp_path) as made:
        made.add_rows("a.parquet", 0, 25)
        code, text = run(made)
        assert code == 0, text
        assert made.outcomes() == made.expected(0, 25)
        assert made.table.status().balanced
        asked = len(made.llm.calls)
        code, text = run(made)
        assert code == 0, text
        assert "Nothing to do" in text
        assert len(made.llm.calls) == asked


def test_only_rows_that_are_new_in_the_source_are_processed(tmp_path: Path) -> None:
    with world(tmp_path) as made:
        made.add_rows("a.parquet", 0, 12)
        assert run_here(made).complete
        fetched = len(made.site.requests)
        made.add_rows("b.parquet", 12, 8)
        code, text = run(made, "--json")
        assert code == 0
        assert json.loads(text)["accepted"] + json.loads(text)["rejected"] == 8
        assert made.outcomes() == made.expected(0, 20)
        assert {path.lstrip("/") for path, _ in made.site.requests[fetched:]} == {f"{n}.jpg" for n in range(12, 20)}


def test_a_source_file_written_anew_with_more_rows_gives_only_the_new_ones_a_dialogue(tmp_path: Path) -> None:
    with world(tmp_path) as made:
        made.add_rows("a.parquet", 0, 10)
        assert run_here(made).complete
        made.add_rows("a.parquet", 0, 13)
        assert run_here(made).complete
        rows = made.table.table(["url", "reason"]).to_pylist()
        accepted = [row["url"] for row in rows if row["reason"] is None]
        assert sorted(accepted) == sorted(url for url, what in made.expected(0, 13).items() if what == "accepted")
        assert sum(row["reason"] == "duplicate_sample" for row in rows) == 8


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_a_run_in_order_and_the_next_run_continues(tmp_path: Path, number: signal.Signals) -> None:
    with world(tmp_path, delay_s=0.2) as made:
        made.add_rows("a.parquet", 0, 60)
        process = start_run(made)
        wait_for_commit(made, process, 10)
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
        assert process.returncode == 1, out + err
        assert "interrupted" in out + err
        assert "Traceback" not in out + err
        half = made.table.status()
        assert half.balanced
        assert 10 <= half.planned < 60
        assert run_here(made).complete
        assert made.outcomes() == made.expected(0, 60)


@pytest.mark.parametrize("how", ["killed", "hung"])
def test_one_of_two_replicas_lost_in_the_middle_of_a_run_costs_no_row_and_the_other_takes_over(
    tmp_path: Path, how: str
) -> None:
    deadline_s = 2.0
    client = {"max_in_flight": 4, "probe_interval_s": 1, "probe_deadline_s": deadline_s, "backoff_s": 0.05}
    with world(tmp_path, delay_s=0.1, replicas=2, client=client) as made:
        made.add_rows("a.parquet", 0, 100)
        lost, other = made.llms
        asked_at: list[float] = []
        script = other.script

        def stamped(call: Call) -> Reply:
            asked_at.append(time.monotonic())
            return script(call)

        other.script = stamped
        lost_at: list[float] = []

        def lose() -> None:
            while len(lost.calls) < 20:
                time.sleep(0.01)
            lost_at.append(time.monotonic())
            if how == "killed":
                lost.kill()
            else:
                lost.script = lambda _: Reply(hang=True)

        threading.Thread(target=lose, daemon=True).start()
        assert run_here(made).complete
        assert made.outcomes() == made.expected(0, 100)
        later = [at for at in asked_at if at > lost_at[0]]
        longest = max(after - at for at, after in pairwise([*lost_at, *later]))
        assert longest < 2 * deadline_s + 2, "the other replica was left waiting"


def test_a_dead_llm_ends_the_run_with_a_clear_error_and_loses_nothing(tmp_path: Path) -> None:
    client = {"patience_s": 3, "first_patience_s": 3, "probe_interval_s": 0.5, "probe_deadline_s": 1}
    endpoints = [{"url": "http://127.0.0.1:9/v1", "model": "gone"}]
    with world(tmp_path, inference={"endpoints": endpoints, "client": client}) as made:
        made.add_rows("a.parquet", 0, 10)
        code, text = run(made, timeout_s=60)
        assert code == 1
        assert "error: " in text
        assert "127.0.0.1:9" in text
        assert "Traceback" not in text
        assert made.table.status().planned == 0
