"""What makes two samples the same: the keys that a sample claims."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from curation.dedup.section import DedupSection

if TYPE_CHECKING:
    from curation.table.read import SampleTable


class KeyKind(StrEnum):
    """What a key is made of. `PDQ` is compared by distance, the others by equality."""

    SAMPLE = "sample"  # url and caption
    IMAGE = "image"  # sha256 of the bytes as fetched
    PDQ = "pdq"  # perceptual hash
    DIALOGUE = "dialogue"  # the answers, without case and punctuation


COLUMNS = {
    KeyKind.SAMPLE: "sample_id",
    KeyKind.IMAGE: "sha256",
    KeyKind.PDQ: "pdq",
    KeyKind.DIALOGUE: "dialogue_key",
}


@dataclass(frozen=True)
class Claim:
    """A sample's wish to be the one that holds a key. `owner` names the planned row, so that a retried stage
    meets its own claim and not a rival's."""

    owner: str
    kind: KeyKind
    key: str


def owner_of(partition: str, row: int) -> str:
    """The name of a planned row, the same in every attempt."""
    return f"{partition}#{row}"


def dialogue_key(turns: list[dict[str, str]]) -> str:
    """Hash of all answers of a dialogue, by their letters and digits alone."""
    answers = " ".join(turn["answer"] for turn in turns)
    plain = re.sub(r"\W+", " ", unicodedata.normalize("NFKC", answers).casefold()).strip()
    return hashlib.sha256(plain.encode()).hexdigest()


def known_claims(section: DedupSection, table: SampleTable) -> Iterator[Claim]:
    """The claims that the rows a table has accepted hold already."""
    if not (section.enabled and section.across_runs and table.exists()):
        return
    for batch in table.keys(["partition", "row", *COLUMNS.values()]):
        for row in batch.to_pylist():
            owner = owner_of(row["partition"], row["row"])
            yield from (Claim(owner, kind, row[name]) for kind, name in COLUMNS.items() if row[name])
