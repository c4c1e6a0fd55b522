"""Words that exclude each other, by sort, and the questions that take a wrong one for granted: `premise_en.yaml`."""

from __future__ import annotations

import functools
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from curation.dialogue.lexicon import WORD, Lexicon
from curation.dialogue.model import Evidence, Focus
from curation.dialogue.scene import Token
from curation.dialogue.wordlists import FOLDER, read, with_s

DEED = "deed"
IRREGULAR = {
    "child": "children", "person": "people", "wolf": "wolves", "scarf": "scarves", "calf": "calves", "mouse": "mice",
    "goose": "geese", "deer": "deer", "sheep": "sheep", "fish": "fish",
}  # fmt: skip
NOT_SORTS = ("asks", "sights", "forms", "uncounted", "set_phrases")


@dataclass(frozen=True)
class Table:
    """`rows` holds by sort, for the stem of what may be told, the words that are then false; `singles` and `plurals`
    by sort the words as written; `forms` the questions by kind and `asks` those after a wrong deed. `sights` are stems
    of things to see beyond the lexicon's kinds, `uncounted` words without an article, `set_phrases` names of kinds."""

    rows: Mapping[str, Mapping[str, tuple[str, ...]]]
    singles: Mapping[str, frozenset[str]]
    plurals: Mapping[str, frozenset[str]]
    forms: Mapping[str, tuple[str, ...]]
    asks: Mapping[str, tuple[str, ...]]
    sights: frozenset[str]
    uncounted: frozenset[str]
    set_phrases: frozenset[str]

    @classmethod
    @functools.cache
    def of(cls, lexicon: Lexicon) -> Table:
        """The table in the words of a lexicon; read once."""
        words = read(FOLDER / "premise_en.yaml")
        rows = {sort: found for sort, found in words.items() if sort not in NOT_SORTS}
        singles = {sort: frozenset(word for row in found for word in row["words"]) for sort, found in rows.items()}
        return cls(
            rows={
                sort: {
                    lexicon.stem(word): tuple(row.get("wrong", row["words"])) for row in found for word in row["words"]
                }
                for sort, found in rows.items()
            },
            singles=singles,
            plurals={sort: frozenset(several(word) for word in found) - found for sort, found in singles.items()},
            forms={name: tuple(each) for name, each in words["forms"].items()},
            asks={name: tuple(each) for name, each in words["asks"].items()},
            sights=lexicon.stems(words["sights"]),
            uncounted=frozenset(words["uncounted"]),
            set_phrases=frozenset(words["set_phrases"]),
        )

    @functools.cached_property
    def things(self) -> frozenset[str]:
        """Words for one or several of what people make, as written."""
        return self.singles["kind"] | self.plurals["kind"]

    def wrong(self, sort: str, told: Token, evidence: Evidence, loose: bool = False) -> str | None:
        """A word of a sort that is false where `told` is true, and of which the evidence says nothing; the text of the
        evidence decides which. None where there is none. With `loose` other forms of a word, and what follows from it,
        will do."""
        lexicon, rows = evidence.lexicon, self.rows[sort]
        exact = told.lower in self.singles[sort] | self.plurals[sort]
        stems = (told.stem, *sorted(lexicon.entails.get(told.stem, ()))) if loose else (told.stem,)
        row = next((rows[stem] for stem in stems if stem in rows), ()) if exact or loose else ()
        words = (word for word in row if not claimed(word, lexicon) & evidence.supported)
        # another word in a row changes few of the choices
        return min(words, key=lambda word: zlib.crc32(f"{word} {evidence.text}".encode()), default=None)

    def one(self, noun: str, lexicon: Lexicon) -> str:
        """A noun for one thing with its article, where it has one."""
        last = noun.split()[-1].lower()
        if last in self.uncounted or (lexicon.stem(last) in lexicon.mass and last not in lexicon.people):
            return noun
        return f"an {noun}" if noun[0].lower() in "aeiou" and not noun.startswith("uni") else f"a {noun}"


@dataclass(frozen=True)
class Refuted:
    """What a question may wrongly take for granted: the kind of premise, its wrong words, the stems of which one puts
    it right, the truth as a hint, and what the forms of its kind (or of the name `form`) are filled with."""

    kind: str
    wrong: str
    right: frozenset[str]
    hint: str
    fields: Mapping[str, str]
    form: str = ""

    def foci(self, lexicon: Lexicon) -> Iterator[Focus]:
        """A focus for each form of the question: `asked` are the stems of the wrong words, `expected` the right."""
        table = Table.of(lexicon)
        for form in table.asks[self.wrong] if self.kind == DEED else table.forms[self.form or self.kind]:
            topic = form.format(wrong=self.wrong, **self.fields)
            yield Focus(self.kind, topic, asked=claimed(self.wrong, lexicon), expected=self.right, hint=self.hint)


def claimed(words: str, lexicon: Lexicon) -> frozenset[str]:
    """Stems of what some words claim."""
    return frozenset(lexicon.stem(word) for word in WORD.findall(words) if not lexicon.is_function(word.lower()))


def several(noun: str) -> str:
    """The plural of a noun, as far as rules go."""
    if noun in IRREGULAR:
        return IRREGULAR[noun]
    return f"{noun[:-2]}en" if noun.endswith("man") else with_s(noun)
