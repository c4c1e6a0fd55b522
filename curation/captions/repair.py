"""Alt-text as it was meant: mojibake, entities and Unicode forms put right, characters that show nothing removed."""

from __future__ import annotations

import html
import re
import unicodedata
from urllib.parse import unquote

import ftfy

MAX_CHARS = 4_000
"""Characters of an alt-text that are looked at. Longer ones are pages, and end as long_caption."""

# Controls and separators become a space; formats (zero-width, bidi, tags, soft hyphen), private use, surrogates and
# code points that are none vanish, so that a word or a template token cut up with them is whole again.
_TO_SPACE = frozenset({"Cc", "Zl", "Zp", "Zs"})
_REPLACEMENT = "\ufffd"  # where half a character was
_VANISH = frozenset({"Cf", "Co", "Cs", "Cn"})
_MOST_MARKS = 3  # combining marks on one letter: Vietnamese and Hebrew need up to three, "zalgo" text has dozens
# Words joined as in a file name or URL, with nothing else: "golden-retriever_puppy+in-grass".
_SLUG = re.compile(r"[^\W\d_]+(?:[-_+]+\w+){2,}")


def repair(text: str) -> str:
    """The text as its author saw it, white space collapsed. Line breaks stay: role markers are told by them."""
    text = html.unescape(html.unescape(text[:MAX_CHARS]))
    text = unicodedata.normalize("NFC", ftfy.fix_text(text, unescape_html=False))
    text = re.sub(r"[^\S\n]+", " ", _without_invisible(text))
    return re.sub(r" ?\n\s*", "\n", text).strip()


def unslug(line: str) -> str:
    """Words where an editor put a slug or a percent-encoded text in place of the alt-text."""
    if " " in line:
        return line
    if "%20" in line:
        line = unquote(line, errors="replace")
    if _SLUG.fullmatch(line) and sum(char.isdigit() for char in line) * 4 < len(line):
        line = re.sub(r"[-_+]+", " ", line)
    return line


def _without_invisible(text: str) -> str:
    shown: list[str] = []
    marks = 0
    for char in text:
        kind = unicodedata.category(char)
        marks = marks + 1 if kind == "Mn" else 0
        if char == _REPLACEMENT or kind in _VANISH or marks > _MOST_MARKS:
            continue
        if char == "\n" or kind not in _TO_SPACE:
            shown.append(char)
        else:
            shown.append(" ")
    return "".join(shown)
