"""What a text says is not there, or not yet: "woman not wearing a mask", "street with no cars", "before it rained"."""

from __future__ import annotations

from curation.dialogue.scene import Kind, Scene, Token

DENIALS = frozenset({"no", "not", "never", "without", "nobody", "none", "neither", "nor", "instead", "pretending"})
ELSEWHERE = frozenset({"sin", "ohne", "kein", "keine", "keinen", "keinem", "keiner"})  # in Spanish and German
OF_THINGS = frozenset({"no", "without", "neither", "nor", "instead"}) | ELSEWHERE
LATER = frozenset({"before", "until", "about", "will", "may", "might", "later", "soon", "next", "after"})
BESIDE = frozenset({"a", "an", "the", "any", "her", "his", "their", "its"})


def denied(scene: Scene) -> frozenset[str]:
    """Stems of the words that a denial is about. That of a thing ends at the next verb, preposition or "and": "without
    a coat in the snow"; that of an action holds its place too: "not sitting on the sofa"."""
    found: set[str] = set()
    denial = ""
    some = acts = False
    for token in scene.tokens:
        if is_denial(token.lower):
            denial, some, acts = token.lower, False, False
        elif not denial or token.lower == "longer":
            continue  # "no longer crying"
        elif token.kind is Kind.BREAK or (some and token.kind is Kind.VERB):
            denial = ""
        elif token.kind in (Kind.WORD, Kind.VERB):
            found.add(token.stem)
            some, acts = True, acts or (token.kind is Kind.VERB and denial not in OF_THINGS)
        elif some and token.kind is Kind.CONJUNCTION:
            denial = denial if token.lower == "or" else ""
        elif some and (_closes(token) or (token.kind is Kind.PREPOSITION and not acts)):
            denial = ""
    return frozenset(found)


def _closes(token: Token) -> bool:
    return token.kind is Kind.FUNCTION and token.lower not in BESIDE


def is_denial(word: str) -> bool:
    """Whether a word, in lower case, denies what follows it."""
    return word in DENIALS | ELSEWHERE or word.endswith(("n't", "n’t"))


def told_later(scene: Scene) -> frozenset[str]:
    """Stems of what is done only after what a text shows: "right before the rain came and flooded the tents"."""
    verbs: dict[bool, set[str]] = {True: set(), False: set()}
    later = False
    for token in scene.tokens:
        later = token.lower in ("before", "until") or (later and token.kind is not Kind.BREAK)
        if token.kind is Kind.VERB:
            verbs[later].add(token.stem)
    return frozenset(verbs[True] - verbs[False])
