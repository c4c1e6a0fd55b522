"""What is known of a language: closed classes, colours, numbers, entailments. Data, read once per process."""

from __future__ import annotations

import functools
import re
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from curation.dialogue.wordlists import FOLDER, any_of, classes, read, read_kinds, third_person

WORD = re.compile(r"[^\W_]+(?:[’'\-][^\W_]+)*")
POSSESSIVE = re.compile(r"['’]s?$")
ADJECTIVES = ("able", "ible", "less", "proof", "ful", "free", "made", "ish", "ese", "ed")
DOUBLED = re.compile(r"(?<=\w{4})([mprt])\1$")  # the stemmer has "pipett" of pipettes and "pipet" of pipetting
YEAR_DIGITS = 4


@dataclass(frozen=True)
class Cue:
    """An inference that a reasoning turn may draw from one word of the evidence."""

    stems: frozenset[str]
    ask: tuple[str, ...]  # questions that it can answer
    conclusion: str
    words: frozenset[str]  # stems the conclusion may use beyond the evidence
    anywhere: bool  # whether it also stands as a modifier: "birthday cake" tells a birthday, "snow leopard" no snow
    named: bool  # whether it may stand in a name: Easter; "Rusty Wallace" is not old
    unless: frozenset[str]  # stems beside which it tells something else: "iced coffee"
    core: frozenset[str]  # stems of the conclusion itself, hedges left out
    beside: frozenset[str] = frozenset()  # stems of a second fact: the evidence and the reason must hold one too
    rank: int = 0  # which of several cues is asked of: one that joins two facts first; below 0 none is asked
    again: str = ""  # how a reason may call who is meant once more: "it is"
    own: str = ""  # a regular expression of the reason, where it must be what the thing itself is
    together: bool = False  # whether cue and second fact must stand in one phrase: "wooden bench"
    alone: bool = False  # whether that it is there is the reason, whatever it does: cows give milk


class Lexicon:
    """The words of one language. `stem` maps every inflection of a word to one form, irregular ones included."""

    def __init__(self, language: str, words: dict[str, Any], cues: list[dict[str, Any]]) -> None:
        import snowballstemmer  # lazily: importing the recipe stays fast

        self.language = language
        self._stemmer = snowballstemmer.stemmer(words["stemmer"])
        self._stemming = threading.Lock()  # it keeps the word it is at, and stages run in several threads
        self.irregular: dict[str, str] = {str(key): str(value) for key, value in words.get("irregular", {}).items()}
        self._stems: dict[str, str] = {}
        self._read_closed_classes(words)
        self._read_things(words)
        self._read_talk(words)
        self._read_planning(words)
        self.cues = tuple(self._cue(cue) for cue in cues)

    def _read_closed_classes(self, words: dict[str, Any]) -> None:
        """Function words, as written."""
        self.prepositions = frozenset(words.get("prepositions", ()))
        self.reads = words.get("reads") == "true"  # whether a text of this language can be read for its relations
        self.he = frozenset(words.get("he", ()))
        self.she = frozenset(words.get("she", ()))
        self.finite = frozenset(words.get("finite", ()))
        self.shows = frozenset(words.get("shows", ()))
        self.capital_nouns = words.get("capital_nouns") == "true"
        self.long_prepositions: dict[str, list[tuple[str, ...]]] = {}  # those of several words, by their first
        for phrase in (preposition.split() for preposition in self.prepositions if " " in preposition):
            self.long_prepositions.setdefault(phrase[0], []).append(tuple(phrase))
        self.place_prepositions = frozenset(words.get("place_prepositions", ()))
        self.determiners = frozenset(words.get("determiners", ()))
        self.pronouns = frozenset(words.get("pronouns", ()))
        self.auxiliaries = frozenset(words.get("auxiliaries", ()))
        self.conjunctions = frozenset(words.get("conjunctions", ()))
        self.function_words = frozenset(
            word
            for name in ("determiners", "pronouns", "auxiliaries", "particles", "prepositions", "conjunctions")
            for word in words.get(name, ())
            if " " not in word  # "front" is one in "in front of" alone
        )
        # as written, in lower case: what questions of every picture are made of
        self.plain_words = self.function_words | {
            word for name in ("question_words", "frame_words") for word in words.get(name, ())
        }

    def _read_things(self, words: dict[str, Any]) -> None:
        """What images show and how it is told apart, by stems."""
        self.colours = self.stems(words.get("colours", ()))
        self.numbers = {self.stem(str(key)): int(value) for key, value in words.get("numbers", {}).items()}
        self.materials = {self.stem(key): self.stem(value) for key, value in words.get("materials", {}).items()}
        self.persons = self.stems(words.get("person_words", ()))
        # surface forms: "cook" and "traveler" share their stems with verbs
        self.countable = frozenset(
            (*words.get("person_words", ()), *words.get("animal_words", ()), *words.get("clothing", ()))
        ) - frozenset(words.get("uncounted", ()))
        self.animals = self.stems(words.get("animal_words", ()))
        self.wearing = self.stems(words.get("wearing", ()))
        self.clothing = self.stems(words.get("clothing", ()))
        self.times = self.stems(words.get("time_words", ()))
        self.distant = self.stems(words.get("distant_verbs", ()))
        self.directed = self.stems(words.get("directed_verbs", ()))
        self.depictions = self.stems(words.get("depictions", ()))
        self.replicas = self.stems(words.get("replicas", ()))
        self.adjectives = self.stems(words.get("adjectives", ()))
        self.mass = self.stems(words.get("mass_nouns", ()))
        self.staying = self.stems(words.get("staying_verbs", ()))
        self.settings = self.stems((*words.get("settings", ()), *words.get("place_nouns", ())))
        self.places = self.stems(words.get("place_nouns", ()))
        # stems, but surface forms where one stem is of both sexes: niño, niña
        sexed = self.stems if self.reads else frozenset
        self.male = sexed(words.get("male_words", ()))
        self.female = sexed(words.get("female_words", ()))
        self.male_names = frozenset(words.get("male_names", ()))
        self.female_names = frozenset(words.get("female_names", ()))

    def _read_planning(self, words: dict[str, Any]) -> None:
        """What tells whether a caption's words are of something that its image shows."""
        # surface forms: "engineer" shares its stem with an engine, "villager" with a village
        people = (*words.get("person_words", ()), *words.get("actors", ()))
        self.people = frozenset(form for word in people for form in (word, third_person(word), f"{word[:-2]}en"))
        only = [str(word) for word in words.get("only_verbs", ())]
        self.only_verbs = frozenset(form for word in only for form in (word, third_person(word)))
        bases = [*(str(word) for word in words.get("present", ())), *only]
        # surface form: whether it is of one who does it ("lifts") or of several
        self.present = {**dict.fromkeys(bases, False), **{third_person(word): True for word in bases}}
        self.compounds = frozenset(words.get("compounds", ()))
        self.brands = frozenset(words.get("brands", ()))
        self.color_kinds = frozenset(words.get("color_kinds", ()))
        self.homonyms = self.stems(words.get("homonyms", ()))
        self.units = self.stems(words.get("units", ()))
        self.talk = self.stems(words.get("talk", ()))
        self.printing = self.stems(words.get("printing", ()))
        self.events = self.stems(words.get("events", ()))
        self.mishaps = self.stems(words.get("mishaps", ()))
        self.deeds = self.stems(words.get("deeds", ()))
        self.intents = self.stems(words.get("intents", ()))
        self.social = self.stems(words.get("social", ()))
        self.fixed = self.colours | frozenset(self.numbers) | frozenset(self.materials)
        self.carriers = self.stems(words.get("carriers", ()))
        self.idle = self.stems(words.get("idle", ()))
        self.photos = self.stems(words.get("photos", ()))
        self.art = self.stems(words.get("art", ()))
        self.no_places = self.stems(words.get("no_places", ()))
        self.ing_compounds = frozenset(words.get("ing_compounds", ()))
        self.acts = self.verbs | self.stems((*bases, *words.get("aims", ())))
        self.silverware = self.stems(words.get("silverware", ()))
        self.not_made = self.persons | self.animals | self.stems(words.get("not_made", ()))
        self.not_made = self.not_made.union(*(self._kind(kind) for kind in ("plant", "food")))
        self.spots = self.stems(words.get("spots", ()))
        self.spots = self.spots.union(*(self._kind(k) for k in ("container", "furniture", "room", "road", "vehicle")))

    def _read_talk(self, words: dict[str, Any]) -> None:
        """How images are spoken of, and what must not be said."""
        self.frame = self.stems(words.get("frame_words", ()))
        prepositional: dict[str, list[str]] = words.get("as_prepositions", {})
        self.as_prepositions = {self.stem(verb): frozenset(links) for verb, links in prepositional.items()}
        self.resting = self.stems(words.get("resting_words", ()))
        self.adverbs = frozenset(words.get("adverbs", ()))
        self.question_words = self.stems(words.get("question_words", ()))
        self.categories = self.stems(words.get("categories", ()))
        self.holders = self.stems(words.get("holders", ()))
        self.symmetric = frozenset(words.get("symmetric_prepositions", ()))
        self.copulas = frozenset(words.get("copulas", ()))
        self.hedges = frozenset(words.get("hedges", ()))
        self.reasoning_words = self.stems(words.get("reasoning_words", ()))
        self.verbs = self.stems(words.get("verbs", ()))
        self.verb_form_nouns = frozenset(words.get("verb_form_nouns", ()))
        self.ing_nouns = frozenset(words.get("ing_nouns", ()))
        self.leaks = any_of(words.get("leaks", ()))
        self.refusals = any_of(words.get("refusals", ()))
        self.commands = any_of(words.get("commands", ()))
        self.unseen = any_of(words.get("unseen", ()))
        self.entails = self._entailments(words.get("entails", {}), words["kinds"])
        self.animals |= self._kind("animal")
        self.living = self.persons | self.animals
        self.settings |= self._kind("building") | self._kind("room")
        self.items = self._kind("item") | self._kind("clothing") | self._kind("shoe") | self._kind("hat")
        self.clothing |= self._kind("clothing") | self._kind("shoe") | self._kind("hat")
        self.holders |= self._kind("container")
        self._same = classes([*words.get("same_preposition", ()), *words.get("same_colour", ())], self.stem)

    def stem(self, word: str) -> str:
        """The form that all inflections of `word` share."""
        known = self._stems.get(word)
        if known is None:
            plain = POSSESSIVE.sub("", word.lower())
            plain = self.irregular.get(plain, plain)
            with self._stemming:
                stem = str(self._stemmer.stemWord(plain))
            known = self._stems[word] = DOUBLED.sub(r"\1", stem) if self.reads else stem
        return known

    def stems(self, words: Iterable[str]) -> frozenset[str]:
        """The stems of single words and of every word of a phrase."""
        return frozenset(self.stem(part) for word in words for part in str(word).split())

    def adjective(self, word: str) -> str | None:
        """The stem of the adjective that an English adverb is made of: "heavily" of "heavy"."""
        if self.language != "en" or not word.endswith("ly") or len(word) < 6:
            return None
        return self.stem(f"{word[:-3]}y" if word.endswith("ily") else word[:-2])

    def describes(self, word: str) -> bool:
        """Whether a word is a colour, a number, a material or a plain adjective, and so names nothing that acts."""
        stem = self.stem(word)
        return stem in self.colours or stem in self.numbers or stem in self.materials or stem in self.adjectives

    def qualifies(self, word: str) -> bool:
        """Whether a lower-case word standing alone tells what something is like, as far as its form tells: a year, a
        material, an adjective by its ending."""
        return self.describes(word) or word.endswith(ADJECTIVES) or (word.isdigit() and len(word) == YEAR_DIGITS)

    def made_of(self, material: str, thing: str) -> bool:
        """Whether a word for a material before a thing says what it is made of: not of a "silver car"."""
        return thing in self.silverware if material in self.colours else thing not in self.not_made

    def same(self, word: str) -> str:
        """One representative of the words that say the same (grey, gray; in, inside)."""
        return self._same.get(word, word)

    def is_function(self, word: str) -> bool:
        """Whether a lower-case word claims nothing about an image."""
        return POSSESSIVE.sub("", word) in self.function_words or word in self.function_words

    def entailed(self, stems: Iterable[str]) -> frozenset[str]:
        """`stems` and all that follows from them, by the lexicon's entailments, transitively."""
        found: set[str] = set()
        todo = list(stems)
        while todo:
            stem = todo.pop()
            if stem not in found:
                found.add(stem)
                todo.extend(self.entails.get(stem, ()))
        return frozenset(found)

    def _entailments(self, given: dict[str, list[str]], kinds: dict[str, list[str]]) -> dict[str, frozenset[str]]:
        table = {self.stem(word): self.stems(follows) for word, follows in given.items()}
        for kind, words in kinds.items():
            for word in words:
                table[self.stem(word)] = table.get(self.stem(word), frozenset()) | {self.stem(kind)}
        for stem in self.persons:
            table[stem] = table.get(stem, frozenset()) | {self.stem("person")}
        for stem in self.animals - {self.stem("animal")}:
            table[stem] = table.get(stem, frozenset()) | {self.stem("animal")}
        return table

    def _kind(self, kind: str) -> frozenset[str]:
        """Stems of what is a kind of something."""
        wanted = self.stem(kind)
        return frozenset(stem for stem in self.entails if wanted in self.entailed((stem,)))

    def _cue(self, cue: dict[str, Any]) -> Cue:
        return Cue(
            stems=self.stems(cue["cue"]),
            ask=tuple(cue["ask"]),
            conclusion=cue["conclusion"],
            words=self.stems(cue["words"]) | self.stems(WORD.findall(cue["conclusion"])),
            beside=self.stems(cue.get("with", ())),
            rank=-1 if cue.get("plan") == "false" else int("with" in cue and "together" not in cue),
            anywhere=cue.get("anywhere") == "true",
            together=cue.get("together") == "true",
            alone=cue.get("alone") == "true",
            named=any(word[:1].isupper() for word in cue["cue"]),
            unless=self.stems(cue.get("unless", ())),
            core=frozenset(
                self.stem(word)
                for word in WORD.findall(cue["conclusion"].lower())
                if not self.is_function(word) and word not in self.hedges
            ),
        )


@functools.cache
def lexicon(language: str) -> Lexicon | None:
    """The lexicon of an ISO 639-1 language, or None when there is none."""
    path = FOLDER / f"{language}.yaml"
    if not path.is_file():
        return None
    cues, kinds = FOLDER / f"cues_{language}.yaml", FOLDER / f"kinds_{language}.txt"
    words = read(path)
    planning = FOLDER / f"plan_{language}.yaml"
    words |= read(planning) if planning.is_file() else {}
    words["kinds"] = read_kinds(kinds) if kinds.is_file() else {}
    return Lexicon(language, words, read(cues)["cues"] if cues.is_file() else [])


@functools.cache
def languages() -> tuple[str, ...]:
    """ISO 639-1 codes of the languages that have a lexicon."""
    return tuple(sorted(path.stem for path in FOLDER.glob("??.yaml")))
