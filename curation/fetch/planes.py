"""A picture as JPEG and WebP store it: a plane of luma and two of colour at half its size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from curation.fetch.scale import fitted

if TYPE_CHECKING:
    import numpy as np

    Pixels: TypeAlias = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Planes:
    """Luma of height x width pixels, blue and red (Cb, Cr) of half that, rounded up: BT.601, 0 to 255, as in a JPEG.

    Scaled like this a picture is half the work that it is as BGR, and a JPEG of it needs no conversion.
    """

    luma: Pixels
    blue: Pixels
    red: Pixels

    def fitted(self, factors: tuple[float, float], size: tuple[int, int]) -> Planes:
        """As `scale.fitted`."""
        halves = (size[0] + 1) // 2, (size[1] + 1) // 2
        colours = (fitted(plane, factors, halves) for plane in (self.blue, self.red))
        return Planes(fitted(self.luma, factors, size), *colours)

    def bgr(self) -> Pixels:
        """The same as height x width x 3 pixels."""
        import cv2

        height, width = self.luma.shape
        whole = [cv2.resize(plane, None, fx=2, fy=2)[:height, :width] for plane in (self.red, self.blue)]
        pixels: Any = cv2.cvtColor(cv2.merge([self.luma, *whole]), cv2.COLOR_YCrCb2BGR)
        return pixels  # type: ignore[no-any-return]
