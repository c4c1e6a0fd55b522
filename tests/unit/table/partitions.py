"""Partitions as the write stage gets them, with real JPEGs, and whole sources made of them."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator

import pyarrow as pa
from PIL import Image

from curation.partition import Partition
from curation.samples import Reason, Reject, fill, make_table, reject, sample_id
from curation.stages.write import Write
from curation.table.commit import Committer
from curation.table.read import SampleTable
from curation.table.receipt import Receipt
from curation.table.storage import OutputSection


def jpeg(colour: tuple[int, int, int] = (200, 30, 30), side: int = 48) -> bytes:
    """A real JPEG of one colour."""
    out = io.BytesIO()
    Image.new("RGB", (side, side), colour).save(out, "JPEG")
    return out.getvalue()


def partitions(file_id: str, count: int, rows: int) -> list[Partition]:
    """A source file cut into partitions."""
    return [
        Partition(f"{file_id}-{index * rows}+{rows}", f"/source/{file_id}.parquet", file_id, count, index * rows, rows)
        for index in range(count)
    ]


def finished(partition: Partition, colour: tuple[int, int, int] = (200, 30, 30)) -> pa.Table:
    """The partition as the last stage gets it: every third row rejected, the others with image and messages."""
    rows = range(partition.rows)
    urls = [f"http://site.example/{partition.file_id}/{partition.first_row + row}.jpg" for row in rows]
    messages = [
        {"role": "user", "content": "<image>\nWhat is it?"},
        {"role": "assistant", "content": f"A square of colour {colour}."},
    ]
    turn = {"response_type": "conversation", "question": "What is it?", "answer": "A square.", "checks": []}
    table = make_table(
        {
            "sample_id": [sample_id(url, "a square") for url in urls],
            "partition": [partition.id] * partition.rows,
            "row": list(rows),
            "url": urls,
            "caption": ["a square"] * partition.rows,
            "image": [{"bytes": jpeg(colour), "path": None}] * partition.rows,
            "width": [48] * partition.rows,
            "height": [48] * partition.rows,
            "messages": [messages] * partition.rows,
            "turns": [[turn]] * partition.rows,
            "prompt_tokens": [3] * partition.rows,
            "completion_tokens": [2] * partition.rows,
        }
    )
    table = fill(table, "preview", dict.fromkeys(rows, b"preview"))
    reasons = (Reason.BLURRED, Reason.NSFW)
    table = reject(table, {row: Reject(reasons[row % 2], "found x, expected y") for row in rows if row % 3 == 2})
    facts = {b"curation.partition": partition.to_json().encode(), b"curation.seconds": json.dumps({"a": 1.5}).encode()}
    return table.replace_schema_metadata(facts)


def write_all(output: OutputSection, wanted: list[Partition], run: str = "run") -> Iterator[Receipt]:
    """Receipts of these partitions, written one by one."""
    write = Write(output, "recipe", run)
    for partition in wanted:
        yield write(finished(partition))


def commit_all(output: OutputSection, wanted: list[Partition], run: str = "run") -> Committer:
    """Write and commit what has not landed yet, as a run does; returns the closed committer."""
    table = SampleTable(output)
    landed = table.landed()
    pending = [partition for partition in wanted if not landed.partition(partition.id)]
    with Committer(table, "recipe", run) as committer:
        for receipt in write_all(output, pending, run):
            committer.add(receipt)
    return committer
