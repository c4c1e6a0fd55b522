"""What a stage is, and the check that holds every stage to it."""

from __future__ import annotations

from typing import Protocol

import pyarrow as pa

from curation.errors import RowsNotConserved
from curation.samples import SCHEMA, schema_difference

# What a row meets, in order. `dedup` works at three places of the pipeline.
STAGES = (
    "captions", "dedup_samples", "download", "images", "contamination", "dedup_images", "rewrite", "quality",
    "judge", "dedup_dialogues",
)  # fmt: skip


class Stage(Protocol):
    """A function from a sample table to a sample table: the same rows in the same order, columns filled.

    A stage is built once in the process that runs it and called once a partition, several at once in threads
    where the recipe says so. It drops no row: it rejects it. It raises only when the whole partition cannot go
    on. One that holds connections or processes may have a `close`, called when a run in this process ends.
    """

    name: str

    def __call__(self, table: pa.Table) -> pa.Table: ...


def check_rows(stage: str, before: pa.Table, after: pa.Table) -> None:
    """Raise `RowsNotConserved` unless `after` has the schema and, row by row, the ids of `before`."""
    if not after.schema.equals(SCHEMA, check_metadata=False):
        raise RowsNotConserved(f"stage {stage} changed the schema: {schema_difference(after.schema)}")
    if len(before) != len(after):
        raise RowsNotConserved(f"stage {stage} got {len(before)} rows and returned {len(after)}")
    for name in ("sample_id", "partition", "row"):
        if not before.column(name).equals(after.column(name)):
            raise RowsNotConserved(f"stage {stage} changed column {name}: rows were reordered or renamed")
    lost = _revived(before, after)
    if lost:
        raise RowsNotConserved(f"stage {stage} took back the rejection of row {lost[0]} ({len(lost)} in all)")


def _revived(before: pa.Table, after: pa.Table) -> list[int]:
    pairs = zip(before.column("reason").to_pylist(), after.column("reason").to_pylist(), strict=True)
    return [row for row, (old, new) in enumerate(pairs) if old is not None and old != new]
