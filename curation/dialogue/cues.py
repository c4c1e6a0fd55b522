"""Inferences that the evidence carries: each from a cue that it holds, from two facts read together, or from what the
text itself says of a cause or a purpose."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import replace

from curation.dialogue.denied import denied
from curation.dialogue.evidence import OCR
from curation.dialogue.lexicon import WORD, Cue
from curation.dialogue.model import Evidence, Focus
from curation.dialogue.reasons import stated
from curation.dialogue.scene import Phrase, Scene
from curation.dialogue.seen import is_art
from curation.dialogue.view import View

# What a reason may begin with: a sentence about something in the image. "It is" begins none but that of a time.
REASON = "(?:the |an? |there (?:is|are) |two |three |four |[A-Z])[A-Za-zÀ-ÖØ-öø-ÿ0-9 '’-]{6,90}"
WHO = "{who}"
SIGHTS = (
    "What in the image suggests that {conclusion}?",
    "Which details hint that {conclusion}?",
    "What makes one think that {conclusion}?",
)
FEASTS = frozenset({"day", "eve", "tree", "trees", "market", "markets", "parade", "sunday", "party", "dinner", "egg"})


def cue_foci(evidence: Evidence) -> list[Focus]:
    """The inferences that the evidence carries, each asked in every way that its cue knows."""
    found: list[Focus] = []
    for cue in cues_of(evidence):
        named = cue.stems & evidence.stems
        if named and cue.rank >= 0:
            clue, at = _clue(evidence, named)
            beside = cue.beside & evidence.stems
            clue = "; ".join(dict.fromkeys((clue, *([_clue(evidence, beside)[0]] if beside else []))))
            reason = f"(?:it is [a-z ]{{3,20}}|{REASON})" if named & evidence.lexicon.times else REASON
            form = f"{cue.conclusion[:1].upper()}{cue.conclusion[1:]}, because {reason}"
            found.extend(
                Focus(
                    "cue",
                    question,
                    expected=named,
                    forms=(form,),
                    hint=cue.conclusion,
                    clue=clue,
                    also=beside,
                    rank=cue.rank,
                    fact=at,
                )
                for question in cue.ask
            )
    return found


@functools.lru_cache(maxsize=64)
def cues_of(evidence: Evidence) -> tuple[Cue, ...]:
    """The cues that the evidence holds: as the head of a phrase or as an action, and some as a modifier too. Robert
    Frost is not cold, a plush owl does not sleep by day, and nobody in a painting need be happy."""
    lexicon = evidence.lexicon
    pairs = zip(evidence.facts, evidence.scenes, strict=True)
    scenes = [scene for fact, scene in pairs if fact.source != OCR]
    if not lexicon.reads or evidence.stems & lexicon.replicas or any(is_art(scene, lexicon) for scene in scenes):
        return ()
    views = [View.of(scene, lexicon) for scene in scenes]
    found = [cue for view in views for cue in stated(view)]
    stems = frozenset(token.stem for scene in scenes for token in scene.content)
    stems -= frozenset(stem for scene in scenes for stem in denied(scene))
    for cue in lexicon.cues:
        if cue.unless & evidence.stems or not cue.stems & stems or (cue.beside and not cue.beside & stems):
            continue
        view = next((view for view in views if cue.stems & _places_of(cue, view)), None)
        if view is not None:
            found.extend(_told_of(cue, view))
    return tuple(found)


def _places_of(cue: Cue, view: View) -> frozenset[str]:
    """Stems that may be a cue where they stand."""
    phrases = [*view.phrases, *(p for p in view.scene.phrases if p.link is not None and p.link.lower == "during")]
    acts = frozenset(action.verb.stem for action in view.actions)
    if cue.named:
        return frozenset(word.stem for phrase in phrases for word in phrase.words if _feast(word.text, phrase))
    plain = [phrase for phrase in phrases if not view.scene.is_name(phrase)]
    if cue.anywhere:
        return acts | {word.stem for phrase in plain for word in phrase.words}
    sights = [phrase for phrase in phrases if phrase.head.stem in view.lexicon.places]
    return acts | {phrase.head.stem for phrase in (*plain, *sights)}


def _feast(word: str, phrase: Phrase) -> bool:
    """Whether a name stands for itself in a phrase: of "Christmas Island" nobody tells the time of year."""
    words = [each.text for each in phrase.words]
    after = words[words.index(word) + 1 :][:1]
    return not after or not after[0][:1].isupper() or after[0].lower() in FEASTS


def _told_of(cue: Cue, view: View) -> Iterator[Cue]:
    """The cue with who is meant put into its questions and its conclusion; none where that is not sure."""
    who = _who(cue, view)
    if who is None:
        ask = tuple(question for question in _ask(cue) if WHO not in question)
        if ask and WHO not in cue.conclusion:
            yield replace(cue, ask=ask)
        return
    text = view.subject(who).text
    yield replace(
        cue,
        ask=tuple(question.replace(WHO, text) for question in _ask(cue)),
        conclusion=cue.conclusion.replace(WHO, text),
        words=cue.words | view.lexicon.stems(WORD.findall(text)),
    )


def _ask(cue: Cue) -> tuple[str, ...]:
    """A cue's own questions, and one for what in the image speaks for its conclusion."""
    sights = SIGHTS[len(cue.conclusion) % len(SIGHTS)]
    return (*cue.ask, sights.format(conclusion=cue.conclusion.replace("probably ", "")))


def _who(cue: Cue, view: View) -> Phrase | None:
    """Of whom a cue tells: who does it, who is so, or the only one who is there."""
    acts = [action for action in view.actions if action.verb.stem in cue.stems]
    if acts:
        sure = not view.doubtful(acts[0]) and view.living(acts[0].subjects[0])
        return acts[0].subjects[0] if sure else None
    living = [phrase for phrase in view.phrases if view.living(phrase)]
    so = [phrase for phrase in living if cue.stems & {word.stem for word in phrase.modifiers}]
    if so:
        return so[0]
    return living[0] if len(living) == 1 and living[0] is view.scene.phrases[0] else None


def _clue(evidence: Evidence, named: frozenset[str]) -> tuple[str, int]:
    """The piece of a fact that holds the cue: its phrase, with what links it ("at dawn", "with umbrella"); and which
    fact it is."""
    for at, scene in enumerate(evidence.scenes):
        for action in scene.actions:
            if action.verb.stem in named:
                after = next((phrase for phrase in scene.phrases if phrase.start > action.start), None)
                end = after.start + len(after.words) if after and after.clause == action.clause else action.start + 1
                return " ".join(token.text for token in scene.tokens[action.start : end]), at
        for phrase in scene.phrases:
            if any(word.stem in named for word in phrase.words):
                return _linked(phrase, scene), at
    return min(token.lower for token in evidence.content if token.stem in named), 0


def _linked(phrase: Phrase, scene: Scene) -> str:
    link = f"{phrase.link.lower} " if phrase.link else ""
    article = f"{phrase.determiner} " if phrase.determiner else ""
    return f"{link}{article}{phrase.text}"
