"""The samples that a report shows, as plain values for a template."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from curation.report.pictures import data_uri
from curation.report.text import judged, printable
from curation.samples import NEVER_SHOWN

COLUMNS = (
    "sample_id", "url", "caption", "text", "language", "fetch", "image", "preview", "width", "height",
    "original_width", "original_height", "turns", "model", "prompt_tokens", "completion_tokens", "reason", "detail",
)  # fmt: skip
# A page must stay readable and small whatever strangers wrote.
CAPTION_CHARS = 400
URL_CHARS = 200
TURN_CHARS = 1200
TURNS = 16


@dataclass(frozen=True)
class TurnCard:
    """One turn; `checks` says which it failed, and is empty when the turn was kept; `judged` what a judge said."""

    response_type: str
    question: str
    answer: str
    checks: tuple[str, ...]
    judged: str = ""


@dataclass(frozen=True)
class Card:
    """One sample of the gallery. All text is printable and bounded; `picture` is a `data:` URI."""

    sample_id: str
    url: str
    caption: str
    text: str
    picture: str | None
    facts: str
    turns: tuple[TurnCard, ...]
    reason: str
    detail: str

    @property
    def repaired(self) -> bool:
        """Whether the repaired text differs from the caption as found."""
        return bool(self.text) and self.text != self.caption


def cards(table: pa.Table | pa.RecordBatch, limit: int, side_px: int) -> tuple[Card, ...]:
    """Cards of the first `limit` rows of a table that has the columns of `COLUMNS`; `image` may be left out."""
    return tuple(_card(row, side_px) for row in table.slice(0, max(0, limit)).to_pylist())


def _card(row: Mapping[str, Any], side_px: int) -> Card:
    return Card(
        sample_id=row["sample_id"] or "",
        url=printable(row["url"], URL_CHARS),
        caption=printable(row["caption"], CAPTION_CHARS),
        text=printable(row["text"], CAPTION_CHARS),
        picture=_picture(row, side_px),
        facts=_facts(row),
        turns=tuple(_turn(turn) for turn in (row["turns"] or [])[:TURNS]),
        reason=row["reason"] or "",
        detail=printable(row["detail"], CAPTION_CHARS),
    )


def _picture(row: Mapping[str, Any], side_px: int) -> str | None:
    if row["reason"] in NEVER_SHOWN:
        return None
    return data_uri((row.get("image") or {}).get("bytes") or row["preview"], side_px)


def _turn(turn: Mapping[str, Any]) -> TurnCard:
    return TurnCard(
        response_type=turn["response_type"] or "?",
        question=printable(turn["question"], TURN_CHARS),
        answer=printable(turn["answer"], TURN_CHARS),
        checks=tuple(printable(check, CAPTION_CHARS) for check in turn["checks"] or []),
        judged=judged(turn["verdict"], turn["score"]),
    )


def _facts(row: Mapping[str, Any]) -> str:
    """Size, language, HTTP code and tokens in one line, as far as they are known."""
    found = []
    if row["width"] and row["height"]:
        size = f"{row['width']}×{row['height']} px"
        original = f"{row['original_width']}×{row['original_height']}"
        found.append(f"{size} (from {original})" if row["original_width"] and original not in size else size)
    if row["language"]:
        found.append(row["language"])
    fetch = row["fetch"] or {}
    if fetch.get("http_code"):
        found.append(f"HTTP {fetch['http_code']}")
    if row["reason"] and fetch.get("seconds") is not None:
        found.append(f"{fetch['seconds']:.1f} s")
    if row["completion_tokens"]:
        found.append(f"{(row['prompt_tokens'] or 0) + row['completion_tokens']:,} tokens")
    return " · ".join(found)
