"""Stage `images`: decides from an image's measures whether it is worth a dialogue."""

from __future__ import annotations

import io
import json
import threading
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

import pyarrow as pa
from pydantic import Field

from curation import samples
from curation.fetch.faces import FaceBlur, FacesSection
from curation.fetch.scorers import ClipScorer, NsfwScorer, Scorer
from curation.samples import NEVER_SHOWN, Reason, Reject
from curation.section import Section


@dataclass(frozen=True)
class ImageFacts:
    """What a filter may know of one image: sizes in px, contrast and sharpness as in `samples.SCHEMA`, and the
    score of a model, for a filter that asks for one."""

    original_width: int
    original_height: int
    contrast: float
    sharpness: float
    jpeg: bytes
    text: str = ""
    score: float | None = None


class BaseFilter(Section):
    """A filter of images. Needs a `kind` and its thresholds, and joins the union `AnyFilter`."""

    def check(self, image: ImageFacts) -> Reject | None:
        """None when the image is kept; else the reason, and in the detail what was found and what is asked for."""
        raise NotImplementedError


class SizeFilter(BaseFilter):
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


class AspectFilter(BaseFilter):
    """Rejects banners and strips (aspect)."""

    kind: Literal["aspect"] = "aspect"
    max_ratio: Annotated[float, Field(ge=1)] = 3.0
    """Most longest over shortest side. 3 keeps panoramas and portraits and drops banners."""

    def check(self, image: ImageFacts) -> Reject | None:
        sides = sorted((image.original_width, image.original_height))
        ratio = sides[1] / max(sides[0], 1)
        if ratio > self.max_ratio:
            return Reject(Reason.ASPECT, f"ratio {ratio:.2f}, at most {self.max_ratio:g}")
        return None


class BlankFilter(BaseFilter):
    """Rejects images of (nearly) one colour (blank)."""

    kind: Literal["blank"] = "blank"
    min_contrast: Annotated[float, Field(ge=0, le=127.5)] = 6.0
    """Least standard deviation of luma, of 0 to 127.5. A photograph of the moon has 13, most have 25 to 80."""

    def check(self, image: ImageFacts) -> Reject | None:
        if image.contrast < self.min_contrast:
            return Reject(Reason.BLANK, f"contrast {image.contrast:.1f}, at least {self.min_contrast:g}")
        return None


class BlurFilter(BaseFilter):
    """Rejects images without a sharp edge anywhere (blurred)."""

    kind: Literal["blur"] = "blur"
    min_sharpness: Annotated[float, Field(ge=0)] = 15.0
    """Least variance of the Laplacian of luma, at the size that is kept. The photographs that ship with scikit-image
    and scikit-learn have 80 to 7,000; blurred by a radius of 4 px they have 2 to 7."""

    def check(self, image: ImageFacts) -> Reject | None:
        if image.sharpness < self.min_sharpness:
            return Reject(Reason.BLURRED, f"sharpness {image.sharpness:.1f}, at least {self.min_sharpness:g}")
        return None


class NsfwFilter(BaseFilter):
    """Rejects images that Yahoo's Open-NSFW model finds pornographic (nsfw). Needs the extra `nsfw`.

    The score goes to `metadata.nsfw_score`. About 25 ms of CPU an image: put it last.
    """

    kind: Literal["nsfw"] = "nsfw"
    max_score: Annotated[float, Field(ge=0, le=1)] = 0.5
    """Highest probability. The model's authors call 0.2 and less safe, 0.8 and more unsafe."""

    def check(self, image: ImageFacts) -> Reject | None:
        if image.score is not None and image.score > self.max_score:
            return Reject(Reason.NSFW, f"nsfw score {image.score:.3f}, at most {self.max_score:g}")
        return None

    def scorer(self) -> Scorer:
        """The model, loaded. Raises `RecipeError` when it is not installed."""
        return NsfwScorer()


class SimilarityFilter(BaseFilter):
    """Rejects images that do not fit their alt-text, by a CLIP model of your own choice (low_similarity).

    The score, the cosine of the two embeddings, goes to `metadata.clip_similarity`.
    """

    kind: Literal["similarity"] = "similarity"
    model: str
    """A CLIP model that `transformers` can load: a folder, or a name on a hub."""
    min_score: Annotated[float, Field(ge=-1, le=1)] = 0.28
    """Least cosine. 0.28 is LAION-2B's cut with ViT-B/32; other models want another."""
    device: str = "cpu"
    """Where the model runs: cpu, cuda, cuda:0. On a GPU give the fetching actors a share of one."""

    def check(self, image: ImageFacts) -> Reject | None:
        if image.score is not None and image.score < self.min_score:
            return Reject(Reason.LOW_SIMILARITY, f"CLIP similarity {image.score:.3f}, at least {self.min_score:g}")
        return None

    def scorer(self) -> Scorer:
        """The model, loaded. Raises `RecipeError` when it cannot be."""
        return ClipScorer(self.model, self.device)


AnyFilter = SizeFilter | AspectFilter | BlankFilter | BlurFilter | NsfwFilter | SimilarityFilter
ImageFilter = Annotated[AnyFilter, Field(discriminator="kind")]


class ImagesSection(Section):
    """Which images are kept. Filters are asked in order; the first that objects gives the reason."""

    filters: tuple[ImageFilter, ...] = (SizeFilter(), AspectFilter(), BlankFilter(), BlurFilter())
    """The filters, in order. An empty list keeps every image that could be decoded."""
    faces: FacesSection = FacesSection()
    """Which faces are blurred, before anything else looks at an image."""
    preview_px: Annotated[int, Field(ge=0, le=512)] = 0
    """Longest side of the small JPEG kept for the report; 0 keeps none. Never made for samples that must not be
    shown (nsfw, denied, opted out)."""


class Images:
    """Decides from size, aspect, contrast and sharpness, and from models' scores where the recipe asks for them.

    Reads image, original_width, original_height, contrast, sharpness, text, metadata; fills preview when the recipe
    asks for it, blurs faces in image, and writes scores and the number of blurred faces into metadata. Rejects with
    too_small, aspect, blank, blurred, nsfw, low_similarity, and missing_score for face boxes that cannot be read.
    Decodes nothing but our own JPEGs. Of partitions that come at once it takes one at a time, since neither OpenCV's
    detector nor a tokenizer may be used by two threads.
    """

    name = "images"

    def __init__(self, section: ImagesSection) -> None:
        self._section = section
        self._turn = threading.Lock()
        self._faces = FaceBlur(section.faces)
        models = (NsfwFilter, SimilarityFilter)
        self._filters = [(each, each.scorer() if isinstance(each, models) else None) for each in section.filters]

    def __call__(self, table: pa.Table) -> pa.Table:
        with self._turn:
            return self._look(table)

    def _look(self, table: pa.Table) -> pa.Table:
        rejects: dict[int, Reject] = {}
        scores: dict[int, dict[str, float]] = {}
        if self._faces.on:
            table = self._blurred(table, rejects, scores)
        images = {row: facts for row, facts in _facts(table) if row not in rejects}
        for each, scorer in self._filters:
            rows = [row for row in images if row not in rejects]
            if scorer is not None:
                found = scorer([images[row].jpeg for row in rows], [images[row].text for row in rows])
                for row, score in zip(rows, found, strict=True):
                    images[row] = replace(images[row], score=score)
                    scores.setdefault(row, {})[scorer.name] = round(score, 4)
            judged = {row: each.check(images[row]) for row in rows}
            rejects |= {row: reject for row, reject in judged.items() if reject is not None}
        table = samples.fill(table, "metadata", _with_scores(table, scores))
        table = samples.fill(table, "preview", self._previews(images, rejects))
        return samples.reject(table, rejects)

    def _blurred(self, table: pa.Table, rejects: dict[int, Reject], scores: dict[int, dict[str, float]]) -> pa.Table:
        """The table with its faces blurred, first of all, so that nothing else sees them."""
        rows = [row for row, _ in _facts(table)]
        images = samples.column(table, "image", rows)
        blurred: dict[int, dict[str, Any]] = {}
        for row, image, metadata in zip(rows, images, samples.column(table, "metadata", rows), strict=True):
            try:
                jpeg, faces = self._faces(image["bytes"], metadata)
            except ValueError as error:
                rejects[row] = Reject(Reason.MISSING_SCORE, f"face boxes: {error}")
                continue
            if faces:
                blurred[row] = image | {"bytes": jpeg}
                scores[row] = {"faces_blurred": faces}
        return samples.fill(table, "image", blurred)

    def _previews(self, images: dict[int, ImageFacts], rejects: dict[int, Reject]) -> dict[int, bytes]:
        """A preview of each image: later stages may reject a row, and then the image itself is gone."""
        if not self._section.preview_px:
            return {}
        hidden = {row for row, found in rejects.items() if found.reason in NEVER_SHOWN}
        return {
            row: preview(image.jpeg, self._section.preview_px) for row, image in images.items() if row not in hidden
        }


def _with_scores(table: pa.Table, scores: dict[int, dict[str, float]]) -> dict[int, str]:
    """The metadata of these rows with their scores added."""
    old = samples.column(table, "metadata", list(scores))
    pairs = zip(scores.items(), old, strict=True)
    return {row: json.dumps(json.loads(text or "{}") | found) for (row, found), text in pairs}


def preview(jpeg: bytes, longest_px: int) -> bytes:
    """A small JPEG of one of our own JPEGs."""
    from PIL import Image

    image = Image.open(io.BytesIO(jpeg), formats=["JPEG"])
    image.draft("RGB", (longest_px, longest_px))
    image.thumbnail((longest_px, longest_px))
    out = io.BytesIO()
    image.convert("RGB").save(out, "JPEG", quality=75)
    return out.getvalue()


def _facts(table: pa.Table) -> list[tuple[int, ImageFacts]]:
    """The rows that hold an image, with what is known of it."""
    rows = samples.live(table)
    names = ("image", "original_width", "original_height", "contrast", "sharpness", "text")
    columns = [samples.column(table, name, rows) for name in names]
    found = []
    for row, image, width, height, contrast, sharpness, text in zip(rows, *columns, strict=True):
        if image is not None and image["bytes"] is not None:
            found.append((row, ImageFacts(width, height, contrast, sharpness, image["bytes"], text or "")))
    return found
