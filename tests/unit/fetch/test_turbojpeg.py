"""libjpeg-turbo's planes give the pixels of the ordinary way, or leave the file to it."""

from __future__ import annotations

import io
import random

import numpy as np
import pytest
from PIL import Image

from curation.fetch import turbojpeg
from curation.fetch.decoder import DecodeLimits, Decoder
from curation.fetch.planes import Planes
from tests.hostile.images import encoded, photograph

pytestmark = pytest.mark.skipif(not turbojpeg.available(), reason="needs the system's libturbojpeg (libturbojpeg0)")
PICTURE = photograph(350, 251)
SIZES = [(350, 251), (349, 250), (131, 67), (17, 16), (2, 1), (1, 1)]


@pytest.mark.parametrize("sampling", ["4:4:4", "4:2:2", "4:2:0"])
@pytest.mark.parametrize("part", [1, 2, 4])
@pytest.mark.parametrize("size", SIZES)
def test_planes_are_nearly_the_pixels_of_the_ordinary_way(size: tuple[int, int], part: int, sampling: str) -> None:
    data = encoded(PICTURE.crop((0, 0, *size)), "JPEG", subsampling=sampling)
    planes = turbojpeg.decoded(data, *size, part)
    assert planes is not None
    shape = -(-size[1] // part), -(-size[0] // part)
    assert planes.luma.shape == shape
    assert planes.blue.shape == planes.red.shape == ((shape[0] + 1) // 2, (shape[1] + 1) // 2)
    plain = Image.open(io.BytesIO(data)).convert("RGB").reduce(part)
    assert np.abs(planes.bgr()[:, :, ::-1].astype(int) - np.asarray(plain)).mean() < 4


@pytest.mark.parametrize("size", SIZES)
def test_an_encoded_picture_is_a_jpeg_of_the_same_pixels(size: tuple[int, int]) -> None:
    planes = turbojpeg.decoded(encoded(PICTURE.crop((0, 0, *size)), "JPEG", quality=95), *size, 1)
    assert planes is not None
    again = turbojpeg.encoded(planes, 95)
    assert again is not None
    image = Image.open(io.BytesIO(again))
    assert (image.format, image.size, image.mode) == ("JPEG", size, "RGB")
    assert np.abs(np.asarray(image).astype(int) - planes.bgr()[:, :, ::-1]).mean() < 3


def test_what_it_does_not_cover_is_left_to_others() -> None:
    data = encoded(PICTURE, "JPEG")
    assert turbojpeg.decoded(data, 350, 251, 1) is not None
    assert turbojpeg.decoded(encoded(PICTURE.convert("L"), "JPEG"), 350, 251, 1) is None
    assert turbojpeg.decoded(encoded(PICTURE.convert("CMYK"), "JPEG"), 350, 251, 1) is None
    assert turbojpeg.decoded(encoded(PICTURE, "JPEG", keep_rgb=True), 350, 251, 1) is None
    assert turbojpeg.decoded(data, 350, 250, 1) is None
    assert turbojpeg.decoded(encoded(PICTURE, "PNG"), 350, 251, 1) is None
    assert turbojpeg.decoded(b"", 350, 251, 1) is None


def test_a_file_that_libjpeg_warns_of_is_left_to_others() -> None:
    data = encoded(PICTURE, "JPEG")
    for cut in (len(data) // 2, len(data) - 30):
        assert turbojpeg.decoded(data[:cut], 350, 251, 1) is None
        assert turbojpeg.decoded(data[:cut] + b"\xff\xd9", 350, 251, 1) is None


def test_the_decoder_gives_the_same_with_the_library_and_without(monkeypatch: pytest.MonkeyPatch) -> None:
    decoder = Decoder(DecodeLimits(shortest_side_px=100))
    sizes = ((350, 251), (99, 301), (641, 480))
    files = [encoded(photograph(*size), kind) for kind in ("JPEG", "WEBP") for size in sizes]
    with_it = [decoder(data) for data in files]
    monkeypatch.setattr(turbojpeg, "_LIBRARIES", ())
    turbojpeg._libturbojpeg.cache_clear()
    without = [decoder(data) for data in files]
    monkeypatch.undo()
    turbojpeg._libturbojpeg.cache_clear()
    for ours, plain in zip(with_it, without, strict=True):
        assert (ours.width, ours.height) == (plain.width, plain.height)
        left, right = (np.asarray(Image.open(io.BytesIO(each.jpeg))).astype(int) for each in (ours, plain))
        assert np.abs(left - right).mean() < 4
        assert (int(ours.pdq, 16) ^ int(plain.pdq, 16)).bit_count() <= 10
        assert ours.contrast == pytest.approx(plain.contrast, rel=0.05)


def test_changed_bytes_never_end_the_process() -> None:
    data, chance = encoded(PICTURE, "JPEG"), random.Random(3)
    for _ in range(2000):
        changed = bytearray(data)
        for _ in range(chance.randint(1, 8)):
            changed[chance.randrange(len(changed))] = chance.randrange(256)
        planes = turbojpeg.decoded(bytes(changed), 350, 251, 1)
        assert planes is None or isinstance(planes, Planes)
