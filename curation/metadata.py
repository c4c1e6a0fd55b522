"""The source's other columns, carried along as one JSON object a row.

Web data sets hold every type that Parquet knows, and values that Python's own types refuse: years past 9999, time
zones nobody knows, bytes in string columns. None of that may cost a partition, so columns are turned into JSON
values here, type by type, without ever passing through Python's datetime.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

_PER_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
_YEAR_1, _YEAR_10000 = -62_135_596_800, 253_402_300_800  # seconds since 1970


def json_objects(columns: Mapping[str, pa.ChunkedArray[Any]]) -> list[str]:
    """One JSON object a row: name -> value, nulls and numbers that are not finite left out.

    Binary values become hex, times ISO 8601 text, decimals text; bytes that are not UTF-8 become U+FFFD. A null or
    not finite number inside a list or struct becomes null.
    """
    cells = {name: json_values(column) for name, column in columns.items()}
    rows = len(next(iter(columns.values()))) if columns else 0
    return [
        json.dumps(
            {name: values[row] for name, values in cells.items() if values[row] is not None},
            ensure_ascii=False,
            allow_nan=False,
        )
        for row in range(rows)
    ]


def strings(column: pa.ChunkedArray[Any]) -> list[str | None]:
    """The texts of a string column, dictionary-encoded or not; bytes that are not UTF-8 become U+FFFD."""
    plain = column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column
    binary = plain.cast(pa.large_binary() if pa.types.is_large_string(plain.type) else pa.binary())
    return [None if value is None else value.decode("utf-8", "replace") for value in binary.to_pylist()]


def is_text(kind: pa.DataType) -> bool:
    """Whether `strings` reads columns of this type."""
    value = kind.value_type if pa.types.is_dictionary(kind) else kind
    return pa.types.is_string(value) or pa.types.is_large_string(value) or pa.types.is_string_view(value)


def json_values(column: pa.ChunkedArray[Any]) -> list[Any]:
    """The column's values as JSON knows them."""
    return [value for chunk in column.chunks for value in _plain(chunk)]


def _plain(values: Any) -> list[Any]:
    kind = values.type
    if isinstance(kind, pa.BaseExtensionType):
        return _plain(values.storage)
    if is_text(kind):
        return strings(pa.chunked_array([values]))
    if pa.types.is_dictionary(kind):
        return _plain(values.dictionary_decode())
    if pa.types.is_floating(kind):
        return [value if value is not None and math.isfinite(value) else None for value in values.to_pylist()]
    if pa.types.is_integer(kind) or pa.types.is_boolean(kind) or pa.types.is_null(kind):
        return list(values.to_pylist())
    if pa.types.is_struct(kind):
        return _structs(values)
    if pa.types.is_map(kind):
        return _maps(values)
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        return _lists(values, _plain(values.flatten()))
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return _times(values)
    return _the_rest(values)


def _structs(values: Any) -> list[Any]:
    names = [field.name for field in values.type]
    rows = zip(*(_plain(child) for child in values.flatten()), strict=True) if names else [()] * len(values)
    return [
        dict(zip(names, row, strict=True)) if valid else None
        for row, valid in zip(rows, values.is_valid().to_pylist(), strict=True)
    ]


def _lists(values: Any, flat: list[Any]) -> list[Any]:
    lists, at = [], 0
    for length in pc.list_value_length(values).to_pylist():
        lists.append(None if length is None else flat[at : at + length])
        at += length or 0
    return lists


def _maps(values: Any) -> list[Any]:
    """Lists of pairs, since a map's keys need be neither text nor distinct."""
    offsets = values.offsets.to_pylist()
    # `keys` and `items` of a slice are those of the whole array.
    first, length = offsets[0], offsets[-1] - offsets[0]
    pairs = zip(_plain(values.keys.slice(first, length)), _plain(values.items.slice(first, length)), strict=True)
    flat = [list(pair) for pair in pairs]
    ranges = zip(offsets, offsets[1:], values.is_valid().to_pylist(), strict=False)
    return [flat[low - first : high - first] if valid else None for low, high, valid in ranges]


def _times(values: Any) -> list[Any]:
    """ISO 8601, in UTC and marked Z where the column has a zone; times outside the years 1 to 9999 are left out."""
    kind = values.type
    dated = pa.types.is_date(kind)
    unit: Any = "s" if pa.types.is_date32(kind) else "ms" if dated else kind.unit
    naive = values.cast(pa.timestamp(unit))  # a cast drops the zone and keeps the moment
    seconds = pc.divide(naive.cast(pa.int64()), pa.scalar(_PER_SECOND[unit]))
    inside = pc.and_(pc.greater_equal(seconds, pa.scalar(_YEAR_1)), pc.less(seconds, pa.scalar(_YEAR_10000)))
    texts = pc.if_else(inside, naive, pa.scalar(None, naive.type)).cast(pa.string()).to_pylist()
    zone = "" if dated or kind.tz is None else "Z"
    return [None if text is None else text[:10] if dated else f"{text[:10]}T{text[11:]}{zone}" for text in texts]


def _the_rest(values: Any) -> list[Any]:
    """Hex for binary; a number and its unit for a duration; text for decimals and times of day."""
    kind = values.type
    if pa.types.is_duration(kind):
        return [None if count is None else f"{count} {kind.unit}" for count in values.cast(pa.int64()).to_pylist()]
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind):
        return [None if value is None else value.hex() for value in values.to_pylist()]
    return list(values.cast(pa.string()).to_pylist())
