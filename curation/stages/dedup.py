"""Reject samples that another sample already stands for."""

from __future__ import annotations

from typing import Literal

import pyarrow as pa

from curation.dedup.index import Claims
from curation.dedup.keys import COLUMNS, Claim, KeyKind, dialogue_key, owner_of
from curation.dedup.section import DedupSection
from curation.samples import Reason, Reject, column, fill, live, reject

# Which keys are claimed at which point of the pipeline, cheapest first.
KEYS: dict[str, tuple[KeyKind, ...]] = {
    "samples": (KeyKind.SAMPLE,),
    "images": (KeyKind.IMAGE, KeyKind.PDQ),
    "dialogues": (KeyKind.DIALOGUE,),
}
_REASONS = {
    KeyKind.SAMPLE: (Reason.DUPLICATE_SAMPLE, "same url and alt-text as"),
    KeyKind.IMAGE: (Reason.DUPLICATE_IMAGE, "same image file as"),
    KeyKind.PDQ: (Reason.NEAR_DUPLICATE_IMAGE, "nearly the same image as"),
    KeyKind.DIALOGUE: (Reason.DUPLICATE_DIALOGUE, "same answers as"),
}


class Dedup:
    """Each live row claims its keys; a row whose key another row holds is rejected, naming the holder.

    Reads sample_id, sha256, pdq or turns; of dialogues it fills dialogue_key. Reasons: duplicate_sample,
    duplicate_image, near_duplicate_image, duplicate_dialogue. Of a group of duplicates, whichever claims first
    survives; that is the first in order within a partition, and a matter of timing between partitions.
    """

    def __init__(self, section: DedupSection, of: Literal["samples", "images", "dialogues"], claims: Claims) -> None:
        self.name = f"dedup_{of}"
        self._enabled = section.enabled
        self._kinds = KEYS[of]
        self._claims = claims

    def __call__(self, table: pa.Table) -> pa.Table:
        if KeyKind.DIALOGUE in self._kinds:
            table = fill(table, "dialogue_key", _dialogue_keys(table))
        if not self._enabled:
            return table
        for kind in self._kinds:
            table = self._hold(table, kind)
        return table

    def _hold(self, table: pa.Table, kind: KeyKind) -> pa.Table:
        keys = column(table, COLUMNS[kind], live(table))  # a flat image has no usable PDQ hash
        rows = [(row, key) for row, key in zip(live(table), keys, strict=True) if key]
        partitions = column(table, "partition", [row for row, _ in rows])
        numbers = column(table, "row", [row for row, _ in rows])
        claims = [
            Claim(owner_of(partition, number), kind, key)
            for partition, number, (_, key) in zip(partitions, numbers, rows, strict=True)
        ]
        holders = self._claims.claim(claims)
        reason, words = _REASONS[kind]
        lost = {
            row: Reject(reason, f"{words} {holder}")
            for (row, _), holder in zip(rows, holders, strict=True)
            if holder is not None
        }
        return reject(table, lost)


def _dialogue_keys(table: pa.Table) -> dict[int, str]:
    """The key of each live row that keeps a turn."""
    rows = live(table)
    kept = ([turn for turn in turns or [] if not turn["checks"]] for turns in column(table, "turns", rows))
    return {row: dialogue_key(turns) for row, turns in zip(rows, kept, strict=True) if turns}
