"""What kind of thing a caption shows first, and the color it ends in: most of what titles of products tell.

"Ash Falcon suede ankle boots in black" tells of no deed and no place; it answers "What items are shown?" and "What
color are the boots?".
"""

from __future__ import annotations

from collections.abc import Iterator

from curation.dialogue.model import Focus
from curation.dialogue.scene import Phrase
from curation.dialogue.seen import is_art, is_name, is_person, sure_claims
from curation.dialogue.subjects import is_plural, names_something, plain, slot
from curation.dialogue.view import View

ITEM = "item"
# Kinds that people ask for, the narrowest first: as a question names one, and several.
GROWN = {
    "bird": "birds", "insect": "insects", "fish": "fish", "reptile": "reptiles", "animal": "animals", "fruit": "fruit",
    "vegetable": "vegetables", "dessert": "desserts", "beverage": "beverages", "food": "food", "flower": "flowers",
    "tree": "trees", "plant": "plants",
}  # fmt: skip
MADE = {
    "shoe": "shoes", "hat": "hats", "jewelry": "jewelry", "garment": "garments", "furniture": "furniture",
    "aircraft": "aircraft", "boat": "boats", "vehicle": "vehicles", "toy": "toys", "weapon": "weapons", "tool": "tools",
    "building": "buildings", ITEM: "items",
}  # fmt: skip
ASKS = (
    "What {} {} shown", "What kind of {} {} shown", "What {} can be seen", "Which {} {} in the (?:picture|image|photo)",
)  # fmt: skip
COOKED = ("roast", "roasted", "grilled", "fried", "baked", "smoked", "braised", "stuffed", "curried")
GROWN_WORDS = 3  # a longer title that ends in an animal or a plant is mostly one of something else


def things(view: View) -> Iterator[Focus]:
    """What the first thing of the caption is, asked by its kind."""
    first, kind = _first(view)
    if first is None or kind is None:
        return
    several = is_plural(first, view.scene, view.lexicon) or first.head.lower.endswith(("shoes", "boots"))
    noun = (GROWN | MADE)[kind] if several else kind
    be = "are" if several and noun != kind else "is"
    forms = tuple(ask.format(noun, be) for ask in ASKS)
    asked, stem = view.lexicon.stem(kind), first.head.stem
    yield Focus("kind", f"what {noun} {be} shown", frozenset({asked}), frozenset({stem}), frozenset(), forms)


def last_colour(view: View) -> Iterator[Focus]:
    """The color that follows the first thing: "boots in black", "T-Shirt - Black"."""
    first, kind = _first(view)
    scene, lexicon = view.scene, view.lexicon
    if first is None or kind not in MADE or len(scene.phrases) < 2:
        return
    last = scene.phrases[1]
    told = {word.stem for word in first.words} & lexicon.colours
    apart = last.link is None or last.link.lower == "in"
    alone = len(last.words) <= 2 and last is scene.phrases[-1]
    if told or not apart or not alone or last.head.stem not in lexicon.colours:
        return
    be = "are" if is_plural(first, scene, lexicon) else "is"
    forms = (f"What color {be} the {slot(first)}", f"Which color {be} the {slot(first)}")
    named = frozenset(word.stem for word in first.words)
    topic = f"the color of the {plain(first, scene, lexicon)}"
    yield Focus("color", topic, frozenset({first.head.stem}), frozenset({last.head.stem}), named, forms)


def _first(view: View) -> tuple[Phrase | None, str | None]:
    """The phrase that the caption begins with and its kind, if it is sure that the picture shows such a thing."""
    scene, lexicon = view.scene, view.lexicon
    first = scene.phrases[0] if scene.phrases else None
    if first is None or first not in view.phrases or first.link is not None or is_art(scene, lexicon):
        return None, None
    if is_person(first, lexicon) or not names_something(first, lexicon) or first.head.stem in lexicon.homonyms:
        return None, None
    after = scene.phrases[1:2]
    if after and after[0].link is not None and after[0].link.lower == "of" and after[0].head.text[:1].isupper():
        return None, None  # the House of Mirth is no house
    kinds = lexicon.entailed((first.head.stem,)) - {first.head.stem}
    told = {word.stem for word in first.words}
    for kind in MADE | GROWN if ITEM in kinds else GROWN | MADE:  # to dress is to garnish, too
        if lexicon.stem(kind) in kinds and lexicon.stem(kind) not in told:
            return (first, kind) if kind in MADE or not _may_be_of_another(first, view) else (None, None)
    return None, None


def _may_be_of_another(first: Phrase, view: View) -> bool:
    """Whether an animal or a plant may be but a name, or printed on what the title ends in: "Owl On Tree Wall Sticker",
    "1970 Dodge Super Bee"."""
    scene, lexicon = view.scene, view.lexicon
    if is_name(first, scene, lexicon) or len(first.words) - len(sure_claims(first, scene, lexicon)) > GROWN_WORDS:
        return True
    made = lexicon.replicas | set(lexicon.materials) | lexicon.stems(COOKED)
    if first.head.stem in lexicon.animals and made & {word.stem for word in first.modifiers}:
        return True  # a rubber duck is no bird
    item = lexicon.stem(ITEM)
    return scene.titled and any(item in lexicon.entailed((phrase.head.stem,)) for phrase in scene.phrases[1:])
