"""How numbers, durations and strangers' text are put on a screen."""

from __future__ import annotations

import unicodedata

# Bidirectional controls: they can make a terminal or a page show text in another order than it is read in.
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def printable(text: str | None, limit: int = 2000) -> str:
    """Strangers' text that a terminal or a page can show: one line, no control character, no more than
    `limit` characters.

    An alt-text can hold escape sequences that rewrite a terminal; they show as U+FFFD instead.
    """
    if not text:
        return ""
    spaced = " ".join(text[: 4 * limit].split())
    safe = "".join(_visible(char) for char in spaced)
    return safe if len(safe) <= limit else safe[: limit - 1] + "…"


def _visible(char: str) -> str:
    # Cc: controls, Cs: lone surrogates. Other format characters join letters of Indic and Persian scripts, and stay.
    if char in _BIDI or unicodedata.category(char) in ("Cc", "Cs"):
        return "\ufffd"
    return char


def count(value: float) -> str:
    """An integer with thousands separators."""
    return f"{round(value):,}"


def share(part: float, whole: float) -> str:
    """`part` of `whole` in per cent. A share that is not nothing never reads 0 %, one that is not all never 100 %."""
    if not whole:
        return "–"
    percent = 100 * part / whole
    if 0 < percent < 0.1:
        return "<0.1 %"
    if 99.9 < percent < 100:
        return ">99.9 %"
    return f"{percent:.0f} %" if percent in (0, 100) else f"{percent:.1f} %"


def rate(per_second: float) -> str:
    """A rate with three significant figures at most."""
    if per_second >= 100:
        return f"{per_second:,.0f}"
    if per_second >= 10:
        return f"{per_second:.1f}"
    return f"{per_second:.2f}"


def duration(seconds: float) -> str:
    """Seconds as a person says them: 8 s, 1 min 20 s, 2 h 5 min, 3 d 4 h."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return _two(whole, 60, "min", "s", 1)
    if whole < 86400:
        return _two(whole, 3600, "h", "min", 60)
    return _two(whole, 86400, "d", "h", 3600)


def _two(whole: int, big: int, big_name: str, small_name: str, small: int) -> str:
    rest = whole % big // small
    return f"{whole // big} {big_name} {rest} {small_name}" if rest else f"{whole // big} {big_name}"


def size(count_bytes: float) -> str:
    """Bytes in decimal units."""
    value = float(count_bytes)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "B" or value >= 100 else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:,.1f} TB"


def judged(verdict: str | None, score: float | None) -> str:
    """What a judge said of a turn: `judged supported, 0.9`; "" where none was asked."""
    return f"judged {verdict}" + ("" if score is None else f", {score:.2g}") if verdict else ""


def plural(number: int, noun: str) -> str:
    """`1 file`, `3 files`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
