"""A retry on a real S3 server that dies and comes back, and a retry that dies itself: sums hold, nothing is doubled."""

from __future__ import annotations

import os
import re
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from curation.table.read import SampleTable
from tests.integration.table_drivers import s3_output
from tests.integration.test_retry import DOWNLOAD, after_a_bad_night, again, reasons
from tests.integration.test_run import start_run
from tests.servers.faults import Call, Fault, FaultProxy, fault_proxy
from tests.servers.s3 import MortalStore, credentials
from tests.world import World, world

VERSION = re.compile(r"/_delta_log/(\d{20})\.json")
pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MortalStore]:
    with credentials(), MortalStore(tmp_path_factory.mktemp("weed")) as store:
        yield store


@pytest.fixture
def proxy(store: MortalStore) -> Iterator[FaultProxy]:
    with fault_proxy(store.environment["CURATION_S3_URL"]) as found:
        yield found


@pytest.fixture
def made(proxy: FaultProxy, tmp_path: Path) -> Iterator[World]:
    """A table on the server, of 30 rows in three partitions; 24 of them had a site that was down."""
    output = s3_output(proxy.url, tmp_path.name, commit_every_partitions=1).model_dump(mode="json")
    with world(tmp_path, download=DOWNLOAD, output=output) as made:
        after_a_bad_night(made, 30, range(30))
        assert reasons(made) == {"http_5xx": 24, "http_404": 6}
        yield made


class Outages:
    """Kills the server at the first row file of a retry, at its second version when that is applied and not yet
    answered, and before its third; starts it again once somebody has knocked in vain."""

    def __init__(self, proxy: FaultProxy, store: MortalStore, first_version: int) -> None:
        self._proxy, self._store = proxy, store
        self._moments: dict[Any, bool] = {"rows": False, first_version + 1: True, first_version + 2: False}
        self.happened: list[Any] = []

    def __call__(self, call: Call) -> Fault | None:
        version = VERSION.search(call.path)
        moment: Any = "rows" if "outcome%3D" in call.path or "outcome=" in call.path else version and int(version[1])
        if call.method != "PUT" or moment not in self._moments:
            return None
        self.happened.append(moment)
        return Fault(after=self._moments.pop(moment), reset=True, then=self._fall)

    def _fall(self) -> None:
        self._store.kill()
        threading.Thread(target=self._rise, args=(self._proxy.calls,)).start()

    def _rise(self, calls: int) -> None:
        for _ in range(100):
            if self._proxy.calls > calls + 1:
                break
            threading.Event().wait(0.1)
        self._store.back()


def test_a_store_that_dies_three_times_within_a_retry_costs_no_row_and_doubles_none(
    made: World, proxy: FaultProxy, store: MortalStore
) -> None:
    outages = Outages(proxy, store, SampleTable(made.table.output).status().version + 1)
    proxy.script = outages
    result = again(made)
    assert len(outages.happened) == 3
    assert result.complete
    assert (result.accepted, result.rejected, result.elsewhere) == (24, 0, 0)
    assert made.outcomes() == made.expected(0, 30)
    assert reasons(made) == {"http_404": 6}


@pytest.mark.parametrize("landed", [False, True], ids=["before its commit", "after it"])
def test_a_retry_killed_between_its_files_and_the_answer_to_its_commit_leaves_a_whole_table(
    made: World, proxy: FaultProxy, landed: bool
) -> None:
    before = made.outcomes()
    victim: list[int] = []
    known = threading.Event()

    def kill() -> None:
        known.wait(30)
        os.kill(victim[0], signal.SIGKILL)

    proxy.script = lambda call: Fault(after=landed, reset=True, then=kill) if call.is_log_put else None
    process = start_run(made, "--retry")
    victim.append(process.pid)
    known.set()
    process.communicate(timeout=120)
    assert process.returncode == -signal.SIGKILL
    proxy.script = lambda call: None
    status = made.table.status()
    assert status.balanced, status.unbalanced
    after = made.outcomes()
    assert after.keys() == before.keys()
    assert sum(outcome == "accepted" for outcome in after.values()) == (8 if landed else 0)
    assert again(made).accepted == (16 if landed else 24)
    assert made.outcomes() == made.expected(0, 30)
    assert reasons(made) == {"http_404": 6}
