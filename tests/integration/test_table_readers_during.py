"""Readers beside a run that commits, compacts and vacuums: a consistent snapshot, always."""

from __future__ import annotations

import threading
import time
import uuid
from collections import Counter

import pytest

from curation.errors import CommitFailed
from curation.table.log import open_table
from curation.table.maintain import compact, vacuum
from curation.table.read import SampleTable
from curation.table.storage import OutputSection
from tests.integration.table_drivers import FULL, repetitions, s3_output
from tests.unit.table.partitions import commit_all, partitions

ROWS = 6
pytestmark = pytest.mark.timeout(3000 if FULL else 300)


class _Churn:
    """Commits partition after partition, compacts now and then, and vacuums everything that it may."""

    def __init__(self, output: OutputSection) -> None:
        self._output = output
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.done: Counter[str] = Counter()

    def __enter__(self) -> _Churn:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        table = SampleTable(self._output)
        while not self._stop.is_set():
            commit_all(self._output, partitions(f"f{self.done['commits']}", 2, ROWS))
            self.done["commits"] += 1
            if self.done["commits"] % 2 == 0:
                self.done["compacted files"] += compact(table).files_before
                # Between two partitions nothing is written and not committed, so a retention of 0 is safe here.
                # Two vacuum entries and a commit come with each round: a reader has some rounds for one read.
                gone = vacuum(table, retention_h=0, keep_versions=40, allow_short=True)
                self.done["vacuumed files"] += len(gone)
                self.done["vacuums"] += 1

    def wait_for_vacuum(self) -> None:
        """Until a vacuum that has not begun yet is done."""
        seen = self.done["vacuums"]
        while self.done["vacuums"] < seen + 2 and self._thread.is_alive():
            time.sleep(0.02)


@pytest.mark.parametrize("where", ["local", "s3"])
def test_promise_14_a_reader_sees_a_consistent_snapshot_during_commits_compaction_and_vacuum(
    request: pytest.FixtureRequest, tmp_path: object, where: str
) -> None:
    output = (
        OutputSection(table=f"{tmp_path}/table", commit_every_partitions=2)
        if where == "local"
        else s3_output(request.getfixturevalue("s3_url"), uuid.uuid4().hex)
    )
    commit_all(output, partitions("first", 8, ROWS))
    sizes = []
    with _Churn(output) as churn:
        while len(sizes) < repetitions(4, 900 if where == "local" else 100) or not churn.done["vacuumed files"]:
            counts = _read(SampleTable(output), churn, slowly=len(sizes) % repetitions(2, 10) == 0)
            assert set(counts.values()) == {ROWS}, "a partition is there in part, or twice"
            assert len(counts) % 2 == 0, "one of two partitions of a commit is missing"
            sizes.append(counts.total())
    assert sizes == sorted(sizes), "a committed partition went away"
    assert sizes[-1] > sizes[0], "nothing was committed meanwhile"
    assert SampleTable(output).status().balanced


def _read(table: SampleTable, churn: _Churn, slowly: bool) -> Counter[str]:
    """Rows by partition of one version. A slow reader reads after what it opened has been replaced and vacuumed."""
    opened = open_table(table.storage)
    if slowly:
        churn.wait_for_vacuum()
    rows = opened.to_pyarrow_dataset().to_table(columns=["partition", "row", "outcome", "messages"])
    return Counter(rows.column("partition").to_pylist())


def test_two_compactions_at_once_lose_and_repeat_nothing(s3_url: str) -> None:
    output = s3_output(s3_url, uuid.uuid4().hex)
    commit_all(output, partitions("f", 12, ROWS))
    outcomes: list[str] = []

    def upkeep() -> None:
        try:
            compact(SampleTable(output), target_bytes=30_000)
            outcomes.append("done")
        except CommitFailed:
            outcomes.append("refused")

    both = [threading.Thread(target=upkeep) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert "done" in outcomes
    assert len(outcomes) == 2
    assert SampleTable(output).status().balanced
