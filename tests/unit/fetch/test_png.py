"""The faster way into PNG gives the very pixels of the ordinary way, or leaves the file to it."""

from __future__ import annotations

import struct
import zlib

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from curation.fetch.decoder import DecodeLimits, Decoder
from curation.fetch.png import decoded
from tests.hostile.images import encoded, photograph, png_chunk

PICTURE = photograph(350, 250)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L"])
@pytest.mark.parametrize("level", [0, 1, 9])
def test_pixels_are_the_same(mode: str, level: int) -> None:
    picture = PICTURE.convert(mode)
    if mode == "RGBA":
        picture.putalpha(photograph(350, 250, seed=3).convert("L"))
    pixels = decoded(encoded(picture, "PNG", compress_level=level))
    assert pixels is not None
    assert np.array_equal(pixels.squeeze(), np.asarray(picture))


def test_interlaced_and_split_streams_are_read() -> None:
    rows = b"".join(b"\0" + bytes([value] * 24) for value in range(8))
    stream = zlib.compress(rows)
    parts = b"".join(png_chunk(b"IDAT", stream[at : at + 3]) for at in range(0, len(stream), 3))
    pixels = decoded(header(8, 8) + parts + png_chunk(b"IEND", b""))
    assert pixels is not None
    assert pixels[:, 0, 0].tolist() == list(range(8))


def header(width: int, height: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))


@pytest.mark.parametrize("mode", ["LA", "P", "1", "I;16"])
def test_other_kinds_are_left_to_pillow(mode: str) -> None:
    picture = PICTURE.convert("L").convert(mode) if mode == "I;16" else PICTURE.convert(mode)
    assert decoded(encoded(picture, "PNG")) is None


def oriented() -> dict[str, bytes]:
    exif = Image.Exif()
    exif[0x0112] = 6
    raw = PngImagePlugin.PngInfo()
    block = b"Exif\0\0" + exif.tobytes()
    raw.add_text("Raw profile type exif", f"\nexif\n{len(block):8}\n{block.hex()}\n", zip=True)
    xmp = PngImagePlugin.PngInfo()
    xmp.add_itxt("XML:com.adobe.xmp", '<x tiff:Orientation="6"/>')
    return {
        "eXIf": encoded(PICTURE, "PNG", exif=exif),
        "raw profile": encoded(PICTURE, "PNG", pnginfo=raw),
        "XMP": encoded(PICTURE, "PNG", pnginfo=xmp),
    }


@pytest.mark.parametrize("where", ["eXIf", "raw profile", "XMP"])
def test_an_orientation_is_heeded_wherever_it_stands(where: str) -> None:
    found = Decoder(DecodeLimits())(oriented()[where])
    assert (found.width, found.height) == (250, 350)


def test_a_transparent_colour_becomes_white() -> None:
    picture = Image.new("RGB", (200, 200), (200, 0, 0))
    data = encoded(picture, "PNG", transparency=(200, 0, 0))
    assert Decoder(DecodeLimits())(data).contrast < 1
    assert decoded(data) is None


@pytest.mark.parametrize("name", ["too short", "broken", "no end"])
def test_broken_streams_are_left_to_pillow(name: str) -> None:
    stream = zlib.compress(bytes(100 * 301 - (name == "too short")), 9)
    if name == "broken":
        stream = stream[:20] + b"\xff\xff\xff" + stream[23:]
    data = header(100, 100) + png_chunk(b"IDAT", stream) + (b"" if name == "no end" else png_chunk(b"IEND", b""))
    assert decoded(data) is None
