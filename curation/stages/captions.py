"""Stage `captions`: the source's own scores, then the alt-text: repaired, sanitised, cut to its caption, filtered."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import urlsplit

import pyarrow as pa
from pydantic import Field

from curation.captions.boilerplate import strip_boilerplate
from curation.captions.filters import DEFAULT_FILTERS, CaptionFacts, CaptionFilter
from curation.captions.language import LanguageId
from curation.captions.repair import repair, unslug
from curation.captions.sanitize import sanitize
from curation.samples import Reason, Reject, column, fill, live, reject
from curation.section import Section

# LAION-400M has a label in place of a probability.
_NSFW_LABELS = {"UNLIKELY": 0.0, "UNSURE": 0.5, "NSFW": 1.0}
# "example.com:8080/cat.jpg" parses as a scheme with a path; no scheme that is in use has a dot.
_HOST_FIRST = re.compile(r"[\w-]*\.[\w.-]*:|localhost:", re.IGNORECASE)
_NO_HOST = re.compile(r"[\s\x00-\x20<>\"{}|\\^`]|^\.*$")


class CaptionsSection(Section):
    """What a row must have before anything is fetched for it."""

    max_punsafe: float = Field(0.5, ge=0, le=1)
    """Highest probability of unsafe content by the source's own score; LAION's cut, 0.1 is its strict one."""
    max_pwatermark: float = Field(0.8, ge=0, le=1)
    """Highest probability of a watermark by the source's own score; LAION's cut, 0.5 is its strict one."""
    min_similarity: float = Field(0.28, ge=-1, le=1)
    """Least CLIP similarity of image and alt-text by the source's own score; LAION-2B's cut, LAION-400M's is 0.3."""
    min_source_side_px: int = Field(64, ge=0)
    """Least width and height that the source declares: below it a picture is an icon. What is really there is measured
    after the download, and held to `images.filters`."""
    require_scores: bool = False
    """Reject rows that lack punsafe, pwatermark or similarity, instead of letting them pass these cuts."""
    filters: tuple[CaptionFilter, ...] = DEFAULT_FILTERS
    """Filters of the text, in order; the first that objects gives the reason."""


class Captions:
    """Reads url, caption and metadata; fills text and language.

    Reasons: unsafe, watermark, low_similarity, small_source, malformed_url, and those of the filters.
    """

    name = "captions"

    def __init__(self, section: CaptionsSection) -> None:
        self._section = section
        self._languages = LanguageId()

    def __call__(self, table: pa.Table) -> pa.Table:
        rows = live(table)
        rejects: dict[int, Reject] = {}
        texts: dict[int, str] = {}
        languages: dict[int, str | None] = {}
        cells = zip(*(column(table, name, rows) for name in ("url", "caption", "metadata")), strict=True)
        for row, (url, caption, metadata) in zip(rows, cells, strict=True):
            facts = self.look(caption or "")
            texts[row] = facts.text
            languages[row] = facts.verdict.language if facts.verdict else None
            found = _check_url(url or "") or self._cut(json.loads(metadata or "{}")) or self._filter(facts)
            if found is not None:
                rejects[row] = found
        return reject(fill(fill(table, "text", texts), "language", languages), rejects)

    def look(self, caption: str) -> CaptionFacts:
        """All that is read from a caption before it is filtered."""
        repaired = " ".join(repair(caption).split())
        plain = sanitize(unslug(repaired) if " " not in repaired else caption)
        text = strip_boilerplate(plain)
        verdict = self._languages.identify(text) if any(char.isalpha() for char in text) else None
        return CaptionFacts(caption, repaired, plain, text, verdict)

    def _filter(self, facts: CaptionFacts) -> Reject | None:
        checks = (each.check(facts) for each in self._section.filters)
        return next((found for found in checks if found is not None), None)

    def _cut(self, metadata: dict[str, Any]) -> Reject | None:
        """The source's own scores against the thresholds; a missing one passes, unless required."""
        section = self._section
        unsafe, watermark, similarity, width, height = (
            _number(metadata.get(name)) for name in ("punsafe", "pwatermark", "similarity", "width", "height")
        )
        if unsafe is None:
            unsafe = _NSFW_LABELS.get(str(metadata.get("NSFW", "")))
        if unsafe is not None and unsafe > section.max_punsafe:
            return Reject(Reason.UNSAFE, f"punsafe {unsafe:.3g}, at most {section.max_punsafe:g}")
        if watermark is not None and watermark > section.max_pwatermark:
            return Reject(Reason.WATERMARK, f"pwatermark {watermark:.3g}, at most {section.max_pwatermark:g}")
        if similarity is not None and similarity < section.min_similarity:
            return Reject(Reason.LOW_SIMILARITY, f"similarity {similarity:.3g}, at least {section.min_similarity:g}")
        if section.require_scores:
            for name, value in (("punsafe", unsafe), ("pwatermark", watermark), ("similarity", similarity)):
                if value is None:
                    return Reject(Reason.MISSING_SCORE, f"no {name}, and captions.require_scores is on")
        side = min((each for each in (width, height) if each is not None and each > 0), default=None)
        if side is not None and side < section.min_source_side_px:
            return Reject(Reason.SMALL_SOURCE, f"declared side {side:.0f} px, at least {section.min_source_side_px}")
        return None


def _check_url(url: str) -> Reject | None:
    """Whether it is a URL at all; where it may lead is the download stage's matter."""
    try:
        parts = urlsplit(url.strip())
        host = parts.hostname
        _ = parts.port  # raises when it is no number below 65536
    except ValueError as error:
        return Reject(Reason.MALFORMED_URL, f"{url!r:.80}: {error}")
    if not parts.scheme or _HOST_FIRST.match(url.strip()):
        return Reject(Reason.MALFORMED_URL, f"{url!r:.80} has no scheme, expected http:// or https://")
    if parts.scheme in ("http", "https") and (not host or _NO_HOST.search(host)):
        return Reject(Reason.MALFORMED_URL, f"{url!r:.80} has no host")
    return None


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except ValueError:
        return None
