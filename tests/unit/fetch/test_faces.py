"""Faces that the source marks or the detector finds are unrecognisable; everything else stays."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
import skimage
from PIL import Image

from curation.fetch.faces import FaceBlur, FacesSection
from curation.samples import make_table
from curation.stages.images import Images, ImagesSection
from tests.hostile.images import encoded, photograph

FACE = (0.34, 0.12, 0.54, 0.32)  # of the astronaut, by eye


@pytest.fixture(scope="module")
def astronaut() -> bytes:
    return encoded(Image.fromarray(skimage.data.astronaut()).resize((384, 384)), quality=90)


def detail(jpeg: bytes, box: tuple[float, float, float, float]) -> float:
    """How much neighbouring pixels differ inside a box."""
    grey = np.asarray(Image.open(io.BytesIO(jpeg)).convert("L")).astype(float)
    height, width = grey.shape
    part = grey[round(box[1] * height) : round(box[3] * height), round(box[0] * width) : round(box[2] * width)]
    return float(np.abs(np.diff(part, axis=1)).mean())


@pytest.mark.parametrize("how", [{"detect": True}, {"boxes": "faces"}, {"boxes": "faces", "detect": True}])
def test_a_face_is_blurred_and_the_rest_is_not(astronaut: bytes, how: dict[str, object]) -> None:
    blur = FaceBlur(FacesSection.model_validate(how))
    jpeg, faces = blur(astronaut, json.dumps({"faces": [FACE]}))
    assert faces == len(how)
    assert detail(jpeg, FACE) < detail(astronaut, FACE) / 2.5
    elsewhere = (0.6, 0.5, 0.95, 0.95)
    assert detail(jpeg, elsewhere) == pytest.approx(detail(astronaut, elsewhere), rel=0.05)
    assert FaceBlur(FacesSection(detect=True))(jpeg, None)[1] == 0


def test_an_image_without_a_face_keeps_its_bytes() -> None:
    plain = encoded(photograph())
    assert FaceBlur(FacesSection(detect=True))(plain, None) == (plain, 0)
    for metadata in (None, "{}", '{"faces": null}', '{"faces": []}', '{"faces": "[]"}'):
        assert FaceBlur(FacesSection(boxes="faces"))(plain, metadata) == (plain, 0)


@pytest.mark.parametrize(
    "boxes", ["[[1, 2, 3]]", "[1, 2]", '[["a", 0, 1, 1]]', "[[0.5, 0, 0.2, 1]]", '"x"', "[[10, 10, 60, 60]]"]
)
def test_boxes_that_cannot_be_read_are_refused(boxes: str) -> None:
    with pytest.raises(ValueError, match="no list of boxes"):
        FaceBlur(FacesSection(boxes="faces"))(encoded(photograph()), f'{{"faces": {boxes}}}')


def test_the_images_stage_keeps_and_shows_no_face(astronaut: bytes) -> None:
    rows = make_table(
        {
            "sample_id": ["a", "b", "c"], "partition": ["p"] * 3, "row": [0, 1, 2],
            "image": [{"bytes": astronaut, "path": "a.jpg"}] * 3, "contrast": [50.0, 50.0, 1.0],
            "sharpness": [500.0] * 3, "original_width": [512] * 3, "original_height": [512] * 3,
            "metadata": [json.dumps({"faces": boxes}) for boxes in ([FACE], "?", [FACE])],
        }
    )  # fmt: skip
    section = ImagesSection.model_validate({"faces": {"boxes": "faces"}, "preview_px": 384})
    out = Images(section)(rows)
    assert out.column("reason").to_pylist() == [None, "missing_score", "blank"]
    kept, _, _ = out.column("image").to_pylist()
    assert (kept["path"], detail(kept["bytes"], FACE) < detail(astronaut, FACE) / 2) == ("a.jpg", True)
    assert json.loads(out.column("metadata").to_pylist()[0])["faces_blurred"] == 1
    previews = out.column("preview").to_pylist()
    assert previews[1] is None
    assert all(detail(previews[row], FACE) < detail(astronaut, FACE) / 2 for row in (0, 2))
    untouched = Images(ImagesSection())(rows)
    assert untouched.column("image").to_pylist()[0]["bytes"] == astronaut
