"""The images stage: decides from measures, keeps previews of what may be shown."""

from __future__ import annotations

import io

import pyarrow as pa
import pytest
from PIL import Image
from pydantic import ValidationError

from curation.samples import Reason, Reject, make_table, reject
from curation.stages.base import check_rows
from curation.stages.images import Images, ImagesSection
from tests.hostile.images import encoded, photograph

JPEG = encoded(photograph(512, 384))


def table(**columns: list[object]) -> pa.Table:
    rows = len(next(iter(columns.values())))
    filled: dict[str, list[object]] = {
        "sample_id": [str(n) for n in range(rows)],
        "partition": ["p"] * rows,
        "row": list(range(rows)),
        "image": [{"bytes": JPEG, "path": f"{n}.jpg"} for n in range(rows)],
        "original_width": [640] * rows,
        "original_height": [480] * rows,
        "contrast": [50.0] * rows,
        "sharpness": [500.0] * rows,
    }
    return make_table(filled | columns)


def section(**settings: object) -> ImagesSection:
    return ImagesSection.model_validate(settings)


def test_each_measure_has_its_reason_and_the_first_filter_wins() -> None:
    rows = table(
        original_width=[640, 100, 3000, 640, 640, 100, 130],
        original_height=[480, 90, 300, 480, 480, 30, 150],
        contrast=[50.0, 50.0, 50.0, 2.0, 50.0, 1.0, 50.0],
        sharpness=[500.0, 500.0, 500.0, 500.0, 3.0, 1.0, 500.0],
    )
    out = Images(section())(rows)
    check_rows("images", rows, out)
    assert out.column("reason").to_pylist() == [
        None,
        "too_small",
        "aspect",
        "blank",
        "blurred",
        "too_small",
        "too_small",
    ]
    assert out.column("detail").to_pylist()[1:3] == [
        "100 x 90 px, shortest side at least 128",
        "ratio 10.00, at most 3",
    ]
    assert [image is None for image in out.column("image").to_pylist()] == [False] + [True] * 6


def test_filters_are_the_recipes_in_their_order() -> None:
    rows = table(original_width=[3000], original_height=[30], contrast=[0.0], sharpness=[0.0])
    assert Images(section(filters=[]))(rows).column("reason").to_pylist() == [None]
    chosen = [{"kind": "blank", "min_contrast": 1}, {"kind": "aspect", "max_ratio": 2}]
    assert Images(section(filters=chosen))(rows).column("reason").to_pylist() == ["blank"]
    assert Images(section(filters=chosen[::-1]))(rows).column("reason").to_pylist() == ["aspect"]
    with pytest.raises(ValidationError):
        section(filters=[{"kind": "blank", "typo": 1}])


def test_thresholds_are_inclusive() -> None:
    rows = table(original_width=[384, 128], original_height=[128, 160], contrast=[6.0, 6.0], sharpness=[15.0, 15.0])
    assert Images(section())(rows).column("reason").to_pylist() == [None, None]


def test_previews_are_small_jpegs_of_rejected_rows_too() -> None:
    rows = table(contrast=[50.0, 1.0])
    out = Images(section(preview_px=64))(rows)
    for data in out.column("preview").to_pylist():
        image = Image.open(io.BytesIO(data))
        assert (image.format, image.size) == ("JPEG", (64, 48))
    assert Images(section())(rows).column("preview").null_count == 2


def test_rows_without_an_image_are_left_alone() -> None:
    rows = reject(table(contrast=[1.0, 50.0]), {0: Reject(Reason.HTTP_404, "HTTP 404")})
    out = Images(section(preview_px=64))(rows)
    assert out.column("reason").to_pylist() == ["http_404", None]
    assert out.column("preview").to_pylist()[0] is None
