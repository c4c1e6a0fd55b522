"""What a text says is not there: "woman not wearing a mask", "street with no cars"."""

from __future__ import annotations

from curation.dialogue.scene import Kind, Scene

DENIALS = frozenset({"no", "not", "never", "without", "nobody", "none", "neither", "nor", "instead", "pretending"})


def denied(scene: Scene) -> frozenset[str]:
    """Stems of the words that a denial is about: those after it, up to the next preposition, conjunction or comma."""
    found: set[str] = set()
    open_, some = False, False
    for token in scene.tokens:
        if is_denial(token.lower):
            open_, some = True, False
        elif open_ and token.kind in (Kind.WORD, Kind.VERB):
            found.add(token.stem)
            some = True
        elif some and (token.kind is not Kind.FUNCTION or token.lower not in ("a", "an", "the", "any", "her", "his")):
            open_ = False
    return frozenset(found)


def is_denial(word: str) -> bool:
    """Whether a word, in lower case, denies what follows it."""
    return word in DENIALS or word.endswith(("n't", "n’t"))
