"""Checks of grammar, as far as word lists and spelling can tell: the slips that small models make."""

from __future__ import annotations

from itertools import pairwise
from typing import Literal

from curation.dialogue.checks.base import DESCRIPTION, FALSE_PREMISE, REASONING, BaseCheck, Context, fail
from curation.dialogue.scene import SHOWS, Kind, Phrase, Scene, plural
from curation.samples import Reason, Reject

FINITE = frozenset({"is", "are", "was", "were"})
POSSESSIVES = ("'s", "’s", "s'", "s’")
SOUNDS_LIKE_YOU = ("uni", "eu", "one", "use", "usa", "uk", "ut", "uv")
MATERIALS = frozenset({"wooden", "woolen", "woollen", "golden", "earthen", "silken"})  # a thing is made of wood
PARTICIPLE = ("ge", "be", "ver", "er", "zer", "ent")  # of German ones; "bedeckt mit" is no verb of a sentence
SILENT_H = ("hour", "honest", "honor", "heir")


class Grammar(BaseCheck):
    """Subject and verb agree in number, articles fit, and a description is a sentence."""

    kind: Literal["grammar"] = "grammar"

    def check(self, context: Context) -> Reject | None:
        if not context.lexicon.reads:
            return _plain_slip(context)
        if context.turn.response_type == DESCRIPTION and not _has_finite_verb(context):
            return fail(Reason.MALFORMED, "the description is no sentence: it has no verb")
        by_hand = context.turn.response_type in (DESCRIPTION, REASONING, FALSE_PREMISE)  # their questions are
        scenes = (
            [("answer", context.answer)] if by_hand else [("question", context.question), ("answer", context.answer)]
        )
        for name, scene in scenes:
            slip = (
                _article_slip(scene)
                or _loose_end(scene, context)
                or _place_slip(scene)
                or _made_of_slip(scene)
                or _two_verbs(scene, context)
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
    lexicon, answer = context.lexicon, context.answer.tokens
    if context.turn.response_type == DESCRIPTION and not _plain_verb(context):
        return fail(Reason.MALFORMED, "the description is no sentence: it has no verb")
    written = {token.text for token in context.evidence.content}
    for at, token in enumerate(answer):
        if (
            lexicon.capital_nouns
            and token.text[:1].islower()
            and token.text.capitalize() in written - {context.evidence.content[0].text}
        ):
            return fail(Reason.MALFORMED, f"“{token.text}” needs a capital")
        before = answer[at - 1].lower if at else ""
        single = (
            token.kind is Kind.WORD and not token.lower.endswith(("s", "n", "e")) and token.stem not in lexicon.numbers
        )
        if before in lexicon.shows and (single or (lexicon.capital_nouns and token.lower.endswith("es"))):
            return fail(Reason.MALFORMED, f"“{before} {token.text}” lacks an article")
        if before in lexicon.shows and token.lower == "a" and at + 1 < len(answer) and answer[at + 1].kind is Kind.WORD:
            return fail(Reason.MALFORMED, f"“{before} a {answer[at + 1].text}” lacks an article")
    return None


def _plain_verb(context: Context) -> bool:
    """Whether some word is a finite verb, as far as lists and endings tell it: in German a lower-case word in -t or
    -en right before an article, a noun's number or a preposition and no participle; in Spanish another form of a verb
    that the evidence has as a gerund."""
    lexicon, tokens = context.lexicon, context.answer.tokens
    known = lexicon.auxiliaries | lexicon.finite | lexicon.shows
    if any(token.lower in known for token in tokens):
        return True
    gerunds = {token.stem for token in context.evidence.content if token.lower.endswith("ndo")}
    for token, following in pairwise(tokens):
        if token.stem in gerunds and not token.lower.endswith(("ndo", "ado", "ido", "ar", "er", "ir")):
            return True
        ends = lexicon.capital_nouns and token.kind is Kind.WORD and token.text.islower() and token.lower[-1:] in "tn"
        opens = following.lower in lexicon.determiners or following.stem in lexicon.numbers
        beside = following.kind is Kind.PREPOSITION and not token.lower.startswith(PARTICIPLE)
        if ends and token.stem not in lexicon.colours | set(lexicon.numbers) and (opens or beside):
            return True
    return False


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


def _place_slip(scene: Scene) -> str | None:
    words = [token.lower for token in scene.tokens]
    return "“where ... at”" if words[:1] == ["where"] and words[-2:] == ["at", "?"] else None


def _loose_end(scene: Scene, context: Context) -> str | None:
    """A last part like ", New York, 1932", which a caption may have and a sentence not."""
    commas = [at for at, token in enumerate(scene.tokens) if token.text == ","]
    end = scene.tokens[commas[-1] + 1 :] if commas else []
    words = [token for token in end if token.kind is Kind.WORD]
    if words and all(word.stem in context.lexicon.colours | context.lexicon.depictions for word in words):
        return f"it ends in “, {' '.join(token.text for token in end)}”"  # ", black and white photograph"
    before = scene.tokens[commas[-1] - 1] if commas else None
    if before and before.text[:1].isupper() and all(word.text[:1].isupper() for word in words):
        return None  # in Brighton, England
    if words and all(token.kind in (Kind.WORD, Kind.BREAK) for token in end):
        return f"it ends in “, {' '.join(token.text for token in end if token.kind is Kind.WORD)}”"
    return None


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
    joins = {
        "and",
        "or",
        "because",
        "since",
        "while",
        "as",
        "that",
        "who",
        "which",
        "what",
        "where",
        "when",
        "if",
        ",",
        ";",
    }
    if scene is context.answer and len(verbs) > 1 + further and not joins & {token.lower for token in scene.tokens}:
        return f"“{verbs[0]} … {verbs[1]}”"
    return None


def _agreement_slip(scene: Scene, phrase: Phrase, context: Context) -> str | None:
    """ "What is the cows doing?": only in questions, where subject and verb stand side by side."""
    if scene is not context.question or phrase.start > 4:
        return None
    before = scene.tokens[phrase.start - 1].lower if phrase.start else ""
    if before in context.lexicon.determiners and phrase.start > 1:
        before = scene.tokens[phrase.start - 2].lower
    many = plural(phrase)
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
    if phrase.determiner in ("a", "an") and not possessed and (many or (phrase.head.stem in lexicon.mass and not made)):
        return f"“{phrase.determiner} {phrase.text}”"
    if phrase.determiner in ("a", "an") and phrase.capitalised and phrase.head.stem in lexicon.places:
        return f"“{phrase.determiner} {phrase.text}”"
    titled = phrase.capitalised and phrase.words[0].stem in lexicon.persons
    if (
        phrase.determiner == "the"
        and titled
        and not any(known.determiner for known in context.evidence.scenes[0].phrases)
    ):
        return f"“the {phrase.text}”"
    shown = phrase.link is not None and phrase.link.stem in lexicon.frame
    plain = not phrase.determiner and not possessed and phrase.head.text.islower() and phrase.head.text.isalpha()
    counted = any(word.stem in lexicon.numbers for word in phrase.words)
    if shown and plain and not counted and not many and phrase.head.stem not in lexicon.mass | lexicon.colours:
        return f"“{phrase.link.lower if phrase.link else ''} {phrase.text}”"
    acts = any(phrase in action.subjects for action in scene.actions if action.verb.lower.endswith("ing"))
    if phrase.determiner == "the" and phrase.capitalised and acts and phrase.words[0].stem not in lexicon.persons:
        return f"“the {phrase.text}”"
    opening = [token.lower for token in scene.tokens[max(0, phrase.start - 2) : phrase.start]]
    told = [word for word in phrase.words if word.lower not in lexicon.hedges]
    if opening == ["it", "is"] and (many or (len(told) > 2 and phrase.head.text.islower())):
        return f"“it is {phrase.text}”"
    of_kind = phrase.link is not None and phrase.link.lower == "of"
    countable = phrase.head.lower in lexicon.countable and not of_kind
    counted = any(word.stem in lexicon.numbers or word.text[:1].isupper() for word in phrase.words)
    if countable and not phrase.determiner and not counted and not possessed and not many:
        return f"“{phrase.text}” has no article"
    return None


def _has_finite_verb(context: Context) -> bool:
    """Whether some verb is finite: "a cabin covered with snow" and "waves crashing" have none."""
    auxiliaries, frame = context.lexicon.auxiliaries, context.lexicon.frame
    return any(
        token.lower in auxiliaries
        or (token.kind is Kind.VERB and not token.lower.endswith(("ing", "ed", "en")))
        or (token.stem in frame and token.lower.endswith("s"))
        for token in context.answer.tokens
    )
