"""What the evidence can be asked about: each focus is a question that the caption itself answers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from curation.dialogue.cues import cue_foci, cues_of
from curation.dialogue.denied import denied
from curation.dialogue.evidence import OCR
from curation.dialogue.lexicon import Lexicon
from curation.dialogue.model import Evidence, Focus
from curation.dialogue.scene import Action, Phrase, Scene

# What a question may hold between its given words, as a regular expression: letters, digits, spaces, hyphens.
TEXT = "[A-Za-z0-9À-ÖØ-öø-ÿ '’-]{2,50}"
WRITTEN = Focus(
    "text",
    "what words are written in the image",
    frozenset({"word", "written", "imag", "read"}),
    forms=(f"What words {TEXT}", f"Which words {TEXT}"),
)
PATHS = frozenset({"through", "across", "along", "into", "past", "up", "down", "off", "around", "from"})  # no places
ADJECTIVAL = frozenset({"wooden", "woolen", "golden"})
NUMBER_LIMIT = 12  # beyond it nobody counts what a photo shows


def foci(evidence: Evidence) -> list[Focus]:
    """Every focus that the evidence supports, the surest kinds first, without duplicates."""
    found: dict[str, Focus] = {}
    if not evidence.lexicon.reads:
        return []
    for at, (fact, scene) in enumerate(zip(evidence.facts, evidence.scenes, strict=True)):
        if fact.source == OCR:
            found[WRITTEN.topic] = replace(WRITTEN, expected=_words_of(scene), fact=at)
            continue
        if denied(scene):
            continue  # what is asked of "woman not wearing a mask" would be answered with a mask
        for source in (_counts, _colours, _wearing, _objects, _doing, _places, _materials):
            for focus in source(scene, evidence.lexicon):
                found.setdefault(focus.topic, replace(focus, fact=at))
    return list(found.values())


def _words_of(scene: Scene) -> frozenset[str]:
    """Stems of what stands in quotation marks."""
    return frozenset(token.stem for token in scene.content) - WRITTEN.asked


def name_of(phrase: Phrase, scene: Scene, lexicon: Lexicon) -> str:
    """The phrase with its article, without what a topic need not tell; names keep capitals and have no article."""
    text = _bare(phrase, scene, lexicon)
    after = scene.phrases[scene.phrases.index(phrase) + 1 :][:1]
    if after and after[0].link is not None and after[0].link.lower == "of" and not scene.is_name(phrase):
        text = f"{text} of {_bare(after[0], scene, lexicon)}"
    return text if scene.is_name(phrase) and not _has_article(phrase, lexicon) else f"the {text}"


def _has_article(phrase: Phrase, lexicon: Lexicon) -> bool:
    """Whether a name is of a place: the Eiffel Tower."""
    return phrase.head.stem in lexicon.places


def _be(phrase: Phrase) -> str:
    head = phrase.head.lower
    if phrase.capitalised:
        return "is"
    return "are" if (head.endswith("s") and not head.endswith(("ss", "us"))) or head in _PLURALS else "is"


_PLURALS = frozenset({"men", "women", "children", "people"})


def _bare(phrase: Phrase, scene: Scene, lexicon: Lexicon, materials: bool = True) -> str:
    """The phrase without colours, numbers and perhaps materials, so that a topic does not give its answer away."""
    if scene.is_name(phrase):
        return phrase.text
    told = lexicon.colours | frozenset(lexicon.numbers) | frozenset(() if materials else lexicon.materials)
    kept = [word for word in phrase.words if word is phrase.head or word.stem not in told]
    starts = {scene.tokens[0].text} if scene.tokens[0].text.istitle() else set()
    return " ".join(word.lower if scene.titled or word.text in starts else word.text for word in kept)


def _common(scene: Scene, lexicon: Lexicon) -> list[Phrase]:
    """Phrases that are no names (the Golden Gate Bridge is not golden) and name something themselves, as "the green
    ones" does not."""
    return [phrase for phrase in scene.phrases if not scene.is_name(phrase) and phrase.head.stem not in lexicon.numbers]


def _is_thing(phrase: Phrase, lexicon: Lexicon) -> bool:
    """Whether a phrase names something: "wooden" before a word that was taken for a verb does not."""
    return phrase.head.stem not in lexicon.colours and phrase.head.lower not in ADJECTIVAL


def _slot(phrase: Phrase) -> str:
    """How a question may name a phrase, as a regular expression: by its head, with up to three words before it."""
    head = phrase.head.text if phrase.capitalised else phrase.head.lower
    return f"(?:[A-Za-zÀ-ÖØ-öø-ÿ'’-]{{1,14}} ){{0,3}}{re.escape(head)}"


def _focus(kind: str, topic: str, subject: Phrase, asked: str, expected: str, *forms: str) -> Focus:
    """A focus on what is told of a phrase; without `asked`, the question must name the phrase."""
    named = frozenset(word.stem for word in subject.words)
    return Focus(kind, topic, frozenset({asked}) if asked else named, frozenset({expected}), named, forms)


def _counts(scene: Scene, lexicon: Lexicon) -> Iterator[Focus]:
    for phrase in _common(scene, lexicon):
        for word in phrase.modifiers[:1]:
            number = lexicon.numbers.get(word.stem)
            if number and 2 <= number <= NUMBER_LIMIT and _be(phrase) == "are":
                topic = f"how many {_bare(phrase, scene, lexicon)} there are"
                yield _focus(
                    "count", topic, phrase, phrase.head.stem, word.stem, f"How many {_slot(phrase)} (?:are|can) {TEXT}"
                )


def _colours(scene: Scene, lexicon: Lexicon) -> Iterator[Focus]:
    for phrase in _common(scene, lexicon):
        colours = frozenset(word.stem for word in phrase.modifiers if word.stem in lexicon.colours)
        if colours and phrase.head.stem not in lexicon.colours:
            topic, be = f"the color of the {_bare(phrase, scene, lexicon)}", _be(phrase)
            asks = (f"What color {be}", f"Which color {be}", "What is the color of")
            forms = [f"{ask} the {_slot(phrase)}" for ask in asks]
            yield replace(_focus("color", topic, phrase, phrase.head.stem, "", *forms), expected=colours)


def _materials(scene: Scene, lexicon: Lexicon) -> Iterator[Focus]:
    for phrase in _common(scene, lexicon):
        for word in phrase.modifiers:
            if word.stem in lexicon.materials and phrase.head.stem not in lexicon.materials:
                topic = f"what the {_bare(phrase, scene, lexicon, materials=False)} {_be(phrase)} made of"
                asks = ("What", "What material", "Which material")
                forms = [f"{ask} {_be(phrase)} the {_slot(phrase)} made of" for ask in asks]
                yield _focus("material", topic, phrase, phrase.head.stem, word.stem, *forms)


def _wearing(scene: Scene, lexicon: Lexicon) -> Iterator[Focus]:
    people = [phrase for phrase in scene.phrases if _is_person(phrase, lexicon)]
    for phrase in scene.phrases:
        if people and phrase.head.stem in lexicon.clothing and phrase.link and phrase.link.stem in ("in", "wear"):
            before = [person for person in people if person.start < phrase.start]
            if len(before) == 1:
                topic, be = f"what {name_of(before[0], scene, lexicon)} {_be(before[0])} wearing", _be(before[0])
                forms = [f"{ask} {be} (?:the )?{_slot(before[0])} wearing" for ask in ("What", "What clothing")]
                yield _focus("wearing", topic, before[0], lexicon.stem("wear"), phrase.head.stem, *forms)


def _objects(scene: Scene, lexicon: Lexicon) -> Iterator[Focus]:
    for action in scene.actions:
        direct = next(
            (phrase for phrase in scene.phrases if phrase.link is not None and phrase.link is action.verb), None
        )
        shows = action.verb.stem in lexicon.frame
        if direct is None or not _progressive(action) or shows or _doubtful(action, lexicon):
            continue
        subject = action.subjects[0]
        topic = f"what {name_of(subject, scene, lexicon)} {_be(subject)} {action.verb.lower}"
        form = f"What {_be(subject)} {TEXT}"
        yield _focus("object", topic, subject, action.verb.stem, direct.head.stem, form)


def _doing(scene: Scene, lexicon: Lexicon) -> Iterator[Focus]:
    for action in scene.actions:
        if not _progressive(action) or action.verb.stem == lexicon.stem("wear") or _doubtful(action, lexicon):
            continue
        subject = action.subjects[0]
        if _is_person(subject, lexicon) or _is_animal(subject, lexicon):
            topic = f"what {name_of(subject, scene, lexicon)} {_be(subject)} doing"
            yield _focus(
                "doing", topic, subject, "", action.verb.stem, f"What {_be(subject)} (?:the )?{_slot(subject)} doing"
            )


def _places(scene: Scene, lexicon: Lexicon) -> Iterator[Focus]:
    for phrase in scene.phrases[1:]:
        if phrase.link is None or phrase.link.lower not in lexicon.place_prepositions - PATHS or phrase.clause:
            continue
        no_place = lexicon.clothing | lexicon.times | frozenset(lexicon.materials) | frozenset(lexicon.numbers)
        if phrase.head.stem in no_place:  # boots in brown leather are nowhere yet
            continue
        if _before_is_directed(scene, phrase, lexicon) or not hangs_on_first(scene, phrase, lexicon):
            continue
        subject = scene.phrases[0]
        if subject.head.stem in lexicon.depictions or not _is_thing(subject, lexicon):
            return
        topic = f"where {name_of(subject, scene, lexicon)} {_be(subject)} ({phrase.link.lower} {phrase.text})"
        whole = f"{_slot(subject)}(?: of {TEXT})?" if " of " in topic else _slot(subject)
        form = f"Where {_be(subject)} (?:the )?{whole}"
        yield _focus("place", topic, subject, "", phrase.head.stem, form)
        return


def hangs_on_first(scene: Scene, phrase: Phrase, lexicon: Lexicon) -> bool:
    """Whether a place tells where the first phrase is. With an object or another place between the two it may be the
    place of that ("candles on a cake"), unless it is somewhere that things happen ("in the park")."""
    at = scene.phrases.index(phrase)
    between = [other.link for other in scene.phrases[1:at]]
    acts = [action.verb.stem for action in scene.actions if action.start < phrase.start]
    stays = not acts or acts[-1] in lexicon.staying
    if stays and all(link is None or link.lower in ("of", "with") for link in between):
        return True
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


def _doubtful(action: Action, lexicon: Lexicon) -> bool:
    """Whether nobody acts, or one of two may: of "mother holding a baby wearing a hat" neither is asked for."""
    if not action.subjects:
        return True
    last = action.subjects[-1]
    return (
        len(action.subjects) > 1 and last.link is not None and (_is_person(last, lexicon) or _is_animal(last, lexicon))
    )


def _progressive(action: Action) -> bool:
    return action.verb.lower.endswith("ing")


def _is_person(phrase: Phrase, lexicon: Lexicon) -> bool:
    return any(word.stem in lexicon.persons for word in phrase.words)


def _is_animal(phrase: Phrase, lexicon: Lexicon) -> bool:
    return phrase.head.stem in lexicon.animals
