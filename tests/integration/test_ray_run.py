"""A whole run on Ray that is killed in the middle, through the command line."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from tests.integration.test_run import run, start_run, wait_for_commit
from tests.world import world

RAY = {"kind": "ray", "pools": {"prepare": {"cpus": 0.5}, "fetch": {"cpus": 0.5}, "finish": {"cpus": 0.5}}}


@pytest.mark.timeout(420)
def test_after_sigkill_in_the_middle_of_a_ray_run_every_row_is_there_exactly_once(tmp_path: Path) -> None:
    with world(tmp_path, delay_s=0.5, engine=RAY) as made:
        made.add_rows("a.parquet", 0, 80)
        process = start_run(made)
        before = wait_for_commit(made, process, 20, timeout_s=180)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(30)
        process.stdout.close()
        process.stderr.close()
        assert before < 80
        assert made.table.status().balanced
        code, text = run(made, "--engine", "local")  # what is left does not depend on who does it
        assert code == 0, text
        assert made.outcomes() == made.expected(0, 80)
        assert made.table.status().balanced
