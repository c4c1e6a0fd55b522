"""What the engine checks after each stage: the same rows, in the same order, none taken back."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa
import pytest

from curation.errors import RowsNotConserved
from curation.samples import Reason, Reject, fill, make_table, reject
from curation.stages.base import check_rows


def table(rows: int = 5) -> pa.Table:
    made = make_table(
        {
            "sample_id": [f"s{row}" for row in range(rows)],
            "partition": ["p"] * rows,
            "row": list(range(rows)),
            "caption": ["c"] * rows,
        }
    )
    return reject(made, {2: Reject(Reason.LANGUAGE, "found xx")})


def with_column(name: str, values: list[object], kind: pa.DataType | None = None) -> Callable[[pa.Table], pa.Table]:
    def stage(found: pa.Table) -> pa.Table:
        array = pa.array(values, kind or found.schema.field(name).type)
        return found.set_column(found.schema.get_field_index(name), name, array)

    return stage


@pytest.mark.parametrize(
    "sound",
    [
        lambda found: found,
        lambda found: fill(found, "text", {0: "t", 2: "also on a rejected row"}),
        lambda found: reject(found, {0: Reject(Reason.BLANK, "x"), 2: Reject(Reason.BLANK, "too late")}),
        lambda found: found.replace_schema_metadata({"label": "kept apart from the schema"}),
        lambda found: pa.concat_tables([found.slice(0, 2), found.slice(2)]),
        lambda found: found.combine_chunks(),
    ],
)
def test_a_stage_that_fills_and_rejects_passes(sound: Callable[[pa.Table], pa.Table]) -> None:
    check_rows("toy", table(), sound(table()))


@pytest.mark.parametrize(
    ("how", "words"),
    [
        (lambda found: found.slice(1), "got 5 rows and returned 4"),
        (lambda found: found.slice(0, 0), "got 5 rows and returned 0"),
        (lambda found: pa.concat_tables([found, found]), "got 5 rows and returned 10"),
        (lambda found: found.take(pa.array([1, 0, 2, 3, 4])), "changed column sample_id"),
        (lambda found: found.take(pa.array([0, 0, 2, 3, 4])), "changed column sample_id"),
        (with_column("sample_id", ["s0", "s1", "s2", "s3", None]), "changed column sample_id"),
        (with_column("partition", ["p", "p", "p", "p", "q"]), "changed column partition"),
        (with_column("row", [0, 1, 2, 4, 3]), "changed column row"),
        (with_column("reason", [None] * 5), "took back the rejection of row 2 (1 in all)"),
        (with_column("reason", [None, None, "blank", None, None]), "took back the rejection of row 2"),
        (lambda found: found.drop_columns(["caption"]), "column caption is missing"),
        (lambda found: found.append_column("score", pa.nulls(5)), "changed the schema"),
        (lambda found: found.select(found.schema.names[::-1]), "changed the schema"),
        (with_column("width", [1] * 5, pa.int64()), "column width is int64, expected int32"),
        (lambda found: found.rename_columns(["id", *found.schema.names[1:]]), "column sample_id is missing"),
    ],
)
def test_a_stage_that_does_not_conserve_rows_is_named_with_what_it_did(
    how: Callable[[pa.Table], pa.Table], words: str
) -> None:
    with pytest.raises(RowsNotConserved) as caught:
        check_rows("toy", table(), how(table()))
    assert "stage toy" in str(caught.value)
    assert words in str(caught.value)


def test_a_partition_of_no_rows_is_conserved() -> None:
    check_rows("toy", table().slice(0, 0), table().slice(0, 0))
