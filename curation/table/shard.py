"""The Parquet files of the table: how they are laid out, and how one is checked against its receipt."""

from __future__ import annotations

import hashlib
import json
import re
import uuid

import pyarrow as pa
import pyarrow.parquet as pq

from curation.errors import BadShard
from curation.samples import SCHEMA, schema_difference
from curation.table.receipt import ShardFile

ACCEPTED = "accepted"
REJECTED = "rejected"
OUTCOMES = (ACCEPTED, REJECTED)

# The table's schema: `outcome` is its partition column and lives in the path, not in the files.
TABLE_SCHEMA = SCHEMA.append(pa.field("outcome", pa.string()))

# Makes `datasets` decode the column to PIL images; it infers every other column from Arrow's types.
HUGGINGFACE = {"info": {"features": {"image": {"_type": "Image"}}}}
FILE_SCHEMA = SCHEMA.with_metadata({b"huggingface": json.dumps(HUGGINGFACE).encode()})

# Columns with few values in a shard. A dictionary of anything else costs memory and gains nothing.
REPEATED = ["partition", "language", "model", "prompt", "reason", "recipe", "run"]
# Columns by which a reader may skip row groups. Statistics of images would bloat the footer.
INDEXED = ["sample_id", "partition", "row", "sha256", "reason", "created"]
JPEG = ("image.bytes", "preview")


def new_path(outcome: str, partition: str) -> str:
    """A path that no other attempt ever takes, relative to the table.

    An LLM's output differs from one attempt to the next, so two attempts must never share a file.
    """
    readable = re.sub(r"[^A-Za-z0-9._-]", "-", partition)
    return f"outcome={outcome}/{readable}-{uuid.uuid4().hex[:16]}.parquet"


def planned_rows(partition: str) -> int:
    """Rows that a partition was planned with, known from its id alone: `<file>-<first row>+<rows>`."""
    return int(partition.rpartition("+")[2])


def encode(rows: pa.Table, row_group_rows: int, zstd_level: int) -> bytes:
    """The Parquet bytes of some rows of `SCHEMA`."""
    leaves = _leaves(FILE_SCHEMA)
    packed = [leaf for leaf in leaves if leaf not in JPEG]
    sink = pa.BufferOutputStream()
    pq.write_table(
        rows.replace_schema_metadata(FILE_SCHEMA.metadata),
        sink,
        row_group_size=row_group_rows,
        compression={leaf: "none" if leaf in JPEG else "zstd" for leaf in leaves},
        compression_level=dict.fromkeys(packed, zstd_level),
        use_dictionary=REPEATED,  # type: ignore[arg-type]  # pyarrow takes column names too
        write_statistics=INDEXED,
    )
    return sink.getvalue().to_pybytes()


def check_whole(file: ShardFile, data: bytes) -> None:
    """Raise `BadShard` unless these bytes are the file of the receipt: size, sha256, footer rows, schema."""
    if len(data) != file.bytes:
        raise BadShard(f"{file.path} has {len(data)} bytes, its receipt says {file.bytes}")
    found = hashlib.sha256(data).hexdigest()
    if found != file.sha256:
        raise BadShard(f"{file.path} has sha256 {found}, its receipt says {file.sha256}")
    check_footer(file, data)


def check_footer(file: ShardFile, end: bytes) -> None:
    """Raise `BadShard` unless the Parquet footer at the end of these bytes has the receipt's rows and our schema."""
    try:
        metadata = pq.read_metadata(pa.BufferReader(end))
    except (pa.ArrowInvalid, OSError) as error:
        raise BadShard(f"{file.path} is not a Parquet file: {type(error).__name__}") from error
    if metadata.num_rows != file.rows:
        raise BadShard(f"{file.path} has {metadata.num_rows} rows, its receipt says {file.rows}")
    schema = metadata.schema.to_arrow_schema()
    if not schema.equals(SCHEMA):
        raise BadShard(f"{file.path} has another schema than the table: {schema_difference(schema)}")


def footer_bytes(tail: bytes) -> int:
    """How many bytes at the end of a Parquet file hold its footer; `tail` is at least its last 8 bytes."""
    return int.from_bytes(tail[-8:-4], "little") + 8


def _leaves(schema: pa.Schema) -> list[str]:
    """Parquet's names of the leaf columns, by which codecs are chosen."""
    return [path for field in schema for path in _paths(field.name, field.type)]


def _paths(name: str, kind: pa.DataType) -> list[str]:
    if pa.types.is_struct(kind):
        children = [kind.field(index) for index in range(kind.num_fields)]
        return [path for child in children for path in _paths(f"{name}.{child.name}", child.type)]
    if pa.types.is_list(kind):
        return _paths(f"{name}.list.element", kind.value_type)
    return [name]
