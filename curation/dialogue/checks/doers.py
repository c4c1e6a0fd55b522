"""Who does and has what, in languages whose sentences are not read.

In "mujer con bolso y hombre con sombrero" what stands after a person or an animal, up to the next one, is told of them:
the hat is the man's. An answer about the woman alone may not tell it. Places ("en el parque") are everybody's.
"""

from __future__ import annotations

from collections.abc import Iterator

from curation.dialogue.checks.base import Context
from curation.dialogue.lexicon import Lexicon
from curation.dialogue.scene import Kind, Scene, Token

WITH = frozenset({"con", "mit"})


def wrong_doers(context: Context) -> Iterator[str]:
    """What an answer tells of one person or animal, and the evidence of another."""
    lexicon = context.lexicon
    told = [group for scene in context.evidence.scenes for group in _groups(scene, lexicon)]
    names = [frozenset(name for token in group for name in _names(token, lexicon)) for group, _ in told]
    spoken_of = {
        name for token in (*context.answer.content, *context.question.content) for name in _said(token, lexicon)
    }
    said = {at for at, name in enumerate(names) if name & spoken_of}
    if not said or len(told) < 2:
        return
    for token in context.answer.content:
        owners = {at for at, (_, words) in enumerate(told) if token.stem in words}
        if owners and not owners & said:
            yield f"the evidence tells “{token.text}” of another"
    if _turned_round(context.answer, names, lexicon):
        yield "the evidence has it the other way round"


def _groups(scene: Scene, lexicon: Lexicon) -> list[tuple[list[Token], set[str]]]:
    """Persons and animals in order, those that "and" joins together, each with the stems of what is told of them: of
    one who begins a part of the text all that is no place, of one to whom something is done ("lee a su hijo un
    cuento") only what stands beside the noun or after "with"."""
    living, groups = lexicon.living, list[tuple[list[Token], set[str]]]()
    begins, tells, everything = True, False, True
    for token in scene.tokens:
        if token.stem in living:
            if groups and begins and not groups[-1][1]:
                groups[-1][0].append(token)
            else:
                groups.append(([token], set()))
                everything = begins
            begins, tells = False, True
        elif token.kind in (Kind.CONJUNCTION, Kind.BREAK):
            begins = True
        elif token.kind is Kind.WORD:
            if groups and tells:
                groups[-1][1].add(token.stem)
        else:
            tells = token.lower in WITH or (
                everything
                and token.lower not in lexicon.place_prepositions
                and (tells or token.kind is Kind.PREPOSITION)
            )
    return groups


def _said(token: Token, lexicon: Lexicon) -> tuple[str, ...]:
    """What a word calls somebody; "niño" and "niña" have one stem, and so go by their endings."""
    return (token.lower.removesuffix("s"), token.lower) if lexicon.language == "es" else (token.stem,)


def _names(token: Token, lexicon: Lexicon) -> frozenset[str]:
    """What somebody of the evidence may be called."""
    kinds = lexicon.entailed((token.stem,)) - {token.stem}
    return kinds | frozenset(_said(token, lexicon))


def _turned_round(answer: Scene, names: list[frozenset[str]], lexicon: Lexicon) -> bool:
    """Whether two of them stand the other way round than in the evidence, with no preposition before either."""
    found: list[int] = []
    for at, token in enumerate(answer.tokens):
        of = [spot for spot, name in enumerate(names) if name & set(_said(token, lexicon))]
        before = [word for word in answer.tokens[max(0, at - 2) : at] if word.kind is not Kind.WORD]
        if len(of) == 1 and not any(word.kind is Kind.PREPOSITION and word.lower != "a" for word in before):
            found.append(of[0])
    return found != sorted(found) and not any(token.kind is Kind.CONJUNCTION for token in answer.tokens)
