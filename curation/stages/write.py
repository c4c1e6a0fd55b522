"""The last stage: a partition becomes Parquet files and a receipt."""

from __future__ import annotations

import hashlib
import json
import time
from collections import Counter
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.compute as pc

from curation.errors import PartitionError
from curation.inference.spent import COLUMNS as LLM_COLUMNS
from curation.partition import Partition
from curation.samples import NEVER_SHOWN, SCHEMA
from curation.table.erase import Erasures, tombstones
from curation.table.receipt import Receipt, ShardFile
from curation.table.shard import ACCEPTED, REJECTED, encode, new_path
from curation.table.storage import OutputSection, Storage

PARTITION_KEY = b"curation.partition"  # schema metadata: the partition's facts, as JSON
SECONDS_KEY = b"curation.seconds"  # schema metadata: busy seconds by stage, as a JSON object


class Write:
    """Writes one Parquet file for each outcome that a partition has, and returns the receipt for both.

    Reads every column; fills `recipe`, `run` and `created`; clears `preview` on accepted rows and on rows whose
    reason is in `NEVER_SHOWN`. Rejects, as `erased`, what the table was asked to forget, and nothing else: a row
    without a reason is accepted. The files are invisible until the driver commits the receipt, so a failure here
    leaves nothing that a reader could see.

    Raises `PartitionError` if the table is not the planned partition, or an accepted row lacks its image or
    its messages. Safe next: run again.
    """

    name = "write"

    def __init__(self, output: OutputSection, recipe: str, run: str) -> None:
        self._output = output
        self._recipe = recipe
        self._run = run
        self._storage = Storage(output.table, output.storage)

    def __call__(self, table: pa.Table) -> Receipt:
        began = time.perf_counter()
        metadata = table.schema.metadata or {}
        if PARTITION_KEY not in metadata:
            raise PartitionError("the table carries no facts of its partition; the engine puts them in the schema")
        partition = Partition.from_json(metadata[PARTITION_KEY].decode())
        self._check_partition(table, partition)
        table = self._erase(self._stamp(table))
        kept = pc.is_null(table.column("reason"))
        parts = {ACCEPTED: table.filter(kept), REJECTED: table.filter(pc.invert(kept))}
        _check_accepted(parts[ACCEPTED])
        files = tuple(self._write(outcome, partition.id, rows) for outcome, rows in parts.items() if len(rows))
        return Receipt(
            partition=partition.id,
            file_id=partition.file_id,
            file_partitions=partition.file_partitions,
            planned=partition.rows,
            accepted=len(parts[ACCEPTED]),
            rejected=len(parts[REJECTED]),
            files=files,
            reasons=dict(Counter(str(reason) for reason in parts[REJECTED].column("reason").to_pylist())),
            seconds=json.loads(metadata.get(SECONDS_KEY, b"{}")) | {self.name: round(time.perf_counter() - began, 4)},
            llm={name: _total(table, column) for name, column in LLM_COLUMNS.items()},
        )

    def _check_partition(self, table: pa.Table, partition: Partition) -> None:
        _check_rows(table, partition)
        names = table.column("partition").unique().to_pylist()
        if names != [partition.id]:
            raise PartitionError(f"partition {partition.id} holds rows of {names}")

    def _stamp(self, table: pa.Table) -> pa.Table:
        rows = len(table)
        stamps = {"recipe": self._recipe, "run": self._run, "created": datetime.now(UTC)}
        for name, value in stamps.items():
            field = SCHEMA.field(name)
            table = table.set_column(SCHEMA.get_field_index(name), field, pa.repeat(pa.scalar(value, field.type), rows))
        reasons = table.column("reason")
        hidden = pc.is_in(reasons, pa.array(sorted(NEVER_SHOWN), pa.string()))
        shown = pc.and_(pc.is_valid(reasons), pc.invert(hidden))
        preview = SCHEMA.field("preview")
        kept = pc.if_else(shown, table.column("preview"), pa.scalar(None, preview.type))
        return table.set_column(SCHEMA.get_field_index("preview"), preview, kept)

    def _erase(self, table: pa.Table) -> pa.Table:
        # Asked anew for each partition: a run lasts for hours, and a request holds from the moment it is made.
        erasures = Erasures.load(self._storage)
        if not erasures:
            return table
        hits = erasures.hits(table)
        rows = pa.array(range(len(table)))
        parts = [table.filter(pc.invert(hits)), tombstones(table.filter(hits))]
        order = pa.concat_arrays([rows.filter(pc.invert(hits)), rows.filter(hits)])
        return pa.concat_tables(parts).take(pc.sort_indices(order))

    def _write(self, outcome: str, partition: str, rows: pa.Table) -> ShardFile:
        group = self._output.row_group_rows if outcome == ACCEPTED else self._output.rejected_row_group_rows
        data = encode(rows, group, self._output.zstd_level)
        path = new_path(outcome, partition)
        self._storage.write_new(path, data)
        return ShardFile(path, outcome, len(data), len(rows), hashlib.sha256(data).hexdigest())


class WriteAgain(Write):
    """As `Write`, for rows that are done again and keep the partitions that they were planned in."""

    def _check_partition(self, table: pa.Table, partition: Partition) -> None:
        _check_rows(table, partition)


def _check_rows(table: pa.Table, partition: Partition) -> None:
    if not table.schema.equals(SCHEMA, check_metadata=False):
        raise PartitionError(f"partition {partition.id} reached the write stage with another schema: {table.schema}")
    if len(table) != partition.rows:
        raise PartitionError(f"partition {partition.id} has {len(table)} rows, planned were {partition.rows}")


def _check_accepted(rows: pa.Table) -> None:
    image = pc.struct_field(rows.column("image"), "bytes")
    lengths = {"image": pc.binary_length(image), "messages": pc.list_value_length(rows.column("messages"))}
    for name, length in lengths.items():
        lacking = rows.filter(pc.equal(pc.fill_null(length, 0), pa.scalar(0)))
        if len(lacking):
            ids = lacking.column("sample_id").to_pylist()
            raise PartitionError(
                f"{len(ids)} rows have no reason to be rejected and no {name} (first: sample {ids[0]}, row "
                f"{lacking.column('row')[0].as_py()}); a stage before the write stage must reject or fill them"
            )


def _total(table: pa.Table, name: str) -> float:
    return round(pc.sum(table.column(name)).as_py() or 0, 3)
