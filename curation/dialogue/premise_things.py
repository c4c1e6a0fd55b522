"""What may be taken wrongly for granted of a thing: its color, its number, what it is made of, what it is like."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from curation.dialogue.focus import IMITATED, NUMBER_LIMIT, ROUGH, goes_on_counting
from curation.dialogue.model import Evidence
from curation.dialogue.premise_table import Refuted, Table, several
from curation.dialogue.scene import POSSESSIVES, Kind, Phrase, Token, joined
from curation.dialogue.seen import is_animal, is_art, is_person, sure_claims
from curation.dialogue.subjects import SHADES, is_plural
from curation.dialogue.view import View
from curation.dialogue.words import WHOLES, many

ADJECTIVES = ("ed", "proof")
TITLE_WORDS = 5  # of a phrase of which the first may tell the color of the last
PART_OF = frozenset({"top", "tops", "up", "down", "off", "out", "front", "/"})  # "Golden Tank Top" is of no tank
ONE = Token("one", "one", "one", Kind.WORD)
STAINED = frozenset({"stained", "reading"})  # stained glass is a window, a reading glass a lens


def of_things(view: View, evidence: Evidence) -> Iterator[Refuted]:
    """The wrong colors, materials, numbers and states of what is shown; none of what is painted or drawn."""
    if is_art(view.scene, view.lexicon):
        return
    for phrase in view.common():
        yield from _numbers(phrase, view, evidence)
        if named(phrase, view) and not is_person(phrase, view.lexicon):
            for find in (_colours, _materials, _states):
                yield from find(phrase, view, evidence)


def named(phrase: Phrase, view: View) -> bool:
    """Whether a phrase's head surely names something to see, and one thing alone has that name. Of the title of a
    product it is the first thing or what that is "with"; elsewhere a capital makes a name."""
    scene, lexicon, head = view.scene, view.lexicon, phrase.head
    kinds = lexicon.entails.get(head.stem, frozenset()) - (
        frozenset() if is_animal(phrase, lexicon) else lexicon.persons
    )
    table, grounds = Table.of(lexicon), lexicon.places | lexicon.spots
    known = kinds or head.stem in table.sights | grounds or head.lower in table.things  # a design is no designer
    vague = lexicon.homonyms | lexicon.depictions | lexicon.units | lexicon.times | lexicon.frame
    if not known or head.stem in vague:
        return False
    if not head.text.replace("-", "").isalpha() or any(char.isdigit() for char in phrase.text):
        return False
    if not phrase.text.replace("’", "'").isascii() or head.lower.endswith(ADJECTIVES) or head.stem in lexicon.materials:
        return False
    if sum(other.head.stem == head.stem for other in scene.phrases) > 1:
        return False
    after = scene.tokens[phrase.start + len(phrase.words) :][:1]
    joined_on = scene.titled and after and after[0].kind is Kind.CONJUNCTION  # "Green Pea and Mint Ice Cream"
    if joined_on or (after and after[0].lower in PART_OF) or (phrase.clause and phrase.link is None):
        return False
    if not scene.titled:
        return head.text.islower() or phrase.start == 0
    if any(other.link is None and other.clause and other.head.lower in table.things for other in scene.phrases):
        return False  # "Black Diamond - Fleece Gloves"
    return phrase is scene.phrases[0] or (phrase.link is not None and phrase.link.lower == "with")


def _of_head(phrase: Phrase, word: Token, view: View) -> bool:
    """Whether nothing in a title makes a word part of a name: "Snow White Mirror", "Rose Gold Bezel"."""
    before = phrase.words[: phrase.words.index(word)]
    if any(many(other.lower) and not other.lower.endswith(POSSESSIVES) for other in phrase.modifiers):
        return False  # "Red Combine Harvests Wheat"
    near = _right_before(phrase, word, view) or (phrase.link is None and len(phrase.words) <= TITLE_WORDS)
    if len(phrase.words) > TITLE_WORDS - 1 and not near:
        return False  # "with Red Rhinestones Cherry Fruit Pin"
    if not view.scene.titled or not before:
        return True
    last = before[-1].lower
    return last.endswith(POSSESSIVES) or last in SHADES or view.lexicon.describes(last)


def _right_before(phrase: Phrase, word: Token, view: View) -> bool:
    """Whether a word stands before its head, with nothing between that it might be said of instead."""
    between = phrase.words[phrase.words.index(word) + 1 : -1]
    return all(view.lexicon.describes(other.lower) for other in between)


def _refuted(sort: str, phrase: Phrase, word: Token, tells: str, view: View, evidence: Evidence) -> Iterator[Refuted]:
    """One wrong word for one that is told of a thing; `tells` is how the hint goes on after "is"."""
    wrong = Table.of(view.lexicon).wrong(sort, word, evidence)
    if wrong is not None and _of_head(phrase, word, view):
        thing, be = phrase.head.lower, "are" if is_plural(phrase, view.scene, view.lexicon) else "is"
        hint = f"the {thing} {be} {tells}"
        yield Refuted(sort, wrong, frozenset({word.stem}), hint, {"thing": thing, "be": be})


def _colours(phrase: Phrase, view: View, evidence: Evidence) -> Iterator[Refuted]:
    lexicon = view.lexicon
    told = [word for word in sure_claims(phrase, view.scene, lexicon) if word.stem in lexicon.colours]
    if view.scene.titled and len({word.stem for word in view.scene.content} & lexicon.colours) > 1:
        return  # "Brown Jordan Rug in Black"
    if len(told) == 1 and not joined(view.scene, phrase, lexicon):
        yield from _refuted("color", phrase, told[0], told[0].lower, view, evidence)


def _materials(phrase: Phrase, view: View, evidence: Evidence) -> Iterator[Refuted]:
    lexicon, head = view.lexicon, phrase.head
    told = [word for word in sure_claims(phrase, view.scene, lexicon) if word.stem in lexicon.materials]
    said = {word.lower for word in phrase.modifiers}
    if len(told) != 1 or said & (IMITATED | STAINED) or head.stem in lexicon.materials:
        return
    near = _right_before(phrase, told[0], view) or head.stem in lexicon.clothing
    if near and lexicon.made_of(told[0].stem, head.stem):
        material = "wood" if told[0].lower == "wooden" else told[0].lower
        yield from _refuted("material", phrase, told[0], f"made of {material}", view, evidence)


def _states(phrase: Phrase, view: View, evidence: Evidence) -> Iterator[Refuted]:
    scene, lexicon = view.scene, view.lexicon
    if is_animal(phrase, lexicon) or (scene.titled and phrase.head.stem in lexicon.places):
        return
    known = Table.of(lexicon).set_phrases
    kinds = {one for one, two in pairwise(phrase.words) if f"{one.lower} {two.lower}" in known}
    for word in phrase.modifiers:
        if word not in kinds and _right_before(phrase, word, view):
            yield from _refuted("state", phrase, word, word.lower, view, evidence)


def _numbers(phrase: Phrase, view: View, evidence: Evidence) -> Iterator[Refuted]:
    lexicon, table, first = view.lexicon, Table.of(view.lexicon), phrase.words[0]
    if goes_on_counting(view.scene):
        return
    if _alone(phrase, view):
        told, things, right = ONE, several(phrase.head.lower), "there is only one"
    elif _counted(phrase, view):
        told, things = first, phrase.head.lower
        right = f"there are {first.lower} {things}"
    else:
        return
    wrong = table.wrong("count", told, evidence)
    if wrong is not None:
        living = is_person(phrase, lexicon) or is_animal(phrase, lexicon)
        fields, form = {"things": things, "be": "are"}, "living" if living else "count"
        yield Refuted("count", wrong, frozenset({told.stem}), right, fields, form)


def _counted(phrase: Phrase, view: View) -> bool:
    """Whether a number in words is told of several things or people that can be counted."""
    lexicon, first = view.lexicon, phrase.words[0]
    rough = phrase.link is not None and phrase.link.lower in ROUGH
    if rough or first not in sure_claims(phrase, view.scene, lexicon) or phrase.head.stem in lexicon.units:
        return False
    people = phrase.head.lower in lexicon.people and not view.scene.titled
    several_of = 2 <= lexicon.numbers.get(first.stem, 0) <= NUMBER_LIMIT and is_plural(phrase, view.scene, lexicon)
    return several_of and (people or named(phrase, view))


def _alone(phrase: Phrase, view: View) -> bool:
    """Whether a caption begins with one person or animal, "a nurse", and names no other of the kind."""
    scene, lexicon, head = view.scene, view.lexicon, phrase.head
    one = phrase is scene.phrases[0] and phrase.determiner in ("a", "an") and head.text.islower()
    living = head.lower in lexicon.people or is_animal(phrase, lexicon)
    same = sum(head.stem in lexicon.entailed((other.head.stem,)) for other in scene.phrases)
    return one and living and same == 1 and head.lower not in WHOLES and not is_plural(phrase, scene, lexicon)


__all__ = ["named", "of_things"]
