"""Image files of every accepted format, and what strangers do to them."""

from __future__ import annotations

import functools
import io
import random
import struct
import zlib
from typing import Any

import numpy as np
from PIL import Image

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "AVIF")


def photograph(width: int = 320, height: int = 240, seed: int = 7) -> Image.Image:
    """A picture with smooth areas, edges and texture."""
    generator = np.random.default_rng(seed)
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    sky = np.stack([120 + rows * 90 / height, 160 + columns * 60 / width, 220 - rows * 120 / height], axis=-1)
    sky[(rows // 37 + columns // 53) % 3 == 0] *= 0.55
    return Image.fromarray(np.clip(sky + generator.normal(0, 6, sky.shape), 0, 255).astype(np.uint8))


def encoded(image: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def png_chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


@functools.cache
def png_bomb(side: int = 12_000, depth: int = 8, colour: int = 2) -> bytes:
    """A small file that declares side x side pixels and keeps its word."""
    row = 1 + side * {0: 1, 2: 3, 6: 4}[colour] * depth // 8
    packer = zlib.compressobj(9)
    body = b"".join(packer.compress(b"\0" * row) for _ in range(side)) + packer.flush()
    head = struct.pack(">IIBBBBB", side, side, depth, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", head) + png_chunk(b"IDAT", body) + png_chunk(b"IEND", b"")


@functools.cache
def png_profile_bomb() -> bytes:
    """An honest little PNG with a colour profile that inflates to 200 MB."""
    packer = zlib.compressobj(9)
    profile = b"".join(packer.compress(b"\0" * 1_000_000) for _ in range(200)) + packer.flush()
    plain = encoded(photograph(64, 64), "PNG")
    return plain[:33] + png_chunk(b"iCCP", b"x\0\0" + profile) + png_chunk(b"zTXt", b"k\0\0" + profile) + plain[33:]


def jpeg_declaring(width: int, height: int) -> bytes:
    """A small JPEG whose frame header declares another size."""
    plain = bytearray(encoded(photograph(64, 64)))
    at = plain.find(b"\xff\xc0")
    plain[at + 5 : at + 9] = struct.pack(">HH", height, width)
    return bytes(plain)


def gif_declaring(width: int, height: int) -> bytes:
    plain = bytearray(encoded(photograph(32, 32).convert("P"), "GIF"))
    plain[6:10] = struct.pack("<HH", width, height)
    return bytes(plain)


def gif_with_large_frame(width: int, height: int) -> bytes:
    """The canvas is small, its first frame is not."""
    plain = bytearray(encoded(photograph(32, 32).convert("P"), "GIF"))
    at = plain.find(b"\x2c\x00\x00\x00\x00")
    plain[at + 5 : at + 9] = struct.pack("<HH", width, height)
    return bytes(plain)


def gif_of(frames: int) -> bytes:
    plain = encoded(photograph(32, 32).convert("P"), "GIF")
    at = plain.find(b"\x2c\x00\x00\x00\x00")
    return plain[:at] + plain[at:-1] * frames + b";"


def webp_declaring(width: int, height: int) -> bytes:
    """An extended WebP that declares a canvas and holds a small frame."""
    inner = encoded(photograph(64, 64), "WEBP")[12:]
    head = (
        b"VP8X"
        + struct.pack("<I", 10)
        + bytes(4)
        + (width - 1).to_bytes(3, "little")
        + (height - 1).to_bytes(3, "little")
    )
    body = b"WEBP" + head + inner
    return b"RIFF" + struct.pack("<I", len(body)) + body


def avif_declaring(width: int, height: int) -> bytes:
    plain = bytearray(encoded(photograph(64, 64), "AVIF"))
    at = plain.find(b"ispe")
    plain[at + 8 : at + 16] = struct.pack(">II", width, height)
    return bytes(plain)


def mutated(data: bytes, generator: random.Random) -> bytes:
    """The file with some of its bytes flipped, cut, repeated, or its lengths made extreme."""
    out = bytearray(data)
    for _ in range(generator.choice((1, 1, 2, 4, 16))):
        if len(out) < 8:
            break
        # Most mutations near the start, where the structure is.
        at = generator.randrange(min(len(out), 700)) if generator.random() < 0.7 else generator.randrange(len(out))
        kind = generator.randrange(6)
        if kind == 0:
            out[at] = generator.randrange(256)
        elif kind == 1:
            out[at] ^= 1 << generator.randrange(8)
        elif kind == 2:
            out[at : at + 4] = generator.choice((b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\0\0\0\1"))
        elif kind == 3:
            del out[at : at + generator.randrange(1, 64)]
        elif kind == 4:
            out[at:at] = out[at : at + generator.randrange(1, 64)]
        else:
            del out[max(8, at) :]
    return bytes(out)
