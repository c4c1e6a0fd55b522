"""The demo as a newcomer runs it, and as a job on a cluster: real photographs, the real vLLM and model, Ray from end
to end."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from curation.demo.world import prepare
from curation.inference.pool import ServePool
from curation.samples import Reason
from curation.table.read import SampleTable
from curation.table.storage import OutputSection
from tests.e2e.conftest import RAY, Head
from tests.unit.demo.expected import expected, key

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1500)]
PROJECT = Path(__file__).parents[2]
BY_LLM = ("rewrite", "quality")  # what these stages reject depends on what the model wrote
Row = dict[str, Any]


def _demo(head: Head, root: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "curation.demo", *command, "--root", str(root)],
        cwd=PROJECT, env=head.environment, capture_output=True, text=True, timeout=1200, check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def demo(
    head: Head, pool: ServePool, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, subprocess.CompletedProcess[str]]:
    root = tmp_path_factory.mktemp("demo")
    return root, _demo(head, root, "run", "configs/demo.yaml")


@pytest.fixture(scope="module")
def rows(demo: tuple[Path, subprocess.CompletedProcess[str]]) -> list[Row]:
    """Every row of the table, with its key in the list of what is expected and the stage that rejected it."""
    root, done = demo
    assert done.returncode == 0, done.stdout + done.stderr
    port = prepare(root).port
    table = _table(root)
    rows: list[Row] = table.table(["url", "caption", "reason", "messages", "detail"]).to_pylist()
    stages = {str(reason): reason.stage for reason in Reason}
    return [row | {"key": key(row["url"], port), "stage": stages.get(row["reason"])} for row in rows]


def test_the_demo_balances_and_leaves_a_report(demo: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    root, done = demo
    assert done.returncode == 0, done.stdout + done.stderr
    status = _table(root).status()
    assert status.balanced
    assert status.planned >= 100
    report = (root / "report.html").read_text()
    assert "data:image/" in report
    assert "<script src" not in report


def test_every_bad_row_of_the_demo_has_its_reason_and_every_good_one_reaches_the_llm(rows: list[Row]) -> None:
    want = expected()
    for first, second, reason in want.twins:
        of_pair = [row["reason"] for row in rows if row["key"] in (first, second)]
        assert len(of_pair) == 2
        assert of_pair.count(reason) == 1, (first, second, of_pair)
    twins = {(one, reason) for first, second, reason in want.twins for one in (first, second)}
    wrong = []
    for row in rows:
        reason = want.rejected.get(row["key"])
        if row["reason"] != reason and row["stage"] not in BY_LLM and (row["key"], row["reason"]) not in twins:
            wrong.append((row["key"], row["caption"], reason, row["reason"], row["detail"]))
    assert not wrong


def test_a_sensible_share_of_the_good_rows_is_accepted_with_whole_conversations(rows: list[Row]) -> None:
    want = expected()
    good = len(rows) - len(want.rejected) - len(want.twins)
    accepted = [row for row in rows if row["reason"] is None]
    assert len(accepted) >= good / 2
    for row in accepted:
        messages = row["messages"]
        assert [message["role"] for message in messages] == ["user", "assistant"] * (len(messages) // 2)
        assert messages[0]["content"].startswith("<image>\n")
        assert sum("<image>" in message["content"] for message in messages) == 1


def test_a_second_demo_finds_nothing_to_do_in_seconds(
    head: Head, demo: tuple[Path, subprocess.CompletedProcess[str]]
) -> None:
    root, first = demo
    assert first.returncode == 0
    began = time.monotonic()
    again = _demo(head, root, "run", "configs/demo.yaml")
    assert again.returncode == 0
    assert "Nothing to do" in again.stdout
    assert time.monotonic() - began < 60


def test_a_submitted_job_does_the_new_rows_alone_and_reports_success(
    head: Head, demo: tuple[Path, subprocess.CompletedProcess[str]]
) -> None:
    root, _ = demo
    before = _table(root).status()
    assert _demo(head, root, "add-rows", "--rows", "4").returncode == 0
    environment = head.environment | {"CURATION_DEMO": str(root)}
    command = [RAY, "job", "submit", "--address", head.dashboard, "--working-dir", ".",
               "--runtime-env-json", json.dumps({"env_vars": {"CURATION_DEMO": str(root)}}),
               "--", sys.executable, "-m", "curation", "run", "configs/demo.yaml"]  # fmt: skip
    serve = [sys.executable, "-m", "curation.demo", "serve", "--root", str(root)]
    with subprocess.Popen(serve, cwd=PROJECT, env=environment, stdout=subprocess.DEVNULL) as site:
        try:
            done = _submit(command, environment)
        finally:
            site.terminate()
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    assert "succeeded" in done.stdout
    after = _table(root).status()
    assert after.balanced
    assert after.planned == before.planned + 4
    assert after.accepted > before.accepted


def _table(root: Path) -> SampleTable:
    return SampleTable(OutputSection(table=str(root / "table")))


def _submit(command: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Submit until the head takes it: its job agent comes up some seconds after its port."""
    end = time.monotonic() + 120
    while True:
        done = subprocess.run(
            command, cwd=PROJECT, env=environment, capture_output=True, text=True, timeout=600, check=False
        )
        if "No available agent" not in done.stderr or time.monotonic() > end:
            return done
        time.sleep(1)
