"""A shallow reading of a caption or an answer: who, what, how many, of what colour, where, doing what.

No parser and no model: closed classes, a verb list and word order. It is built to be wrong on the safe side: a
relation that it does not find in the evidence is a relation that no answer may state.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import takewhile

from curation.dialogue.lexicon import Lexicon
from curation.dialogue.tokens import tokens
from curation.dialogue.verbs import SHOWS
from curation.dialogue.words import POSSESSIVES, WHOLES, Kind, Token, is_several

PARTS = frozenset({"where", "while"})  # begin a part of their own: "in a garage, where he mends a car"


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
        """The last word, which names the thing: `coat` of "blue coat"."""
        return self.words[-1]

    @property
    def modifiers(self) -> tuple[Token, ...]:
        """The words before the head."""
        return self.words[:-1]

    @property
    def text(self) -> str:
        """The words as they were written, without the determiner."""
        return " ".join(word.text for word in self.words)

    @property
    def capitalised(self) -> bool:
        """Whether each of several words begins with a capital."""
        return len(self.words) > 1 and all(word.text[:1].isupper() for word in self.words)


@dataclass(frozen=True)
class Action:
    """A verb, its possible subjects (the clause's first phrase, those "and" joins to it, or the phrase right before)
    and its place."""

    verb: Token
    subjects: tuple[Phrase, ...]
    start: int
    clause: int
    aimed: bool = False  # only tried, prepared or waited for: "trying to catch"


@dataclass
class Scene:
    """The reading of one text."""

    tokens: list[Token]
    phrases: list[Phrase] = field(default_factory=list)
    actions: list[Action] = field(default_factory=list)
    plain: frozenset[str] = frozenset()  # stems that begin no name at the start of a text: colours, numbers, materials
    text: str = ""

    @property
    def content(self) -> list[Token]:
        """Words that claim something, in order."""
        return [token for token in self.tokens if token.kind in (Kind.WORD, Kind.VERB)]

    @property
    def headline(self) -> bool:
        """Whether every word of content is capitalised, as of a title, a headline or a name."""
        words = self.content
        return len(words) > 1 and all(word.text[:1].isupper() or word.text[:1].isdigit() for word in words)

    @property
    def titled(self) -> bool:
        """Whether the text capitalises every word, so that capitals tell no names."""
        if not self.headline:
            return False
        later = [phrase for phrase in self.phrases if any(word is not self.tokens[0] for word in phrase.words)]
        links = [token for token in self.tokens[1:] if token.kind is Kind.PREPOSITION]
        return len(later) > 1 or any(token.text[:1].isupper() for token in links)

    def is_name(self, phrase: Phrase) -> bool:
        """Whether a phrase is a name, as far as capitals tell: its colours and numbers are then no claims."""
        if phrase.start == 0 and len(phrase.words) == 2 and phrase.words[0].stem in self.plain:
            return False
        return phrase.capitalised and not self.titled


def read(text: str, lexicon: Lexicon, verbs: frozenset[str] = frozenset(), sentence: bool = False) -> Scene:
    """The reading of `text` in the lexicon's language. `verbs` are stems of verbs beyond the lexicon's; a `sentence`
    has a verb."""
    plain = lexicon.colours | frozenset(lexicon.numbers) | frozenset(lexicon.materials)
    scene = Scene(tokens(text, lexicon, verbs, sentence), plain=plain, text=text)
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
        if token.kind is Kind.WORD and _adverb(token, following, lexicon):
            close()
        elif token.kind is Kind.WORD:
            if not current:
                start = index
            current.append(token)
        elif _joins_colours(current, scene.tokens[index : index + 3], lexicon):
            continue
        elif _begins_part(scene.tokens, index) or (
            token.kind is Kind.BREAK and not _lists(scene.tokens, index, lexicon)
        ):
            close()
            link = None
            clause += 1
        elif token.kind is Kind.PREPOSITION:
            close()
            link = token
        elif token.kind is Kind.VERB:
            close()
            aimed = index > 0 and scene.tokens[index - 1].lower == "to"
            led = index > 0 and scene.tokens[index - 1].kind is Kind.PREPOSITION  # "waves to a crowd after losing"
            action = _action(token, index, clause, scene.phrases, aimed)
            scene.actions.append(replace(action, subjects=action.subjects[:1]) if led else action)
            link = token
        elif token.kind in (Kind.CONJUNCTION, Kind.BREAK):
            # "a spoon, a fork and a cup on a saucer": each phrase hangs on the same link as the first
            held = link
            close()
            link = _carried_on(held, following, scene.phrases)
        else:
            close()
            counts = token.lower == "one" and following is not None and following.kind is Kind.WORD  # "along one arm"
            if token.lower in lexicon.determiners or counts:
                determiner = token.lower
            elif token.lower in lexicon.auxiliaries | lexicon.pronouns:
                link = None  # "both of them" is of nothing else
    close()
    return scene


def _begins_part(tokens: list[Token], index: int) -> bool:
    """Whether a word begins a part with a verb of its own: "where", and "as" of "as the ball hits the post"."""
    if tokens[index].lower != "as" or index == 0:
        return tokens[index].lower in PARTS
    rest = takewhile(lambda later: later.kind is not Kind.BREAK, tokens[index + 1 :])
    return any(later.kind is Kind.VERB and not later.lower.endswith(("ing", "ed")) for later in rest)


def _adverb(token: Token, following: Token | None, lexicon: Lexicon) -> bool:
    """Whether a word is no noun but tells of what is done: "ties her shoes backstage"."""
    return token.lower in lexicon.adverbs and (following is None or following.kind is not Kind.WORD)


def _carried_on(link: Token | None, following: Token | None, phrases: list[Phrase]) -> Token | None:
    """What the phrase after "and" hangs on: of "a pair of boots and a hat" the hat is a thing of its own."""
    if link is None or link.lower != "of" or following is None or following.lower not in ("a", "an", "the"):
        return link
    return next((phrase.link for phrase in reversed(phrases) if phrase.link is not link), None)


def _lists(tokens: list[Token], comma: int, lexicon: Lexicon) -> bool:
    """Whether a text goes on with a list at a comma, ", a fork and a cup", and not with a sentence of its own, ", and
    the sky is blue" or, after a part that tells where or when, ", the duke and the duchess leave"."""
    if tokens[comma].text != ",":
        return False
    fronted = tokens[0].kind is Kind.PREPOSITION and not any(token.kind is Kind.VERB for token in tokens[:comma])
    for at, token in enumerate(tokens[comma + 1 :], start=1):
        if token.kind is Kind.CONJUNCTION:
            rest = list(takewhile(lambda later: later.kind is not Kind.BREAK, tokens[comma + at :]))
            if fronted and any(later.kind is Kind.VERB for later in rest):
                return False
            return at > 1 or not any(later.lower in lexicon.auxiliaries for later in rest)
        if token.kind not in (Kind.WORD, Kind.FUNCTION) and token.text != ",":
            return False
    return False


def _joins_colours(current: list[Token], rest: list[Token], lexicon: Lexicon) -> bool:
    """Whether a comma or "and" stands between two colours: "blue, red, and grey"."""
    joins = [token for token in rest[:-1] if token.lower in ("and", "&", ",")]
    if not current or rest[:1] != joins[:1] or len(rest) <= len(joins):
        return False
    return current[-1].stem in lexicon.colours and rest[len(joins)].stem in lexicon.colours


def _action(verb: Token, index: int, clause: int, phrases: list[Phrase], aimed: bool) -> Action:
    here = [phrase for phrase in phrases if phrase.clause == clause]
    if not here:
        here = phrases[: 1 + (len(phrases) > 1 and phrases[1].link is not None and phrases[1].link.lower == "of")]
    subjects: list[Phrase] = []
    if here:
        subjects.append(here[0])
        subjects += [phrase for phrase in here[1:-1] if phrase.link is None or _of_group(here[0], phrase)]
        if here[-1] is not here[0]:
            subjects.append(here[-1])
    return Action(verb, tuple(subjects), index, clause, aimed)


def _of_group(whole: Phrase, part: Phrase) -> bool:
    """Whether a phrase tells of whom a group is: "a group of women in caps exercising"."""
    return whole.head.lower in WHOLES and part.link is not None and part.link.lower == "of"


def joined(scene: Scene, phrase: Phrase, lexicon: Lexicon) -> frozenset[str]:
    """The colors that share a thing, "red and white" or "blue-and-white": none of them is its color alone."""
    told = lexicon.stems(part for word in phrase.modifiers for part in word.lower.split("-")) & lexicon.colours
    apart = any(scene.tokens[phrase.start + at] is not word for at, word in enumerate(phrase.words))
    apart |= any("-" in word.lower for word in phrase.modifiers)
    return told if len(told) > 1 and apart else frozenset()


def plural(phrase: Phrase) -> bool:
    """Whether a phrase is of several things, as far as its form tells."""
    word = phrase.head
    return is_several(word.lower) and not (word.text[:1].isupper() and word.lower.endswith("s"))


__all__ = [
    "POSSESSIVES",
    "SHOWS",
    "Action",
    "Kind",
    "Phrase",
    "Scene",
    "Token",
    "joined",
    "plural",
    "read",
    "tokens",
]
