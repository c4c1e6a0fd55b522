"""Verbs and pronouns where no English sentence about a picture has them: a finite verb after "shows" or "is", and the
first person of who wrote the caption."""

from __future__ import annotations

import re

from curation.dialogue.checks.base import DESCRIPTION, Context
from curation.dialogue.parse import DOERS, parse
from curation.dialogue.scene import Kind, Token
from curation.dialogue.verbs import ARTICLES, MODALS, PICTURES

BE = frozenset({"is", "are", "was", "were"})
SHOW = frozenset({"shows", "show", "showed"})
OPENS = frozenset(
    {"that", "who", "which", "whose", "what", "where", "when", "how", "while", "as", "because", "since", "if", "before"}
) | {"after", "until", "moment", "way", ".", ";", "they", "he", "she", "it"}  # a clause of its own may begin
MAIN = frozenset({"ROOT", "conj", "ccomp"})
PRESENT = frozenset({"VBZ", "VBP"})
QUOTED = re.compile(r"[\"“][^\"”]*[\"”]|(?<!\w)['‘].*?['’](?!\w)")
FIRST_PERSON = re.compile(  # no "World War I", no "My Fair Lady", no "US"
    r"(?:^|[.!?;,] |\b(?:and|or|but|as|that|when|while|because|where|which) )I(?=['’ ][a-z])"
    r"|(?:^|[.!?;,] |\b[a-z]+ )(?:[Ww]e|[Mm]y|[Oo]ur)(?=['’ ][a-z0-9])|\b[a-z]+ (?:me|us)\b(?!-)"
)
SECOND_PERSON = re.compile(r"\byou\b", re.I)


def first_person(context: Context) -> str | None:
    """ "Our youngest", "I was exhausted": who tells what an image shows is not in it. What is quoted may say so."""
    found = FIRST_PERSON.search(QUOTED.sub("", context.turn.answer))
    if not found and context.turn.response_type == DESCRIPTION:
        found = SECOND_PERSON.search(context.turn.answer)
    return f"“{found.group().strip(' ,.;')}”" if found else None


def misplaced_verb(context: Context) -> str | None:
    """ "A vendor is fans the charcoal", "The photo shows a tailor marks the hem"."""
    tokens, lexicon = context.answer.tokens, context.lexicon
    for before, token, after in zip(tokens, tokens[1:], tokens[2:], strict=False):
        acts = token.stem in lexicon.verbs | context.verbs and token.lower.endswith("s")
        if before.lower in BE and acts and not token.lower.endswith("ss") and after.lower in ARTICLES:
            return f"“{before.text} {token.text} {after.text}”"
    starts = [at for at, token in enumerate(tokens) if _wants_no_verb(tokens, at, context)]
    if not starts:
        return None
    shown = tokens[starts[0] + 1 :]
    words = [token.lower for token in shown] + [""]
    ends = (at for at, word in enumerate(words) if word in OPENS or (word == "," and words[at + 1] in ("and", "but")))
    inner = shown[: next(ends, None)]
    doubtful = [
        token
        for before, token, after in zip([tokens[starts[0]], *inner], inner, inner[1:], strict=False)
        if before.lower not in MODALS and _may_be_finite(token, after, context)
    ]
    found = next((token for token in doubtful if _is_main(token, context)), None)
    return f"“{tokens[starts[0]].text} … {found.text}”" if found else None


def _wants_no_verb(tokens: list[Token], at: int, context: Context) -> bool:
    """Whether no finite verb may follow: after "the photo shows" and after "is painted"."""
    if tokens[at].lower in BE:
        return tokens[at + 1].lower.endswith(("ed", "ing", "en"))
    return tokens[at].lower in SHOW and at > 0 and _is_picture(tokens[at - 1], context)


def _is_picture(word: Token, context: Context) -> bool:
    return word.lower.removesuffix("s") in PICTURES or word.stem in context.lexicon.depictions


def _may_be_finite(token: Token, after: Token, context: Context) -> bool:
    """Whether a word of the evidence may be a finite verb here, by its form and by what follows: few are parsed."""
    if token.lower not in context.evidence.words or token.lower.endswith(("ing", "ed", "ss")):
        return False
    acts = token.stem in context.lexicon.acts | context.verbs
    aims = token.lower.endswith("s") and (after.lower in ARTICLES or (acts and after.kind is Kind.WORD))
    return aims or (after.kind is Kind.PREPOSITION and acts)


def _is_main(token: Token, context: Context) -> bool:
    """Whether a word is, wherever the evidence has it, the verb of a sentence with its subject before it."""
    docs = (parse(fact.text, context.lexicon).doc for fact in context.evidence.facts)
    same = [word for doc in docs for word in doc if word.lower_ == token.lower]
    return bool(same) and all(
        word.tag_ in PRESENT
        and word.dep_ in MAIN
        and any(each.dep_ in DOERS and each.i < word.i for each in word.children)
        for word in same
    )
