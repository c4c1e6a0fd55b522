"""The source's other columns become JSON that any reader reads, whatever is in them."""

from __future__ import annotations

import json
import math
from typing import Any

import pyarrow as pa
import pytest

from curation.metadata import json_objects


def values(array: pa.Array) -> list[Any]:
    """What each row of the column becomes; None where it is left out."""
    rows = json_objects({"x": pa.chunked_array([array])})
    return [json.loads(row, parse_constant=_not_json).get("x") for row in rows]


def _not_json(word: str) -> None:
    pytest.fail(f"{word} is not JSON")


NOT_UTF8 = pa.array([b"ok", b"\xff", None]).view(pa.string())
CASES = {
    "integers": (pa.array([1, None, 2**64 - 1], pa.uint64()), [1, None, 2**64 - 1]),
    "booleans": (pa.array([True, None]), [True, None]),
    "nulls": (pa.nulls(2), [None, None]),
    "numbers that are not finite": (pa.array([1.5, math.nan, math.inf]), [1.5, None, None]),
    "half precision": (pa.array([1.5, math.nan], pa.float16()), [1.5, None]),
    "lists of numbers": (pa.array([[1.0, math.nan], None, []]), [[1.0, None], None, []]),
    "lists of lists": (pa.array([[["a"], None], [[], ["b", None]]]), [[["a"], None], [[], ["b", None]]]),
    "fixed lists": (pa.array([[1, 2], None, [3, 4]], pa.list_(pa.int8(), 2)), [[1, 2], None, [3, 4]]),
    "structs": (pa.array([{"a": math.nan, "b": b"\x01"}, None]), [{"a": None, "b": "01"}, None]),
    "empty structs": (pa.array([{}, None], pa.struct([])), [{}, None]),
    "maps": (pa.array([[("a", 1)], None, [("a", 2), ("a", 3)]], pa.map_(pa.string(), pa.int8())),
             [[["a", 1]], None, [["a", 2], ["a", 3]]]),
    "binary": (pa.array([b"\x00\xff", None]), ["00ff", None]),
    "fixed binary": (pa.array([b"\x00\xff", None], pa.binary(2)), ["00ff", None]),
    "decimals": (pa.array([1, None], pa.decimal128(10, 2)), ["1.00", None]),
    "texts that are not UTF-8": (NOT_UTF8, ["ok", "�", None]),
    "a dictionary of such": (NOT_UTF8.dictionary_encode(), ["ok", "�", None]),
    "lists of such": (pa.ListArray.from_arrays([0, 2, 3], NOT_UTF8), [["ok", "�"], [None]]),
    "a dictionary of numbers": (pa.array([7, 7, None]).dictionary_encode(), [7, 7, None]),
    "dates": (pa.array([1, 2**31 - 1, -(2**31)], pa.date32()), ["1970-01-02", None, None]),
    "dates in milliseconds": (pa.array([86_400_000, 2**62], pa.date64()), ["1970-01-02", None]),
    "nanoseconds": (pa.array([1], pa.timestamp("ns")), ["1970-01-01T00:00:00.000000001"]),
    "a zone": (pa.array([0], pa.timestamp("s", tz="Asia/Tokyo")), ["1970-01-01T00:00:00Z"]),
    "a zone nobody knows": (pa.array([0], pa.timestamp("ms", tz="Foo/Bar")), ["1970-01-01T00:00:00.000Z"]),
    "the last second of year 9999": (pa.array([253_402_300_799, 253_402_300_800], pa.timestamp("s")),
                                     ["9999-12-31T23:59:59", None]),
    "times past all calendars": (pa.array([2**62, -(2**62)], pa.timestamp("us")), [None, None]),
    "times of day": (pa.array([1], pa.time64("ns")), ["00:00:00.000000001"]),
    "durations": (pa.array([90, None], pa.duration("s")), ["90 s", None]),
    "an extension": (pa.ExtensionArray.from_storage(pa.uuid(), pa.array([b"0" * 16], pa.binary(16))), ["30" * 16]),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_column_of_any_type_becomes_json(case: str) -> None:
    array, expected = CASES[case]
    assert values(array) == expected


@pytest.mark.parametrize("case", CASES)
def test_a_slice_of_a_column_becomes_the_same_as_the_whole_sliced(case: str) -> None:
    array, expected = CASES[case]
    for first in range(len(array) + 1):
        assert values(array.slice(first)) == expected[first:]
        assert values(array.slice(0, first)) == expected[:first]


def test_chunks_are_read_in_order_and_no_columns_make_no_rows() -> None:
    chunks = pa.chunked_array([[{"a": 1}], [], [{"a": 2}, None]])
    assert json_objects({"x": chunks}) == ['{"x": {"a": 1}}', '{"x": {"a": 2}}', "{}"]
    assert json_objects({}) == []
