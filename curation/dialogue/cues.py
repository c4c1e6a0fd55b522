"""Inferences that the evidence carries: each from a cue that it holds, from two facts read together, or from what the
text itself says of a cause or a purpose."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import replace

from curation.captions.depicts import is_visible
from curation.dialogue.because import (
    REASON,
    REASON_WORDS,
    RUN_ON,
    by_deed,
    doing_of,
    how_it_is,
    linked,
    name_thing,
    name_who,
    pronoun_for,
    quality,
    that_it_is,
)
from curation.dialogue.denied import denied
from curation.dialogue.evidence import OCR
from curation.dialogue.lexicon import WORD, Cue
from curation.dialogue.model import Evidence, Focus
from curation.dialogue.parse import parse
from curation.dialogue.reasons import stated
from curation.dialogue.scene import Kind, Phrase
from curation.dialogue.seen import is_art
from curation.dialogue.subjects import ADVERBS, names_something
from curation.dialogue.view import View
from curation.dialogue.words import is_several

WHO, WHAT, DOING = "{who}", "{what}", "{doing}"
COMPOUND = frozenset({"sports", "arms", "sales", "goods", "steel", "grass", "glass", "christmas", "women's", "kids"})
ELSEWHERE = frozenset({"outside", "opposite", "past", "toward", "towards"})  # of a place that one is not in
# What a place is for, of which one says nothing where somebody does something there: a monk sweeps the temple's yard.
HABIT = re.compile(r"(?:people|someone|children) may (?:come here|\w+(?: or \w+)?(?: something| down)? here)")
SIGHTS = (
    "What in the image suggests that {conclusion}?",
    "Which details hint that {conclusion}?",
    "What makes one think that {conclusion}?",
)
FEASTS = frozenset(
    {"day", "eve", "tree", "trees", "market", "markets", "parade", "sunday", "party", "dinner", "egg", "eggs", "bunny"}
)


def cue_foci(evidence: Evidence) -> list[Focus]:
    """The inferences that the evidence carries, each asked in every way that its cue knows."""
    found: list[Focus] = []
    for cue in cues_of(evidence):
        named = cue.stems & evidence.stems
        if named and cue.rank >= 0:
            beside = cue.beside & evidence.stems
            clue, at = _clue(evidence, named, beside if cue.together else frozenset())
            clue = "; ".join(
                dict.fromkeys((clue, *([_clue(evidence, beside)[0]] if beside and not cue.together else [])))
            )
            reason = f"(?:it is [a-z ]{{3,20}}|{REASON})" if named & evidence.lexicon.times else REASON
            if cue.again:
                reason = f"(?:{cue.again} {REASON_WORDS}|{reason})"
            reason = cue.own or reason
            own = evidence.lexicon.stems(WORD.findall(cue.own.replace("\\", "")))
            form = f"{cue.conclusion[:1].upper()}{cue.conclusion[1:]}, because {reason}"
            found.extend(
                Focus(
                    "cue",
                    question,
                    expected=named,
                    forms=(form,),
                    hint=cue.conclusion,
                    clue=clue,
                    also=beside & own if own else beside,
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
    copies = evidence.stems & lexicon.replicas  # of a plush owl only the plush tells
    if not lexicon.reads or any(is_art(scene, lexicon) for scene in scenes):
        return ()
    views = [View.of(scene, lexicon) for scene in scenes]
    found = [] if copies else [cue for view in views for cue in stated(view)]
    stems = frozenset(token.stem for scene in scenes for token in scene.content)
    stems -= frozenset(stem for scene in scenes for stem in denied(scene))
    for cue in lexicon.cues:
        told = cue.stems & (stems & copies if copies else stems) and (not cue.beside or cue.beside & stems)
        if not told or cue.unless & evidence.stems or (evidence.stems & lexicon.idle and not cue.stems & lexicon.idle):
            continue
        for view in views:
            at = next(_places_of(cue, view), None)
            acts = [action for action in view.actions if not view.loose(action)]
            done = not cue.together and any(action.verb.stem in cue.stems for action in acts)
            if at is not None or done:
                found.extend(_told_of(cue, view, at))
                break
    return tuple(found)


def _places_of(cue: Cue, view: View) -> Iterator[Phrase]:
    """The phrases that hold a cue where it may stand; of a title only the first: a jacket "in Cactus" has no thorns."""
    for phrase in (*view.phrases, *(p for p in view.scene.phrases if p.link is not None and p.link.lower == "during")):
        words = phrase.words if cue.anywhere or cue.named else phrase.words[-1:]
        if cue.named:
            words = tuple(word for word in words if _feast(word.text, phrase))
        elif view.scene.is_name(phrase) and (cue.anywhere or not _is_place(phrase, view)):
            continue
        apart = cue.together and not cue.beside & {word.stem for word in phrase.words}
        if not apart and _surely(phrase, cue, view) and any(word.stem in cue.stems for word in words):
            yield phrase


def _is_place(name: Phrase, view: View) -> bool:
    """Whether a name is of a place, as far as its last word tells: Norwich Cathedral, and not Stephen Shore."""
    given = view.lexicon.male_names | view.lexicon.female_names
    return name.head.stem in view.lexicon.places and name.words[0].lower not in given


def _surely(phrase: Phrase, cue: Cue, view: View) -> bool:
    """Whether a phrase is surely of a thing that is there: none strung together of many words, with the number of a
    model in it, and no name in a list. Of a title only the first thing counts, and a place only with where it is
    ("Traffic at Night"): "Nike College Cap" is no college, and a market "by Henry Brooks" is a picture's name."""
    scene, lexicon = view.scene, view.lexicon
    model = phrase.head.text[:1].isupper() and any(map(str.isdigit, "".join(word.text for word in phrase.words[1:])))
    if model or len(phrase.words) > RUN_ON:
        return False
    things = phrase.words if cue.anywhere else phrase.words[-1:]
    sure = any(is_visible(word.lower) or word.stem in lexicon.living for word in things)
    noun = sure or parse(scene.text, lexicon).is_noun(phrase.head, scene.tokens[: phrase.start])
    if len(phrase.words) > 1 and is_several(phrase.words[-2].lower) and phrase.words[-2].lower not in COMPOUND:
        return False  # "workers in hard hats guide it", "her teammates cheer"
    named = names_something(phrase, lexicon) or (sure and phrase.head.lower in ADVERBS)  # "a rusty anchor half buried"
    after = scene.tokens[phrase.start + len(phrase.words) : phrase.start + len(phrase.words) + 1]
    if not cue.named and phrase.capitalised and after and after[0].kind is Kind.BREAK and phrase.start == 0:
        return False  # "Metropolitan Museum: Portrait of a Woman"
    if phrase.link is None and phrase.start and len(phrase.words) == 1 and (cue.named or phrase.head.text.isupper()):
        return False  # "gift coaster, easter, summer"
    if not (cue.named or (noun and named)):
        return False
    if cue.named or not (scene.titled or (phrase.capitalised and phrase.link is None and phrase.start)):
        return True
    placed = any(
        each.link is not None and each.link.lower in lexicon.place_prepositions - {"by"} for each in scene.phrases
    )
    return scene.titled and phrase is scene.phrases[0] and (placed or WHAT in cue.conclusion or WHO in cue.conclusion)


def _feast(word: str, phrase: Phrase) -> bool:
    """Whether a name stands for itself in a phrase: of "Christmas Island" nobody tells the time of year."""
    words = [each.text for each in phrase.words]
    after = words[words.index(word) + 1 :][:1]
    return not after or not after[0][:1].isupper() or after[0].lower() in FEASTS


def _told_of(cue: Cue, view: View, at: Phrase | None) -> Iterator[Cue]:
    """The cue with who and what is meant put into its questions and its conclusion; none where that is not sure."""
    who = _who(cue, view, at)
    named = {
        WHO: name_who(who, cue, view) if who else None,
        WHAT: name_thing(at, cue, view) if at else None,
        DOING: doing_of(cue, view),
    }
    ask, conclusion, words = _ask(cue), cue.conclusion, cue.words
    apart = at is not None and at.link is not None and at.link.lower in ELSEWHERE
    for slot, text in named.items():
        if text is None:
            ask = tuple(question for question in ask if slot not in question)
        else:
            ask = tuple(question.replace(slot, text) for question in ask)
            conclusion = conclusion.replace(slot, text)
            words |= view.lexicon.stems(WORD.findall(text)) if slot in cue.conclusion else frozenset()
    if ask and WHO not in conclusion and WHAT not in conclusion:
        meant = who if WHO in cue.conclusion else None
        again = pronoun_for(meant, view) if meant else ""
        of_thing = at is not None and WHAT in cue.conclusion
        own = ""
        if at is not None and WHO not in cue.conclusion:
            told = how_it_is if of_thing else that_it_is
            own = told(at, cue, view)
        elif who is not None and (how := quality(who, cue)):
            own = re.escape(f"{named[WHO]} {view.subject(who).be} {how}")
        if not own and not of_thing:
            own = by_deed(cue, view, again)
        other = HABIT.match(conclusion) and any(view.living(act.subjects[0]) for act in view.actions)
        idle = apart or other or cue.rank < 0 or (of_thing and not own)
        rank = -1 if idle else cue.rank + (not of_thing)  # what happens says more than what is there
        yield replace(cue, ask=ask, conclusion=conclusion, words=words, again=again, own=own, rank=rank)


def _ask(cue: Cue) -> tuple[str, ...]:
    """A cue's own questions, and one for what in the image speaks for its conclusion."""
    sights = SIGHTS[len(cue.conclusion) % len(SIGHTS)]
    return (*cue.ask, sights.format(conclusion=cue.conclusion.replace("probably ", "")))


def _who(cue: Cue, view: View, at: Phrase | None) -> Phrase | None:
    """Of whom a cue tells: who does it or does something to it, who is so, or the only one who is there."""
    if at is not None and view.living(at) and cue.stems & {word.stem for word in at.modifiers}:
        return at  # of "a dad comforting his crying baby" the baby
    acts = [action for action in view.actions if action.verb.stem in cue.stems]
    acts += [action for action in view.actions if at is not None and at.link is action.verb]
    if acts:
        sure = not view.doubtful(acts[0]) and view.living(acts[0].subjects[0])
        return acts[0].subjects[0] if sure else None
    living = [phrase for phrase in view.phrases if view.living(phrase)]
    so = [phrase for phrase in living if cue.stems & {word.stem for word in phrase.modifiers}]
    if so:
        return so[0]
    return living[0] if len(living) == 1 and living[0] is view.scene.phrases[0] else None


def _clue(evidence: Evidence, named: frozenset[str], beside: frozenset[str] = frozenset()) -> tuple[str, int]:
    """The piece of a fact that holds the cue (and with it what must stand beside it): its phrase, with what links it
    ("at dawn", "with umbrella"); and which fact it is."""
    for at, scene in enumerate(evidence.scenes):
        for action in scene.actions:
            if action.verb.stem in named and not beside:
                after = next((phrase for phrase in scene.phrases if phrase.start > action.start), None)
                end = after.start + len(after.words) if after and after.clause == action.clause else action.start + 1
                return " ".join(token.text for token in scene.tokens[action.start : end]), at
        for phrase in scene.phrases:
            words = {word.stem for word in phrase.words}
            if words & named and (not beside or words & beside):
                return linked(phrase, scene), at
    return min(token.lower for token in evidence.content if token.stem in named), 0
