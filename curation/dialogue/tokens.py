"""Words of a text and what each is to a reading: a noun or adjective, a verb, a preposition, a function word.

No tagger and no model: closed classes, a verb list, endings and the words on either side.
"""

from __future__ import annotations

import re

from curation.dialogue.lexicon import Lexicon
from curation.dialogue.verbs import SHOWS, is_verb
from curation.dialogue.words import GROUPS, Kind, Token, is_several, many

SIGNS = ",.;:!?|()[]/–—"
BREAKS = frozenset(SIGNS) | {"-"}  # a hyphen breaks where it stands alone
TOKEN = re.compile(rf"\d+(?:[.,]\d+)+|[^\W_]+(?:[’'\-][^\W_]+)*(?:(?<=s)[’'])?|&|[{re.escape(SIGNS)}]|(?<=\s)-(?=\s)")
QUOTED = re.compile(r"(?<!\w)['‘]([^'’]+)['’](?!\w)")  # 'Mind the Step'
ABBREVIATED = frozenset(
    {"jan", "feb", "apr", "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec", "ca", "st", "mt", "ft"}
) | {"dr", "mr", "mrs", "ms", "prof", "gen", "col", "capt", "lt", "sgt", "sen", "rep", "gov", "rev"}


def tokens(text: str, lexicon: Lexicon, verbs: frozenset[str] = frozenset(), sentence: bool = False) -> list[Token]:
    """The tokens of a text, each with its kind. `verbs` are stems of verbs beyond the lexicon's; a `sentence` has a
    verb, and where no other word is one, a word that may be one is."""
    raw = _without_dots(TOKEN.findall(QUOTED.sub(r"\1", text)))
    merged = _merge(raw, lexicon)
    kinds = [_plain_kind(word, lexicon) for word in merged]
    for index, word in enumerate(merged[:-1]):
        around = merged[index - 1].lower(), merged[index + 1]
        down = word.lower() == "down" and lexicon.stem(around[1]) in lexicon.clothing and around[0] != "button"
        if (word == "May" and any(map(str.isdigit, around))) or (down and lexicon.reads):
            kinds[index] = Kind.WORD  # "on 3 May", "a quilted down jacket"
    for index in range(len(merged)):
        if lexicon.reads and kinds[index] is Kind.WORD and is_verb(index, merged, kinds, lexicon, verbs):
            kinds[index] = Kind.VERB
    if sentence and lexicon.reads:
        kinds = _with_verb(merged, _showing(merged, kinds, lexicon), lexicon, verbs)
    for index, after in enumerate(kinds[1:]):
        if merged[index].lower() in ("look", "looks") and merged[index + 1].lower() == "like" and lexicon.reads:
            kinds[index] = kinds[index + 1] = Kind.FUNCTION  # "it looks like a dog": it is one
        if lexicon.reads and after in (Kind.WORD, Kind.FUNCTION) and _leads(index, merged, kinds, lexicon):
            kinds[index] = Kind.PREPOSITION
    return [Token(word, word.lower(), lexicon.stem(word), kind) for word, kind in zip(merged, kinds, strict=True)]


def _showing(words: list[str], kinds: list[Kind], lexicon: Lexicon) -> list[Kind]:
    """`kinds` where the only verb is of what something shows: "a vase from around 530 BC shows a hero"."""
    if any(kind is Kind.VERB or word.lower() in lexicon.auxiliaries for word, kind in zip(words, kinds, strict=True)):
        return kinds
    shows = (at for at, word in enumerate(words) if at and word in SHOWS and kinds[at - 1] is Kind.WORD)
    verb = next(shows, None)
    return kinds if verb is None else [*kinds[:verb], Kind.VERB, *kinds[verb + 1 :]]


def _with_verb(words: list[str], kinds: list[Kind], lexicon: Lexicon, verbs: frozenset[str]) -> list[Kind]:
    """`kinds` with a finite verb: "a cup and a spoon rest on a desk", "a portrait, signed, hangs in a hall"."""
    relative = {at + 1 for at, word in enumerate(words) if word.lower() in ("that", "which", "who")}
    finite = (at for at, word in enumerate(words) if is_finite(word, kinds[at], lexicon))
    if any(at not in relative for at in finite):
        return kinds
    known = lexicon.verbs | lexicon.resting | lexicon.as_prepositions.keys() | verbs
    for index, word in enumerate(words[:-1]):
        several = Kind.CONJUNCTION in kinds[:index] or any(
            is_several(each.lower()) or each.lower() in GROUPS for each in words[:index]
        )
        fits = index and kinds[index] is Kind.WORD and kinds[index - 1] in (Kind.WORD, Kind.BREAK) and word.islower()
        goes_on = (
            lexicon.stem(word) in verbs
            or kinds[index + 1] in (Kind.PREPOSITION, Kind.FUNCTION)
            or words[index + 1].isdigit()
            or words[index + 1].endswith(("ing", "ed"))
        )
        if (
            fits
            and goes_on
            and lexicon.stem(word) in known
            and (many(word) or (several and not word.endswith(("ed", "ing"))))
        ):
            return [*kinds[:index], Kind.VERB, *kinds[index + 1 :]]
    return kinds


def is_finite(word: str, kind: Kind, lexicon: Lexicon) -> bool:
    """Whether a word is a finite verb: "covered" and "crashing" are none."""
    lower = word.lower()
    return (
        lower in lexicon.auxiliaries
        or lower in ("belongs to", "belong to")
        or (kind is Kind.VERB and not lower.endswith(("ing", "ed", "en")))
        or (lexicon.stem(word) in lexicon.frame - lexicon.depictions and lower.endswith("s"))
    )


def _without_dots(raw: list[str]) -> list[str]:
    """The words without the dots of abbreviations, which end no sentence: "on Dec. 13", "St. Nicholas Church"."""
    before = ["", *raw]
    return [word for at, word in enumerate(raw) if word != "." or before[at].lower() not in ABBREVIATED]


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


def _leads(index: int, words: list[str], kinds: list[Kind], lexicon: Lexicon) -> bool:
    """Whether a particle is a preposition here: "reading to a child", "walking down a street", "carried down a trail",
    and not "trying to read" or "picking up a ball"."""
    word, before = words[index].lower(), index - 1
    moves = before >= 0 and (kinds[before] is not Kind.VERB or lexicon.stem(words[before]) in lexicon.staying)
    return word == "to" or (word in ("up", "down", "off") and moves and kinds[index] is not Kind.WORD)
