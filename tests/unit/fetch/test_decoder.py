"""The guarded decoder: right pixels of every format, and nothing of a stranger's bytes."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from curation.fetch.decoder import DecodeLimits, Decoder, Undecodable
from tests.hostile import images
from tests.hostile.images import FORMATS, encoded, photograph

DECODER = Decoder(DecodeLimits())


def pixels(jpeg: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(jpeg))).astype(np.int32)


def difference(left: np.ndarray, right: np.ndarray) -> float:
    return float(np.abs(left.astype(np.int32) - right.astype(np.int32)).mean())


def refusal(data: bytes, **limits: int) -> str:
    with pytest.raises(Undecodable) as refused:
        Decoder(DecodeLimits(**limits))(data)
    return refused.value.reason


@pytest.mark.parametrize("kind", FORMATS)
def test_every_format_gives_the_photograph(kind: str) -> None:
    image = photograph()
    decoded = DECODER(encoded(image, kind))
    assert (decoded.width, decoded.height, decoded.original_width, decoded.original_height) == (320, 240, 320, 240)
    assert difference(pixels(decoded.jpeg), np.asarray(image)) < 12
    assert len(decoded.pdq) == 64


@pytest.mark.parametrize(
    ("kind", "size"),
    [("JPEG", (1601, 1203)), ("JPEG", (769, 770)), ("JPEG", (3000, 390)), ("JPEG", (383, 1000)), ("JPEG", (1155, 1731)),
     ("PNG", (1601, 1203)), ("PNG", (769, 770)), ("PNG", (1155, 1731)), ("WEBP", (1601, 1203)), ("WEBP", (1155, 1731)),
     ("GIF", (1601, 1203)), ("AVIF", (1601, 1203))],
)  # fmt: skip
def test_large_images_end_at_the_shortest_side_and_stay_in_place(kind: str, size: tuple[int, int]) -> None:
    image = photograph(*size)
    decoded = DECODER(encoded(image, kind, **({"speed": 10} if kind == "AVIF" else {})))
    factor = min(1, 384 / min(size))
    expected = (round(size[0] * factor), round(size[1] * factor))
    assert (decoded.width, decoded.height) == expected
    reference = np.asarray(image.resize(expected, Image.Resampling.LANCZOS))
    assert difference(pixels(decoded.jpeg), reference) < (15 if kind == "GIF" else 7)


def psnr(left: np.ndarray, right: np.ndarray) -> float:
    return float(10 * np.log10(255**2 / np.mean((left.astype(float) - right) ** 2)))


@pytest.mark.parametrize("shrink", [1.1, 1.5, 1.72, 1.84, 2.3])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_scaling_is_no_worse_than_area_averaging(kind: str, shrink: float) -> None:
    """Within 0.5 dB of what img2dataset does, against Lanczos, at every ratio: neither aliased nor soft."""
    import cv2
    import skimage

    side = round(384 * shrink)
    image = Image.fromarray(skimage.data.astronaut()).resize((side, side), Image.Resampling.BICUBIC)
    noise = np.random.default_rng(1).normal(0, 2.0, (side, side, 3))
    data = encoded(Image.fromarray(np.clip(np.asarray(image) + noise, 0, 255).astype(np.uint8)), kind)
    full = Image.open(io.BytesIO(data)).convert("RGB")
    reference = np.asarray(full.resize((384, 384), Image.Resampling.LANCZOS))
    averaged = cv2.resize(np.asarray(full), (384, 384), interpolation=cv2.INTER_AREA)
    stock = encoded(Image.fromarray(averaged), quality=90)
    assert psnr(pixels(DECODER(data).jpeg), reference) > psnr(pixels(stock), reference) - 0.5


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_applied_and_then_gone(orientation: int) -> None:
    image = photograph(640, 480)
    exif = Image.Exif()
    exif[0x0112] = orientation
    turned = encoded(image, exif=exif)
    expected = Image.open(io.BytesIO(turned))
    from PIL import ImageOps

    expected = ImageOps.exif_transpose(expected)
    decoded = DECODER(turned)
    assert (decoded.original_width, decoded.original_height) == expected.size
    small = np.asarray(expected.resize((decoded.width, decoded.height), Image.Resampling.LANCZOS))
    assert difference(pixels(decoded.jpeg), small) < 6
    assert 0x0112 not in Image.open(io.BytesIO(decoded.jpeg)).getexif()


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
@pytest.mark.parametrize("size", [(100, 100), (1200, 900)])
def test_transparency_becomes_white(kind: str, size: tuple[int, int]) -> None:
    image = Image.new("RGBA", size, (255, 0, 0, 0))
    image.paste((0, 0, 255, 255), (0, 0, size[0] // 2, size[1]))
    found = pixels(DECODER(encoded(image, kind)).jpeg)
    assert difference(found[10:-10, -20:-10], np.full((1, 1, 3), 255)) < 6
    assert difference(found[10:-10, 10:20], np.array([[[0, 0, 255]]])) < 12


def test_palette_grey_and_one_bit_images_keep_their_colours() -> None:
    image = photograph()
    for mode in ("P", "L", "1", "LA", "PA"):
        source = image.convert("L").convert(mode) if mode != "P" else image.convert("P")
        found = pixels(DECODER(encoded(source.convert("RGBA") if mode == "PA" else source, "PNG")).jpeg)
        assert difference(found, np.asarray(source.convert("RGB"))) < 25
    grey = pixels(DECODER(encoded(image.convert("L"))).jpeg)
    assert grey.shape == (240, 320, 3)


def test_sixteen_bit_grey_is_scaled_and_not_clipped() -> None:
    ramp = np.tile(np.linspace(0, 65535, 256).astype(np.uint16), (200, 1))
    found = pixels(DECODER(encoded(Image.fromarray(ramp), "PNG")).jpeg)
    assert abs(int(found[100, 128, 0]) - 128) < 4
    assert found[100, 5, 0] < 12


def test_cmyk_is_not_inverted() -> None:
    image = photograph().convert("CMYK")
    found = pixels(DECODER(encoded(image)).jpeg)
    assert difference(found, np.asarray(image.convert("RGB"))) < 10


def test_a_colour_profile_is_applied_and_dropped() -> None:
    swapped = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    # Swap the red and the blue primary: whoever applies the profile sees red where the file says blue.
    red, blue = swapped.find(b"rXYZ"), swapped.find(b"bXYZ")
    swapped[red : red + 4], swapped[blue : blue + 4] = b"bXYZ", b"rXYZ"
    profile = bytes(swapped).replace(b"sRGB", b"test").replace(b"s\0R\0G\0B", b"t\0e\0s\0t")
    data = encoded(Image.new("RGB", (200, 200), (0, 0, 255)), icc_profile=profile)
    decoded = DECODER(data)
    red_value, _, blue_value = pixels(decoded.jpeg)[100, 100]
    assert red_value > 200 > 60 > blue_value
    assert b"ICC_PROFILE" not in decoded.jpeg
    broken = encoded(photograph(), icc_profile=b"not a profile at all")
    assert DECODER(broken).width == 320


def test_an_animation_gives_its_first_frame() -> None:
    first, second = photograph(200, 150), Image.new("RGB", (200, 150), (255, 0, 0))
    for kind in ("GIF", "WEBP", "PNG", "AVIF"):
        data = encoded(first, kind, save_all=True, append_images=[second], duration=100)
        assert difference(pixels(DECODER(data).jpeg), np.asarray(first)) < 12, kind


@pytest.mark.parametrize(
    "data",
    [b"", b"x", b"<html><body>404</body></html>", b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>",
     b"%PDF-1.7", b"BM" + bytes(100), b"II*\0" + bytes(100), b"\0\0\1\0" + bytes(100), b"8BPS" + bytes(100),
     b"\0\0\0\x18ftypmp42" + bytes(100), b"\0\0\0\x18ftypheic" + bytes(100), b"P6 1 1 255 aaa", b"GIF",
     b"RIFF0000AVI "],
)  # fmt: skip
def test_what_is_no_accepted_image_is_told_by_its_content(data: bytes) -> None:
    assert refusal(data) == "not_an_image"


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.95])
def test_a_truncated_file_is_rejected(kind: str, share: float) -> None:
    data = encoded(photograph(), kind)
    assert refusal(data[: int(len(data) * share)]) in ("decode", "not_an_image")


BOMBS = {
    "png": images.png_bomb(),
    "png of one bit": images.png_bomb(side=16_000, depth=1, colour=0),
    "jpeg": images.jpeg_declaring(65_000, 65_000),
    "jpeg strip": images.jpeg_declaring(64_000, 2_000),
    "gif canvas": images.gif_declaring(65_535, 65_535),
    "gif frame": images.gif_with_large_frame(60_000, 60_000),
    "gif frames": images.gif_of(1200),
    "webp": images.webp_declaring(16_383, 16_383),
    "webp strip": images.webp_declaring(1 << 24, 64),
    "avif": images.avif_declaring(60_000, 60_000),
}
# Runs in a fresh interpreter, because a process remembers its highest memory for ever.
MEASURE = """
import resource, sys
from curation.fetch.decoder import DecodeLimits, Decoder, Undecodable
from tests.hostile import without
without.apply()
decoder = Decoder(DecodeLimits())
decoder(open(sys.argv[1], "rb").read())
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    decoder(open(sys.argv[2], "rb").read())
    reason = "none"
except Undecodable as error:
    reason = error.reason
print(reason, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def decoded_elsewhere(data: bytes, folder: Path) -> tuple[str, int]:
    """The reason that a fresh process gives, and the KiB by which its memory rose."""
    (folder / "small.png").write_bytes(encoded(photograph(), "PNG"))
    (folder / "bomb").write_bytes(data)
    command = [sys.executable, "-c", MEASURE, str(folder / "small.png"), str(folder / "bomb")]
    reason, rise = subprocess.run(command, capture_output=True, check=True, text=True, timeout=60).stdout.split()
    return reason, int(rise)


@pytest.mark.parametrize("name", sorted(BOMBS))
def test_a_declared_bomb_is_refused_before_decoding(name: str, tmp_path: Path) -> None:
    assert len(BOMBS[name]) <= 1_000_000
    reason, rise_kib = decoded_elsewhere(BOMBS[name], tmp_path)
    assert reason == "too_many_pixels"
    assert rise_kib <= 50 * 1024


def test_a_profile_bomb_costs_little(tmp_path: Path) -> None:
    data = images.png_profile_bomb()
    assert len(data) <= 1_000_000
    reason, rise_kib = decoded_elsewhere(data, tmp_path)
    assert reason in ("none", "decode")
    assert rise_kib <= 50 * 1024


CANARY = b"CANARY-7f3a"


@pytest.mark.parametrize("kind", FORMATS)
def test_no_foreign_byte_survives(kind: str) -> None:
    """Polyglots, EXIF, comments, XMP, profiles, trailing archives: our file holds our bytes alone."""
    exif = Image.Exif()
    exif[0x010E] = CANARY.decode()
    options: dict[str, object] = {"exif": exif} if kind != "GIF" else {}
    if kind in ("JPEG", "GIF"):
        options["comment"] = CANARY
    if kind in ("JPEG", "WEBP", "AVIF"):
        options["xmp"] = b"<x:xmpmeta>" + CANARY
    data = encoded(photograph(), kind, **options) + b"PK\x03\x04" + CANARY + b"<script>alert(1)</script>"
    assert CANARY in data
    decoded = DECODER(data)
    assert CANARY not in decoded.jpeg
    assert b"PK\x03\x04" not in decoded.jpeg
    assert b"<script>" not in decoded.jpeg
    assert b"Exif" not in decoded.jpeg
    assert decoded.jpeg.endswith(b"\xff\xd9")
    again = Image.open(io.BytesIO(decoded.jpeg))
    assert set(again.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


def test_blank_blurred_and_sharp_images_are_told_apart() -> None:
    from PIL import ImageFilter

    sharp = DECODER(encoded(photograph(800, 600)))
    soft = DECODER(encoded(photograph(800, 600).filter(ImageFilter.GaussianBlur(12))))
    blank = DECODER(encoded(Image.new("RGB", (800, 600), (200, 200, 200))))
    assert sharp.sharpness > 100 > 15 > soft.sharpness
    assert sharp.contrast > 20 > 3 > blank.contrast


def test_the_same_picture_in_other_sizes_and_formats_has_nearly_the_same_pdq() -> None:
    hashes = [
        int(DECODER(encoded(photograph(1200, 900).resize(size), kind)).pdq, 16)
        for size in ((1200, 900), (600, 450), (400, 300))
        for kind in ("JPEG", "PNG", "WEBP")
    ]
    other = int(DECODER(encoded(photograph(1200, 900, seed=99).rotate(90))).pdq, 16)
    assert max((hashes[0] ^ found).bit_count() for found in hashes) <= 31
    assert (hashes[0] ^ other).bit_count() > 60
