"""Whether an alt-text tells of something to be seen, or is the headline of an article, an offer, the title of a song.

One in eight alt-texts of LAION-400M is of that kind. A dialogue about one is about nothing that the image shows.
English alone.
"""

from __future__ import annotations

import functools
import re
from pathlib import Path

_WORDS = Path(__file__).parent / "visible_en.txt"
_WORD = re.compile(r"[A-Za-z]+(?:-[A-Za-z]+)*")
_SPEAKS = re.compile(
    r"""
    ^(?:how|what|why|when|who|where|which)\b                                       # a question, or advice
    | ^(?:should|can|do|does|is|are|will|could)\ (?:i|it|the|this|that|they|he|she)\b
    | \?\s*$
    | ^(?:buy|learn|learning|creating|introducing)\b                               # an offer, a lesson
    | ^(?:shop|enjoy|discover|join|vote|order|focus)\ (?:our|your|the|for|now|all|on)\b
    | ^(?:the\ )?(?:top|best)\ \d+\b                                                # a list of an article
    | ^\d+\ (?:\w+\ ){0,3}(?:ways|things|reasons|tips|ideas|facts|problems|signs|steps|secrets|tricks|mistakes|questions
        |benefits|rules|hairstyles|looks|recipes)\b
    | \b(?:lyrics|subtitles?|e-?book|epub|audiobook|pdf|mp3|podcast|webinar|download|tutorial|tips|trailer|episode
        |isbn|paperback|hardcover|kindle|series\ \#?\d+|book\ \d+|vol(?:ume)?\.?\ \d+|tv\ series
        |rumou?rs?|dies|techniques|blu-?ray|dvd|vacations|rentals|deals|workshop
        |reviews?|quotes?|recruitment|vacanc(?:y|ies)|job\ circular|coupon|promo\ code|wordpress|plugin|template
        |software|casino|poker|forex|insurance|mortgage|seo|marketing|vs\.?|guide\ (?:to|for))(?!\w)
    """,
    re.IGNORECASE | re.VERBOSE,
)


def speaks_of_text(text: str) -> str | None:
    """The words that tell a headline, an offer or a work of words from a caption; None where there are none."""
    found = _SPEAKS.search(text)
    return found.group().strip() if found else None


def names_something_visible(text: str) -> bool:
    """Whether a word of the text is one for something that can be seen, or the name of a place."""
    return any(is_visible(word.capitalize() if word.isupper() else word) for word in _WORD.findall(text))


def is_visible(word: str) -> bool:
    """Whether a word is one for something that can be seen, or, with a capital, the name of a place."""
    return any(form in _visible() for form in (word, *_forms(word.lower())))


def _forms(word: str) -> tuple[str, ...]:
    """The word, what it may be the plural of, and the last part of a compound."""
    last = word.rpartition("-")[2]
    forms = (word, last, word.removesuffix("s"), last.removesuffix("s"), word.removesuffix("es"))
    return (*forms, f"{word[:-3]}y") if word.endswith("ies") else forms


@functools.cache
def _visible() -> frozenset[str]:
    lines = _WORDS.read_text("utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())
