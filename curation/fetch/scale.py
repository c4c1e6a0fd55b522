"""Pictures made smaller: halved by exact means as often as they are far too large, then interpolated."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    import numpy as np

    Pixels: TypeAlias = np.ndarray[Any, Any]

# Halving may shrink an image to no less than this times its final size; the rest is interpolated. Against a Lanczos
# reference of 24 photographs, and compared with img2dataset's area averaging: 1.0 is as good in the mean and
# 1.4 dB worse on the worst, 1.2 is 0.35 dB better and 0.3 worse on the worst, 1.5 is no better than 1.2.
_MARGIN = 1.2
# Neither of OpenCV's two fast interpolations looks at more than its 2 or 4 nearest pixels an axis. Against the same
# reference bicubic is up to 3 dB better where an image shrinks by less than 1.5; from 1.7 on it aliases, and bilinear
# is up to 0.8 dB better.
_BILINEAR_SHRINK = 1.6
_WIDEN = 24
_NEAR_PX = 0.03


def halvings(width: int, height: int, side: int) -> int:
    """How often to halve an image whose shortest side shall be `side`."""
    return max(1, int(min(width, height) / (side * _MARGIN))).bit_length() - 1


def halved(pixels: Pixels, times: int) -> Pixels:
    """Means of 2 x 2 pixels, `times` over; an odd last row or column falls away each time.

    OpenCV does this with vector instructions, and larger boxes without: a third of the time for 4 x 4 instead of 5 x 5.
    """
    import cv2

    for _ in range(times):
        height, width = pixels.shape[0] // 2, pixels.shape[1] // 2
        pixels = cv2.resize(pixels[: 2 * height, : 2 * width], (width, height), interpolation=cv2.INTER_AREA)
    return pixels


def fitted(pixels: Pixels, factors: tuple[float, float], size: tuple[int, int]) -> Pixels:
    """Pixels made smaller by `factors` (across, down; at most 1) and cut to exactly the width and height `size`:
    bicubic, or bilinear for what is far larger.

    A reduced image's last pixel may stand for less of the original than the others, so that the factors are not those
    of its size; to take them for it would stretch the picture by up to a pixel, which costs up to 4 dB on sharp
    photographs. OpenCV is two to three times as fast, though, where the factor is a ratio of sizes. So the picture is
    widened by as few repeated pixels as bring it near to one; that also replaces a last row or column that was cut off.
    """
    import cv2

    across, down = factors
    if across == down == 1:
        return pixels[: size[1], : size[0]]
    how = cv2.INTER_CUBIC if min(across, down) * _BILINEAR_SHRINK > 1 else cv2.INTER_LINEAR
    wide = _whole(max(pixels.shape[1], math.ceil(size[0] / across)), across)
    high = _whole(max(pixels.shape[0], math.ceil(size[1] / down)), down)
    if (high, wide) != pixels.shape[:2]:
        more = high - pixels.shape[0], wide - pixels.shape[1]
        pixels = cv2.copyMakeBorder(pixels, 0, more[0], 0, more[1], cv2.BORDER_REPLICATE)
    pixels = cv2.resize(pixels, (round(wide * across), round(high * down)), interpolation=how)
    return pixels[: size[1], : size[0]]


def _whole(length: int, factor: float) -> int:
    """The first length from this one on, or the best of a few, that a factor brings near to a whole number."""
    best, least = length, 1.0
    for each in range(length, length + _WIDEN):
        off = abs(each * factor - round(each * factor))
        if off < least:
            best, least = each, off
        if off < _NEAR_PX:
            break
    return best
