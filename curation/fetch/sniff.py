"""What a file declares about itself, read from its own bytes before any library decodes it.

Bounded walks over the container alone: no pixel is touched, nothing is allocated by declared sizes.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from curation.fetch.jpeg import missing_scans

JPEG, PNG, WEBP, GIF, AVIF = "jpeg", "png", "webp", "gif", "avif"
_JPEG_SIZES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_JPEG_PROGRESSIVE = frozenset({0xC2, 0xCA})
_JPEG_TELLS = frozenset({0xE1, 0xE2})  # APP1: EXIF and XMP; APP2: a colour profile, more pictures
_MAX_PARTS = 100_000


@dataclass(frozen=True)
class Declared:
    """Type by content, canvas size in pixels, frames (1 for a still; counted up to a bound), where the first scan of a
    JPEG starts, and whether that JPEG is `bare`: says nothing of orientation, colours or further pictures."""

    kind: str
    width: int
    height: int
    frames: int = 1
    scan: int = 0
    bare: bool = False


class NotAnImage(Exception):
    """The bytes start like none of the accepted formats."""


class Broken(Exception):
    """The bytes start like an accepted format and then break its rules. The text says which."""


def sniff(data: bytes) -> Declared:
    """What `data` declares. Raises `NotAnImage` or `Broken`."""
    if data[:3] == b"\xff\xd8\xff":
        return _jpeg(data)
    if data[:8] == b"\x89PNG\r\n\x1a\n":
        return _png(data)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return _webp(data)
    if data[:6] in (b"GIF87a", b"GIF89a"):
        return _gif(data)
    if data[4:8] == b"ftyp" and _is_avif(data):
        return _avif(data)
    raise NotAnImage


def _jpeg(data: bytes) -> Declared:
    at, size = 2, None
    progressive, components, bare = False, b"", True
    for _ in range(_MAX_PARTS):
        at = data.find(b"\xff", at)
        if at < 0 or at + 4 > len(data):
            raise Broken("ends before its image data")
        marker = data[at + 1]
        if marker in (0xFF, 0x00, 0x01) or 0xD0 <= marker <= 0xD8:
            at += 1 if marker == 0xFF else 2
            continue
        if marker == 0xD9:
            raise Broken("ends before its image data")
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        if length < 2:
            raise Broken("segment of impossible length")
        if marker in _JPEG_SIZES and size is None:
            if at + 9 > len(data):
                raise Broken("ends in its frame header")
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            size = (width, height)
            progressive, components = marker in _JPEG_PROGRESSIVE, data[at + 10 : at + 2 + length : 3]
        elif marker in _JPEG_SIZES:
            raise Broken("two frame headers")
        bare = bare and marker not in _JPEG_TELLS
        if marker == 0xDA:
            if size is None:
                raise Broken("image data without a frame header")
            # In entropy-coded data ff is always followed by 00 or a restart marker, so ff d9 is the end marker.
            if data.rfind(b"\xff\xd9", at) < 0:
                raise Broken("truncated: no end marker")
            if progressive and (lack := missing_scans(data, at, components)) is not None:
                raise Broken(lack)
            return Declared(JPEG, *size, scan=at, bare=bare)
        at += 2 + length
    raise Broken("too many segments")


def _png(data: bytes) -> Declared:
    if data[12:16] != b"IHDR" or len(data) < 33:
        raise Broken("no header chunk")
    width, height = struct.unpack(">II", data[16:24])
    frames, at, ended = 1, 8, False
    for _ in range(_MAX_PARTS):
        if at + 12 > len(data):
            break
        length = int.from_bytes(data[at : at + 4], "big")
        name = data[at + 4 : at + 8]
        if name == b"acTL" and length >= 4:
            frames = int.from_bytes(data[at + 8 : at + 12], "big")
        if name == b"IEND":
            ended = True
            break
        at += 12 + length
    if not ended:
        raise Broken("truncated: no end chunk")
    return Declared(PNG, width, height, frames)


def _webp(data: bytes) -> Declared:
    declared = int.from_bytes(data[4:8], "little") + 8
    if declared > len(data) + 1:
        raise Broken("truncated: shorter than its header says")
    kind, canvas, frames, at = data[12:16], None, 0, 12
    for _ in range(_MAX_PARTS):
        if at + 8 > len(data):
            break
        name, length = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        body = data[at + 8 : at + 26]
        size = _webp_size(name, body)
        if size is not None:
            canvas = size if canvas is None else (max(canvas[0], size[0]), max(canvas[1], size[1]))
        frames += name == b"ANMF"
        at += 8 + length + (length & 1)
    if canvas is None or kind not in (b"VP8 ", b"VP8L", b"VP8X"):
        raise Broken("no size")
    return Declared(WEBP, *canvas, frames=max(frames, 1))


def _webp_size(name: bytes, body: bytes) -> tuple[int, int] | None:
    if name == b"VP8X" and len(body) >= 10:
        return 1 + int.from_bytes(body[4:7], "little"), 1 + int.from_bytes(body[7:10], "little")
    if name == b"ANMF" and len(body) >= 12:
        return 1 + int.from_bytes(body[6:9], "little"), 1 + int.from_bytes(body[9:12], "little")
    if name == b"VP8 " and len(body) >= 10:
        width, height = struct.unpack("<HH", body[6:10])
        return width & 0x3FFF, height & 0x3FFF
    if name == b"VP8L" and len(body) >= 5:
        bits = int.from_bytes(body[1:5], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    return None


def _gif(data: bytes) -> Declared:
    if len(data) < 13:
        raise Broken("ends in its header")
    width, height, flags = struct.unpack("<HHB", data[6:11])
    at, frames = 13 + _colours(flags), 0
    while at < len(data) and frames < _MAX_PARTS:
        block = data[at]
        if block == 0x2C and at + 10 <= len(data):
            left, top, wide, high, local = struct.unpack("<HHHHB", data[at + 1 : at + 10])
            if frames == 0:
                # Decoders grow the canvas to hold a first frame that is larger than it.
                width, height = max(width, left + wide), max(height, top + high)
            frames += 1
            at = _skip_blocks(data, at + 11 + _colours(local))
        elif block == 0x21:
            at = _skip_blocks(data, at + 2)
        else:
            break
    if frames == 0:
        raise Broken("no frame")
    return Declared(GIF, width, height, frames)


def _colours(flags: int) -> int:
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0


def _skip_blocks(data: bytes, at: int) -> int:
    while at < len(data) and data[at]:
        at += 1 + data[at]
    return at + 1


def _is_avif(data: bytes) -> bool:
    end = min(int.from_bytes(data[:4], "big"), 256, len(data))
    brands = [data[8:12]] + [data[at : at + 4] for at in range(16, end - 3, 4)]
    return b"avif" in brands or b"avis" in brands


def _avif(data: bytes) -> Declared:
    """The largest `ispe` (image spatial extents) of the file, and the samples of its longest track."""
    sizes = []
    frames = 1
    for name, start, end in _boxes(data, 0, len(data), 0):
        if name == b"ispe" and end - start >= 12:
            sizes.append(struct.unpack(">II", data[start + 4 : start + 12]))
        elif name == b"stsz" and end - start >= 12:
            frames = max(frames, int.from_bytes(data[start + 8 : start + 12], "big"))
        elif name == b"av01" and end - start >= 28:
            sizes.append(struct.unpack(">HH", data[start + 24 : start + 28]))
    if not sizes:
        raise Broken("no size")
    return Declared(AVIF, max(size[0] for size in sizes), max(size[1] for size in sizes), frames)


_INSIDE = {b"meta": 4, b"iprp": 0, b"ipco": 0, b"moov": 0, b"trak": 0, b"mdia": 0, b"minf": 0, b"stbl": 0, b"stsd": 8}


def _boxes(data: bytes, start: int, end: int, depth: int) -> list[tuple[bytes, int, int]]:
    found: list[tuple[bytes, int, int]] = []
    at = start
    while at + 8 <= end and len(found) < 1000:
        length, name = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        head = 8
        if length == 1 and at + 16 <= end:
            length, head = int.from_bytes(data[at + 8 : at + 16], "big"), 16
        stop = end if length == 0 else min(at + length, end)
        if stop < at + head:
            raise Broken("box of impossible length")
        found.append((name, at + head, stop))
        if name in _INSIDE and depth < 8:
            found += _boxes(data, at + head + _INSIDE[name], stop, depth + 1)
        at = stop
    return found
