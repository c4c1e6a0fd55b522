"""The group commit on a local folder: what lands, when, once, and what is refused."""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from curation.errors import BadShard, CommitFailed
from curation.table.commit import Committer
from curation.table.read import SampleTable
from curation.table.receipt import Receipt
from curation.table.storage import OutputSection
from tests.unit.table.partitions import commit_all, finished, partitions, write_all


@pytest.fixture
def output(tmp_path: Path) -> OutputSection:
    return OutputSection(table=str(tmp_path / "table"), commit_every_partitions=2)


def test_partitions_land_in_groups_and_the_rest_when_the_committer_closes(output: OutputSection) -> None:
    table = SampleTable(output)
    with Committer(table, "recipe", "run") as committer:
        seen = []
        for receipt in write_all(output, partitions("f", 5, 6)):
            committer.add(receipt)
            seen.append(table.status().partitions)
    assert seen == [0, 2, 2, 4, 4]
    assert table.status().partitions == 5
    done = committer.committed
    assert (done.partitions, done.accepted, done.rejected, done.commits, done.skipped) == (5, 20, 10, 3, 0)


def test_a_finished_partition_waits_no_longer_than_commit_every_s(output: OutputSection) -> None:
    output = output.model_copy(update={"commit_every_partitions": 100, "commit_every_s": 0.2})
    with Committer(SampleTable(output), "recipe", "run") as committer:
        committer.add(next(write_all(output, partitions("f", 1, 6))))
        deadline = time.monotonic() + 10
        while not committer.committed.partitions and time.monotonic() < deadline:
            time.sleep(0.02)
        assert SampleTable(output).status().partitions == 1


def test_leaving_by_an_error_commits_what_is_finished(output: OutputSection) -> None:
    def interrupted() -> None:
        with Committer(SampleTable(output), "recipe", "run") as committer:
            committer.add(next(write_all(output, partitions("f", 1, 6))))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert SampleTable(output).status().partitions == 1


def test_a_partition_that_landed_before_is_skipped_and_its_rows_stay_single(
    output: OutputSection, caplog: pytest.LogCaptureFixture
) -> None:
    commit_all(output, partitions("f", 1, 6), run="first")
    with Committer(SampleTable(output), "recipe", "second") as committer:
        for receipt in write_all(output, partitions("f", 1, 6), run="second"):
            committer.add(receipt)
    assert (committer.committed.partitions, committer.committed.skipped) == (0, 1)
    assert "f-0+6 was committed by another run already" in caplog.text
    assert set(SampleTable(output).table(["run"]).column("run").to_pylist()) == {"first"}
    assert SampleTable(output).status().balanced


def test_two_attempts_of_one_partition_in_one_run_land_once(output: OutputSection) -> None:
    for every in (1, 2, 3):
        out = output.model_copy(update={"commit_every_partitions": every, "table": f"{output.table}{every}"})
        with Committer(SampleTable(out), "recipe", "run") as committer:
            for receipt in write_all(out, partitions("f", 2, 6) * 2):
                committer.add(receipt)
        done = committer.committed
        assert (done.partitions, done.repeated, done.skipped) == (2, 2, 0)
        assert SampleTable(out).status().balanced


def test_a_source_file_is_whole_when_its_last_partition_lands(output: OutputSection) -> None:
    parts = partitions("f", 3, 6)
    for count in (1, 2, 3):
        commit_all(output, parts[:count])
        landed = SampleTable(output).landed()
        assert landed.file("f") == (count == 3)
        assert [landed.partition(part.id) for part in parts] == [index < count for index in range(3)]


def test_another_partition_size_for_a_file_that_has_begun_is_refused(output: OutputSection) -> None:
    commit_all(output, partitions("f", 4, 6)[:2])
    with pytest.raises(CommitFailed, match=r"4 partitions.*2 now.*source\.partition_rows"):
        commit_all(output, partitions("f", 2, 12))
    assert SampleTable(output).status().partitions == 2


def test_a_commit_says_who_made_it_and_what_of(output: OutputSection) -> None:
    commit_all(output, partitions("f", 3, 6), run="night-1")
    commit_all(output, partitions("g", 1, 6), run="night-2")
    first, second = SampleTable(output).runs()
    assert (first.run, first.recipe, first.commits, len(first.receipts)) == ("night-1", "recipe", 2, 3)
    assert (second.run, second.commits, second.first_commit >= first.last_commit) == ("night-2", 1, True)
    assert first.receipts[0].reasons == {"blurred": 1, "nsfw": 1}
    assert first.receipts[0].seconds["a"] == 1.5
    assert (first.receipts[0].llm["prompt_tokens"], first.receipts[0].llm["completion_tokens"]) == (18, 12)


Mutation = Callable[[random.Random, bytes], bytes]


def _flip(chance: random.Random, data: bytes) -> bytes:
    where = chance.randrange(len(data))
    return data[:where] + bytes([data[where] ^ (1 << chance.randrange(8))]) + data[where + 1 :]


def _swap_halves(chance: random.Random, data: bytes) -> bytes:
    where = chance.randrange(1, len(data))
    return data[where:] + data[:where]


MUTATIONS: dict[str, Mutation] = {
    "a flipped bit": _flip,
    "a cut end": lambda chance, data: data[: chance.randrange(len(data))],
    "bytes added": lambda chance, data: data + chance.randbytes(chance.randrange(1, 50)),
    "other bytes of that size": lambda chance, data: chance.randbytes(len(data)),
    "halves swapped": _swap_halves,
}


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_mutated_file_is_refused_before_the_commit(output: OutputSection, name: str) -> None:
    chance = random.Random(name)
    with Committer(SampleTable(output), "recipe", "run") as committer:
        for receipt in write_all(output, partitions("f", 10, 6)):
            file = chance.choice(receipt.files)
            path = Path(output.table) / file.path
            path.write_bytes(MUTATIONS[name](chance, path.read_bytes()))
            with pytest.raises(BadShard, match=file.path.split("-")[-1]):
                committer.add(receipt)
    assert not SampleTable(output).exists()


def _with_file(output: OutputSection, receipt: Receipt, table: pa.Table) -> Receipt:
    """The receipt, its first file replaced by another one whose size and sha256 are right."""
    path = Path(output.table) / receipt.files[0].path
    pq.write_table(table, path)
    data = path.read_bytes()
    forged = replace(receipt.files[0], bytes=len(data), sha256=hashlib.sha256(data).hexdigest())
    return replace(receipt, files=(forged, *receipt.files[1:]))


@pytest.mark.parametrize("verify_sha256", [True, False])
def test_a_file_with_another_schema_or_another_number_of_rows_is_refused(
    output: OutputSection, verify_sha256: bool
) -> None:
    output = output.model_copy(update={"verify_sha256": verify_sha256})
    part = partitions("f", 1, 6)[0]
    rows = finished(part).replace_schema_metadata(None)
    shapes = {
        "3 rows, its receipt says 4": rows.slice(0, 3),
        "column caption is missing": rows.slice(0, 4).drop_columns(["caption"]),
        "column width is int64": rows.slice(0, 4).set_column(10, "width", pa.array([1] * 4, pa.int64())),
        "columns .*extra": rows.slice(0, 4).append_column("extra", pa.array([1] * 4)),
        "columns ": rows.slice(0, 4).select(list(reversed(rows.column_names))),
    }
    with Committer(SampleTable(output), "recipe", "run") as committer:
        for problem, table in shapes.items():
            receipt = _with_file(output, next(write_all(output, [part])), table)
            with pytest.raises(BadShard, match=problem):
                committer.add(receipt)
    assert not SampleTable(output).exists()


def test_a_receipt_that_does_not_add_up_is_refused(output: OutputSection) -> None:
    receipt = next(write_all(output, partitions("f", 1, 6)))
    lost = replace(receipt.files[0], rows=3)
    wrong = [
        replace(receipt, planned=7),
        replace(receipt, partition="f-0+7"),
        replace(receipt, accepted=5),
        replace(receipt, files=receipt.files[:1]),
        replace(receipt, files=(lost, *receipt.files[1:])),
        replace(receipt, files=(replace(receipt.files[0], outcome="rejected"), receipt.files[1])),
        replace(receipt, files=(replace(receipt.files[0], path="outcome=accepted/none.parquet"), receipt.files[1])),
    ]
    with Committer(SampleTable(output), "recipe", "run") as committer:
        for bad in wrong:
            with pytest.raises(BadShard):
                committer.add(bad)
        committer.add(receipt)
    assert SampleTable(output).status().balanced


def test_without_sha256_the_size_and_the_footer_are_still_checked(output: OutputSection) -> None:
    output = output.model_copy(update={"verify_sha256": False})
    with Committer(SampleTable(output), "recipe", "run") as committer:
        for name, mutate in MUTATIONS.items():
            if name == "a flipped bit":
                continue  # may hit a page, which only the sha256 sees
            receipt = next(write_all(output, partitions("f", 1, 6)))
            path = Path(output.table) / receipt.files[0].path
            path.write_bytes(mutate(random.Random(1), path.read_bytes()))
            with pytest.raises(BadShard):
                committer.add(receipt)
