"""The faster way into PNG gives the very pixels of the ordinary way, or leaves the file to it."""

from __future__ import annotations

import io
import random
import struct
import zlib

import pytest
from PIL import Image

from curation.fetch.png import StoredPng, opened
from tests.hostile.images import encoded, photograph, png_chunk

PICTURE = photograph(700, 500)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA", "P", "1", "I;16"])
@pytest.mark.parametrize("level", [0, 1, 9])
def test_pixels_are_the_same(mode: str, level: int) -> None:
    data = encoded(
        PICTURE.convert("L").convert(mode) if mode == "I;16" else PICTURE.convert(mode), "PNG", compress_level=level
    )
    file = opened(data)
    assert isinstance(file, StoredPng)
    fast, plain = Image.open(file, formats=["PNG"]), Image.open(io.BytesIO(data))
    assert (fast.mode, fast.size, fast.tobytes()) == (plain.mode, plain.size, plain.tobytes())


def test_what_is_read_is_a_png_in_any_pieces() -> None:
    data = encoded(PICTURE, "PNG")
    file = opened(data)
    whole = file.read()
    pieces = random.Random(1)
    file.seek(0)
    assert b"".join(iter(lambda: file.read(pieces.choice((1, 4, 7, 65_535, 65_541, 200_000))), b"")) == whole
    assert file.seek(0, io.SEEK_END) == len(whole)
    at = whole.find(b"IDAT")
    length = int.from_bytes(whole[at - 4 : at], "big")
    assert len(zlib.decompress(whole[at + 4 : at + 4 + length])) == 500 * (1 + 700 * 3)


def test_several_image_data_chunks_are_joined() -> None:
    data = encoded(PICTURE, "PNG")
    at = data.find(b"IDAT") - 4
    stream = b""
    walk = at
    while data[walk + 4 : walk + 8] == b"IDAT":
        length = int.from_bytes(data[walk : walk + 4], "big")
        stream += data[walk + 8 : walk + 8 + length]
        walk += 12 + length
    split = b"".join(png_chunk(b"IDAT", stream[n : n + 999]) for n in range(0, len(stream), 999))
    file = opened(data[:at] + split + data[walk:])
    assert isinstance(file, StoredPng)
    assert Image.open(file).tobytes() == PICTURE.tobytes()


def header(width: int, height: int, interlaced: int = 0) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, interlaced))


@pytest.mark.parametrize("name", ["too long", "too short", "broken", "interlaced", "small"])
def test_other_streams_are_left_to_pillow(name: str) -> None:
    side = 100 if name == "small" else 600
    rows = side * (1 + side * 3) + {"too long": 10**8, "too short": -1}.get(name, 0)
    stream = zlib.compress(bytes(rows), 9)
    if name == "broken":
        stream = stream[:50] + b"\xff\xff\xff" + stream[53:]
    data = header(side, side, name == "interlaced") + png_chunk(b"IDAT", stream) + png_chunk(b"IEND", b"")
    file = opened(data)
    assert isinstance(file, io.BytesIO)
    assert file.getvalue() == data
