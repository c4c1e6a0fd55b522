"""The write stage: files, receipt, and what it refuses."""

from __future__ import annotations

import hashlib
import json
import pickle
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from curation.errors import PartitionError
from curation.samples import SCHEMA, fill
from curation.stages.write import Write
from curation.table.storage import OutputSection
from tests.unit.table.partitions import finished, partitions


@pytest.fixture
def output(tmp_path: Path) -> OutputSection:
    return OutputSection(table=str(tmp_path / "table"), row_group_rows=4)


@pytest.fixture
def write(output: OutputSection) -> Write:
    return Write(output, "recipe-1", "run-1")


PART = partitions("f", 3, 30)[1]


def test_receipt_accounts_for_every_row_and_file(write: Write, output: OutputSection) -> None:
    receipt = write(finished(PART))
    assert (receipt.partition, receipt.file_id, receipt.file_partitions) == (PART.id, "f", 3)
    assert (receipt.planned, receipt.accepted, receipt.rejected) == (30, 20, 10)
    assert receipt.reasons == {"blurred": 5, "nsfw": 5}
    assert receipt.seconds == {"a": 1.5, "write": receipt.seconds["write"]}
    assert receipt.seconds["write"] > 0
    used = {"requests": 0, "retries": 0, "prompt_tokens": 90, "completion_tokens": 60, "seconds": 0}
    assert receipt.llm == used
    for file in receipt.files:
        data = (Path(output.table) / file.path).read_bytes()
        assert (len(data), hashlib.sha256(data).hexdigest()) == (file.bytes, file.sha256)
        assert pq.read_metadata(Path(output.table) / file.path).num_rows == file.rows


def test_files_have_our_schema_small_row_groups_and_the_image_feature(write: Write, output: OutputSection) -> None:
    files = {file.outcome: Path(output.table) / file.path for file in write(finished(PART)).files}
    accepted = pq.ParquetFile(files["accepted"])
    assert accepted.schema_arrow.equals(SCHEMA)
    assert accepted.num_row_groups == 5
    features = json.loads(accepted.schema_arrow.metadata[b"huggingface"])["info"]["features"]
    assert features["image"] == {"_type": "Image"}
    codecs = {
        accepted.metadata.row_group(0).column(index).path_in_schema: accepted.metadata.row_group(0).column(index)
        for index in range(accepted.metadata.num_columns)
    }
    assert codecs["url"].compression == "ZSTD"
    assert codecs["image.bytes"].compression == "UNCOMPRESSED"
    assert codecs["turns.list.element.checks.list.element"].compression == "ZSTD"


def test_rows_are_stamped_and_keep_their_order(write: Write, output: OutputSection) -> None:
    for file in write(finished(PART)).files:
        rows = pq.read_table(Path(output.table) / file.path, partitioning=None)
        assert set(rows.column("recipe").to_pylist()) == {"recipe-1"}
        assert set(rows.column("run").to_pylist()) == {"run-1"}
        assert rows.column("created").null_count == 0
        assert rows.column("row").to_pylist() == sorted(rows.column("row").to_pylist())


def test_previews_are_kept_only_of_rejects_that_may_be_shown(write: Write, output: OutputSection) -> None:
    shown = {}
    for file in write(finished(PART)).files:
        rows = pq.read_table(Path(output.table) / file.path, partitioning=None)
        for reason, preview in zip(rows["reason"].to_pylist(), rows["preview"].to_pylist(), strict=True):
            shown.setdefault(reason, set()).add(preview)
    assert shown == {None: {None}, "blurred": {b"preview"}, "nsfw": {None}}


def test_the_stage_crosses_process_borders_also_after_it_has_written(write: Write) -> None:
    write(finished(PART))
    assert pickle.loads(pickle.dumps(write))(finished(PART)).accepted == 20


def test_two_attempts_never_share_a_file(write: Write) -> None:
    first, second = write(finished(PART)), write(finished(PART))
    assert not {file.path for file in first.files} & {file.path for file in second.files}


def test_an_outcome_without_rows_has_no_file(write: Write) -> None:
    table = finished(PART)
    table = fill(table, "reason", dict.fromkeys(range(30), "blurred"))
    table = table.replace_schema_metadata(finished(PART).schema.metadata)
    receipt = write(table)
    assert [(file.outcome, file.rows) for file in receipt.files] == [("rejected", 30)]


@pytest.mark.parametrize(
    ("column", "value", "names"),
    [
        ("image", None, "image"),
        ("image", {"bytes": b"", "path": None}, "image"),
        ("image", {"bytes": None, "path": "x"}, "image"),
        ("messages", None, "messages"),
        ("messages", [], "messages"),
    ],
)
def test_an_accepted_row_without_image_or_messages_is_refused(
    write: Write, output: OutputSection, column: str, value: object, names: str
) -> None:
    broken = fill(finished(PART), column, {4: value}).replace_schema_metadata(finished(PART).schema.metadata)
    with pytest.raises(PartitionError, match=f"1 rows have no reason to be rejected and no {names}.*row 4"):
        write(broken)
    assert not Path(output.table).exists(), "nothing is written of a partition that is refused"


def test_a_table_that_is_not_the_planned_partition_is_refused(write: Write) -> None:
    table = finished(PART)
    facts = table.schema.metadata
    with pytest.raises(PartitionError, match="29 rows, planned were 30"):
        write(table.slice(1))
    other = table.set_column(1, "partition", pa.array(["x"] * 30)).replace_schema_metadata(facts)
    with pytest.raises(PartitionError, match="holds rows of"):
        write(other)
    with pytest.raises(PartitionError, match="no facts of its partition"):
        write(table.replace_schema_metadata(None))
    with pytest.raises(PartitionError, match="another schema"):
        write(table.drop_columns(["url"]).replace_schema_metadata(facts))
