"""What a caption shows first, taken for something else of its sort: boots for sandals, a kitchen for a bathroom."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from curation.dialogue.model import Evidence, Focus
from curation.dialogue.premise_table import Refuted, Table, several
from curation.dialogue.scene import Kind, Phrase
from curation.dialogue.seen import is_animal, is_art, is_person
from curation.dialogue.subjects import names_something
from curation.dialogue.view import View
from curation.dialogue.words import many

# after a first thing, that another is meant: of "Chicken Soup for the Soul" none is shown
GOES_ON = frozenset({"for", "of", "around", "to", "as", "like", "about", "off", "up", "down", "out", "/"})
LOTS = frozenset({"set", "sets", "kit", "kits", "lot", "pack", "collection", "bundle"})  # hold other things too
SORTS = ("kind", "grown")


def of_kinds(view: View, evidence: Evidence, told: Sequence[Focus]) -> Iterator[Refuted]:
    """Wrong kinds of the first thing, where it is sure that it is shown: one of `told`, the foci of conversation, asks
    what it is."""
    scene, lexicon, table = view.scene, view.lexicon, Table.of(view.lexicon)
    first = scene.phrases[0] if scene.phrases else None
    if first is None or is_art(scene, lexicon) or not _sure(first, view, table):
        return
    shown = any(f.kind == "kind" and f.fact == 0 and first.head.stem in f.expected for f in told)
    sorts = SORTS if shown else ("room",) if _room(first, view) else ()
    for sort in sorts:
        wrong = table.wrong(sort, first.head, evidence)
        if wrong is not None:
            yield _other(first, wrong, sort, view, table)
            return


def _sure(first: Phrase, view: View, table: Table) -> bool:
    """Whether nothing before, in or after the phrase says that another thing is meant: "Laptop Bag", "Truck Bed",
    "Power House and Dam", "Earring and Necklace Set"."""
    scene, lexicon = view.scene, view.lexicon
    if first not in view.phrases or first.link is not None or is_person(first, lexicon):
        return False
    named = " ".join(word.lower for word in first.words[-2:]) in table.set_phrases  # a hot dog
    if named or {word.lower for word in first.modifiers} & (table.things | LOTS) or not names_something(first, lexicon):
        return False
    after = scene.tokens[first.start + len(first.words) :][:1]
    if after and after[0].kind is Kind.VERB and (scene.titled or not is_animal(first, lexicon)):
        return False  # "sunflower kissing balls", "Lions Selling Tickets"
    if after and (after[0].kind in (Kind.FUNCTION, Kind.CONJUNCTION) or after[0].lower in GOES_ON):
        return False
    later = [phrase.head for phrase in scene.phrases[1:] if phrase.link is None]
    known = lexicon.entailed((first.head.stem,))
    return not any(head.lower in table.things | LOTS and head.stem not in known for head in later)


def _room(first: Phrase, view: View) -> bool:
    """Whether a room is told of, and no name that ends in one: "Rodelle Kitchen"."""
    return first.head.text.islower() or all(view.lexicon.describes(word.lower) for word in first.modifiers)


def _other(thing: Phrase, wrong: str, sort: str, view: View, table: Table) -> Refuted:
    head = thing.head.lower
    plural = head in table.plurals[sort]
    pair = head in table.singles[sort] and many(head)  # jeans are one garment
    hint = f"they are {head}" if plural or pair else f"it is {table.one(head, view.lexicon)}"
    fields = {"is": "are", "do": "do"} if plural else {"is": "is", "do": "does"}
    return Refuted("kind", several(wrong) if plural else wrong, frozenset({thing.head.stem}), hint, fields, sort)
