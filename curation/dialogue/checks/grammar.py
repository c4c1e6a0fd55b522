"""Checks of grammar, as far as word lists and spelling can tell: the slips that small models make."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Literal

from curation.dialogue.checks.base import DESCRIPTION, FALSE_PREMISE, REASONING, BaseCheck, Context, fail
from curation.dialogue.checks.clauses import OPENS, PRESENT, first_person, misplaced_verb
from curation.dialogue.checks.german import article_slips
from curation.dialogue.parse import DOERS, parse
from curation.dialogue.scene import POSSESSIVES, SHOWS, Kind, Phrase, Scene, Token, plural
from curation.dialogue.tokens import is_finite
from curation.dialogue.words import GROUPS
from curation.samples import Reason, Reject

FINITE = frozenset({"is", "are", "was", "were"})
SOUNDS_LIKE_YOU = (
    "unic", "unif", "unil", "unio", "uniq", "unis", "unit", "univ", "eu", "one", "use", "usa", "uk", "ut", "uv",
)  # fmt: skip
MATERIALS = frozenset({"wooden", "woolen", "woollen", "golden", "earthen", "silken"})  # a thing is made of wood
PARTICIPLE = ("ge", "be", "ver", "er", "zer", "ent")  # of German ones; "bedeckt mit" is no verb of a sentence
JOINS = OPENS - {"."} | {"and", "or", ","}  # "the tent they are pitching is yellow"
ONE_FORM = GROUPS | {"fish", "sheep", "deer", "salmon", "trout", "bison", "moose", "elk", "squid", "aircraft"}
RELATIVE = frozenset({"that", "which", "who"})
BEFORE_BARE = frozenset({"and", "what", "which", "one", "whose"})
SILENT_H = ("hour", "honest", "honor", "heir")


class Grammar(BaseCheck):
    """Subject and verb agree in number, articles fit, and a description is a sentence."""

    kind: Literal["grammar"] = "grammar"

    def check(self, context: Context) -> Reject | None:
        if not context.lexicon.reads:
            return _plain_slip(context)
        if context.turn.response_type == DESCRIPTION and not _has_finite_verb(context):
            return fail(Reason.MALFORMED, "the description is no sentence: it has no verb")
        slip = first_person(context) or misplaced_verb(context)
        if slip:
            return fail(Reason.MALFORMED, f"the answer is ungrammatical: {slip}")
        by_hand = context.turn.response_type in (DESCRIPTION, REASONING, FALSE_PREMISE)  # their questions are
        scenes = (
            [("answer", context.answer)] if by_hand else [("question", context.question), ("answer", context.answer)]
        )
        for name, scene in scenes:
            slip = _count_slip(scene, context) or (
                _article_slip(scene) or _loose_end(scene, context) or _made_of_slip(scene) or _two_verbs(scene, context)
            )
            for phrase in scene.phrases:
                slip = slip or _agreement_slip(scene, phrase, context) or _phrase_slip(scene, phrase, context)
            if slip:
                return fail(Reason.MALFORMED, f"the {name} is ungrammatical: {slip}")
        return None


def _made_of_slip(scene: Scene) -> str | None:
    words = [token.lower for token in scene.tokens if token.text.isalpha()]
    if words and words[-1] in MATERIALS and "of" in words[-4:-1]:
        return f"it ends in “of … {words[-1]}”"
    return None


def _plain_slip(context: Context) -> Reject | None:
    """What can be told of a language whose sentences are not read."""
    if context.turn.response_type == DESCRIPTION and not _plain_verb(context):
        return fail(Reason.MALFORMED, "the description is no sentence: it has no verb")
    slip = _loose_end(context.answer, context) or _second_sentence(context)
    slip = slip or next(_article_slips(context), None) or next(_capital_slips(context), None)
    if context.lexicon.capital_nouns:
        slip = slip or next(article_slips(context), None)
    return fail(Reason.MALFORMED, slip) if slip else None


def _article_slips(context: Context) -> Iterator[str]:
    """What is shown needs an article: "zeigt Hund", "muestra a hombre". Names, which are two words, need none."""
    lexicon = context.lexicon
    for shows, one, two, three in _windows(context.answer.tokens):
        if shows.lower not in lexicon.shows:
            continue
        word, following = (two, three) if one.lower == "a" else (one, two)
        if word.kind is not Kind.WORD or (word.text[:1].isupper() and following.text[:1].isupper()):
            continue
        single = not word.lower.endswith(("s", "n", "e")) and word.stem not in lexicon.numbers
        if word is two or single or (lexicon.capital_nouns and word.lower.endswith("es")):
            yield f"“{shows.text} {word.text}” lacks an article"


def _capital_slips(context: Context) -> Iterator[str]:
    """German nouns have a capital, and its adjectives none. What begins the caption may be either."""
    if not context.lexicon.capital_nouns:
        return
    first, *later = context.evidence.content
    nouns = {token.text for token in later}
    for before, token, following, _ in _windows(context.answer.tokens):
        if token.text[:1].islower() and token.text.capitalize() in nouns:
            yield f"“{token.text}” needs a capital"
        if (
            token.text[:1].isupper()
            and token.text.casefold() == first.text.casefold()
            and before.lower in context.lexicon.determiners
            and following.text[:1].isupper()
        ):
            yield f"“{token.text}” needs no capital"


def _windows(tokens: Sequence[Token]) -> Iterator[tuple[Token, Token, Token, Token]]:
    """Each token with the three after it; the last stands in for those that are missing."""
    padded = list(tokens) + list(tokens[-1:]) * 3
    return zip(padded, padded[1:], padded[2:], padded[3:], strict=False)


def _plain_verb(context: Context) -> bool:
    """Whether some word is a finite verb, as far as lists and endings tell it: in German a lower-case word in -t or
    -en right before an article, a noun's number or a preposition and no participle; in Spanish another form of a verb
    that the evidence has as a gerund."""
    lexicon, tokens = context.lexicon, context.answer.tokens
    known = lexicon.auxiliaries | lexicon.finite | lexicon.shows
    if any(token.lower in known for token in tokens):
        return True
    return bool(_acting(tokens, context))


def _acting(tokens: Sequence[Token], context: Context) -> list[Token]:
    """Finite verbs of no list, as far as endings and what follows tell them."""
    lexicon = context.lexicon
    found: list[Token] = []
    for token, following in pairwise(tokens):
        if token.lower.endswith(("a", "e", "an", "en")) and token.lower.rstrip("n")[:-1] in context.gerunds:
            found.append(token)
        ends = lexicon.capital_nouns and token.kind is Kind.WORD and token.text.islower() and token.lower[-1:] in "tn"
        opens = following.lower in lexicon.determiners or following.stem in lexicon.numbers
        opens |= token.lower.endswith("t") and following.text[:1].isupper()  # no German adjective ends so before a noun
        beside = following.kind is Kind.PREPOSITION and not token.lower.startswith(PARTICIPLE)
        if ends and token.stem not in lexicon.colours | set(lexicon.numbers) and (opens or beside):
            found.append(token)
    return found


def _second_sentence(context: Context) -> str | None:
    """ "Das Foto zeigt eine Frau füttert Tauben": a sentence where "zeigt" wants a thing; no comma parts the two."""
    lexicon, tokens = context.lexicon, context.answer.tokens
    shows = next((at for at, token in enumerate(tokens) if token.lower in lexicon.shows), None)
    if shows is None or not lexicon.capital_nouns:
        return None
    rest = tokens[shows + 1 :]
    comma = next((at for at, token in enumerate(rest) if token.kind in (Kind.BREAK, Kind.CONJUNCTION)), len(rest))
    verbs = [token for token in rest[:comma] if token.lower in lexicon.finite] or _acting(rest[:comma], context)
    return f"“{tokens[shows].text} … {verbs[0].text}” are two sentences" if verbs else None


def _article_slip(scene: Scene) -> str | None:
    """ "a old", "an bus": the article does not fit the sound, as far as spelling tells it."""
    for token, following in pairwise(scene.tokens):
        word = following.lower
        if token.lower not in ("a", "an") or not word[:1].isalpha() or following.text.isupper():
            continue
        vowel = word.startswith(SILENT_H) or (word[0] in "aeiou" and not word.startswith(SOUNDS_LIKE_YOU))
        if word[1:2] == "-":  # "an x-ray", "a u-turn": a letter by its name
            vowel = word[0] in "aefhilmnorsx"
        if (token.lower == "an") != vowel:
            return f"“{token.text} {following.text}”"
    return None


def _loose_end(scene: Scene, context: Context) -> str | None:
    """Last parts like "at dawn, Peru", which a caption may have and a sentence not. Names and dates may follow names:
    "in Brighton, England", "in Hamburg, July 2017"."""
    tokens, start = scene.tokens, len(scene.tokens)
    for at in range(len(tokens) - 1, 0, -1):
        if tokens[at].text == ",":
            start = at
        elif tokens[at].kind not in (Kind.WORD, Kind.BREAK):
            break
    if (
        start > 1
        and context.lexicon.qualifies(tokens[start - 1].lower)
        and tokens[start - 2].lower in ("a", "an", "the")
    ):
        return None  # "a black, foldable lamp"
    end = [token for token in tokens[start:] if token.kind is Kind.WORD]
    times = context.lexicon.times - context.lexicon.colours - context.lexicon.depictions
    named = all(token.text[:1].isupper() or token.text[:1].isdigit() or token.stem in times for token in end)
    if not end or (named and not tokens[start - 1].text[:1].islower()):
        return None
    return f"it ends in “, {' '.join(token.text for token in end)}”"


def _two_verbs(scene: Scene, context: Context) -> str | None:
    """ "A dog is wearing a bandana is sitting": two finite verbs and nothing that joins them."""
    # a verb for each further sentence
    further = " ".join(token.text for token in scene.tokens).count(" . ")
    verbs = [
        token.lower
        for token in scene.tokens
        if token.lower in FINITE
        or token.lower in SHOWS
        or (token.kind is Kind.VERB and token.lower.endswith("s") and not token.lower.endswith("ss"))
    ]
    if scene is context.answer and len(verbs) > 1 + further and not JOINS & {token.lower for token in scene.tokens}:
        return f"“{verbs[0]} … {verbs[1]}”"
    return None


def _count_slip(scene: Scene, context: Context) -> str | None:
    """ "There is two beds", "How many beds is in the room?"."""
    words = [token.lower for token in scene.tokens]
    for at, (before, token) in enumerate(pairwise(scene.tokens)):
        several = context.lexicon.numbers.get(token.stem, 1) > 1 and token.lower not in ("pair", "dozen")
        if before.lower in ("is", "was") and words[at - 1 : at] == ["there"] and several:
            return f"“there {before.text} {token.text}”"
    counted = [phrase for phrase in scene.phrases[:1] if words[:2] == ["how", "many"] and plural(phrase)]
    after = [token for phrase in counted for token in scene.tokens[phrase.start + len(phrase.words) :][:1]]
    return next((f"“{phrase.text} {t.text}”" for phrase in counted for t in after if t.lower in ("is", "was")), None)


def _agreement_slip(scene: Scene, phrase: Phrase, context: Context) -> str | None:
    """ "What is the cows doing?": only in questions, where subject and verb stand side by side."""
    if scene is not context.question or phrase.start > 4:
        return None
    before = scene.tokens[phrase.start - 1].lower if phrase.start else ""
    if before in context.lexicon.determiners and phrase.start > 1:
        before = scene.tokens[phrase.start - 2].lower
    many = plural(phrase)
    if phrase.head.lower.endswith("is") or phrase.head.lower in ONE_FORM or phrase.capitalised:
        return None  # a tennis, two taxis, the Alps: its form does not tell; "are the team" is British
    end = phrase.start + len(phrase.words)
    joined = end < len(scene.tokens) and scene.tokens[end].kind is Kind.CONJUNCTION
    if (before in ("is", "was") and many) or (before in ("are", "were") and not many and not joined):
        return f"“{before} {phrase.text}”"
    return None


def _phrase_slip(scene: Scene, phrase: Phrase, context: Context) -> str | None:
    """A wrong or missing article."""
    lexicon = context.lexicon
    many = plural(phrase)
    possessed = any(word.lower.endswith(POSSESSIVES) for word in phrase.words)
    made = phrase.head.lower.endswith("ing") and phrase.head.lower != "clothing"  # a painting is no paint
    own = {known.head.stem for scene in context.evidence.scenes for known in scene.phrases if known.determiner}
    mass = phrase.head.stem in lexicon.mass - own and not made
    # "a soup" is wrong, "a roasted squash soup" is one of its kind
    few = phrase.words[0].lower in ("dozen", "hundred", "thousand", "few")
    slip = phrase.determiner in ("a", "an") and not possessed and not few and (many or (mass and not phrase.modifiers))
    if slip and not _is_written(f"{phrase.determiner} {phrase.text}", context):
        return f"“{phrase.determiner} {phrase.text}”"
    acts = phrase.link is None and any(
        phrase in action.subjects for action in scene.actions if action.verb.lower.endswith("ing")
    )
    # "the Airbus A380" is a thing
    numbered = any(char.isdigit() for char in phrase.text) or any(w.lower in lexicon.brands for w in phrase.words)
    thing = numbered or phrase.head.stem in own  # so the caption says
    named = phrase.capitalised and not thing and (acts or phrase.words[0].stem in lexicon.persons)
    if phrase.determiner == "the" and named:
        return f"“the {phrase.text}”"  # as if the name were a thing
    shown = phrase.link is not None and phrase.link.stem in lexicon.frame
    plain = not phrase.determiner and not possessed and phrase.text.islower() and phrase.text.replace(" ", "").isalpha()
    counted = any(word.stem in lexicon.numbers for word in phrase.words)
    stuff = {word.stem for word in phrase.words} & lexicon.mass or phrase.head.stem in lexicon.colours  # pork belly
    if shown and plain and not counted and not many and not stuff:
        return f"“{phrase.link.lower if phrase.link else ''} {phrase.text}”"
    if phrase.start and scene.tokens[phrase.start - 1].lower in BEFORE_BARE:
        return None  # a bride and groom; what animal; one small dog
    of_kind = phrase.link is not None and phrase.link.lower == "of"
    countable = phrase.head.lower in lexicon.countable and not of_kind
    counted = any(word.stem in lexicon.numbers or word.text[:1].isupper() for word in phrase.words)
    counted |= phrase.words[0].lower == "no"
    bare = countable and not phrase.determiner and not counted and not possessed and not many
    if bare and not _has_article(phrase, context):
        return f"“{phrase.text}” has no article"
    return None


def _is_written(words: str, context: Context) -> bool:
    """Whether the evidence has words just so: "while a third keeps watch"."""
    return f" {words.lower()} " in f" {context.evidence.text.lower()} "


def _has_article(phrase: Phrase, context: Context) -> bool:
    """Whether a trained parser gives a noun the article that stands before a word in -ing: "a jumping spider"."""
    if phrase.link is None or not phrase.link.lower.endswith("ing"):
        return False
    same = [word for word in parse(context.turn.answer, context.lexicon).doc if word.text == phrase.head.text]
    return any(each.dep_ == "det" and each.i < word.i for word in same for each in word.children)


def _has_finite_verb(context: Context) -> bool:
    """Whether some verb is finite, and not only one of "that reads": "a cabin covered with snow" has none. Where the
    lists know of none, a trained parser may: "a mime painted gold stands motionless"."""
    tokens = context.answer.tokens
    listed = any(
        is_finite(token.text, token.kind, context.lexicon) and (before.lower not in RELATIVE or before is tokens[0])
        for before, token in pairwise([tokens[0], *tokens])
    )
    return listed or any(
        word.dep_ in DOERS and word.lower_ not in RELATIVE and word.head.tag_ in PRESENT
        for word in parse(context.turn.answer, context.lexicon).doc
    )
