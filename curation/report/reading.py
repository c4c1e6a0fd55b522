"""How to read a table, as lines to copy."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Snippet:
    """A few lines of code, and whom they are for."""

    title: str
    code: str


def snippets(table: str) -> list[Snippet]:
    """Lines that read the accepted samples of a table. They go by the Delta log, so that they see committed files
    alone."""
    where = repr(table)
    return [
        Snippet(
            "Hugging Face datasets",
            "from datasets import load_dataset\n"
            "from deltalake import DeltaTable\n\n"
            f'files = DeltaTable({where}).file_uris([("outcome", "=", "accepted")])\n'
            'data = load_dataset("parquet", data_files=files, split="train")\n'
            'data[0]["image"], data[0]["messages"]',
        ),
        Snippet(
            "Polars",
            "import polars as pl\n\n"
            f"samples = pl.scan_delta({where})\n"
            'samples.group_by("outcome", "reason").len().collect()',
        ),
    ]
