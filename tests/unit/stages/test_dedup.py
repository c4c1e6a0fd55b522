"""The dedup stage: the first of a group stays, the others are rejected and say whose duplicate they are."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from curation.dedup.index import ClaimIndex
from curation.dedup.keys import Claim, dialogue_key
from curation.dedup.section import DedupSection
from curation.samples import Reason, Reject, make_table, reject
from curation.stages.base import check_rows
from curation.stages.dedup import Dedup

IMAGE_A, IMAGE_B = "aa" * 32, "bb" * 32
FLAT = None


def table(**columns: list[object]) -> pa.Table:
    rows = len(next(iter(columns.values())))
    defaults: dict[str, list[object]] = {
        "sample_id": [f"s{row}" for row in range(rows)], "partition": ["p"] * rows, "row": list(range(rows)),
    }  # fmt: skip
    return make_table(defaults | columns)


def turns(*answers: str, checks: Sequence[str] = ()) -> list[dict[str, object]]:
    return [
        {"response_type": "conversation", "question": "?", "answer": text, "checks": list(checks)} for text in answers
    ]


def reasons(found: pa.Table) -> list[str | None]:
    return found.column("reason").to_pylist()


def stage(of: str, index: ClaimIndex | None = None, section: DedupSection | None = None) -> Dedup:
    return Dedup(section or DedupSection(), of, index or ClaimIndex(31))  # type: ignore[arg-type]


def test_of_the_same_pair_the_first_in_order_stays() -> None:
    before = table(sample_id=["a", "b", "a", "a"])
    after = stage("samples")(before)
    check_rows("dedup_samples", before, after)
    assert reasons(after) == [None, None, "duplicate_sample", "duplicate_sample"]
    assert after.column("detail")[2].as_py() == "same url and alt-text as p#0"


def test_the_same_file_and_nearly_the_same_image_are_told_apart() -> None:
    near = f"{int(IMAGE_A, 16) ^ ((1 << 31) - 1):064x}"
    far = f"{int(IMAGE_A, 16) ^ ((1 << 32) - 1):064x}"
    after = stage("images")(table(sha256=["1", "1", "2", "3"], pdq=[IMAGE_A, IMAGE_A, near, far]))
    assert reasons(after) == [None, "duplicate_image", "near_duplicate_image", None]
    assert after.column("detail").to_pylist()[1:3] == ["same image file as p#0", "nearly the same image as p#0"]


def test_images_without_a_perceptual_hash_are_not_near_each_other() -> None:
    assert reasons(stage("images")(table(sha256=["1", "2"], pdq=[FLAT, FLAT]))) == [None, None]


def test_the_reach_is_the_recipes() -> None:
    near = f"{int(IMAGE_A, 16) ^ 1:064x}"
    strict = DedupSection(near_image_bits=0)
    both = table(sha256=["1", "2"], pdq=[IMAGE_A, near])
    assert reasons(stage("images", ClaimIndex(strict.near_image_bits), strict)(both)) == [None, None]


def test_dialogues_are_compared_by_the_turns_that_were_kept() -> None:
    after = stage("dialogues")(
        table(
            turns=[
                turns("A red bus."),
                turns("a red bus") + turns("nonsense", checks=["debris: x"]),
                turns("A blue bus.", checks=["unsupported: blue"]),
                None,
                [],
            ]
        )
    )
    assert reasons(after) == [None, "duplicate_dialogue", None, None, None]
    keys = after.column("dialogue_key").to_pylist()
    assert keys[0] == keys[1] == dialogue_key(turns("A red bus."))  # type: ignore[arg-type]
    assert keys[2:] == [None, None, None]


def test_a_rejected_row_claims_nothing() -> None:
    index = ClaimIndex(31)
    first = reject(table(sample_id=["a", "a"]), {0: Reject(Reason.LANGUAGE, "x")})
    assert reasons(stage("samples", index)(first)) == ["language", None]


def test_a_partition_that_is_tried_again_does_not_collide_with_itself() -> None:
    index = ClaimIndex(31)
    images = table(sha256=["1", "1", "2"], pdq=[IMAGE_A, IMAGE_A, IMAGE_B])
    assert reasons(stage("images", index)(images)) == reasons(stage("images", index)(images))
    assert reasons(stage("images", index)(images.slice(2))) == [None]


def test_a_duplicate_in_another_partition_names_its_holder() -> None:
    index = ClaimIndex(31)
    stage("samples", index)(table(sample_id=["a"]))
    after = stage("samples", index)(table(sample_id=["z", "a"], partition=["q", "q"]))
    assert reasons(after) == [None, "duplicate_sample"]
    assert after.column("detail")[1].as_py().endswith("as p#0")


def test_a_stage_asks_once_a_kind_however_many_rows_there_are() -> None:
    class Counting(ClaimIndex):
        calls = 0

        def claim(self, claims: Sequence[Claim]) -> list[str | None]:
            self.calls += 1
            return super().claim(claims)

    index = Counting(31)
    stage("images", index)(
        table(sha256=[str(row) for row in range(500)], pdq=[f"{row:064x}"[::-1] for row in range(500)])
    )
    assert index.calls == 2


def test_switched_off_it_lets_all_pass() -> None:
    after = stage("samples", section=DedupSection(enabled=False))(table(sample_id=["a", "a"]))
    assert reasons(after) == [None, None]
