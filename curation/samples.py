"""The sample table: its columns, the reasons for which a sample is rejected, and how a row is rejected.

Every stage takes and returns a table of this one schema. A column that no stage has filled yet is null,
which costs Arrow a bit a row, and makes "the same rows in the same order" a thing that can be checked.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

FETCH = pa.struct(
    [
        ("status", pa.string()),  # "ok", or the reason of the last attempt
        ("http_code", pa.int32()),  # of the last hop, null when none answered
        ("hops", pa.int32()),  # redirects followed
        ("attempts", pa.int32()),
        ("bytes", pa.int64()),  # body bytes read in the last attempt
        ("seconds", pa.float32()),  # from first attempt to the end, waits included
        ("error", pa.string()),  # class of the error, never its free text
        ("opt_out", pa.string()),  # evidence: "hop 1: X-Robots-Tag: noai"
    ]
)
IMAGE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
FACT = pa.struct([("source", pa.string()), ("text", pa.string())])
MESSAGE = pa.struct([("role", pa.string()), ("content", pa.string())])
TURN = pa.struct(
    [
        ("response_type", pa.string()),
        ("question", pa.string()),
        ("answer", pa.string()),
        ("checks", pa.list_(pa.string())),  # "reason: detail" of each check it failed; empty when kept
        ("verdict", pa.string()),  # the judge's: supported, contradicted or unknowable; null when none judged
        ("score", pa.float32()),  # the judge's: 1 for certainly supported, 0 for certainly not
    ]
)

_COLUMNS: list[tuple[str, pa.DataType]] = [
    ("sample_id", pa.string()),  # hash of url and caption: the same for the same pair everywhere
    ("partition", pa.string()),
    ("row", pa.int32()),  # index in the partition
    ("url", pa.string()),
    ("caption", pa.string()),  # alt-text as found
    ("text", pa.string()),  # alt-text repaired and sanitised
    ("language", pa.string()),  # ISO 639-1 of text
    ("metadata", pa.string()),  # JSON object: the source's other columns, mapped ones under our names
    ("fetch", FETCH),
    ("image", IMAGE),  # re-encoded, never the stranger's bytes
    ("width", pa.int32()),
    ("height", pa.int32()),
    ("original_width", pa.int32()),
    ("original_height", pa.int32()),
    ("sha256", pa.string()),  # of the bytes as fetched
    ("pdq", pa.string()),  # perceptual hash, 64 hex digits
    ("contrast", pa.float32()),  # standard deviation of luma, 0 to 127.5
    ("sharpness", pa.float32()),  # variance of the Laplacian of luma
    ("preview", pa.binary()),  # small JPEG of a rejected sample, when the recipe asks for it
    ("evidence", pa.list_(FACT)),
    ("messages", pa.list_(MESSAGE)),  # what trainers read
    ("turns", pa.list_(TURN)),
    ("dialogue_key", pa.string()),  # hash of the kept answers: equal dialogues are known by it
    ("model", pa.string()),
    ("prompt", pa.string()),  # fingerprint of the prompt files
    ("seed", pa.int64()),
    ("llm_requests", pa.int32()),  # what the LLM was used for, for this row: see inference/spent.py
    ("llm_retries", pa.int32()),
    ("llm_seconds", pa.float32()),
    ("prompt_tokens", pa.int32()),
    ("completion_tokens", pa.int32()),
    ("reason", pa.string()),
    ("detail", pa.string()),
    ("recipe", pa.string()),
    ("run", pa.string()),
    ("created", pa.timestamp("us", tz="UTC")),
]
SCHEMA = pa.schema(_COLUMNS)
HEAVY = ("image", "messages")  # dropped when a row is rejected


class Reason(StrEnum):
    """Why a sample was rejected: its value as stored, the stage that gives it, and whether trying again
    on another day may help."""

    stage: str
    transient: bool

    def __new__(cls, value: str, stage: str, transient: bool = False) -> Reason:
        member = str.__new__(cls, value)
        member._value_ = value
        member.stage = stage
        member.transient = transient
        return member

    # captions: the source's own scores, then the text
    UNSAFE = "unsafe", "captions"
    WATERMARK = "watermark", "captions"
    LOW_SIMILARITY = "low_similarity", "captions"
    SMALL_SOURCE = "small_source", "captions"
    EMPTY_CAPTION = "empty_caption", "captions"
    SHORT_CAPTION = "short_caption", "captions"
    NOT_DEPICTING = "not_depicting", "captions"
    LONG_CAPTION = "long_caption", "captions"
    FEW_LETTERS = "few_letters", "captions"
    FILE_NAME = "file_name", "captions"
    URL_CAPTION = "url_caption", "captions"
    REPEATED_WORDS = "repeated_words", "captions"
    INJECTION = "injection", "captions"
    MISSING_SCORE = "missing_score", "captions"
    LANGUAGE = "language", "captions"
    MALFORMED_URL = "malformed_url", "captions"
    # download
    REFUSED_SCHEME = "refused_scheme", "download"
    REFUSED_ADDRESS = "refused_address", "download"
    DNS = "dns", "download", True
    CONNECT = "connect", "download", True
    TLS = "tls", "download"
    TIMEOUT = "timeout", "download", True
    TOO_LARGE = "too_large", "download"
    TOO_MANY_REDIRECTS = "too_many_redirects", "download"
    BAD_RESPONSE = "bad_response", "download", True
    HTTP_401 = "http_401", "download"
    HTTP_403 = "http_403", "download"
    HTTP_404 = "http_404", "download"
    HTTP_410 = "http_410", "download"
    HTTP_429 = "http_429", "download", True
    HTTP_4XX = "http_4xx", "download"
    HTTP_5XX = "http_5xx", "download", True
    HOST_SET_ASIDE = "host_set_aside", "download", True
    ROBOTS_TXT = "robots_txt", "download"
    OPTED_OUT = "opted_out", "download"
    HASH_MISMATCH = "hash_mismatch", "download"
    DENIED = "denied", "download"
    NOT_AN_IMAGE = "not_an_image", "download"
    DECODE = "decode", "download"
    TOO_MANY_PIXELS = "too_many_pixels", "download"
    # images
    TOO_SMALL = "too_small", "images"
    ASPECT = "aspect", "images"
    BLANK = "blank", "images"
    BLURRED = "blurred", "images"
    NSFW = "nsfw", "images"
    # contamination
    CONTAMINATED_IMAGE = "contaminated_image", "contamination"
    # dedup
    DUPLICATE_SAMPLE = "duplicate_sample", "dedup"
    DUPLICATE_IMAGE = "duplicate_image", "dedup"
    NEAR_DUPLICATE_IMAGE = "near_duplicate_image", "dedup"
    DUPLICATE_DIALOGUE = "duplicate_dialogue", "dedup"
    # rewrite
    NO_EVIDENCE = "no_evidence", "rewrite"
    SURPLUS = "surplus", "rewrite"
    LLM_FAILED = "llm_failed", "rewrite", True
    LLM_BAD_REQUEST = "llm_bad_request", "rewrite"
    LLM_TRUNCATED = "llm_truncated", "rewrite"
    LLM_INVALID = "llm_invalid", "rewrite"
    # quality (of a turn, or of a row none of whose turns was kept)
    MALFORMED = "malformed", "quality"
    TOO_SHORT = "too_short", "quality"
    TOO_LONG = "too_long", "quality"
    REPETITION = "repetition", "quality"
    CAPTION_LEAK = "caption_leak", "quality"
    REFUSAL = "refusal", "quality"
    UNSUPPORTED = "unsupported", "quality"
    BAD_QUESTION = "bad_question", "quality"
    DEBRIS = "debris", "quality"
    PERSONAL_DATA = "personal_data", "quality"
    PROMPT_LEAK = "prompt_leak", "quality"
    WRONG_LANGUAGE = "wrong_language", "quality"
    TOXIC = "toxic", "quality"
    CONTAMINATED = "contaminated", "quality"
    # judge (of a turn, or of a row that keeps too few)
    JUDGED_UNSUPPORTED = "judged_unsupported", "judge"
    JUDGE_FAILED = "judge_failed", "judge", True
    # any stage
    QUARANTINED = "quarantined", "engine"
    ERASED = "erased", "engine"  # somebody asked for it


# Reasons for which not even a preview of the image may be kept.
NEVER_SHOWN = frozenset({Reason.NSFW, Reason.DENIED, Reason.OPTED_OUT, Reason.HASH_MISMATCH, Reason.ROBOTS_TXT})


@dataclass(frozen=True)
class Reject:
    """One rejected row: the reason, and a detail that says what was found and what was expected."""

    reason: Reason
    detail: str


def sample_id(url: str, caption: str) -> str:
    """32 hex digits that are the same for the same (url, caption) pair in every source and run."""
    joined = f"{url}\x00{caption}".encode("utf-8", "surrogatepass")
    return hashlib.sha256(joined).hexdigest()[:32]


def make_table(columns: Mapping[str, Any]) -> pa.Table:
    """A table of SCHEMA from some of its columns (lists or arrays of equal length); the rest is null."""
    rows = len(next(iter(columns.values())))
    filled: dict[str, Any] = {field.name: pa.nulls(rows, field.type) for field in SCHEMA}
    for name, values in columns.items():
        kind = SCHEMA.field(name).type
        filled[name] = values if isinstance(values, pa.Array | pa.ChunkedArray) else pa.array(values, kind)
    return pa.table(filled, schema=SCHEMA)


def live(table: pa.Table) -> list[int]:
    """Indices of the rows that no stage has rejected yet, in order."""
    mask = pc.is_null(table.column("reason"))
    rows: list[int] = pc.indices_nonzero(mask).to_pylist()  # type: ignore[assignment]
    return rows


def column(table: pa.Table, name: str, rows: Sequence[int]) -> list[Any]:
    """Python values of one column at some rows."""
    return table.column(name).take(pa.array(rows, pa.int64())).to_pylist()


def fill(table: pa.Table, name: str, values: Mapping[int, Any]) -> pa.Table:
    """The table with `values` (row index -> value) set in column `name`; other rows keep what they have.

    Text that UTF-8 cannot hold (half of a surrogate pair, as the JSON of an LLM may have) gets U+FFFD instead.
    """
    if not values:
        return table
    _check_range(table, values)
    where = SCHEMA.get_field_index(name)
    kind = SCHEMA.field(name).type
    old = table.column(name)
    cells: list[Any] = [None] * len(old) if old.null_count == len(old) else old.to_pylist()
    for row, value in values.items():
        cells[row] = value
    try:
        filled = pa.array(cells, kind)
    except UnicodeEncodeError:
        filled = pa.array([_encodable(cell) for cell in cells], kind)
    return table.set_column(where, SCHEMA.field(name), filled)


def reject(table: pa.Table, rejects: Mapping[int, Reject]) -> pa.Table:
    """The table with these rows rejected: `reason` and `detail` set, heavy columns dropped, rows kept.

    A row that an earlier stage rejected keeps its first reason.
    """
    _check_range(table, rejects)
    alive = set(live(table))
    fresh = {row: found for row, found in rejects.items() if row in alive}
    if not fresh:
        return table
    table = fill(table, "reason", {row: str(found.reason) for row, found in fresh.items()})
    table = fill(table, "detail", {row: found.detail for row, found in fresh.items()})
    keep = pa.array([row not in fresh for row in range(len(table))])
    for name in HEAVY:
        index = SCHEMA.get_field_index(name)
        field = SCHEMA.field(name)
        if table.column(index).null_count < len(table):
            kept = pc.if_else(keep, table.column(index), pa.scalar(None, field.type))
            table = table.set_column(index, field, kept)
    return table


def schema_difference(schema: pa.Schema, expected: pa.Schema = SCHEMA) -> str:
    """The first way in which a schema is not the expected one, in words."""
    for field in expected:
        index = schema.get_field_index(field.name)
        if index < 0:
            return f"column {field.name} is missing"
        if schema.field(index).type != field.type:
            return f"column {field.name} is {schema.field(index).type}, expected {field.type}"
    return f"columns {schema.names}, expected {expected.names}"


def _check_range(table: pa.Table, rows: Mapping[int, Any]) -> None:
    wrong = [row for row in rows if not 0 <= row < len(table)]
    if wrong:
        raise IndexError(f"row {wrong[0]} of a table of {len(table)} rows")


def _encodable(value: Any) -> Any:
    """The value with every lone surrogate in its texts replaced."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, Mapping):
        return {key: _encodable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_encodable(item) for item in value]
    return value
