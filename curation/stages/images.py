"""Stage `images`: decides from an image's measures whether it is worth a dialogue."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

import pyarrow as pa
from pydantic import Field

from curation import samples
from curation.samples import NEVER_SHOWN, Reason, Reject
from curation.section import Section


@dataclass(frozen=True)
class ImageFacts:
    """What a filter may know of one image: sizes in px, contrast and sharpness as in `samples.SCHEMA`."""

    original_width: int
    original_height: int
    contrast: float
    sharpness: float
    jpeg: bytes


class SizeFilter(Section):
    """Rejects images that were too small as fetched (too_small)."""

    kind: Literal["size"] = "size"
    min_side_px: Annotated[int, Field(ge=1)] = 128
    """Least shortest side as fetched."""
    min_pixels: Annotated[int, Field(ge=1)] = 128 * 160
    """Least width times height as fetched."""

    def check(self, image: ImageFacts) -> Reject | None:
        width, height = image.original_width, image.original_height
        if min(width, height) < self.min_side_px:
            return Reject(Reason.TOO_SMALL, f"{width} x {height} px, shortest side at least {self.min_side_px}")
        if width * height < self.min_pixels:
            return Reject(Reason.TOO_SMALL, f"{width} x {height} px, at least {self.min_pixels} in all")
        return None


class AspectFilter(Section):
    """Rejects banners and strips (aspect)."""

    kind: Literal["aspect"] = "aspect"
    max_ratio: Annotated[float, Field(ge=1)] = 3.0
    """Most longest over shortest side. 3 keeps panoramas and portraits, and is the cut of DataComp and OBELICS' kin."""

    def check(self, image: ImageFacts) -> Reject | None:
        sides = sorted((image.original_width, image.original_height))
        ratio = sides[1] / max(sides[0], 1)
        if ratio > self.max_ratio:
            return Reject(Reason.ASPECT, f"ratio {ratio:.2f}, at most {self.max_ratio:g}")
        return None


class BlankFilter(Section):
    """Rejects images of (nearly) one colour (blank)."""

    kind: Literal["blank"] = "blank"
    min_contrast: Annotated[float, Field(ge=0, le=127.5)] = 6.0
    """Least standard deviation of luma."""

    def check(self, image: ImageFacts) -> Reject | None:
        if image.contrast < self.min_contrast:
            return Reject(Reason.BLANK, f"contrast {image.contrast:.1f}, at least {self.min_contrast:g}")
        return None


class BlurFilter(Section):
    """Rejects images without a sharp edge anywhere (blurred)."""

    kind: Literal["blur"] = "blur"
    min_sharpness: Annotated[float, Field(ge=0)] = 15.0
    """Least variance of the Laplacian of luma, at the size that is kept."""

    def check(self, image: ImageFacts) -> Reject | None:
        if image.sharpness < self.min_sharpness:
            return Reject(Reason.BLURRED, f"sharpness {image.sharpness:.1f}, at least {self.min_sharpness:g}")
        return None


ImageFilter = Annotated[SizeFilter | AspectFilter | BlankFilter | BlurFilter, Field(discriminator="kind")]


class ImagesSection(Section):
    """Which images are kept. Filters are asked in order; the first that objects gives the reason."""

    filters: tuple[ImageFilter, ...] = (SizeFilter(), AspectFilter(), BlankFilter(), BlurFilter())
    """The filters, in order. An empty list keeps every image that could be decoded."""
    preview_px: Annotated[int, Field(ge=0, le=512)] = 0
    """Longest side of the small JPEG kept for the report; 0 keeps none. Never made for samples that must not be
    shown (nsfw, denied, opted out)."""


class Images:
    """Decides from size, aspect, contrast and sharpness.

    Reads image, original_width, original_height, contrast, sharpness; fills preview when the recipe asks for
    it. Rejects with too_small, aspect, blank, blurred. Sends nothing, decodes nothing but our own JPEGs.
    """

    name = "images"

    def __init__(self, section: ImagesSection) -> None:
        self._section = section

    def __call__(self, table: pa.Table) -> pa.Table:
        rejects: dict[int, Reject] = {}
        previews: dict[int, bytes] = {}
        for row, image in _facts(table):
            found = _first(self._section.filters, image)
            if found is not None:
                rejects[row] = found
            if self._section.preview_px and (found is None or found.reason not in NEVER_SHOWN):
                previews[row] = preview(image.jpeg, self._section.preview_px)
        table = samples.fill(table, "preview", previews)
        return samples.reject(table, rejects)


def preview(jpeg: bytes, longest_px: int) -> bytes:
    """A small JPEG of one of our own JPEGs."""
    from PIL import Image

    image = Image.open(io.BytesIO(jpeg), formats=["JPEG"])
    image.draft("RGB", (longest_px, longest_px))
    image.thumbnail((longest_px, longest_px))
    out = io.BytesIO()
    image.convert("RGB").save(out, "JPEG", quality=75)
    return out.getvalue()


def _first(filters: Sequence[SizeFilter | AspectFilter | BlankFilter | BlurFilter], image: ImageFacts) -> Reject | None:
    for each in filters:
        found = each.check(image)
        if found is not None:
            return found
    return None


def _facts(table: pa.Table) -> list[tuple[int, ImageFacts]]:
    """The rows that hold an image, with what is known of it."""
    rows = samples.live(table)
    names = ("image", "original_width", "original_height", "contrast", "sharpness")
    columns = [samples.column(table, name, rows) for name in names]
    found = []
    for row, image, width, height, contrast, sharpness in zip(rows, *columns, strict=True):
        if image is not None and image["bytes"] is not None:
            found.append((row, ImageFacts(width, height, contrast, sharpness, image["bytes"])))
    return found
