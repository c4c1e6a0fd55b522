"""JPEG to planes of luma and colour, and back, by libjpeg-turbo's own interface.

A JPEG holds a plane of luma and two of colour, mostly at half its size. OpenCV and Pillow make BGR of it and BGR into
planes again to encode it: a fifth of the time that a photograph takes, for nothing. No Python wheel gives its caller
the planes, so this calls the system's libturbojpeg, if there is one (Debian: libturbojpeg0), by the TurboJPEG
interface that versions 1.4 to 3 share. Without it OpenCV does the same, more slowly.
"""

from __future__ import annotations

import ctypes
import functools
from typing import TYPE_CHECKING, Any, TypeAlias

from curation.fetch.planes import Planes

if TYPE_CHECKING:
    import numpy as np

    Pixels: TypeAlias = np.ndarray[Any, Any]

_LIBRARIES = ("libturbojpeg.so.0", "libturbojpeg.0.dylib")
_COLOURS_AT = {0: (1, 1), 1: (2, 1), 2: (2, 2)}  # TJSAMP_444, 422 and 420: luma pixels a pixel of colour, by axis
_HALF = 2  # TJSAMP_420
_YCBCR = 1  # TJCS_YCbCr; a JPEG may also hold RGB, grey or CMYK
_ACCURATE_DCT = 4096  # the fast one loses 0.07 dB and saves 1 % of encoding


def available() -> bool:
    """Whether this machine has the library."""
    return _libturbojpeg() is not None


def decoded(data: bytes, width: int, height: int, part: int) -> Planes | None:
    """An ordinary colour JPEG at 1/`part` (1, 2, 4, 8) of its size, rounded up. None when another decoder must see to
    it: grey, RGB or CMYK, rarer samplings, another size than the caller has capped, and whatever libjpeg warns of.
    """
    import numpy as np

    library = _libturbojpeg()
    handle = library and library.tjInitDecompress()
    if not library or not handle:
        return None
    try:
        found = [ctypes.c_int() for _ in range(4)]
        size = ctypes.c_ulong(len(data))
        if library.tjDecompressHeader3(handle, data, size, *map(ctypes.byref, found)) != 0:
            return None
        across, down, sampling, colours = (each.value for each in found)
        if (across, down, colours) != (width, height, _YCBCR) or sampling not in _COLOURS_AT:
            return None
        wide, high = -(-width // part), -(-height // part)
        planes = [
            np.empty((library.tjPlaneHeight(n, high, sampling), library.tjPlaneWidth(n, wide, sampling)), np.uint8)
            for n in range(3)
        ]
        if library.tjDecompressToYUVPlanes(handle, data, size, *_of(planes, wide), high, 0) != 0:
            return None
    finally:
        library.tjDestroy(handle)
    luma, blue, red = planes
    across, down = (2 // each for each in _COLOURS_AT[sampling])
    halves = [_means(plane, across, down)[: -(-high // 2), : -(-wide // 2)] for plane in (blue, red)]
    return Planes(luma[:high, :wide], *halves)


def encoded(planes: Planes, quality: int) -> bytes | None:
    """A baseline JPEG with colours at half size; None when there is no memory for it."""
    import cv2

    library = _libturbojpeg()
    handle = library and library.tjInitCompress()
    if not library or not handle:
        return None
    out, size = ctypes.c_void_p(), ctypes.c_ulong()
    height, width = planes.luma.shape
    # It reads an even number of rows and columns of luma.
    luma = cv2.copyMakeBorder(planes.luma, 0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE)
    try:
        failed = library.tjCompressFromYUVPlanes(
            handle, *_of([luma, planes.blue, planes.red], width), height, _HALF,
            ctypes.byref(out), ctypes.byref(size), quality, _ACCURATE_DCT,
        )  # fmt: skip
        return None if failed else ctypes.string_at(out, size.value)
    finally:
        library.tjFree(out)
        library.tjDestroy(handle)


def _of(planes: list[Pixels], width: int) -> tuple[Any, int, Any]:
    """The addresses of planes, the width of the first, and the strides of all, as libjpeg-turbo takes them."""
    addresses = (ctypes.c_void_p * 3)(*(plane.ctypes.data for plane in planes))
    return addresses, width, (ctypes.c_int * 3)(*(plane.strides[0] for plane in planes))


def _means(plane: Pixels, across: int, down: int) -> Pixels:
    """Means of `across` x `down` pixels; a last one may stand for fewer."""
    import cv2

    if across == down == 1:
        return plane
    height, width = -(-plane.shape[0] // down), -(-plane.shape[1] // across)
    more = height * down - plane.shape[0], width * across - plane.shape[1]
    even = cv2.copyMakeBorder(plane, 0, more[0], 0, more[1], cv2.BORDER_REPLICATE)
    means: Any = cv2.resize(even, (width, height), interpolation=cv2.INTER_AREA)
    return means  # type: ignore[no-any-return]


@functools.cache
def _libturbojpeg() -> ctypes.CDLL | None:
    for name in _LIBRARIES:
        try:
            library = ctypes.CDLL(name)
        except OSError:
            continue
        for function in (library.tjInitDecompress, library.tjInitCompress):
            function.restype = ctypes.c_void_p
        for function in (library.tjDestroy, library.tjFree):
            function.argtypes = [ctypes.c_void_p]
        bytes_in: list[Any] = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_ulong]
        library.tjDecompressHeader3.argtypes = [*bytes_in, *[ctypes.POINTER(ctypes.c_int)] * 4]
        planes: list[Any] = [ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p, ctypes.c_int]
        library.tjDecompressToYUVPlanes.argtypes = [*bytes_in, *planes, ctypes.c_int]
        library.tjCompressFromYUVPlanes.argtypes = [
            ctypes.c_void_p, *planes, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int, ctypes.c_int,
        ]  # fmt: skip
        return library
    return None
