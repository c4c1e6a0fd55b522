"""The faster way into WebP gives nearly the pixels of the ordinary way, or leaves the file to it."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from curation.fetch.webp import decoded
from tests.hostile.images import encoded, photograph, webp_declaring

PICTURE = photograph(350, 251)


@pytest.mark.parametrize("quality", [80, 10])
@pytest.mark.parametrize("halvings", [0, 1, 2])
@pytest.mark.parametrize("size", [(350, 251), (349, 250), (131, 67)])
def test_pixels_are_nearly_those_of_the_ordinary_way(size: tuple[int, int], halvings: int, quality: int) -> None:
    data = encoded(PICTURE.crop((0, 0, *size)), "WEBP", quality=quality)
    plain = Image.open(io.BytesIO(data)).convert("RGB").reduce(1 << halvings)
    planes = decoded(data, *size, halvings, smooth=quality > 10)
    assert planes is not None
    pixels = planes.bgr()
    room = pixels.shape[0] - plain.height, pixels.shape[1] - plain.width
    assert set(room) <= {0, 1}
    found = pixels[: plain.height, : plain.width, ::-1].astype(int)
    assert np.abs(found - np.asarray(plain)).mean() < 2.5


def test_what_it_does_not_cover_is_left_to_others() -> None:
    data = encoded(PICTURE, "WEBP")
    translucent = PICTURE.convert("RGBA")
    translucent.putalpha(100)
    assert decoded(encoded(translucent, "WEBP"), 350, 251) is None
    assert decoded(encoded(PICTURE, "WEBP", save_all=True, append_images=[PICTURE.rotate(90)]), 350, 251) is None
    assert decoded(encoded(PICTURE, "WEBP", lossless=True), 350, 251) is None
    assert decoded(data, 350, 250) is None
    assert decoded(data[: len(data) // 2], 350, 251) is None
    assert decoded(b"", 350, 251) is None
    assert decoded(webp_declaring(2000, 2000), 2000, 2000) is None
