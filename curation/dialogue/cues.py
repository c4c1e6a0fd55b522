"""Inferences that the evidence carries: each from a cue that it holds."""

from __future__ import annotations

from curation.dialogue.denied import denied
from curation.dialogue.lexicon import Cue
from curation.dialogue.model import Evidence, Focus

# What a reason may begin with: a sentence about something in the image. "It is" begins none but that of a time.
REASON = "(?:the |an? |there (?:is|are) |two |three |four |[A-Z])[A-Za-zÀ-ÖØ-öø-ÿ0-9 '’-]{6,90}"


def cue_foci(evidence: Evidence) -> list[Focus]:
    """The inferences that a cue in the evidence carries."""
    found: list[Focus] = []
    for cue in cues_of(evidence):
        named = cue.stems & evidence.stems
        if named:
            word, at = _clue(evidence, named)
            reason = f"(?:it is [a-z ]{{3,20}}|{REASON})" if named & evidence.lexicon.times else REASON
            form = f"{cue.conclusion[:1].upper()}{cue.conclusion[1:]}, because {reason}"
            found.extend(
                Focus("cue", question, expected=named, forms=(form,), hint=cue.conclusion, clue=word, fact=at)
                for question in cue.ask
            )
    return found


def cues_of(evidence: Evidence) -> list[Cue]:
    """The cues that the evidence holds: as the head of a phrase or as an action, and some as a modifier too. Robert
    Frost is not cold, and a plush owl does not sleep by day."""
    lexicon = evidence.lexicon
    if evidence.stems & lexicon.replicas or any(denied(scene) for scene in evidence.scenes):
        return []
    names = {word for scene in evidence.scenes for p in scene.phrases if scene.is_name(p) for word in p.words}
    heads = {
        phrase.head.stem
        for scene in evidence.scenes
        for phrase in scene.phrases
        if not scene.is_name(phrase) or phrase.head.stem in lexicon.places
    }
    heads |= {action.verb.stem for scene in evidence.scenes for action in scene.actions}
    told = {token.stem for token in evidence.content if token not in names}
    found = []
    for cue in lexicon.cues:
        where = (evidence.stems if cue.named else told) if cue.anywhere else heads
        if cue.stems & where and not cue.unless & evidence.stems:
            found.append(cue)
    return found


def _clue(evidence: Evidence, named: frozenset[str]) -> tuple[str, int]:
    """The piece of a fact that holds the cue: its phrase, with what links it ("at dawn", "with umbrella"); and which
    fact it is."""
    for at, scene in enumerate(evidence.scenes):
        for phrase in scene.phrases:
            if any(word.stem in named for word in phrase.words):
                link = f"{phrase.link.lower} " if phrase.link else ""
                article = f"{phrase.determiner} " if phrase.determiner else ""
                return f"{link}{article}{phrase.text}", at
    return next(
        (token.lower, at) for at, scene in enumerate(evidence.scenes) for token in scene.content if token.stem in named
    )
