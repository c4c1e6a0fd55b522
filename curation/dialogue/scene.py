"""A shallow reading of a caption or an answer: who, what, how many, of what colour, where, doing what.

No parser and no model: closed classes, a verb list and word order. It is built to be wrong on the safe side: a
relation that it does not find in the evidence is a relation that no answer may state.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum

from curation.dialogue.lexicon import Lexicon

TOKEN = re.compile(r"[^\W_]+(?:[’'\-][^\W_]+)*[’']?|&|[,.;:!?|()\[\]/–—]|(?<=\s)-(?=\s)")
ING_ACTS = frozenset(
    {
        "landing",
        "skating",
        "bowling",
        "training",
        "riding",
        "fishing",
        "climbing",
        "sailing",
        "hiking",
        "camping",
        "washing",
        "waiting",
        "serving",
    }
)
PICTURES = frozenset({"image", "photo", "photograph", "picture", "scene", "it", "this"})
SHOWS = frozenset({"shows", "depicts", "features", "captures", "displays", "contains", "includes", "portrays"})
SINGULAR_S = frozenset({"crossroads", "series", "species", "headquarters", "lens", "gas", "canvas", "atlas", "news"})
PLURALS = frozenset({"men", "women", "children", "people", "feet", "teeth", "mice", "geese"})
PARTICIPLES = frozenset(
    {"asleep", "seen", "taken", "shown", "known", "written", "drawn", "grown", "broken", "worn", "woven"}
)
NO_PARTICIPLES = frozenset(
    {"sled", "seed", "shed", "weed", "speed", "breed", "steed", "hundred", "creed", "bleed", "tweed"}
)
MODALS = frozenset({"may", "might", "can", "could", "will", "would", "should", "must", "to"})
BREAKS = frozenset(",.;:!?|()[]/–—-")


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


@dataclass(frozen=True)
class Phrase:
    """A noun phrase: its words in order (the head last), what links it to the phrase before, and its place."""

    words: tuple[Token, ...]
    start: int  # index of its first word in the tokens
    link: Token | None  # the preposition or verb right before it
    clause: int  # which comma-separated part it stands in
    determiner: str = ""

    @property
    def head(self) -> Token:
        return self.words[-1]

    @property
    def modifiers(self) -> tuple[Token, ...]:
        return self.words[:-1]

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)

    @property
    def capitalised(self) -> bool:
        """Whether each of several words begins with a capital."""
        return len(self.words) > 1 and all(word.text[:1].isupper() for word in self.words)


@dataclass(frozen=True)
class Action:
    """A verb, its possible subjects (the clause's first phrase, or the phrase right before) and its place."""

    verb: Token
    subjects: tuple[Phrase, ...]
    start: int
    clause: int


@dataclass
class Scene:
    """The reading of one text."""

    tokens: list[Token]
    phrases: list[Phrase] = field(default_factory=list)
    actions: list[Action] = field(default_factory=list)
    plain: frozenset[str] = frozenset()  # stems that begin no name at the start of a text: colours, numbers, materials

    @property
    def content(self) -> list[Token]:
        """Words that claim something, in order."""
        return [token for token in self.tokens if token.kind in (Kind.WORD, Kind.VERB)]

    @property
    def titled(self) -> bool:
        """Whether the text capitalises every word, so that capitals tell no names."""
        if not all(token.text[:1].isupper() or token.text[:1].isdigit() for token in self.content):
            return False
        later = [phrase for phrase in self.phrases if any(word is not self.tokens[0] for word in phrase.words)]
        links = [token for token in self.tokens[1:] if token.kind is Kind.PREPOSITION]
        return len(later) > 1 or any(token.text[:1].isupper() for token in links)

    def is_name(self, phrase: Phrase) -> bool:
        """Whether a phrase is a name, as far as capitals tell: its colours and numbers are then no claims."""
        if phrase.start == 0 and len(phrase.words) == 2 and phrase.words[0].stem in self.plain:
            return False
        return phrase.capitalised and not self.titled


def tokens(text: str, lexicon: Lexicon, verbs: frozenset[str] = frozenset()) -> list[Token]:
    """The tokens of a text, each with its kind. `verbs` are stems of verbs beyond the lexicon's."""
    raw = TOKEN.findall(text)
    merged = _merge(raw, lexicon)
    kinds = [_plain_kind(word, lexicon) for word in merged]
    for index in range(len(merged)):
        if lexicon.reads and kinds[index] is Kind.WORD and _is_verb(index, merged, kinds, lexicon, verbs):
            kinds[index] = Kind.VERB
    return [Token(word, word.lower(), lexicon.stem(word), kind) for word, kind in zip(merged, kinds, strict=True)]


def _merge(raw: list[str], lexicon: Lexicon) -> list[str]:
    """Join prepositions of several words into one token."""
    merged: list[str] = []
    index = 0
    while index < len(raw):
        for words in lexicon.long_prepositions.get(raw[index].lower(), ()):
            if tuple(word.lower() for word in raw[index : index + len(words)]) == words:
                merged.append(" ".join(words))
                index += len(words)
                break
        else:
            merged.append(raw[index])
            index += 1
    return merged


def _plain_kind(word: str, lexicon: Lexicon) -> Kind:
    lower = word.lower()
    if word in BREAKS:
        return Kind.BREAK
    if lower in lexicon.conjunctions:
        return Kind.CONJUNCTION
    if lower in lexicon.prepositions:
        return Kind.PREPOSITION
    if lexicon.is_function(lower) and not lower.endswith(("'s", "’s")):
        return Kind.FUNCTION
    if lower in lexicon.function_words:
        return Kind.FUNCTION
    return Kind.WORD


def _is_verb(index: int, words: list[str], kinds: list[Kind], lexicon: Lexicon, verbs: frozenset[str]) -> bool:
    word = words[index].lower()
    before = kinds[index - 1] if index else Kind.BREAK
    before_word = words[index - 1].lower() if index else ""
    after = kinds[index + 1] if index + 1 < len(words) else Kind.BREAK
    after_word = words[index + 1].lower() if index + 1 < len(words) else ""
    after_aux = before_word in lexicon.auxiliaries or before_word in ("not", "who", "and")
    asks = words[0].lower() in ("what", "where", "who", "which", "how") and any(
        other.lower() in lexicon.auxiliaries for other in words[:index]
    )
    if asks and word.endswith("ing") and before is Kind.WORD and after in (Kind.BREAK, Kind.PREPOSITION, Kind.FUNCTION):
        return True  # "What is the bus crossing?"
    if word in ("holds", "contains") and before is Kind.WORD and after is not Kind.BREAK:
        return True
    if (
        asks
        and {"does", "do", "did"} & {other.lower() for other in words[:index]}
        and before is Kind.WORD
        and after is not Kind.WORD
    ):
        return True  # "Where does the horseshoe lie?"
    if before_word in MODALS and (before_word != "to" or not word.endswith("s")):
        return lexicon.stem(word) in lexicon.verbs
    if word in SHOWS and (before_word in PICTURES or lexicon.stem(before_word) in lexicon.depictions):
        return True
    if word in lexicon.ing_nouns:
        # "children building a castle" is an action, "a brick building in the city" a thing
        acts = before_word in lexicon.auxiliaries and before_word not in ("has", "have", "had")
        named = words[index + 1][:1].isupper() and words[index][:1].islower() if after is Kind.WORD else False
        acts = acts or (before is Kind.WORD and (after_word in lexicon.determiners or named))
        acts = acts or (before is Kind.WORD and after is not Kind.WORD and word in ING_ACTS)
        return acts and lexicon.stem(word) in lexicon.verbs
    if word.endswith("ing") and len(word) > 4:
        if after_aux and before_word != "and":
            return not (after is Kind.WORD and before_word in ("has", "have"))
        modifies = after is Kind.WORD and (before is not Kind.WORD)
        return not modifies and before_word not in lexicon.determiners and before is not Kind.PREPOSITION
    if (word.endswith("ed") and word not in NO_PARTICIPLES and len(word) > 4) or word in PARTICIPLES:
        return (before is Kind.WORD or after_aux) and after in (Kind.PREPOSITION, Kind.BREAK, Kind.FUNCTION)
    if lexicon.stem(word) not in lexicon.verbs | verbs or (
        word in lexicon.verb_form_nouns and lexicon.stem(word) not in verbs
    ):
        return False
    if word.endswith("en") or word in ("made", "lit", "seen", "sat", "stood", "worn", "held"):
        return (before is Kind.WORD or after_aux) and after in (Kind.PREPOSITION, Kind.BREAK, Kind.FUNCTION)
    if word.endswith("s") and not word.endswith("ss"):
        # "a diagram compares cats and dogs", where the evidence has it comparing
        bare = after is Kind.WORD and lexicon.stem(word) in verbs
        objects = after in (Kind.PREPOSITION, Kind.FUNCTION) or after_word in lexicon.determiners
        return before is Kind.WORD and (bare or objects)
    return before is Kind.WORD and before_word.endswith("s") and after in (Kind.PREPOSITION, Kind.FUNCTION)


def read(text: str, lexicon: Lexicon, verbs: frozenset[str] = frozenset()) -> Scene:
    """The reading of `text` in the lexicon's language. `verbs` are stems of verbs beyond the lexicon's."""
    plain = lexicon.colours | frozenset(lexicon.numbers) | frozenset(lexicon.materials)
    scene = Scene(tokens(text, lexicon, verbs), plain=plain)
    clause = 0
    link: Token | None = None
    determiner = ""
    current: list[Token] = []
    start = 0

    def close() -> None:
        nonlocal current, link, determiner
        if current:
            scene.phrases.append(Phrase(tuple(current), start, link, clause, determiner))
            link = None
        current, determiner = [], ""

    for index, token in enumerate(scene.tokens):
        following = scene.tokens[index + 1] if index + 1 < len(scene.tokens) else None
        if token.kind is Kind.WORD:
            if not current:
                start = index
            current.append(token)
        elif _joins_colours(token, current, following, lexicon):
            continue
        elif token.kind is Kind.BREAK:
            close()
            link = None
            clause += 1
        elif token.kind is Kind.PREPOSITION:
            close()
            link = token
        elif token.kind is Kind.VERB:
            close()
            scene.actions.append(_action(token, index, clause, scene.phrases))
            link = token
        elif token.kind is Kind.CONJUNCTION:
            # "a spoon and a cup on a saucer": the second phrase hangs on the same link as the first
            held = link if not current else (scene.phrases[-1].link if scene.phrases and not current else link)
            close()
            link = held
        else:
            close()
            if token.lower in lexicon.determiners:
                determiner = token.lower
            elif token.lower in lexicon.auxiliaries:
                link = None
    close()
    return scene


def _joins_colours(token: Token, current: list[Token], following: Token | None, lexicon: Lexicon) -> bool:
    if token.lower not in ("and", "&", ",") or not current or following is None:
        return False
    return current[-1].stem in lexicon.colours and following.stem in lexicon.colours


def _action(verb: Token, index: int, clause: int, phrases: list[Phrase]) -> Action:
    here = [phrase for phrase in phrases if phrase.clause == clause]
    if not here:
        here = phrases[:1]
    subjects: list[Phrase] = []
    if here:
        subjects.append(here[0])
        if here[-1] is not here[0]:
            subjects.append(here[-1])
    return Action(verb, tuple(subjects), index, clause)


def plural(phrase: Phrase) -> bool:
    """Whether a phrase is of several things, as far as its form tells."""
    word = phrase.head.lower
    if word in PLURALS or word in SINGULAR_S:
        return word in PLURALS
    name = phrase.head.text[:1].isupper()
    return word.endswith("s") and not word.endswith(("ss", "us", "is", "'s", "’s")) and not name
