"""Lossy WebP, decoded as it is stored: a plane of luma and two of colour at half its size.

Making BGR of a whole photograph that is about to shrink costs a quarter of its decoding; making it of the shrunk
planes costs next to nothing. Of an image that shrinks to half its size or less, the filter that smooths its blocks is
left out too: it takes a fifth of the time, and nothing of it is seen (PSNR against Lanczos: -0.07 to +0.02 dB). No
Python package gives its caller either, so this calls libwebp itself: the copy that Pillow's wheel brings, by the
structures of its decode.h (ABI 2).
"""

from __future__ import annotations

import ctypes
import functools
import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from curation.fetch.planes import Planes
from curation.fetch.scale import halved

if TYPE_CHECKING:
    import numpy as np

    Pixels: TypeAlias = np.ndarray[Any, Any]

_ABI = 0x0200  # libwebp refuses another major number, and accepts any minor one
_YUV = 11  # MODE_YUV
_LOSSY = 1


class _Features(ctypes.Structure):
    _fields_ = [(name, ctypes.c_int) for name in ("width", "height", "has_alpha", "has_animation", "format")] + [
        ("pad", ctypes.c_uint32 * 5)
    ]


class _Planes(ctypes.Structure):
    """WebPYUVABuffer, the larger member of the union: addresses, strides and sizes of Y, U, V and alpha."""

    _fields_ = [("address", ctypes.c_void_p * 4), ("stride", ctypes.c_int * 4), ("size", ctypes.c_size_t * 4)]


class _Output(ctypes.Structure):
    _fields_ = [
        ("mode", ctypes.c_int), ("width", ctypes.c_int), ("height", ctypes.c_int), ("external", ctypes.c_int),
        ("planes", _Planes), ("pad", ctypes.c_uint32 * 4), ("private", ctypes.c_void_p),
    ]  # fmt: skip


class _Options(ctypes.Structure):
    _fields_ = [("bypass_filtering", ctypes.c_int), ("rest", ctypes.c_uint32 * 18)]


class _Config(ctypes.Structure):
    _fields_ = [("input", _Features), ("output", _Output), ("options", _Options)]


def decoded(data: bytes, width: int, height: int, halvings: int = 0, *, smooth: bool = True) -> Planes | None:
    """An opaque lossy still image, each pixel the mean of 2 ** `halvings` pixels squared; a last one may
    stand for fewer, and one row and column more than that may follow. None when another decoder must see to it.

    The caller has capped width and height; a file of another size than that is left to the other decoder too.
    """
    import numpy as np

    library = _libwebp()
    config = _Config()
    if library is None or not library.WebPInitDecoderConfigInternal(ctypes.byref(config), _ABI):
        return None
    size = ctypes.c_size_t(len(data))
    if library.WebPGetFeaturesInternal(data, size, ctypes.byref(config.input), _ABI) != 0:
        return None
    found = config.input
    plain = found.format == _LOSSY and not found.has_alpha and not found.has_animation
    if not plain or (found.width, found.height) != (width, height):
        return None
    # Room for a picture whose sides can be halved so often, and once more for its colours.
    step = 2 << halvings
    rows, columns = -(-height // step) * step, -(-width // step) * step
    planes = [np.empty((rows // part, columns // part), np.uint8) for part in (1, 2, 2)]
    for n, plane in enumerate(planes):
        config.output.planes.address[n], config.output.planes.stride[n] = plane.ctypes.data, plane.shape[1]
        config.output.planes.size[n] = plane.nbytes
    config.output.mode, config.output.external = _YUV, 1
    config.options.bypass_filtering = not smooth
    if library.WebPDecode(data, size, ctypes.byref(config)) != 0:
        return None
    for plane, part in zip(planes, (1, 2, 2), strict=True):
        high, wide = -(-height // part), -(-width // part)
        plane[:high, wide:] = plane[:high, wide - 1 : wide]
        plane[high:] = plane[high - 1]
    luma, blue, red = (halved(plane, halvings) for plane in planes)
    return Planes(_stretched(luma, 16, 219), _stretched(blue, 128, 224), _stretched(red, 128, 224))


def _stretched(plane: Pixels, zero: int, reach: int) -> Pixels:
    """From the part of 0 to 255 that WebP uses to all of it; `zero` is black, or no colour."""
    import cv2

    stretched: Any = cv2.LUT(plane, _table(zero, reach))
    return stretched  # type: ignore[no-any-return]


@functools.cache
def _table(zero: int, reach: int) -> Pixels:
    import numpy as np

    to = 0 if zero == 16 else zero
    return ((np.arange(256) - zero) * (255 / reach) + to).round().clip(0, 255).astype(np.uint8)


@functools.cache
def _libwebp() -> ctypes.CDLL | None:
    spec = importlib.util.find_spec("PIL")
    if spec is None or spec.origin is None:
        return None
    beside = sorted((Path(spec.origin).parents[1] / "pillow.libs").glob("libwebp-*.so*"))
    return ctypes.CDLL(str(beside[0])) if beside else None
