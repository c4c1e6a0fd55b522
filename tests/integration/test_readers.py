"""The accepted shards, read as they are by the loaders that training teams use."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow.dataset as pds
import pytest
from PIL.Image import Image

from curation.table.maintain import compact, vacuum
from curation.table.read import SampleTable
from curation.table.storage import OutputSection
from tests.integration.table_drivers import s3_output
from tests.servers.s3 import KEY, SECRET
from tests.unit.table.partitions import commit_all, partitions

ACCEPTED = 24  # of 36 rows


@pytest.fixture(scope="module", params=["as committed", "compacted"])
def table(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = OutputSection(table=str(tmp_path_factory.mktemp("readers") / "table"), row_group_rows=5)
    commit_all(output, partitions("f", 4, 9))
    if request.param == "compacted":
        compact(SampleTable(output))
    return Path(output.table)


def _is_a_conversation(messages: list[dict[str, str]]) -> bool:
    return [message["role"] for message in messages] == ["user", "assistant"] and "<image>" in messages[0]["content"]


def _check_loaded(rows: Iterable[dict[str, Any]]) -> None:
    read = list(rows)
    assert len({row["sample_id"] for row in read}) == len(read) == ACCEPTED
    for row in read:
        assert isinstance(row["image"], Image)
        assert row["image"].size == (48, 48)
        assert _is_a_conversation(row["messages"])


@pytest.mark.parametrize("streaming", [False, True])
def test_datasets_loads_the_shards_and_decodes_the_images(
    table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, streaming: bool
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    import datasets
    from deltalake import DeltaTable

    # The log names the files: the folder may hold others too, never committed or replaced, until vacuum.
    files = DeltaTable(str(table)).file_uris([("outcome", "=", "accepted")])
    rows = datasets.load_dataset(
        "parquet", data_files=files, split="train", streaming=streaming, cache_dir=str(tmp_path)
    )
    assert isinstance(rows.features["image"], datasets.Image)
    _check_loaded(rows)


def test_datasets_loads_the_folder_after_vacuum(table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    import datasets

    vacuum(SampleTable(OutputSection(table=str(table))), retention_h=0, keep_versions=1, allow_short=True)
    files = f"{table}/outcome=accepted/*.parquet"
    _check_loaded(datasets.load_dataset("parquet", data_files=files, split="train", cache_dir=str(tmp_path)))


def test_deltalake_reads_the_newest_version(table: Path) -> None:
    from deltalake import DeltaTable

    delta = DeltaTable(str(table))
    rows = delta.to_pyarrow_table(columns=["messages", "image", "outcome"], filters=[("outcome", "=", "accepted")])
    assert len(rows) == ACCEPTED
    assert rows.column("image")[0].as_py()["bytes"][:2] == b"\xff\xd8"
    assert _is_a_conversation(rows.column("messages")[0].as_py())


def test_duckdb_queries_the_shards(table: Path) -> None:
    import duckdb

    files = f"{table}/**/*.parquet"
    found = duckdb.sql(
        f"""select outcome, count(distinct sample_id), min(octet_length(image.bytes)), min(messages[1].content)
            from read_parquet('{files}', hive_partitioning = true) group by outcome order by outcome"""
    ).fetchall()
    assert [(outcome, count) for outcome, count, *_ in found] == [("accepted", ACCEPTED), ("rejected", 12)]
    assert found[0][2] > 100
    assert found[0][3].startswith("<image>")


def test_polars_reads_the_newest_version(table: Path) -> None:
    import polars

    rows = polars.scan_delta(str(table)).filter(polars.col("outcome") == "accepted").collect()
    assert rows.height == ACCEPTED
    assert rows["messages"][0].to_list()[0]["role"] == "user"
    assert rows["image"].struct.field("bytes")[0][:2] == b"\xff\xd8"


def test_pyarrow_dataset_reads_the_shards(table: Path) -> None:
    rows = pds.dataset(table, format="parquet", partitioning="hive", exclude_invalid_files=False)
    accepted = rows.to_table(columns=["sample_id", "messages"], filter=pds.field("outcome") == "accepted")
    assert len(set(accepted.column("sample_id").to_pylist())) == ACCEPTED
    assert _is_a_conversation(accepted.column("messages")[0].as_py())


def test_shards_on_s3_load_with_datasets_and_deltalake(
    s3_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import datasets
    from deltalake import DeltaTable

    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", False)  # it takes an S3 server on loopback for the hub
    output = s3_output(s3_url, "readers")
    commit_all(output, partitions("f", 2, 9))
    options = {"key": KEY, "secret": SECRET, "client_kwargs": {"endpoint_url": s3_url}}
    delta = DeltaTable(output.table, storage_options=SampleTable(output).storage.delta_options())
    rows = datasets.load_dataset(
        "parquet",
        data_files=delta.file_uris([("outcome", "=", "accepted")]),
        split="train",
        storage_options=options,
        cache_dir=str(tmp_path),
    )
    assert (len(rows), rows[0]["image"].size) == (12, (48, 48))
    assert delta.to_pyarrow_table(columns=["row"], filters=[("outcome", "=", "accepted")]).num_rows == 12
