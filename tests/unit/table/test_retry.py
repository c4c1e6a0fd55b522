"""The commit of a retry on a local folder: names, deaths at a bad moment, a store that is away."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake.exceptions import DeltaError

from curation.errors import CommitFailed, CommitStateUnknown, PartitionError, RecipeError
from curation.partition import Partition
from curation.samples import Reason, Reject, reject
from curation.stages.write import Write, WriteAgain
from curation.table import retry
from curation.table.commit import Committer
from curation.table.maintain import commit_rewrite
from curation.table.read import SampleTable
from curation.table.receipt import Receipt
from curation.table.retry import Replacer, plan_again, read_again
from curation.table.storage import OutputSection, StorageSection
from tests.unit.table.partitions import finished, partitions

ROWS = 9
BLURRED = Reject(Reason.BLURRED, "found 3, expected 9")
DOWN = Reject(Reason.HTTP_5XX, "found 503, expected 200")


@pytest.fixture
def output(tmp_path: Path) -> OutputSection:
    return OutputSection(
        table=str(tmp_path / "table"), commit_every_partitions=1, storage=StorageSection(patience_s=0.3)
    )


@pytest.fixture
def table(output: OutputSection) -> SampleTable:
    """One partition, all of whose rows had a server that was down."""
    made = SampleTable(output)
    (partition,) = partitions("f", 1, ROWS)
    rows = finished(partition)
    down = rows.set_column(rows.schema.get_field_index("reason"), "reason", pa.nulls(ROWS, pa.string()))
    with Committer(made, "recipe", "run") as committer:
        committer.add(Write(output, "recipe", "run")(reject(down, dict.fromkeys(range(ROWS), DOWN))))
    assert made.status().reasons == {"http_5xx": ROWS}
    return made


def done_again(output: OutputSection, partition: Partition, reason: Reject) -> Receipt:
    """The receipt of such a partition, all of whose rows have this reason now."""
    rows = reject(read_again(output, partition), dict.fromkeys(range(partition.rows), reason))
    facts = {b"curation.partition": partition.to_json().encode(), b"curation.seconds": json.dumps({}).encode()}
    return WriteAgain(output, "recipe", "again")(rows.replace_schema_metadata(facts))


def test_names_do_not_grow_with_every_retry(output: OutputSection, table: SampleTable) -> None:
    lengths = set()
    for _ in range(12):
        (partition,) = plan_again(table, ROWS).pending
        lengths.add(len(partition.id))
        with Replacer(table, "recipe", "again") as committer:
            committer.add(done_again(output, partition, DOWN))
    assert len(lengths) == 1
    assert table.status().reasons == {"http_5xx": ROWS}


@pytest.mark.parametrize("landed", [True, False])
def test_a_signal_within_a_commit_loses_no_finished_work_and_brings_nothing_twice(
    output: OutputSection, table: SampleTable, monkeypatch: pytest.MonkeyPatch, landed: bool
) -> None:
    def interrupted(*rewrite: Any, **options: Any) -> None:
        monkeypatch.undo()
        if landed:
            commit_rewrite(*rewrite, **options)
        raise KeyboardInterrupt

    first, second, third = plan_again(table, 4).pending
    committer = Replacer(table, "recipe", "again")
    with committer:
        committer.add(done_again(output, first, BLURRED))
        monkeypatch.setattr(retry, "commit_rewrite", interrupted)
        with pytest.raises(KeyboardInterrupt):
            committer.add(done_again(output, second, BLURRED))
    assert (committer.committed.partitions, committer.committed.rejected) == (2, 8)
    assert table.status().reasons == {"blurred": 8, "http_5xx": 1}
    committer.add(done_again(output, third, BLURRED))
    assert table.status().reasons == {"blurred": 9}
    assert table.status().balanced


def away(*arguments: Any, **options: Any) -> Any:
    raise DeltaError("503 Service Unavailable")


def test_a_store_that_comes_back_costs_a_retry_nothing(
    output: OutputSection, table: SampleTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures = iter([OSError("connection reset"), CommitStateUnknown("it is away"), CommitFailed("another upkeep")])

    def sometimes(*rewrite: Any, **options: Any) -> None:
        if failure := next(failures, None):
            if isinstance(failure, CommitStateUnknown):  # which it did
                commit_rewrite(*rewrite, **options)
            raise failure
        commit_rewrite(*rewrite, **options)

    monkeypatch.setattr(retry, "commit_rewrite", sometimes)
    patient = SampleTable(output.model_copy(update={"storage": StorageSection(patience_s=10)}))
    with Replacer(patient, "recipe", "again") as committer:
        for partition in plan_again(table, 4).pending:
            committer.add(done_again(output, partition, BLURRED))
    assert committer.committed.rejected == 9
    assert table.status().reasons == {"blurred": 9}
    assert table.status().balanced


@pytest.mark.parametrize("name", ["open_table", "commit_rewrite", "read_shard"])
def test_a_store_that_stays_away_ends_a_retry_in_words(
    output: OutputSection, table: SampleTable, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    (partition,) = plan_again(table, ROWS).pending
    receipt = done_again(output, partition, BLURRED)
    monkeypatch.setattr(retry, name, away)
    with pytest.raises(CommitFailed, match=r"could not commit 1 partitions after 0.3 s.*Run again when it is back"):
        Replacer(table, "recipe", "again").add(receipt)
    assert table.status().reasons == {"http_5xx": ROWS}


def test_what_may_have_landed_in_a_store_that_stays_away_is_not_called_a_failure(
    output: OutputSection, table: SampleTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(*rewrite: Any, **options: Any) -> None:
        monkeypatch.setattr(retry, "open_table", away)
        raise CommitStateUnknown("it is away; delete nothing")

    (partition,) = plan_again(table, ROWS).pending
    receipt = done_again(output, partition, BLURRED)
    monkeypatch.setattr(retry, "commit_rewrite", unknown)
    with pytest.raises(CommitStateUnknown, match="delete nothing"):
        Replacer(table, "recipe", "again").add(receipt)


def test_what_cannot_be_read_is_told_in_words_and_stays_as_it_was(output: OutputSection, table: SampleTable) -> None:
    (partition,) = plan_again(table, ROWS).pending
    path = Path(output.table, partition.file)
    data = path.read_bytes()
    for broken in (data[:-9], None):
        if broken is None:
            path.unlink()
        else:
            path.write_bytes(broken)
        with pytest.raises(RecipeError, match=f"{partition.file} cannot be read .*Nothing was started"):
            plan_again(table, ROWS)
        with pytest.raises(PartitionError, match=f"{partition.file} cannot be read .*Run again"):
            read_again(output, partition)


def test_what_the_timer_of_a_retry_could_not_commit_is_told_by_the_next_call(
    output: OutputSection, table: SampleTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = SampleTable(output.model_copy(update={"commit_every_partitions": 9, "commit_every_s": 0.05}))
    (partition,) = plan_again(table, ROWS).pending
    receipt = done_again(output, partition, BLURRED)
    monkeypatch.setattr(retry, "open_table", away)
    committer = Replacer(slow, "recipe", "again")
    committer.__enter__()
    committer.add(receipt)
    committer._timer.join(timeout=10)
    with pytest.raises(CommitFailed, match="is away"):
        committer.flush()
