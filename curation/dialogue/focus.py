"""What the evidence can be asked about: each focus is a question that the caption itself answers."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

from curation.dialogue.cues import cue_foci, cues_of
from curation.dialogue.evidence import OCR
from curation.dialogue.lexicon import Lexicon
from curation.dialogue.model import Evidence, Focus
from curation.dialogue.scene import Kind, Phrase, Scene
from curation.dialogue.seen import carrier, in_place, is_animal, is_name, is_person, is_sight, sure_claims
from curation.dialogue.subjects import is_plural, names_something, plain, slot
from curation.dialogue.things import last_colour, things
from curation.dialogue.view import View

# What a question may hold between its given words, as a regular expression: letters, digits, spaces, hyphens.
TEXT = "[A-Za-z0-9À-ÖØ-öø-ÿ '’-]{2,50}"
WRITTEN = Focus(
    "text",
    "what words are written in the image",
    frozenset({"word", "written", "imag", "read"}),
    forms=(f"What words {TEXT}", f"Which words {TEXT}"),
)
PATHS = frozenset({"through", "across", "along", "into", "past", "up", "down", "off", "around", "from"})  # no places
CELESTIAL = frozenset({"sun", "moon", "sky", "clouds", "cloud", "star", "stars", "rainbow"})  # in no field or sea
NOWHERE = frozenset({"wheels", "foot", "horseback", "duty"})
RELATIVE = frozenset({"that", "which", "who", "whose"})
FEASTS = frozenset({"eve", "christmas", "easter", "halloween", "thanksgiving", "birthday"})
OWN = frozenset({"its", "their", "his", "her"})
ROUGH = frozenset({"over", "about", "around", "under", "than", "in"})  # before a number: about, or of nothing in sight
NUMBER_LIMIT = 12  # beyond it nobody counts what a photo shows
MORE = frozenset({"third", "fourth", "fifth", "sixth", "seventh"})
IMITATED = frozenset({"faux", "fake", "imitation", "artificial", "look", "effect"})


def foci(evidence: Evidence) -> list[Focus]:
    """Every focus that the evidence supports, the surest kinds first, without duplicates."""
    return list(_foci(evidence)) if evidence.lexicon.reads else []


@functools.lru_cache(maxsize=64)  # a false premise is made of the same
def _foci(evidence: Evidence) -> tuple[Focus, ...]:
    found: dict[str, Focus] = {}
    for at, (fact, scene) in enumerate(zip(evidence.facts, evidence.scenes, strict=True)):
        if fact.source == OCR:
            found[WRITTEN.topic] = replace(WRITTEN, expected=_words_of(scene), fact=at)
            continue
        view = View.of(scene, evidence.lexicon)
        for source in (_counts, _colours, last_colour, _wearing, _objects, _doing, _places, _materials, things):
            for focus in source(view):
                found.setdefault(focus.topic, replace(focus, fact=at))
    return tuple(found.values())


def _words_of(scene: Scene) -> frozenset[str]:
    """Stems of what stands in quotation marks."""
    return frozenset(token.stem for token in scene.content) - WRITTEN.asked


def _focus(kind: str, topic: str, subject: Phrase, asked: str, expected: str, *forms: str) -> Focus:
    """A focus on what is told of a phrase; without `asked`, the question must name the phrase."""
    named = frozenset(word.stem for word in subject.words)
    return Focus(kind, topic, frozenset({asked}) if asked else named, frozenset({expected}), named, forms)


def _counts(view: View) -> Iterator[Focus]:
    lexicon = view.lexicon
    if goes_on_counting(view.scene):
        return
    for phrase in view.common():
        first = phrase.words[0]
        number = lexicon.numbers.get(first.stem)
        rough = phrase.link is not None and phrase.link.lower in ROUGH | {"between"}
        rough = rough or any(token.text == "/" for token in view.scene.tokens[max(0, phrase.start - 1) : phrase.start])
        if (
            not number
            or first not in sure_claims(phrase, view.scene, lexicon)
            or rough
            or phrase.head.stem in lexicon.units
        ):
            continue
        if 2 <= number <= NUMBER_LIMIT and view.subject(phrase).be == "are":
            topic = f"how many {plain(phrase, view.scene, lexicon)} there are"
            form = f"How many {slot(phrase)} (?:are|can) {TEXT}"
            yield _focus("count", topic, phrase, phrase.head.stem, first.stem, form)


def goes_on_counting(scene: Scene) -> bool:
    """Whether a text adds to a number that it tells: "two zebras drinking while a third keeps watch"."""
    more = [token.lower for token in scene.tokens if token.kind is not Kind.BREAK]
    return any(one in ("a", "an", "another") and two in MORE for one, two in pairwise(more)) or "another" in more


def _colours(view: View) -> Iterator[Focus]:
    lexicon = view.lexicon
    for phrase in view.common():
        told = sure_claims(phrase, view.scene, lexicon)
        colours = frozenset(word.stem for word in told if word.stem in lexicon.colours)
        if view.scene.titled and (phrase.clause or not lexicon.entails.get(phrase.head.stem)):
            continue  # every word of a title may be its name: "Crystal Case - Purple Hex Star"
        if colours and phrase.head.lower not in lexicon.people:
            be = "are" if is_plural(phrase, view.scene, lexicon) else "is"
            topic = f"the color of the {plain(phrase, view.scene, lexicon)}"
            asks = (f"What color {be}", f"Which color {be}", "What is the color of")
            forms = [f"{ask} the {slot(phrase)}" for ask in asks]
            yield replace(_focus("color", topic, phrase, phrase.head.stem, "", *forms), expected=colours)


def _materials(view: View) -> Iterator[Focus]:
    lexicon = view.lexicon
    for phrase in view.common():
        if {word.lower for word in phrase.modifiers} & IMITATED or phrase.head.stem in lexicon.materials:
            continue
        if view.scene.titled and phrase.clause:
            continue  # "Creative Greeting Cards (Annie's Attic: Paper Crafts)"
        for word in sure_claims(phrase, view.scene, lexicon):
            if word.stem in lexicon.materials and lexicon.made_of(word.stem, phrase.head.stem):
                be = "are" if is_plural(phrase, view.scene, lexicon) else "is"
                topic = f"what the {plain(phrase, view.scene, lexicon, materials=False)} {be} made of"
                asks = ("What", "What material", "Which material")
                forms = [f"{ask} {be} the {slot(phrase)} made of" for ask in asks]
                yield _focus("material", topic, phrase, phrase.head.stem, word.stem, *forms)


def _wearing(view: View) -> Iterator[Focus]:
    lexicon = view.lexicon
    people = [phrase for phrase in view.phrases if is_person(phrase, lexicon)]
    for phrase in view.phrases:
        worn = phrase.head.stem in lexicon.clothing and phrase.head.lower != "glass"
        if people and worn and phrase.link and phrase.link.stem in ("in", "wear"):
            before = [person for person in people if person.start < phrase.start]
            if len(before) == 1:
                who = view.subject(before[0])
                topic = f"what {who.text} {who.be} wearing"
                forms = [f"{ask} {who.be} (?:the )?{slot(before[0])} wearing" for ask in ("What", "What clothing")]
                yield _focus("wearing", topic, before[0], lexicon.stem("wear"), phrase.head.stem, *forms)


def _objects(view: View) -> Iterator[Focus]:
    lexicon = view.lexicon
    for action, doing in view.present():
        direct = view.object_of(action)
        between = view.scene.tokens[action.start + 1 : direct.start] if direct else []
        if any(token.lower not in lexicon.determiners | {"out"} for token in between):
            continue  # "drives off the first tee"
        if direct is None or direct.head.lower in lexicon.people or not _is_object(direct, view):
            continue
        if action.verb.stem in lexicon.stems(("sit", "stand")):
            continue  # "students sit an exam"
        subject = action.subjects[0]
        if not is_sight(subject, view.scene, lexicon):
            continue
        if (view.living(subject) or action.verb.stem not in lexicon.talk) and action.verb.stem not in lexicon.social:
            who = view.subject(subject)
            topic = f"what {who.text} {who.be} {doing}"
            yield _focus("object", topic, subject, action.verb.stem, direct.head.stem, f"What {who.be} {TEXT}")


def _is_object(phrase: Phrase, view: View) -> bool:
    """Whether a phrase is a thing that something is done to: no time ("winning the final minute"), no name."""
    lexicon, head = view.lexicon, phrase.head
    vague = head.stem in lexicon.times | lexicon.units or head.lower in VAGUE
    return names_something(phrase, lexicon) and not vague and not (head.text[:1].isupper() and not view.scene.titled)


VAGUE = frozenset({"me", "us", "you", "use", "way", "ways", "line", "place", "part", "paths", "home", "hands", "eyes"})


def _doing(view: View) -> Iterator[Focus]:
    lexicon = view.lexicon
    for action, _ in view.present():
        subject = action.subjects[0]
        named = is_name(subject, view.scene, lexicon) and subject.head.stem not in lexicon.places
        acts = named and subject.text.replace(" ", "").isalpha() and action.verb.stem in lexicon.acts
        after = view.scene.tokens[action.start + 1 : action.start + 2]
        if action.verb.lower in ("talks", "speaks", "discusses") and after and after[0].kind is Kind.WORD:
            continue  # "talks short hair and red carpet"
        if action.verb.stem != lexicon.stem("wear") and (
            is_person(subject, lexicon) or is_animal(subject, lexicon) or acts
        ):
            who = view.subject(subject)
            form = f"What {who.be} (?:the )?{slot(subject)}{who.more} doing"
            yield _focus("doing", f"what {who.text} {who.be} doing", subject, "", action.verb.stem, form)


def _places(view: View) -> Iterator[Focus]:
    lexicon, scene = view.lexicon, view.scene
    subject = scene.phrases[0] if scene.phrases else None
    if subject not in view.phrases or subject is None or subject.head.stem in lexicon.depictions:
        return
    if not is_sight(subject, scene, lexicon) or subject.head.lower in FEASTS:
        return  # "Best Things to Do in Kyoto", "Christmas Eve at Nana's"
    printed = bool(carrier(subject, lexicon) and any(view.living(p) for p in scene.phrases[1:]))
    for phrase in () if printed else view.phrases[1:]:
        if phrase.link is None or phrase.link.lower not in lexicon.place_prepositions - PATHS or phrase.clause:
            continue
        if phrase.link.lower in ("between", "among") and not is_plural(phrase, scene, lexicon):
            continue  # "between a row of cafes and a square"
        who = view.subject(subject)
        others = [other for other in scene.phrases[1 : scene.phrases.index(phrase)] if other is not who.joined]
        if any(other.determiner in OWN and other.link is None for other in others):
            continue  # "a machine is taken apart, its pieces laid out on paper"
        if RELATIVE & {token.lower for token in scene.tokens[subject.start + len(subject.words) + 1 : phrase.start]}:
            continue  # "a bedroom has a window that looks out over fields"
        own = phrase.determiner in ("its", "their") and phrase is not scene.phrases[1]
        if own or phrase.determiner in ("each", "every"):
            continue  # "an escalator is closed, and a man sits on its steps"; "a staircase with pots on every step"
        no_place = lexicon.clothing | lexicon.times | frozenset(lexicon.materials) | lexicon.colours
        if (
            phrase.head.lower in NOWHERE or phrase.head.stem in no_place or not in_place(phrase, lexicon)
        ):  # boots in brown leather are nowhere yet
            continue
        if (scene.titled or is_name(subject, scene, lexicon)) and any(
            token.kind is Kind.BREAK for token in scene.tokens[subject.start : phrase.start]
        ):
            continue  # "Caspar David Friedrich, Hills near Dresden"
        known = phrase.head.stem in lexicon.settings | lexicon.places | lexicon.spots
        if scene.titled and not known and is_person(subject, lexicon):
            continue  # "Professional in Business Analysis"
        if _before_is_directed(scene, phrase, lexicon) or not hangs_on_first(scene, phrase, lexicon):
            continue
        if not all(names_something(each, lexicon) for each in (subject, who.joined or subject)):
            return
        article = f"{phrase.determiner} " if phrase.determiner else ""
        topic = f"where {who.text} {who.be} ({phrase.link.lower} {article}{phrase.text}{_of(phrase, scene)})"
        whole = f"{slot(subject)}(?: of {TEXT})?" if " of " in who.text else f"{slot(subject)}{who.more}"
        yield _focus("place", topic, subject, "", phrase.head.stem, f"Where {who.be} (?:the )?{whole}")
        return


def _of(phrase: Phrase, scene: Scene) -> str:
    """What of a name stands after it: "the University of Utrecht"."""
    after = scene.phrases[scene.phrases.index(phrase) + 1 :][:1]
    named = after and after[0].link is not None and after[0].link.lower == "of" and after[0].head.text[:1].isupper()
    return f" of {after[0].text}" if named and phrase.head.text[:1].isupper() else ""


def hangs_on_first(scene: Scene, phrase: Phrase, lexicon: Lexicon) -> bool:
    """Whether a place tells where the first phrase is. With an object or another place between the two it may be the
    place of that ("candles on a cake"), unless it is somewhere that things happen ("in the park")."""
    at = scene.phrases.index(phrase)
    between = [other.link for other in scene.phrases[1:at]]
    acts = [action.verb.stem for action in scene.actions if action.start < phrase.start]
    stays = not acts or acts[-1] in lexicon.staying
    own, before = phrase.link.lower if phrase.link else "", scene.phrases[at - 1]
    holds = before.link is not None and before.link.lower == "with" and before is not scene.phrases[0]
    if holds and own == "on" and not phrase.capitalised and scene.phrases[0].head.stem not in lexicon.living:
        return False  # "a van with surfboards on the roof"
    if stays and all(link is None or link.lower == "of" for link in between):
        return True
    held = any(link is not None and link.kind is Kind.VERB for link in between)
    if held and own == "over":
        return False  # "sled dogs pulling a musher over a river"
    if held and any(action.verb.stem in lexicon.distant for action in scene.actions if action.start < phrase.start):
        return False  # "a crowd watches a band on a stage"
    return phrase.head.stem in lexicon.settings or phrase.capitalised


def _before_is_directed(scene: Scene, phrase: Phrase, lexicon: Lexicon) -> bool:
    """Whether the phrase is what a verb aims at: "looking at the camera"."""
    verbs = [action for action in scene.actions if action.start < phrase.start]
    return (
        bool(verbs)
        and verbs[-1].verb.stem in lexicon.directed
        and phrase.link is not None
        and (scene.tokens.index(phrase.link) == verbs[-1].start + 1)
    )


__all__ = ["cue_foci", "cues_of", "foci"]
