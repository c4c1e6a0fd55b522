"""The faster way into WebP gives nearly the pixels of the ordinary way, or leaves the file to it."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from curation.fetch.webp import decoded
from tests.hostile.images import encoded, photograph, webp_declaring

PICTURE = photograph(350, 251)


@pytest.mark.parametrize("options", [{"quality": 80}, {"quality": 10}, {"lossless": True}])
def test_pixels_are_nearly_the_same(options: dict[str, object]) -> None:
    data = encoded(PICTURE, "WEBP", **options)
    plain = np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(int)
    pixels = decoded(data, 350, 251)
    assert pixels is not None
    assert pixels.shape == (251, 350, 3)
    assert np.abs(pixels[..., ::-1] - plain).mean() < (0.01 if "lossless" in options else 2)


def test_what_it_does_not_cover_is_left_to_others() -> None:
    data = encoded(PICTURE, "WEBP")
    translucent = PICTURE.convert("RGBA")
    translucent.putalpha(100)
    assert decoded(encoded(translucent, "WEBP"), 350, 251) is None
    assert decoded(encoded(PICTURE, "WEBP", save_all=True, append_images=[PICTURE.rotate(90)]), 350, 251) is None
    assert decoded(data, 350, 250) is None
    assert decoded(data[: len(data) // 2], 350, 251) is None
    assert decoded(b"", 350, 251) is None
    assert decoded(webp_declaring(2000, 2000), 2000, 2000) is None
