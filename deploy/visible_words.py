"""Makes curation/captions/visible_en.txt: what can be seen, from WordNet 3.0 and the words added by hand.

Usage: python deploy/visible_words.py FOLDER, which holds WordNet's data.noun and index.noun (Debian: wordnet-base puts
them in /usr/share/wordnet). The head of the list, which is WordNet's notice, stays as it is.
"""

from __future__ import annotations

import re
import sys
import textwrap
from pathlib import Path

import yaml

LIST = Path(__file__).parents[1] / "curation" / "captions" / "visible_en.txt"
BY_HAND = Path(__file__).with_suffix(".yaml")
# WordNet's numbers of its files: animals, artefacts, parts of bodies, food, nature, people, plants, substances.
SEEN = {"05", "06", "08", "13", "17", "18", "20", "27"}
SECOND = {"05", "06", "13", "17"}  # those that count as a word's second sense too
NAMED = {"15", "17"}  # places and nature, of names


def read(folder: Path) -> tuple[dict[str, tuple[str, bool, set[str]]], dict[str, list[str]]]:
    """Senses by number (file, whether it is of one place or person, its names), and each noun's senses, commonest
    first."""
    senses = {}
    for line in lines(folder / "data.noun"):
        cells = line.split("|")[0].split()
        words = 4 + 2 * int(cells[3], 16)
        pointers = {cells[words + 1 + 4 * at] for at in range(int(cells[words]))}
        names = {word.lower() for word in cells[4:words:2] if word[:1].isupper()}
        senses[cells[0]] = (cells[1], "@i" in pointers, names)
    nouns = {}
    for line in lines(folder / "index.noun"):
        cells = line.split()
        nouns[cells[0]] = cells[6 + int(cells[3]) :]
    return senses, nouns


def lines(path: Path) -> list[str]:
    """The lines of one of WordNet's files, without its licence."""
    return [line for line in path.read_text("utf-8").splitlines() if not line.startswith(" ")]


def seen(folder: Path, abstract: set[str]) -> set[str]:
    """Nouns whose first or second sense can be seen, and with a capital names of places."""
    senses, nouns = read(folder)
    found = set()
    for noun, order in nouns.items():
        file, one, names = senses[order[0]]
        if one and file in NAMED and re.fullmatch("[a-z]{4,}", noun):
            found.add(noun.capitalize())
        if noun in abstract or not re.fullmatch("[a-z]{3,}", noun):
            continue
        second = [senses[number] for number in order[1:2]]
        first = file in SEEN and not one and noun not in names
        if first or any(file in SECOND and not one for file, one, _ in second):
            found.add(noun)
    return found


def main() -> None:
    """Write the list."""
    words = yaml.safe_load(BY_HAND.read_text("utf-8"))
    found = seen(Path(sys.argv[1]), set(words["abstract"])) | set(words["added"])
    head = [line for line in LIST.read_text("utf-8").splitlines() if line.startswith("#")]
    LIST.write_text("\n".join([*head, *textwrap.wrap(" ".join(sorted(found)), 118)]) + "\n", "utf-8")


if __name__ == "__main__":
    main()
