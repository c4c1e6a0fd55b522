"""What must become of the demo's rows; for tests that run some or all of the stages on them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import yaml


@dataclass(frozen=True)
class Expected:
    rejected: dict[str, str]
    """Key of a row -> reason."""
    twins: list[tuple[str, str, str]]
    """Keys of two rows of one picture, and the reason that one of them gets."""


def expected() -> Expected:
    loaded = yaml.safe_load(Path(__file__).with_name("expected.yaml").read_text("utf-8"))
    return Expected(loaded["rejected"], [(*twin["pair"], twin["reason"]) for twin in loaded["twins"]])


def key(url: str, port: int) -> str:
    """What `expected.yaml` calls the row with this URL."""
    parts = urlsplit(url)
    return parts.path.lstrip("/") if parts.netloc == f"127.0.0.1:{port}" else url
