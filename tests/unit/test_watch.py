"""Watching a run: what ends it early ends it at once, in good order, and leaves the process as it was."""

from __future__ import annotations

import io
import os
import queue
import signal
import threading
import time
from contextlib import nullcontext
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from rich.console import Console

from curation.engine.base import Failure
from curation.engine.local import LocalEngine
from curation.errors import PoolError
from curation.inference.chat import Endpoint
from curation.inference.section import InferenceSection
from curation.pipeline import RunResult
from curation.plan import Plan, make_plan
from curation.recipe import Recipe
from curation.source import SourceSection
from curation.stages.base import STAGES
from curation.table.commit import Committer
from curation.table.read import SampleTable
from curation.table.storage import OutputSection
from curation.watch import Watch


class Endpoints:
    """Endpoints that fail when they are told to."""

    endpoints: tuple[Endpoint, ...] = ()

    def __init__(self) -> None:
        self.error: PoolError | None = None

    def state(self) -> str:
        return "starting"

    def check(self) -> None:
        if self.error is not None:
            raise self.error


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    """Two partitions of five rows, none of which has landed."""
    pq.write_table(pa.table({"URL": ["u"] * 10, "TEXT": ["t"] * 10}), tmp_path / "a.parquet")
    source = SourceSection(paths=[str(tmp_path)], partition_rows=5)
    return make_plan(source, SampleTable(OutputSection(table=str(tmp_path / "table"))).landed())


@pytest.fixture
def endpoints() -> Endpoints:
    return Endpoints()


@pytest.fixture
def watch(plan: Plan, endpoints: Endpoints, tmp_path: Path) -> Watch:
    recipe = Recipe(
        name="x",
        source=SourceSection(paths=[str(tmp_path)]),
        output=OutputSection(table=str(tmp_path / "table")),
        inference=InferenceSection.model_validate({"endpoints": [{"url": "http://127.0.0.1:9/v1", "model": "m"}]}),
    )
    committer = Committer(SampleTable(recipe.output), "recipe", "run")
    console = Console(file=io.StringIO())
    return Watch(plan, recipe, "run", LocalEngine(), endpoints, committer, console, STAGES)


def wait_for_ever() -> None:
    """As an engine waits for its next result: on a lock that no signal of another thread opens."""
    queue.Queue[int]().get()


def later(what: object, *arguments: object) -> None:
    threading.Timer(0.3, what, arguments).start()  # type: ignore[arg-type]


@pytest.mark.parametrize("phase", ["before the engine runs", "while it runs"])
@pytest.mark.parametrize("shell", ["foreground", "background"])
def test_a_pool_that_fails_ends_a_waiting_run_with_its_own_error(
    watch: Watch, endpoints: Endpoints, phase: str, shell: str
) -> None:
    # A shell without job control starts what is in the background with SIGINT ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler if shell == "foreground" else signal.SIG_IGN)
    later(setattr, endpoints, "error", PoolError("no model there"))
    began = time.monotonic()
    caught = watch.interruptible if phase == "while it runs" else nullcontext
    with pytest.raises(PoolError, match="no model there"), watch, caught():
        wait_for_ever()
    assert time.monotonic() - began < 30
    assert not watch.interrupted


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_a_waiting_run_as_interrupted(watch: Watch, number: signal.Signals) -> None:
    before = signal.SIG_DFL
    signal.signal(signal.SIGTERM, before)
    later(os.kill, os.getpid(), number)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with watch, watch.interruptible():
        wait_for_ever()
    assert watch.interrupted
    assert signal.getsignal(signal.SIGTERM) == before


def test_an_error_of_the_run_passes_through_and_the_handler_is_put_back(watch: Watch) -> None:
    before = signal.SIG_DFL
    signal.signal(signal.SIGTERM, before)
    with pytest.raises(ValueError, match="boom"), watch, watch.interruptible():
        raise ValueError("boom")
    assert signal.getsignal(signal.SIGTERM) == before
    assert not watch.interrupted


def test_a_run_is_complete_when_all_that_was_pending_has_landed_wherever(plan: Plan) -> None:
    assert RunResult("r", plan, committed=2).complete
    assert RunResult("r", plan, committed=1, elsewhere=1).complete
    half = RunResult("r", plan, committed=1, failures=(Failure("p", "boom"),))
    assert (half.complete, half.left) == (False, 1)
    assert RunResult("r", plan, interrupted=True).left == 2
    odd = RunResult("r", plan, committed=2, elsewhere=1, failures=(Failure("p", "boom"),))
    assert (odd.complete, odd.left) == (False, 1)
