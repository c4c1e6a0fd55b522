"""The sample table: filling, rejecting, and what a rejected row keeps."""

from __future__ import annotations

import random
import re

import pyarrow as pa
import pytest

from curation.samples import (
    HEAVY,
    NEVER_SHOWN,
    SCHEMA,
    Reason,
    Reject,
    column,
    fill,
    live,
    make_table,
    reject,
    sample_id,
)

HEAVY_VALUES = {
    "image": {"bytes": b"jpeg", "path": None},
    "messages": [{"role": "user", "content": "?"}],
}


def table(rows: int = 4) -> pa.Table:
    return make_table(
        {
            "sample_id": [f"s{row}" for row in range(rows)],
            "row": list(range(rows)),
            "text": [f"text {row}" for row in range(rows)],
            "width": [100 + row for row in range(rows)],
            **{name: [value] * rows for name, value in HEAVY_VALUES.items()},
        }
    )


def test_a_table_made_of_some_columns_has_all_of_them_and_the_rest_is_null() -> None:
    made = make_table({"url": ["u", None]})
    assert made.schema.equals(SCHEMA)
    assert made.column("url").to_pylist() == ["u", None]
    assert all(made.column(name).null_count == 2 for name in SCHEMA.names if name != "url")


def test_filling_sets_the_named_rows_and_leaves_the_others() -> None:
    before = table()
    after = fill(fill(before, "text", {1: "new", 3: None}), "model", {2: "m"})
    assert after.column("text").to_pylist() == ["text 0", "new", "text 2", None]
    assert after.column("model").to_pylist() == [None, None, "m", None]
    assert before.column("text").to_pylist() == [f"text {row}" for row in range(4)]
    assert after.schema.equals(SCHEMA)


def test_filling_nothing_changes_nothing() -> None:
    before = table()
    assert fill(before, "text", {}) is before
    assert reject(before, {}) is before


@pytest.mark.parametrize("name", SCHEMA.names)
def test_every_column_can_be_filled_row_by_row_and_read_back(name: str) -> None:
    value = {
        "int32": 7, "int64": 2**40, "float": 0.5, "string": "é猫", "binary": b"\x00\xff",
    }.get(str(SCHEMA.field(name).type))  # fmt: skip
    value = {
        "fetch": {"status": "ok", "http_code": 200, "hops": 1, "attempts": 1, "bytes": 9, "seconds": 0.5,
                  "error": None, "opt_out": None},
        "evidence": [{"source": "alt", "text": "a dog"}],
        "turns": [{"response_type": "x", "question": "?", "answer": "!", "checks": [], "verdict": None, "score": None}],
        **HEAVY_VALUES,
    }.get(name, value)  # fmt: skip
    filled = fill(make_table({"row": [0, 1, 2]}), name, {1: value})
    assert column(filled, name, [1]) == [value] or name == "created"
    filled.validate(full=True)
    assert column(fill(filled, name, {0: value}), name, [0, 1]) == [value, value]


def test_a_text_that_no_utf8_can_hold_is_marked_and_does_not_cost_the_partition() -> None:
    # json.loads of an LLM's "\\ud83d" gives a lone surrogate, which Arrow refuses.
    after = fill(table(), "text", {0: "half a smile \ud83d"})
    after = fill(after, "turns", {1: [{"response_type": "x", "question": "?", "answer": "\udc00", "checks": []}]})
    after = reject(after, {2: Reject(Reason.DEBRIS, "found \ud83d")})
    assert column(after, "text", [0]) == ["half a smile \ufffd"]
    assert column(after, "turns", [1])[0][0]["answer"] == "\ufffd"
    assert column(after, "detail", [2]) == ["found \ufffd"]


@pytest.mark.parametrize("row", [-1, 4])
def test_a_row_that_is_not_there_cannot_be_filled_or_rejected(row: int) -> None:
    with pytest.raises(IndexError):
        fill(table(), "text", {row: "x"})
    with pytest.raises(IndexError):
        reject(table(), {row: Reject(Reason.BLANK, "x")})


def test_rejecting_sets_reason_and_detail_and_drops_the_heavy_columns_of_those_rows_alone() -> None:
    after = reject(table(), {1: Reject(Reason.BLANK, "contrast 0.5, at least 3 expected")})
    assert column(after, "reason", range(4)) == [None, "blank", None, None]
    assert column(after, "detail", [1]) == ["contrast 0.5, at least 3 expected"]
    for name in HEAVY:
        assert column(after, name, range(4)) == [HEAVY_VALUES[name], None, HEAVY_VALUES[name], HEAVY_VALUES[name]]
    assert column(after, "text", [1]) == ["text 1"]
    assert after.schema.equals(SCHEMA)


def test_a_row_keeps_its_first_reason() -> None:
    first = reject(table(), {1: Reject(Reason.BLANK, "first")})
    after = reject(first, {1: Reject(Reason.NSFW, "second"), 2: Reject(Reason.NSFW, "other")})
    assert column(after, "reason", [1, 2]) == ["blank", "nsfw"]
    assert column(after, "detail", [1, 2]) == ["first", "other"]


def test_live_rows_are_those_without_a_reason_in_order() -> None:
    assert live(table(0)) == []
    after = reject(table(5), {row: Reject(Reason.BLANK, "x") for row in (0, 3)})
    assert live(after) == [1, 2, 4]
    assert live(after.slice(2)) == [0, 2]


def test_tables_of_several_chunks_are_filled_and_rejected_like_one() -> None:
    chunked = pa.concat_tables([table(3).slice(1), table(2), table(0), table(1)])
    whole = chunked.combine_chunks()
    chance = random.Random(3)
    for _ in range(20):
        row = chance.randrange(5)
        chunked, whole = (fill(found, "text", {row: f"new {row}"}) for found in (chunked, whole))
        chunked, whole = (reject(found, {row: Reject(Reason.ASPECT, str(row))}) for found in (chunked, whole))
        assert chunked.combine_chunks().equals(whole)


def test_every_reason_says_which_stage_gives_it_and_is_spelt_as_its_name() -> None:
    stages = {"captions", "download", "images", "contamination", "dedup", "rewrite", "quality", "judge", "engine"}
    for reason in Reason:
        assert str(reason) == reason.value == reason.name.lower()
        assert re.fullmatch(r"[a-z0-9_]+", reason.value)
        assert reason.stage in stages
        assert isinstance(reason.transient, bool)
    assert Reason("http_429") is Reason.HTTP_429
    assert Reason.HTTP_429.transient
    assert not Reason.HTTP_404.transient
    assert all(isinstance(reason, Reason) for reason in NEVER_SHOWN)


def test_a_sample_id_is_the_same_for_the_same_pair_and_differs_when_the_border_moves() -> None:
    assert sample_id("http://a/1", "a dog") == sample_id("http://a/1", "a dog")
    assert re.fullmatch("[0-9a-f]{32}", sample_id("", ""))
    pairs = [("a", "b"), ("ab", ""), ("", "ab"), ("b", "a"), ("a", "b "), ("a", "\ud800"), ("a", "\ufffd")]
    assert len({sample_id(*pair) for pair in pairs}) == len(pairs)
    # Committed tables hold these ids: they may never change.
    assert sample_id("http://a/1", "a dog") == "90870700ac21422efe9375d73d226d80"
