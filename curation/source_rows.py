"""One partition of a source file, read as a table of samples."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq

from curation.errors import PartitionError
from curation.metadata import json_objects, strings
from curation.partition import Partition
from curation.samples import make_table, sample_id
from curation.source import BadFile, SourceSection, inspect_file, storage_of


def read_partition(source: SourceSection, partition: Partition) -> pa.Table:
    """The partition's rows as a sample table: ids, url, caption and metadata filled, all else null.

    A null or undecodable url or caption becomes text (empty, or with U+FFFD), so that it is rejected on its
    row and not lost. Raises `PartitionError` when the file is gone, changed or corrupt.
    """
    file = inspect_file(source, partition.file)
    if isinstance(file, BadFile):
        raise PartitionError(f"{partition.file}: {file.problem}")
    if file.file_id != partition.file_id:
        raise PartitionError(f"{partition.file} changed since it was planned. Run again to plan it anew.")
    try:
        rows = _read_rows(source, partition, [*file.columns.values(), *file.carried])
    except (pa.ArrowException, OSError, ValueError) as error:
        raise PartitionError(
            f"{partition.file}: rows {partition.first_row} to {partition.first_row + partition.rows - 1}"
            f" cannot be read ({type(error).__name__}: {error}). Its footer was read, so its data is corrupt, or its"
            " store failed."
        ) from error
    urls = [text or "" for text in strings(rows.column(file.columns["url"]))]
    captions = [text or "" for text in strings(rows.column(file.columns["caption"]))]
    # A carried column may have the name that a mapped one gets; then the mapped one is what our name means.
    extra = {name: name for name in file.carried}
    extra |= {ours: theirs for ours, theirs in file.columns.items() if ours not in ("url", "caption")}
    metadata = json_objects({name: rows.column(theirs) for name, theirs in extra.items()})
    return make_table(
        {
            "sample_id": [sample_id(url, caption) for url, caption in zip(urls, captions, strict=True)],
            "partition": [partition.id] * len(urls),
            "row": list(range(len(urls))),
            "url": urls,
            "caption": captions,
            "metadata": metadata or ["{}"] * len(urls),
        }
    )


def _read_rows(source: SourceSection, partition: Partition, columns: list[str]) -> pa.Table:
    """The partition's rows, decoding only the row groups that hold them, and those no further than needed."""
    storage, name = storage_of(source, partition.file)
    with storage.filesystem.open(name, "rb") as handle:
        parquet = pq.ParquetFile(handle)
        start, skip = 0, 0
        groups: list[int] = []
        last = partition.first_row + partition.rows
        for group in range(parquet.num_row_groups):
            size = parquet.metadata.row_group(group).num_rows
            if start < last and start + size > partition.first_row:
                if not groups:
                    skip = partition.first_row - start
                groups.append(group)
            start += size
        batches, have = [], 0
        for batch in parquet.iter_batches(batch_size=8192, row_groups=groups, columns=columns):
            if skip >= len(batch):
                skip -= len(batch)
                continue
            piece = batch.slice(skip, partition.rows - have)
            skip = 0
            have += len(piece)
            batches.append(piece)
            if have == partition.rows:
                break
    table = pa.Table.from_batches(batches)
    if len(table) != partition.rows:
        raise PartitionError(
            f"{partition.file}: found {len(table)} rows from {partition.first_row}, planned {partition.rows}"
        )
    return table
