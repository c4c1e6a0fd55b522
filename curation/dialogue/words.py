"""A word of a text, what it is to a reading, and whether by its form it is of several things."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

POSSESSIVES = ("'s", "’s", "s'", "s’")
PLURALS = frozenset(
    {"men", "women", "children", "people", "police", "feet", "teeth", "mice", "geese", "oxen", "dice"}
    | {"cattle", "cacti", "fungi", "octopi", "alumni", "passersby", "taxis", "skis", "kiwis", "bikinis", "safaris"}
)
SINGULAR_S = frozenset({"crossroads", "series", "species", "headquarters", "lens", "gas", "canvas", "atlas", "news"})
SEVERAL_IS = frozenset({"saris", "taxis", "skis", "bikinis", "kiwis", "safaris", "zucchinis", "emojis", "rabbis"})
SINGULAR_MEN = frozenset({"specimen", "abdomen", "stamen", "ramen", "omen", "cyclamen"})
# Living beings as one: a verb may speak of one or of several, "the team is" and "the team are".
GROUPS = frozenset({"group", "crowd", "team", "class", "herd", "flock", "pair", "couple", "family", "crew", "band"})
WHOLES = GROUPS | {"line", "row", "pile", "stack"}  # of whom or what they are, what follows "of" tells


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


def many(word: str) -> bool:
    """Whether a word in lower case is a noun for several things or a verb of one who acts, as far as endings tell."""
    return word in SEVERAL_IS or (word.endswith("s") and not word.endswith(("ss", "us", "is")))


def is_several(word: str) -> bool:
    """Whether a noun in lower case is for several things, as far as its form tells."""
    if word in PLURALS or (word.endswith(("men", "children")) and word not in SINGULAR_MEN):
        return True
    return many(word) and word not in SINGULAR_S and not word.endswith(POSSESSIVES)
