"""Support of who does what: an action of an answer must be one that the evidence gives its subject."""

from __future__ import annotations

from collections.abc import Iterator

from curation.dialogue.checks.base import CARRIERS, Doubt
from curation.dialogue.checks.links import BE, word_before
from curation.dialogue.checks.otherwise import COVERED, close
from curation.dialogue.given import Given
from curation.dialogue.lexicon import Lexicon
from curation.dialogue.scene import Action, Kind, Phrase, Scene
from curation.dialogue.verbs import PARTICIPLES
from curation.dialogue.words import GROUPS

AUXILIARIES = frozenset({"is", "are", "was", "were", "does", "do", "did", "has", "have", "can"})
OF_THINGS = frozenset({"hold", "contain"})  # of a person or an animal, the word and the link checks ask for it
NO_DEEDS = frozenset({"made", "built", "constructed", "doing", "located", "found"})
PRONOUNS = frozenset({"he", "she", "it", "they"})


def bad_actions(scene: Scene, asked: list[Phrase], given: Given) -> Iterator[Doubt]:
    """Who does what: an action's subject in the answer must be one that the evidence gives it."""
    lexicon = given.lexicon
    for action in scene.actions:
        verb = _deed(action, scene, given)
        if verb in lexicon.frame | OF_THINGS or action.verb.lower in NO_DEEDS:
            continue
        same = [known for known in given.actions if verb in lexicon.entailed((known.verb.stem,))]
        if same and not action.aimed and all(known.aimed for known in same):
            yield None, f"the evidence does not say that “{action.verb.text}” is done"
        nameless = lexicon.frame | set(lexicon.numbers)  # "the two are"
        named = [phrase for phrase in _subjects(action, scene, lexicon) if phrase.head.stem not in nameless]
        subjects = named or [phrase for phrase in asked if phrase.link is None][-1:]
        if not subjects:
            continue
        stem = subjects[0].head.stem
        if verb == "focus" and not same and stem in lexicon.living:  # a picture's focus is nobody's deed
            yield None, f"the evidence does not say that {subjects[0].text} is {action.verb.text}"
        if _says_little(verb, subjects[0], given):
            continue
        if not action.verb.lower.endswith("ing") and any(
            (known.link is not None and known.link.stem == verb)
            or any(told.verb.stem == verb for told in given.verbs_at(known))
            for _, known in given.heads(stem)
        ):
            continue  # "the blood pressure is being checked", "the patient is being operated on"
        clause = {token.lower for token in scene.tokens[subjects[0].start + len(subjects[0].words) : action.start]}
        if named and clause & PRONOUNS:
            continue  # "the tent they are pitching"
        if action.verb.lower == "working" and any(
            stem in given.stands_for(doer) for known in given.actions for doer in known.subjects[:1]
        ):
            continue  # the mechanic who changes the oil
        if verb in lexicon.wearing and verb not in given.stems:
            continue  # the link check asks for the clothes
        if given.modifies(stem, verb) or (verb, stem) in given.pairs:
            continue  # a sleeping cat; a rocket launch
        if given.done_by(stem, verb) or verb in {"carri"} - given.stems:
            continue  # what is carried the link check asks for
        if verb in CARRIERS and any(p.link is action.verb and p.head.stem in lexicon.deeds for p in scene.phrases):
            continue  # "taking an exam"
        doers = [phrase for known in same for phrase in doers_of(known, lexicon)]
        nouns = [phrase for phrase in given.phrases if phrase.head.stem == verb]
        if (not doers and not nouns) or (doers and not any(stem in given.stands_for(phrase) for phrase in doers)):
            yield action.verb, f"the evidence does not say that {subjects[0].text} is {action.verb.text}"


def _says_little(verb: str, subject: Phrase, given: Given) -> bool:
    """Whether a verb says of a thing only that it is there, or what a preposition says, of which the links tell."""
    lexicon, stem = given.lexicon, subject.head.stem
    light = lexicon.resting | lexicon.as_prepositions.keys()
    cooked = lexicon.stem("cook") in lexicon.entailed(word.stem for word in subject.modifiers)
    living = stem in lexicon.living and not cooked and stem not in lexicon.settings  # a garden
    return verb in light - given.stems and (not living or (verb == lexicon.stem("cross") and _goes_across(stem, given)))


def _goes_across(doer: str, given: Given) -> bool:
    """Whether somebody crosses something: a fox "carrying a rabbit across" it, and not a man "looking across" it."""
    afar = given.lexicon.directed | given.lexicon.distant
    return any(
        known.link is None
        and place.link is not None
        and place.link.lower == "across"
        and place.clause == known.clause
        and at < spot
        and close(given.phrases[at + 1 : spot], given)
        and not any(action.verb.stem in afar for action in given.actions if action.clause == place.clause)
        for at, known in given.heads(doer)
        for spot, place in enumerate(given.phrases)
    )


def _deed(action: Action, scene: Scene, given: Given) -> str:
    """Stem of what is done: of "taking a rest" it is resting."""
    nouns = {phrase.head.stem for phrase in scene.phrases if phrase.link is action.verb}
    done = nouns & {known.verb.stem for known in given.actions} if action.verb.stem in CARRIERS else set()
    return min(done, default=action.verb.stem)


def doers_of(action: Action, lexicon: Lexicon) -> tuple[Phrase, ...]:
    """Who may act: of "boy watching a girl eating an apple" the girl alone, whom somebody else's verb aims at."""
    last = action.subjects[-1] if action.subjects else None
    if last is None or last.link is None:
        return action.subjects
    first, link, living = action.subjects[0].head.stem, last.link.lower, lexicon.living
    if action.verb.stem in COVERED and not action.verb.lower.endswith("ing") and last.head.stem not in living:
        named = last.head.text[:1].isupper()  # "park near Lyon covered with snow"
        return action.subjects if named else (last,)  # "in a classroom decorated with stars"
    undergone = action.verb.lower.endswith("ed") or action.verb.lower in PARTICIPLES  # "a map spread across a table"
    if first in living and last.head.stem not in living and undergone:
        return action.subjects  # "planting trees on a hillside destroyed by fire"
    end = action.subjects[0].start + len(action.subjects[0].words)  # not "villagers carry the coffin of a soldier"
    if link == "of" and first in lexicon.persons - lexicon.stems(GROUPS) and last.start <= end + 2:
        return action.subjects[:-1]  # "the son of a farmer", and not "a group of hikers"
    acts = action.verb.stem not in lexicon.staying or action.verb.stem in lexicon.directed
    if first in living and last.head.stem not in living and acts:
        return action.subjects[:1]  # "woman with an umbrella waiting", and not "man with a camera hanging"
    if link in ("with", "and", "of"):
        return action.subjects
    worn = action.verb.stem in lexicon.wearing and last.head.stem not in lexicon.persons
    aimed = last.head.stem in living and not worn and action.verb.lower.endswith("ing")
    return (last,) if aimed else action.subjects


def _subjects(action: Action, scene: Scene, lexicon: Lexicon) -> tuple[Phrase, ...]:
    """Who acts: the clause's first phrase, or in "What animals is the dog herding?" the one after the auxiliary."""
    clause = [token.lower for token in scene.tokens[: action.start] if token.lower not in AUXILIARIES]
    if clause[-1:] in (["that"], ["which"]):
        things = [p for p in scene.phrases if p.start < action.start and not p.head.text[:1].isupper()]
        return tuple(things[-1:])  # "in a classroom that is decorated"
    if len(doers_of(action, lexicon)) < len(action.subjects):
        before = scene.tokens[action.start - 1]
        if before in action.subjects[-1].words:  # "a boy is watching a girl eating": right before its verb
            living = action.subjects[-1].head.stem in lexicon.living
            return action.subjects[-1:] if living else doers_of(action, lexicon)  # "a boy in a coat jumps"
    if len(action.subjects) > 1 and scene.tokens[0].lower in ("what", "which", "how", "whose"):
        first, last = action.subjects[0], action.subjects[-1]
        between = scene.tokens[first.start + len(first.words) : last.start]
        if between and between[0].lower in AUXILIARIES and all(token.kind is Kind.FUNCTION for token in between):
            return (last,)
    # "it is rusty and sits", "it bends its neck to drink"
    return tuple(w for w in action.subjects[:1] if word_before(scene, w) not in BE and not _undergone(w, lexicon))


def _undergone(phrase: Phrase, lexicon: Lexicon) -> bool:
    """Whether a thing is what a verb before it is done to, so that whoever does it does what follows, too."""
    link, dead = phrase.link, phrase.head.stem not in lexicon.living
    return link is not None and link.kind is Kind.VERB and dead and link.stem not in lexicon.frame
