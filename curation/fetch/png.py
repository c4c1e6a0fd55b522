"""Large PNG files, decompressed faster than the image libraries do it.

Three quarters of decoding a photograph in PNG is zlib's inflate. ISA-L's is about three times as fast, but no
image library for Python uses it. So the pixels' stream is inflated here and handed on as a PNG whose stream is
stored, not compressed: Pillow then has only to undo the row filters.
"""

from __future__ import annotations

import io
import struct

_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_WORTH_PIXELS = 200_000
_BLOCK = 65_535  # the most that a stored block of deflate holds
_END = b"\0\0\0\0IEND\xaeB`\x82"


def opened(data: bytes) -> io.BytesIO | StoredPng:
    """A file to read the PNG from, its pixels stored uncompressed where that is possible and worth it.

    Never inflates more than the header's declared size, which the caller has capped. A broken stream is left
    as it is, for Pillow to judge.
    """
    width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", data[16:29])
    if width * height < _WORTH_PIXELS or interlaced or colour not in _CHANNELS:
        return io.BytesIO(data)
    raw_bytes = height * (1 + (width * _CHANNELS[colour] * depth + 7) // 8)
    start, stream = _stream(data)
    raw = _inflated(stream, raw_bytes)
    return io.BytesIO(data) if raw is None else StoredPng(data[:start], *raw)


def _inflated(stream: bytes, expected: int) -> tuple[bytes, int] | None:
    """The stream's content and its checksum, if it is whole and of the expected length."""
    try:
        from isal import igzip_lib, isal_zlib
    except ImportError:  # no wheel for this machine
        return None
    try:
        raw: bytes = isal_zlib.decompressobj().decompress(stream, expected + 1)
    except igzip_lib.IsalError:  # type: ignore[misc]  # its stub does not say that it is an exception
        return None
    return (raw, isal_zlib.adler32(raw)) if len(raw) == expected else None


def _stream(data: bytes) -> tuple[int, bytes]:
    """Where the first image data chunk starts, and the compressed stream of all that follow it."""
    at, start, parts = 8, 0, []
    while at + 12 <= len(data):
        length, name = struct.unpack(">I4s", data[at : at + 8])
        if name == b"IDAT":
            start = start or at
            parts.append(data[at + 8 : at + 8 + length])
        elif parts:
            break
        at += 12 + length
    return start, b"".join(parts)


class StoredPng(io.BufferedIOBase):
    """Reads as a PNG with one image data chunk of stored blocks, without ever laying it out in memory."""

    def __init__(self, head: bytes, raw: bytes, checksum: int) -> None:
        self._raw = memoryview(raw)
        blocks = (len(raw) + _BLOCK - 1) // _BLOCK
        self._body_end = 2 + len(raw) + 5 * blocks + 4
        self._head = head + struct.pack(">I4s", self._body_end, b"IDAT") + b"\x78\x01"
        # The chunk's CRC is 0: Pillow does not check that of image data, and zlib's checksum is checked.
        self._tail = struct.pack(">I", checksum) + bytes(4) + _END
        self._tail_at = len(self._head) + len(raw) + 5 * blocks
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._tail_at + len(self._tail)}[whence]
        self._at = max(0, base + offset)
        return self._at

    def read(self, size: int | None = -1) -> bytes:
        parts = []
        left = self._tail_at + len(self._tail) - self._at if size is None or size < 0 else size
        while left > 0:
            part = self._piece(left)
            if not part:
                break
            parts.append(part)
            self._at += len(part)
            left -= len(part)
        return b"".join(parts)

    def _piece(self, most: int) -> bytes | memoryview:
        """What stands at the current place: a piece of the head, of a block's header, of its bytes, or of the tail."""
        if self._at < len(self._head):
            return self._head[self._at : self._at + most]
        if self._at >= self._tail_at:
            at = self._at - self._tail_at
            return self._tail[at : at + most]
        block, inside = divmod(self._at - len(self._head), _BLOCK + 5)
        start = block * _BLOCK
        size = min(_BLOCK, len(self._raw) - start)
        if inside < 5:
            final = start + size == len(self._raw)
            return struct.pack("<BHH", final, size, 0xFFFF ^ size)[inside : inside + most]
        return self._raw[start + inside - 5 : start + min(size, inside - 5 + most)]
