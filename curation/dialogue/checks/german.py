"""German articles: they agree with the adjective after them and with the gender that the caption gives the noun.

There is no list of nouns. "Kleines Mädchen" in a caption makes "Mädchen" neuter, "auf einer Bank" makes "Bank"
feminine, and of a noun to which the caption gives no gender nothing is said.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from curation.dialogue.checks.base import Context
from curation.dialogue.scene import Kind, Scene, Token

ONE = frozenset({"ein", "eine", "einen", "einem", "einer"})
# genders (masculine, feminine, neuter, plural) that a form may stand before
GENDERS = {
    **dict.fromkeys(("ein", "einem", "dem", "im", "am", "zum", "vom", "beim", "eines", "des"), "mn"),
    **dict.fromkeys(("eine", "einer", "zur"), "f"),
    **{"einen": "m", "das": "n", "ins": "n", "der": "mfp", "die": "fp", "den": "mp"},
}
STRONG = {"er": "m", "es": "n", "em": "mn", "e": "fp"}  # endings of an adjective without an article
AFTER = {"ein": ("er", "es"), "eine": ("e",), **dict.fromkeys(("einen", "einem", "einer", "eines"), ("en",))}
PLAIN = ("lila", "rosa", "orange", "beige", "türkis")  # colors without endings


def article_slips(context: Context) -> Iterator[str]:
    """Articles of the answer that fit neither their adjective nor what the caption tells of their noun."""
    known: dict[str, set[str]] = {}
    for scene in context.evidence.scenes:
        for noun, genders, _ in _nouns(scene.tokens):
            known.setdefault(noun.text, set("mfnp")).intersection_update(genders)
    tokens = context.answer.tokens
    for noun, genders, words in _nouns(tokens):
        article, *adjectives = words
        text = " ".join(word.text for word in (*words, noun))
        ends = AFTER.get(article.lower)
        if known.get(noun.text) and not known[noun.text] & set(genders):
            yield f"“{text}” is of another gender"
        elif ends and any(not word.lower.endswith(ends) for word in adjectives if _declined(word)):
            yield f"“{text}” does not agree"
        elif article.lower == "ein" and any(word.lower.endswith("er") for word in adjectives):
            at = tokens.index(article)
            if at and tokens[at - 1].lower in context.lexicon.shows:
                yield f"“{tokens[at - 1].text} {text}” has the wrong case"


def _nouns(tokens: Sequence[Token]) -> Iterator[tuple[Token, str, list[Token]]]:
    """Nouns, each with the genders that the words before it leave, and those words: an article and adjectives."""
    for at, noun in enumerate(tokens):
        start = at
        while start and tokens[start - 1].kind is Kind.WORD and (start == 1 or tokens[start - 1].text.islower()):
            start -= 1
        before = tokens[start - 1] if start else None
        if noun.kind is not Kind.WORD or not noun.text[:1].isupper():
            continue
        if before is not None and before.lower in GENDERS:
            yield noun, GENDERS[before.lower], [before, *tokens[start:at]]
        elif start < at and (before is None or before.kind is Kind.PREPOSITION):
            ending = next((end for end in STRONG if tokens[start].lower.endswith(end)), "")
            dative = before is not None and ending == "er"  # "mit weißer Mütze"
            yield noun, "f" if dative else STRONG.get(ending, "mfnp"), list(tokens[start:at])


def _declined(word: Token) -> bool:
    """Whether a word is an adjective with an ending."""
    return word.lower not in PLAIN and word.lower.endswith(("e", "en", "er", "es", "em"))


def is_single(word: str, context: Context) -> bool:
    """Whether a German answer has "ein" right before a word, or before its adjective, and the evidence has not."""

    def counted(scene: Scene) -> bool:
        lower = [token.lower for token in scene.tokens]
        return any(ONE & set(lower[max(0, at - 2) : at]) for at, token in enumerate(lower) if token.startswith(word))

    return counted(context.answer) and not any(counted(scene) for scene in context.evidence.scenes)
