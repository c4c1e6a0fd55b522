"""Finished samples as strangers would have them, and a real table that holds them."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
from PIL import Image

from curation.partition import Partition
from curation.samples import make_table, sample_id
from curation.stages.write import Write
from curation.table.commit import Committer
from curation.table.read import SampleTable
from curation.table.storage import OutputSection

SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(2)>"
ESCAPES = "\x1b[31mred\x1b]0;title\x07 [bold]markup[/bold] \u202egnp.exe"


def jpeg(side: int = 64, colour: tuple[int, int, int] = (200, 30, 30)) -> bytes:
    """A real JPEG."""
    out = io.BytesIO()
    Image.new("RGB", (side, side), colour).save(out, "JPEG")
    return out.getvalue()


def turn(kind: str, question: str, answer: str, *checks: str) -> dict[str, Any]:
    """One turn; `checks` are those it failed."""
    return {"response_type": kind, "question": question, "answer": answer, "checks": list(checks)}


def judged(number: int) -> dict[str, Any]:
    """An accepted row of whose two turns the judge kept one."""
    stood = turn("conversation", "What is on the wall?", "A red square is on the wall.")
    fell = turn("conversation", "Who hung it?", "A painter hung it.", "judged_unsupported: unknowable, score 0.2")
    turns = [stood | {"verdict": "supported", "score": 0.9}, fell | {"verdict": "unknowable", "score": 0.2}]
    return accepted(number, turns=turns)


def accepted(number: int, caption: str = "A red square on a wall", **columns: Any) -> dict[str, Any]:
    """A row that was accepted, with two kept turns and one dropped."""
    url = f"http://site.example/{number}.jpg"
    turns = [
        turn("conversation", "What is on the wall?", "A red square is on the wall."),
        turn("detailed_description", "Describe the image.", "A red square hangs on a wall."),
        turn("conversation", "How big is it?", "It is huge.", "unsupported: 'huge' is not in the evidence"),
    ]
    return {
        "sample_id": sample_id(url, caption), "url": url, "caption": caption, "text": caption, "language": "en",
        "image": {"bytes": jpeg(), "path": None}, "width": 64, "height": 64, "turns": turns,
        "messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}],
        "model": "small", "prompt_tokens": 100, "completion_tokens": 20,
    } | columns  # fmt: skip


def rejected(number: int, reason: str, caption: str = "A rejected square", **columns: Any) -> dict[str, Any]:
    """A row that was rejected, with a preview."""
    url = f"http://bad.example/{number}.jpg"
    row = {"sample_id": sample_id(url, caption), "url": url, "caption": caption, "reason": reason}
    return {**row, "detail": f"found {reason}", "preview": jpeg(32), **columns}


def table_of(rows: list[dict[str, Any]]) -> pa.Table:
    """A table of the schema."""
    return make_table({name: [row.get(name) for row in rows] for name in {key for row in rows for key in row}})


def committed(folder: Path, rows: list[dict[str, Any]], seconds: dict[str, float] | None = None) -> SampleTable:
    """A real table with these rows as its one partition."""
    output = OutputSection(table=str(folder / "table"))
    partition = Partition(f"f-0+{len(rows)}", "/source/f.parquet", "f", 1, 0, len(rows))
    table = table_of([{**row, "partition": partition.id, "row": index} for index, row in enumerate(rows)])
    labels = {"curation.partition": partition.to_json(), "curation.seconds": json.dumps(seconds or {})}
    with Committer(SampleTable(output), "recipe1", "run1") as committer:
        committer.add(Write(output, "recipe1", "run1")(table.replace_schema_metadata(labels)))
    return SampleTable(output)
