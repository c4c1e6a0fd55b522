"""Keeping evaluation sets out: images by their hashes, questions by their words.

An image that stands in an evaluation set drops its row. A question alone is weak evidence, since "What color is the
car?" stands in every set there is, so it counts only when it is long and tells much: GPT-3 compared n-grams of 8 to 13
words (Brown et al. 2020, appendix C), and on top of that at least `min_content` different words must be no function
words and no words that questions are made of. Shorter questions are caught by their images.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import Field

from curation.dialogue.lexicon import WORD, languages, lexicon
from curation.errors import RecipeError
from curation.fetch.hashes import DenyList, expected_hash
from curation.samples import Reason, Reject
from curation.section import Section

KEYS = ("question", "text", "prompt")  # of a JSON record, the first that it has


class EvaluationSet(Section):
    """One evaluation set that must stay out of the data. Paths may be local, s3:// or https://."""

    name: str = Field(min_length=1)
    """What details call it."""
    sha256: tuple[str, ...] = ()
    """Files of SHA-256 hashes of its image files, one a line."""
    md5: tuple[str, ...] = ()
    """Files of MD5 hashes of its image files. They are compared with the hash that the source gives for an image, if
    it gives one."""
    pdq: tuple[str, ...] = ()
    """Files of PDQ hashes of its images, 64 hex digits a line: these find resized and re-encoded copies too."""
    questions: tuple[str, ...] = ()
    """Files of its questions: one a line, or JSON (*.json a list, or an object with a list `questions`; *.jsonl one
    record a line), whose entries are text or objects with `question`, `text` or `prompt`."""


class ContaminationSection(Section):
    """`quality.contamination`: evaluation sets whose images and questions must not be trained on."""

    sets: tuple[EvaluationSet, ...] = ()
    """The sets; none by default."""
    pdq_distance: int = Field(31, ge=0, le=128)
    """Two images are the same when at most so many of the 256 bits of their PDQ hashes differ (31: PDQ's own
    recommendation)."""
    ngram: int = Field(13, ge=4, le=50)
    """Words in a row that a long question may not share with a question of a set."""
    min_words: int = Field(8, ge=3, le=50)
    """A question of a set with fewer words than `ngram` but at least so many is compared as a whole."""
    min_content: int = Field(4, ge=1, le=20)
    """Fewest different telling words that an n-gram or a whole question must hold to count."""


class EvaluationImages:
    """Says which images stand in the recipe's evaluation sets. Details name the set and the hash.

    Raises `RecipeError` for a file that cannot be read or is not what it should be.
    """

    def __init__(self, section: ContaminationSection) -> None:
        self._sets = [
            (each.name, DenyList(each.md5, each.sha256, each.pdq, section.pdq_distance)) for each in section.sets
        ]

    def __call__(self, sha256: str | None, pdq: str | None, metadata: str | None) -> Reject | None:
        """The reject of a row whose image stands in a set."""
        promised = expected_hash(metadata)
        md5 = promised if promised is not None and len(promised) == 32 else None
        for name, listed in self._sets:
            found = listed.body(sha256 or "", md5) or (listed.image(pdq) if pdq else None)
            if found:
                return Reject(Reason.CONTAMINATED_IMAGE, f"{name}: {found.detail}")
        return None


class EvaluationQuestions:
    """Says which questions stand in the recipe's evaluation sets. Details name the set and the place in its files,
    never the text. Reads the files once; a million questions cost about 20 MB, and 10 s when it is built.

    Raises `RecipeError` for a file that cannot be read or is not what it should be.
    """

    def __init__(self, section: ContaminationSection) -> None:
        self._section = section
        self._plain = _plain_words() if any(each.questions for each in section.sets) else frozenset()
        self._places: list[tuple[str, str]] = []  # (set, file)
        self._index(section.sets)

    def __call__(self, text: str) -> Reject | None:
        """The reject of a turn whose question stands in a set."""
        import numpy as np

        if not len(self._hashes):
            return None
        hashes = [hash(gram) for gram in self._grams(text)]
        at = np.searchsorted(self._hashes, np.array(hashes, np.int64))
        for spot, wanted in zip(at.tolist(), hashes, strict=True):
            if spot < len(self._hashes) and int(self._hashes[spot]) == wanted:
                name, path = self._places[int(self._where[spot, 0])]
                return Reject(Reason.CONTAMINATED, f"{name}: {path}, entry {int(self._where[spot, 1])}")
        return None

    def _index(self, sets: Sequence[EvaluationSet]) -> None:
        import numpy as np

        hashes: list[int] = []
        where: list[tuple[int, int]] = []
        for each in sets:
            for path in each.questions:
                self._places.append((each.name, path))
                for entry, text in _questions(path):
                    grams = self._grams(text)
                    hashes += [hash(gram) for gram in grams]  # of strings: the same within a process
                    where += [(len(self._places) - 1, entry)] * len(grams)
        unsorted = np.array(hashes, np.int64)
        order = np.argsort(unsorted, kind="stable")
        self._hashes = unsorted[order]
        self._where = np.array(where, np.int32).reshape(-1, 2)[order]

    def _grams(self, text: str) -> list[str]:
        """What of a question is compared: its n-grams, or all of it when it is shorter; none that tells little."""
        words = WORD.findall(text.casefold())
        if len(words) < self._section.min_words:
            return []
        length = min(self._section.ngram, len(words))
        grams = [words[at : at + length] for at in range(len(words) - length + 1)]
        return [" ".join(gram) for gram in grams if len(set(gram) - self._plain) >= self._section.min_content]


def _plain_words() -> frozenset[str]:
    """Words of all known languages that tell little in a question."""
    found: set[str] = set()
    for name in languages():
        words = lexicon(name)
        found |= words.plain_words if words else frozenset()
    return frozenset(found)


def _questions(path: str) -> Iterator[tuple[int, str]]:
    """The questions of one file, each with its line or entry, from 1."""
    import fsspec

    try:
        with fsspec.open(path, "rt", encoding="utf-8") as opened:
            text = opened.read()
    except (OSError, ValueError) as error:
        raise RecipeError(f"questions {path}: {type(error).__name__}. Mend the path in the recipe.") from error
    for at, entry in enumerate(_entries(path, text), 1):
        value = next((entry[key] for key in KEYS if key in entry), None) if isinstance(entry, dict) else entry
        if value is None or value == "":
            continue
        if not isinstance(value, str):
            raise RecipeError(f"questions {path}, entry {at}: expected text, found {type(value).__name__}.")
        yield at, value


def _entries(path: str, text: str) -> list[Any]:
    if not path.endswith((".json", ".jsonl")):
        return text.splitlines()
    try:
        if path.endswith(".jsonl"):
            return [json.loads(line) if line.strip() else "" for line in text.splitlines()]
        found = json.loads(text)
    except ValueError as error:
        raise RecipeError(f"questions {path}: not JSON: {error}") from error
    found = found.get("questions") if isinstance(found, dict) else found
    if not isinstance(found, list):
        raise RecipeError(f"questions {path}: expected a list, or an object with a list `questions`.")
    return found
