"""Sources on S3: found, planned by few small reads, read, and never called bad because their store is away."""

from __future__ import annotations

import io
import random
import uuid
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from curation.errors import PartitionError, RecipeError, SourceError
from curation.plan import make_plan
from curation.source import SourceSection, find_files, inspect_files
from curation.source_rows import read_partition
from curation.table.storage import Storage, StorageSection
from tests.servers.faults import Call, Fault, FaultProxy, fault_proxy
from tests.servers.s3 import BUCKET


@pytest.fixture(scope="module")
def proxy(moto_url: str) -> Iterator[FaultProxy]:
    """A proxy in front of the server, which counts and breaks requests."""
    with fault_proxy(moto_url) as found:
        yield found


class Bucket:
    """A folder of its own in the bucket, behind the proxy."""

    def __init__(self, proxy: FaultProxy, **patience: Any) -> None:
        quick = {"connect_timeout_s": 2.0, "timeout_s": 5.0, "patience_s": 20.0, "max_backoff_s": 0.3, "retries": 0}
        section = StorageSection(endpoint_url=proxy.url, allow_http=True, **quick | patience)
        self.folder = f"s3://{BUCKET}/{uuid.uuid4().hex}"
        self.storage = Storage(self.folder, section)

    def put(self, name: str, table: pa.Table | bytes, **options: Any) -> str:
        """Write a file; its URL."""
        out = io.BytesIO()
        if isinstance(table, bytes):
            out.write(table)
        else:
            pq.write_table(table, out, **options)
        self.storage.write_new(name, out.getvalue())
        return f"{self.folder}/{name}"

    def source(self, *paths: str, **keys: Any) -> SourceSection:
        """A source of these paths, or of the whole folder."""
        return SourceSection(paths=list(paths) or [self.folder], storage=self.storage.section, **keys)


@pytest.fixture
def bucket(proxy: FaultProxy) -> Iterator[Bucket]:
    proxy.script = lambda call: None
    yield Bucket(proxy)
    proxy.script = lambda call: None


def pairs(rows: int, **columns: Any) -> pa.Table:
    return pa.table({"URL": [f"http://a/{row}" for row in range(rows)], "TEXT": ["t"] * rows, **columns})


def recorded(proxy: FaultProxy, fault: Any = None) -> list[Call]:
    """The calls that pass the proxy from now on; `fault` may break some."""
    calls: list[Call] = []

    def script(call: Call) -> Fault | None:
        calls.append(call)
        return fault(call) if fault else None

    proxy.script = script
    return calls


def test_files_folders_and_globs_are_found(bucket: Bucket) -> None:
    found = [
        bucket.put(name, pairs(1)) for name in ("a.parquet", "b.parquet", "day=1/c.parquet", "t.parquet/p.parquet")
    ]
    bucket.put("notes.txt", b"words")
    assert find_files(bucket.source()) == found
    assert find_files(bucket.source(found[0])) == found[:1]
    assert find_files(bucket.source(f"{bucket.folder}/*.parquet")) == [found[0], found[1], found[3]]
    assert find_files(bucket.source(f"{bucket.folder}/**/c.parquet", found[1])) == found[1:3]


def test_a_file_that_came_after_the_last_plan_is_seen_by_the_next_in_the_same_process(bucket: Bucket) -> None:
    first = bucket.put("a.parquet", pairs(1))
    assert find_files(bucket.source()) == [first]
    second = bucket.put("b.parquet", pairs(1))
    assert find_files(bucket.source()) == [first, second]


def test_a_bucket_or_folder_that_is_not_there_is_one_clear_error(bucket: Bucket) -> None:
    with pytest.raises(SourceError, match="matches no file"):
        find_files(bucket.source())
    with pytest.raises(RecipeError, match="there is no bucket 'nowhere'"):
        find_files(bucket.source("s3://nowhere/x.parquet"))


def test_a_plan_costs_one_small_read_a_file(bucket: Bucket, proxy: FaultProxy) -> None:
    noise = [random.Random(row).randbytes(2000).hex() for row in range(500)]
    for number in range(20):
        bucket.put(f"{number:02}.parquet", pairs(500, noise=noise))
    calls = recorded(proxy)
    good, _ = inspect_files(bucket.source())
    assert len(good) == 20
    assert all(file.bytes > 500_000 for file in good)
    reads = [call for call in calls if call.path.split("?")[0].endswith(".parquet")]
    assert len(reads) == 20
    assert len(calls) <= 20 + 6


def test_partitions_read_from_s3_are_the_rows_of_the_file(bucket: Bucket) -> None:
    bucket.put("a.parquet", pairs(250, key=list(range(250))), row_group_size=40)
    source = bucket.source(partition_rows=100)
    (file,), _ = inspect_files(source)
    tables = [read_partition(source, part) for part in file.partitions(100)]
    urls = [url for table in tables for url in table.column("url").to_pylist()]
    assert urls == [f"http://a/{row}" for row in range(250)]


def test_the_same_plan_is_made_twice_and_by_another_process_of_the_same_source(bucket: Bucket) -> None:
    class Nothing:
        def file(self, file_id: str) -> bool:
            return False

        partition = file

    bucket.put("a.parquet", pairs(25))
    source = bucket.source(partition_rows=10)
    Storage(bucket.folder, source.storage).filesystem.clear_instance_cache()
    assert make_plan(source, Nothing()) == make_plan(SourceSection(**source.model_dump()), Nothing())


def test_a_store_that_is_throttled_for_a_while_delays_a_plan_and_makes_no_file_bad(
    bucket: Bucket, proxy: FaultProxy
) -> None:
    for number in range(5):
        bucket.put(f"{number}.parquet", pairs(3))
    chance = random.Random(2)
    recorded(proxy, lambda call: Fault(status=503) if chance.random() < 0.5 else None)
    good, bad = inspect_files(bucket.source(on_bad_file="skip"))
    assert (len(good), bad) == (5, [])
    assert proxy.faults > 0


def test_a_store_that_stays_away_is_an_error_even_when_bad_files_are_skipped(proxy: FaultProxy) -> None:
    proxy.script = lambda call: None
    bucket = Bucket(proxy, patience_s=1.0)
    bucket.put("a.parquet", pairs(3))
    recorded(proxy, lambda call: Fault(status=503) if call.path.split("?")[0].endswith(".parquet") else None)
    with pytest.raises(SourceError, match="store does not answer"):
        inspect_files(bucket.source(on_bad_file="skip"))


def test_a_file_that_is_closed_to_us_is_bad_and_the_others_are_planned(bucket: Bucket, proxy: FaultProxy) -> None:
    good_one, closed = bucket.put("a.parquet", pairs(3)), bucket.put("b.parquet", pairs(3))
    recorded(proxy, lambda call: Fault(status=403) if "/b.parquet" in call.path else None)
    good, bad = inspect_files(bucket.source(on_bad_file="skip"))
    assert [file.path for file in good] == [good_one]
    assert [file.path for file in bad] == [closed]
    assert "PermissionError" in bad[0].problem


def test_a_file_that_is_deleted_after_planning_fails_its_partition(bucket: Bucket) -> None:
    url = bucket.put("a.parquet", pairs(3))
    source = bucket.source()
    (file,), _ = inspect_files(source)
    bucket.storage.filesystem.rm(url)
    with pytest.raises(PartitionError, match="FileNotFoundError"):
        read_partition(source, next(file.partitions(10)))
