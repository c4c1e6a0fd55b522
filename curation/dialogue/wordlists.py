"""The files of a language's words, read, and what is made of their lists."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent / "lexicons"


def read_kinds(path: Path) -> dict[str, list[str]]:
    """Kinds of things, each with the words for one."""
    lines = (line for line in path.read_text("utf-8").splitlines() if not line.startswith("#"))
    return {kind: words.split() for kind, _, words in (line.partition(":") for line in lines)}


def read(path: Path) -> dict[str, Any]:
    """A file of lists by name, every scalar a string."""
    # BaseLoader leaves every scalar a string: to the others the preposition "on" is a boolean.
    words: dict[str, Any] = yaml.load(path.read_text("utf-8"), Loader=yaml.BaseLoader)
    return words


def any_of(patterns: Iterable[str]) -> re.Pattern[str]:
    """One pattern that finds any of them as whole words; of no patterns, one that finds nothing."""
    joined = "|".join(f"(?:{pattern})" for pattern in patterns)
    return re.compile(rf"(?<!\w)(?:{joined})(?!\w)" if joined else r"(?!)", re.IGNORECASE)


def classes(of: Iterable[list[str]], stem: Callable[[str], str]) -> dict[str, str]:
    """One representative, the first, of each word and each stem of words that say the same."""
    same: dict[str, str] = {}
    for words in of:
        for word in words:
            same[word] = words[0]
            same.setdefault(stem(word), words[0])
    return same


def third_person(verb: str) -> str:
    """The form of an English verb in the simple present for one who acts: lifts, catches, carries, goes."""
    return f"{verb}es" if verb.endswith("o") else with_s(verb)


def with_s(word: str) -> str:
    """An English word and its ending s, as it is spelt: lifts, boxes, carries."""
    if word.endswith("y") and word[-2:-1] not in "aeiou":
        return f"{word[:-1]}ies"
    return f"{word}es" if word.endswith(("s", "x", "z", "ch", "sh")) else f"{word}s"


@functools.cache
def toxic(language: str, also: tuple[str, ...] = ()) -> re.Pattern[str]:
    """What no dialogue in a language may hold, and the expressions of `also`."""
    words = read(FOLDER / "toxic.yaml")
    return any_of([*words["en"], *(words.get(language, ()) if language != "en" else ()), *also])
