"""The dialogues of a data set, read for comparison: from a table of ours, or from a file in LLaVA's JSON format."""

from __future__ import annotations

import hashlib
import heapq
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from curation.dialogue.evidence import ALT_TEXT
from curation.dialogue.model import Fact, Turn
from curation.errors import CurationError
from curation.table.read import SampleTable

CAPTIONS = ("caption", "captions")  # keys of a LLaVA record that may hold what is known of the image
COLUMNS = ("sample_id", "language", "evidence", "turns")


class DatasetError(CurationError):
    """A data set that shall be looked at cannot be read. Nothing was changed. Safe next: mend it or name another."""

    exit_code = 2


@dataclass(frozen=True)
class Dialogue:
    """One sample's turns, and what is known of its image (nothing, in most data sets)."""

    name: str
    turns: tuple[Turn, ...]
    facts: tuple[Fact, ...] = ()
    language: str = "en"


@dataclass(frozen=True)
class Dialogues:
    """A sample of a data set's dialogues. `rows` counts all of them, `planned` also those that were rejected (None
    where nobody knows), `written` the turns of the sampled dialogues before checks dropped some (None likewise)."""

    name: str
    sampled: tuple[Dialogue, ...]
    rows: int
    planned: int | None = None
    written: int | None = None


def of_table(table: SampleTable, size: int) -> Dialogues:
    """`size` accepted rows of a table, the same ones each time: those whose ids have the smallest hashes.

    Raises `DatasetError` when nothing is accepted."""
    outcomes: Counter[str | None] = Counter()
    for batch in table.scan(["outcome"]):
        outcomes.update(batch.column("outcome").to_pylist())
    if not outcomes["accepted"]:
        raise DatasetError(f"{table.uri} holds no accepted row to evaluate: run a recipe that writes there first")
    chosen = heapq.nsmallest(size, set(_ids(table)), key=_draw)
    wanted = pc.field("sample_id").isin(pa.array(chosen, pa.string()))
    rows = table.table(COLUMNS, outcome="accepted", filter=wanted).to_pylist()
    sampled = sorted((_of_row(row) for row in rows), key=lambda found: _draw(found.name))
    written = sum(len(row["turns"]) for row in rows)
    return Dialogues(table.uri, tuple(sampled), outcomes["accepted"], outcomes.total(), written)


def of_llava(path: Path, size: int) -> Dialogues:
    """`size` records of a JSON file as LLaVA's are, chosen as `of_table` does: a list of objects with `id`, `image` and
    `conversations`, a list of `{"from": "human" | "gpt", "value": text}` in turn. A record's `caption` or `captions`
    (text, or a list of texts) is taken as its evidence. Raises `DatasetError` for anything else."""
    try:
        records = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DatasetError(f"{path} cannot be read as JSON: {error}") from error
    if not isinstance(records, list) or not records:
        raise DatasetError(f"{path}: expected a list of records as LLaVA's JSON is, found {_kind(records)}")
    found = [_of_record(path, at, record) for at, record in enumerate(records)]
    return Dialogues(str(path), tuple(heapq.nsmallest(size, found, key=lambda each: _draw(each.name))), len(found))


def _ids(table: SampleTable) -> Iterator[str]:
    for batch in table.keys(["sample_id"]):
        yield from (str(name) for name in batch.column("sample_id").to_pylist())


def _draw(name: str) -> bytes:
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).digest()


def _of_row(row: dict[str, Any]) -> Dialogue:
    turns = tuple(Turn.from_row(turn) for turn in row["turns"] if not turn["checks"])
    facts = tuple(Fact(fact["source"], fact["text"]) for fact in row["evidence"] or ())
    return Dialogue(row["sample_id"], turns, facts, row["language"] or "en")


def _of_record(path: Path, at: int, record: Any) -> Dialogue:
    def wrong(expected: str, found: Any) -> DatasetError:
        return DatasetError(f"{path}: record {at}: expected {expected}, found {_kind(found)}")

    if not isinstance(record, dict):
        raise wrong("an object", record)
    said = record.get("conversations")
    if not isinstance(said, list) or not said or len(said) % 2:
        raise wrong("`conversations`, a list of questions and answers in turn", said)
    texts: list[str] = []
    for place, message in enumerate(said):
        role = ("human", "gpt")[place % 2]
        if not isinstance(message, dict) or message.get("from") != role or not isinstance(message.get("value"), str):
            found = message.get("from") if isinstance(message, dict) else message
            raise DatasetError(
                f'{path}: record {at}: expected conversations[{place}] to be {{"from": "{role}", "value": text}}, '
                f"found {found!r:.60}"
            )
        texts.append(message["value"].replace("<image>", "").strip())
    told: Any = next((record[key] for key in CAPTIONS if record.get(key)), [])
    captions = [told] if isinstance(told, str) else told
    if not isinstance(captions, list) or not all(isinstance(text, str) for text in captions):
        raise wrong("a caption that is text or a list of texts", told)
    turns = tuple(Turn("", *pair) for pair in zip(texts[::2], texts[1::2], strict=True))
    name = f"{record.get('id', '')}#{at}"  # ids are not unique in every file
    return Dialogue(name, turns, tuple(Fact(ALT_TEXT, text) for text in captions), str(record.get("language", "en")))


def _kind(found: Any) -> str:
    if found is None:
        return "nothing"
    return f"a list of {len(found)}" if isinstance(found, list) else f"{type(found).__name__} {found!r:.60}"
