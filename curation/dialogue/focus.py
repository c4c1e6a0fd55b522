"""What the evidence can be asked about: each focus is a question that the caption itself answers."""

from __future__ import annotations

from collections.abc import Iterator

from curation.dialogue.lexicon import Lexicon
from curation.dialogue.model import Evidence, Focus
from curation.dialogue.scene import Action, Phrase, Scene

NUMBER_LIMIT = 12  # beyond it nobody counts what a photo shows


def foci(evidence: Evidence) -> list[Focus]:
    """Every focus that the evidence supports, the surest kinds first, without duplicates."""
    found: dict[str, Focus] = {}
    for scene in evidence.scenes[:1]:
        for source in (_counts, _colours, _wearing, _objects, _doing, _places, _materials):
            for focus in source(scene, evidence.lexicon):
                found.setdefault(focus.topic, focus)
    return list(found.values())


def cue_foci(evidence: Evidence) -> list[Focus]:
    """The inferences that a cue in the evidence carries."""
    found: list[Focus] = []
    for cue in evidence.lexicon.cues:
        named = cue.stems & evidence.stems
        if named:
            word = next(token.lower for token in evidence.content if token.stem in named)
            found.extend(Focus("cue", question, expected=named, hint=cue.conclusion, clue=word) for question in cue.ask)
    return found


def name_of(phrase: Phrase, lexicon: Lexicon) -> str:
    """The phrase as it would stand after an article, without what a topic need not tell; names keep capitals."""
    text = _bare(phrase, lexicon)
    return text if _is_name(phrase) else f"the {text}"


def _is_name(phrase: Phrase) -> bool:
    return len(phrase.words) > 1 and all(word.text[:1].isupper() for word in phrase.words)


def _be(phrase: Phrase) -> str:
    head = phrase.head.lower
    return "are" if (head.endswith("s") and not head.endswith(("ss", "us"))) or head in _PLURALS else "is"


_PLURALS = frozenset({"men", "women", "children", "people"})


def _bare(phrase: Phrase, lexicon: Lexicon) -> str:
    """The phrase without colours, numbers and materials, so that a topic does not give its answer away."""
    kept = [
        word
        for word in phrase.words
        if word is phrase.head
        or not (word.stem in lexicon.colours or word.stem in lexicon.numbers or word.stem in lexicon.materials)
    ]
    if _is_name(phrase):
        return phrase.text
    return " ".join(
        word.text if word.text[1:] and index and word.text[0].isupper() else word.lower
        for index, word in enumerate(kept)
    )


def _counts(scene: Scene, lexicon: Lexicon) -> Iterator[Focus]:
    for phrase in scene.phrases:
        for word in phrase.modifiers[:1]:
            number = lexicon.numbers.get(word.stem)
            if number and 2 <= number <= NUMBER_LIMIT and _be(phrase) == "are":
                topic = f"how many {_bare(phrase, lexicon)} there are"
                yield Focus("count", topic, frozenset({phrase.head.stem}), frozenset({word.stem}))


def _colours(scene: Scene, lexicon: Lexicon) -> Iterator[Focus]:
    for phrase in scene.phrases:
        colours = frozenset(word.stem for word in phrase.modifiers if word.stem in lexicon.colours)
        if colours and phrase.head.stem not in lexicon.colours:
            topic = f"the color of the {_bare(phrase, lexicon)}"
            yield Focus("color", topic, frozenset({phrase.head.stem}), colours)


def _materials(scene: Scene, lexicon: Lexicon) -> Iterator[Focus]:
    for phrase in scene.phrases:
        for word in phrase.modifiers:
            if word.stem in lexicon.materials and phrase.head.stem not in lexicon.materials:
                topic = f"what the {_bare(phrase, lexicon)} {_be(phrase)} made of"
                yield Focus("material", topic, frozenset({phrase.head.stem}), frozenset({word.stem}))


def _wearing(scene: Scene, lexicon: Lexicon) -> Iterator[Focus]:
    people = [phrase for phrase in scene.phrases if _is_person(phrase, lexicon)]
    for phrase in scene.phrases:
        if people and phrase.head.stem in lexicon.clothing and phrase.link and phrase.link.stem in ("in", "wear"):
            before = [person for person in people if person.start < phrase.start]
            if before:
                topic = f"what {name_of(before[0], lexicon)} {_be(before[0])} wearing"
                yield Focus("wearing", topic, frozenset({lexicon.stem("wear")}), frozenset({phrase.head.stem}))


def _objects(scene: Scene, lexicon: Lexicon) -> Iterator[Focus]:
    for action in scene.actions:
        direct = next(
            (phrase for phrase in scene.phrases if phrase.link is not None and phrase.link is action.verb), None
        )
        if direct is None or not action.subjects or not _progressive(action):
            continue
        subject = action.subjects[0]
        topic = f"what {name_of(subject, lexicon)} {_be(subject)} {action.verb.lower}"
        yield Focus("object", topic, frozenset({action.verb.stem}), frozenset({direct.head.stem}))


def _doing(scene: Scene, lexicon: Lexicon) -> Iterator[Focus]:
    for action in scene.actions:
        if not action.subjects or not _progressive(action) or action.verb.stem == lexicon.stem("wear"):
            continue
        subject = action.subjects[0]
        if _is_person(subject, lexicon) or _is_animal(subject, lexicon):
            topic = f"what {name_of(subject, lexicon)} {_be(subject)} doing"
            yield Focus("doing", topic, frozenset({word.stem for word in subject.words}), frozenset({action.verb.stem}))


def _places(scene: Scene, lexicon: Lexicon) -> Iterator[Focus]:
    for phrase in scene.phrases[1:]:
        if phrase.link is None or phrase.link.lower not in lexicon.place_prepositions or phrase.clause:
            continue
        if phrase.head.stem in lexicon.clothing | lexicon.times or phrase.head.stem in lexicon.numbers:
            continue
        if _before_is_directed(scene, phrase, lexicon):
            continue
        subject = scene.phrases[0]
        topic = f"where {name_of(subject, lexicon)} {_be(subject)} ({phrase.link.lower} {phrase.text})"
        yield Focus("place", topic, frozenset({word.stem for word in subject.words}), frozenset({phrase.head.stem}))
        return


def _before_is_directed(scene: Scene, phrase: Phrase, lexicon: Lexicon) -> bool:
    """Whether the phrase is what a verb aims at: "looking at the camera"."""
    verbs = [action for action in scene.actions if action.start < phrase.start]
    return (
        bool(verbs)
        and verbs[-1].verb.stem in lexicon.directed
        and phrase.link is not None
        and (scene.tokens.index(phrase.link) == verbs[-1].start + 1)
    )


def _progressive(action: Action) -> bool:
    return action.verb.lower.endswith("ing")


def _is_person(phrase: Phrase, lexicon: Lexicon) -> bool:
    return any(word.stem in lexicon.persons for word in phrase.words)


def _is_animal(phrase: Phrase, lexicon: Lexicon) -> bool:
    return phrase.head.stem in lexicon.animals
