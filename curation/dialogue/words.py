"""A word of a text, and what it is to a reading."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    """What a token is to the reading."""

    BREAK = "break"
    FUNCTION = "function"
    CONJUNCTION = "conjunction"
    PREPOSITION = "preposition"
    VERB = "verb"
    WORD = "word"


@dataclass(frozen=True)
class Token:
    """One word: as written, lower case, its stem and its kind. A preposition of several words is one token."""

    text: str
    lower: str
    stem: str
    kind: Kind
