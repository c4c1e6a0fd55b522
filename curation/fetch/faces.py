"""Faces made unrecognisable: those that the source has marked, and those that a simple detector finds."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

from pydantic import Field

from curation.section import Section

if TYPE_CHECKING:
    import numpy as np

    Pixels: TypeAlias = np.ndarray[Any, Any]

Box = tuple[float, float, float, float]  # left, top, right, bottom, as shares of width and height
_QUALITY = 95  # of an image that is encoded a second time
_MOSAIC = 6  # what is left of a face: so many dots across


class FacesSection(Section):
    """Whose faces are blurred. Off unless one of the two is set; an image without a found face stays as it is."""

    boxes: str | None = None
    """Metadata column with the source's face boxes: a list of [left, top, right, bottom], each a share (0 to 1) of the
    width or height, as img2dataset's `bbox_col` has them. A row without the column has no faces."""
    detect: bool = False
    """Whether faces are looked for, with OpenCV's Haar cascade: upright frontal faces of at least 24 px, some of them
    missed and some things taken for faces, 50 to 100 ms of CPU an image. No guarantee of privacy."""
    margin: Annotated[float, Field(ge=0, le=1)] = 0.15
    """How much of a box's width and height is blurred around it, on each side."""


class FaceBlur:
    """Blurs faces of our own JPEGs, as the recipe says."""

    def __init__(self, section: FacesSection) -> None:
        self._section = section
        self._cascade: Any = None
        if section.detect:
            import cv2.data

            self._cascade = cv2.CascadeClassifier(f"{cv2.data.haarcascades}haarcascade_frontalface_alt2.xml")

    @property
    def on(self) -> bool:
        """Whether the recipe asks for anything."""
        return self._section.detect or self._section.boxes is not None

    def __call__(self, jpeg: bytes, metadata: str | None) -> tuple[bytes, int]:
        """The JPEG with its faces blurred, and how many there were; with none, the very bytes that came.

        Raises ValueError when the source's boxes cannot be read: then nobody knows where the faces are.
        """
        import cv2
        import numpy as np

        faces = _boxes(metadata, self._section.boxes) if self._section.boxes is not None else []
        if not faces and self._cascade is None:
            return jpeg, 0
        pixels: Any = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
        if self._cascade is not None:
            faces += self._found(pixels)
        if not faces:
            return jpeg, 0
        for face in faces:
            self._blur(pixels, face)
        _, encoded = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
        return encoded.tobytes(), len(faces)

    def _found(self, pixels: Pixels) -> list[Box]:
        import cv2

        height, width = pixels.shape[:2]
        grey = cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY)
        boxes = self._cascade.detectMultiScale(grey, scaleFactor=1.1, minNeighbors=5, minSize=(24, 24))
        return [(x / width, y / height, (x + w) / width, (y + h) / height) for x, y, w, h in boxes]

    def _blur(self, pixels: Pixels, face: Box) -> None:
        """Average it to a few dots, in place, and draw those large: what is gone cannot be brought back."""
        import cv2

        height, width = pixels.shape[:2]
        left, top, right, bottom = face
        across, down = self._section.margin * (right - left), self._section.margin * (bottom - top)
        x0, x1 = (round(min(max(x, 0.0), 1.0) * width) for x in (left - across, right + across))
        y0, y1 = (round(min(max(y, 0.0), 1.0) * height) for y in (top - down, bottom + down))
        if x1 > x0 and y1 > y0:
            part = pixels[y0:y1, x0:x1]
            dots = cv2.resize(part, (min(_MOSAIC, x1 - x0), min(_MOSAIC, y1 - y0)), interpolation=cv2.INTER_AREA)
            pixels[y0:y1, x0:x1] = cv2.resize(dots, (x1 - x0, y1 - y0), interpolation=cv2.INTER_LINEAR)


def _boxes(metadata: str | None, column: str) -> list[Box]:
    """The boxes of a row's metadata, a list or the JSON of one. Raises ValueError when they are no boxes."""
    found = json.loads(metadata).get(column) if metadata else None
    boxes = []
    try:
        for box in (json.loads(found) if isinstance(found, str) else found) or []:
            left, top, right, bottom = (float(side) for side in box)
            if not (-0.5 <= left < right <= 1.5 and -0.5 <= top < bottom <= 1.5):
                raise ValueError("sides are shares of the width and height")
            boxes.append((left, top, right, bottom))
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise ValueError(f"{str(found)[:100]!r} is no list of boxes ({error})") from error
    return boxes
