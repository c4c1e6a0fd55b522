"""What makes two samples the same, and which keys a table's accepted rows hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
import pytest

from curation.dedup.keys import Claim, KeyKind, dialogue_key, known_claims, owner_of
from curation.dedup.section import DedupSection


def said(*answers: str) -> list[dict[str, str]]:
    return [{"question": f"Question {number}?", "answer": answer} for number, answer in enumerate(answers)]


def test_dialogues_with_the_same_words_in_their_answers_are_the_same() -> None:
    key = dialogue_key(said("A red bus.", "Two people"))
    assert key == dialogue_key(said("a  RED bus", "two people!"))
    assert key == dialogue_key(said("Ａ red bus two people"))  # full-width letters, one turn
    assert key != dialogue_key(said("A red bus.", "Two persons"))
    assert key != dialogue_key(said("Two people", "A red bus."))


@pytest.mark.parametrize("script", ["猫が眠っている", "кот спит", "η γάτα κοιμάται", "😀 cat"])
def test_answers_in_any_script_have_keys_of_their_own(script: str) -> None:
    assert dialogue_key(said(script)) != dialogue_key(said("the cat sleeps"))
    assert dialogue_key(said(script)) == dialogue_key(said(f" {script}. "))


def test_an_owner_is_a_planned_row_the_same_in_every_attempt() -> None:
    assert owner_of("file-0+10", 3) == "file-0+10#3"
    assert len({owner_of("file-1+10", 1), owner_of("file-1+1", 1), owner_of("file-1+10", 11)}) == 3


class Accepted:
    """A table that has accepted these rows, read through the two calls that are made of it."""

    def __init__(self, *rows: dict[str, Any]) -> None:
        self._rows = list(rows)

    def exists(self) -> bool:
        return bool(self._rows)

    def keys(self, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        for row in self._rows:
            yield pa.RecordBatch.from_pylist([{name: row.get(name) for name in columns}])


ROW = {
    "partition": "p", "row": 4, "sample_id": "s", "sha256": "a" * 64, "pdq": "b" * 64,
    "dialogue_key": "c" * 64,
}  # fmt: skip


def test_an_accepted_row_holds_its_four_keys() -> None:
    assert list(known_claims(DedupSection(), Accepted(ROW))) == [
        Claim("p#4", KeyKind.SAMPLE, "s"),
        Claim("p#4", KeyKind.IMAGE, "a" * 64),
        Claim("p#4", KeyKind.PDQ, "b" * 64),
        Claim("p#4", KeyKind.DIALOGUE, "c" * 64),
    ]


def test_a_row_without_a_key_claims_nothing_by_it() -> None:
    bare = {**ROW, "pdq": None, "sha256": None, "dialogue_key": None}
    assert [claim.kind for claim in known_claims(DedupSection(), Accepted(bare))] == [KeyKind.SAMPLE]


def test_known_claims_are_none_when_the_recipe_does_not_ask_or_there_is_no_table() -> None:
    assert list(known_claims(DedupSection(across_runs=False), Accepted(ROW))) == []
    assert list(known_claims(DedupSection(enabled=False), Accepted(ROW))) == []
    assert list(known_claims(DedupSection(), Accepted())) == []
