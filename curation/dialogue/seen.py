"""What of a caption its image shows: phrases that are no names, nothing talked of and nothing printed on a thing.

A caption speaks of more than is to be seen: "protest for two jailed journalists", "phone case with two kittens". The
links between phrases tell: what hangs on an unsure one is not asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from curation.captions.depicts import is_visible
from curation.dialogue.lexicon import Lexicon
from curation.dialogue.scene import Action, Kind, Phrase, Scene, Token
from curation.dialogue.words import WHOLES

UNSURE = frozenset(
    {"for", "about", "to", "from", "before", "after", "since", "until", "like", "as", "than", "during"}
    | {"by", "via", "beyond", "ahead of", "due to"}
)
LONG = 3  # words of a phrase whose first ones may belong to what is printed
GROWN_COLORS = frozenset(("lavender", "olive", "rose", "peach", "plum", "lilac", "violet", "mint", "cream"))
COUNTRIES = ("an", "ese", "ish")  # ends of words for countries: "two Italian chefs"


def seen(scene: Scene, lexicon: Lexicon) -> list[Phrase]:
    """The phrases that name something in sight themselves."""
    found: list[Phrase] = []
    sure, clause = True, 0
    printed, ends_in_carrier = _prints(scene, lexicon), _ends_in_carrier(scene, lexicon)
    for at, phrase in enumerate(scene.phrases):
        if phrase.clause != clause:
            sure, clause = True, phrase.clause
        sure = sure and not _unsure(scene, at, lexicon)
        living = is_person(phrase, lexicon) or is_animal(phrase, lexicon)
        after = scene.phrases[at + 1 : at + 2]
        if scene.titled and after and after[0].link is not None and after[0].link.lower in ("down", "up"):
            continue  # "Button Down Shirt" has no button to speak of
        if (
            sure
            and not (living and ends_in_carrier)
            and not (printed and at and living)
            and not (printed is None and at)
        ):
            found.append(phrase)
    return found


def is_art(scene: Scene, lexicon: Lexicon) -> bool:
    """Whether the text speaks of a picture that is no photo: of what it shows nothing need be true."""
    drawn = lexicon.depictions - lexicon.photos
    return any(token.stem in drawn | lexicon.art for token in scene.content)


def is_name(phrase: Phrase, scene: Scene, lexicon: Lexicon) -> bool:
    """Whether a phrase is a name, also one that begins with a colour or a number: "Green Day performing"."""
    return scene.is_name(phrase) or (phrase.capitalised and not scene.titled and _in_name(phrase, 0, scene, lexicon))


def claims(phrase: Phrase, scene: Scene, lexicon: Lexicon) -> list[Token]:
    """The colours, numbers and materials that a phrase claims of its head: none in a name ("White House secretary"),
    and none where another phrase shares the head ("two black and three white cats")."""
    if is_name(phrase, scene, lexicon) or _shares_head(phrase, scene, lexicon):
        return []
    told = [
        at
        for at, word in enumerate(phrase.modifiers)
        if word.stem in lexicon.fixed and not word.lower.endswith(("'s", "’s"))  # "Grey's Anatomy"
    ]
    return [phrase.words[at] for at in told if not _in_name(phrase, at, scene, lexicon)]


def sure_claims(phrase: Phrase, scene: Scene, lexicon: Lexicon) -> list[Token]:
    """Its claims without what only names a kind: a golden retriever need not be golden, ice cream is of no cream
    color."""
    kinds = {
        word
        for pair in pairwise(phrase.words)
        if f"{pair[0].lower} {pair[1].lower}" in lexicon.color_kinds
        for word in pair
    }
    if phrase.link is not None and phrase.link.lower == "of" and not phrase.determiner:
        kinds |= {word for word in phrase.words[:1] if word.lower in GROWN_COLORS}  # "rows of lavender stretch ..."
    return [word for word in claims(phrase, scene, lexicon) if word not in kinds]


def _in_name(phrase: Phrase, at: int, scene: Scene, lexicon: Lexicon) -> bool:
    """Whether a modifier belongs to a name: "Red Bull driver", "Three Gorges Dam"."""
    word, after = phrase.words[at], phrase.words[at + 1]
    if scene.titled:
        sights = lexicon.times | lexicon.places
        return any(each.stem in sights or each.lower in lexicon.people for each in phrase.words[at + 1 :])
    if not word.text[:1].isupper():
        return False
    if phrase.start + at:
        return True
    whole = len(phrase.words) == 2 and after.stem in lexicon.animals | lexicon.clothing
    country = after.lower.endswith(COUNTRIES) or after.lower in lexicon.brands
    return after.text[:1].isupper() and not country and not whole


def _shares_head(phrase: Phrase, scene: Scene, lexicon: Lexicon) -> bool:
    """Whether the phrase before, up to "and", "of" or "out of", ends in a word that needs this phrase's head."""
    at = scene.phrases.index(phrase)
    if not at:
        return False
    before = scene.phrases[at - 1].head
    numbers = lexicon.numbers.keys() - {"pair", "dozen"}
    listed = scene.tokens[phrase.start - 1].kind is Kind.CONJUNCTION
    adjective = before.stem in lexicon.colours | numbers or before.stem in lexicon.adjectives
    return (listed and adjective) or (phrase.link is not None and before.stem in numbers)


def _unsure(scene: Scene, at: int, lexicon: Lexicon) -> bool:
    """Whether a phrase's link leads out of sight."""
    phrase = scene.phrases[at]
    if phrase.link is None:
        return False
    before = scene.phrases[at - 1] if at else None
    led = {token.lower for token in scene.tokens[max(0, phrase.start - 2) : phrase.start]}
    if phrase.link.lower == "against" and any(token.stem in lexicon.talk for token in scene.content):
        return True  # a protest, and no wall to lean on
    if phrase.link.lower in UNSURE or phrase.link.stem in lexicon.talk or "as" in led:
        return True
    if before is not None and phrase.link.lower == "of" and before.head.lower in lexicon.people:
        return before.head.lower not in WHOLES  # the mother of three
    of = phrase.link.lower == "of"
    if before is None:
        return of and scene.tokens[phrase.start - 2].lower == "one"  # "one of two lions"
    drawn = lexicon.depictions - (lexicon.photos if at == 1 else frozenset())
    pictured = before.head.stem in (drawn | lexicon.replicas if of else drawn)
    return pictured or any(action.verb.stem in lexicon.printing for action in _right_before(scene, phrase))


def _right_before(scene: Scene, phrase: Phrase) -> Iterator[Action]:
    """The action whose verb stands right before a phrase's link: "printed with birds"."""
    return (action for action in scene.actions if phrase.start - 3 <= action.start < phrase.start)


def _prints(scene: Scene, lexicon: Lexicon) -> bool | None:
    """Whether the text is of something that pictures are printed on, where no animal or person is real; None if of a
    picture that is no photo, where nothing is."""
    if is_art(scene, lexicon):
        return None
    first = scene.phrases[0] if scene.phrases else None
    return first is not None and carrier(first, lexicon)


def _ends_in_carrier(scene: Scene, lexicon: Lexicon) -> bool:
    """Whether a text all in capitals ends in what pictures are printed on: "Puppies Playing Water Polo Baby Quilt"."""
    last = scene.phrases[-1] if len(scene.phrases) > 1 else None
    if last is None or len(last.words) <= LONG or not all(token.text[:1].isupper() for token in scene.content):
        return False
    return last.head.stem in lexicon.carriers


def carrier(phrase: Phrase, lexicon: Lexicon) -> bool:
    """Whether a phrase is of something that pictures are printed on."""
    return any(word.stem in lexicon.carriers | lexicon.replicas for word in phrase.words)


def is_person(phrase: Phrase, lexicon: Lexicon) -> bool:
    """Whether a phrase is of a person, by any of its words."""
    return any(word.lower in lexicon.people for word in phrase.words)


def is_sight(phrase: Phrase, scene: Scene, lexicon: Lexicon) -> bool:
    """Whether a phrase is of something that can be seen, or a name: no effort, no idea, nothing the lists do not
    know."""
    if is_person(phrase, lexicon) or is_animal(phrase, lexicon) or is_name(phrase, scene, lexicon):
        return True
    if phrase.head.text[:1].isupper() and not scene.titled and (phrase.start or len(phrase.words) > 1):
        return True  # a name of one word, of a thing: "Red Ferrari"
    words = [word for word in phrase.words if word.stem not in lexicon.colours and word.text.isalpha()]
    known = lexicon.clothing | lexicon.carriers | lexicon.replicas | lexicon.depictions
    return any(each.stem in known or each.lower in WHOLES or is_visible(each.text) for each in words[-1:])


def is_animal(phrase: Phrase, lexicon: Lexicon) -> bool:
    """Whether a phrase is of an animal."""
    return phrase.head.stem in lexicon.animals


def in_place(phrase: Phrase, lexicon: Lexicon) -> bool:
    """Whether what stands after a preposition of place is somewhere that one can be: "on a rug", and not "in tears",
    "by the author", "on duty"."""
    if phrase.link is None or phrase.head.lower.isdigit():
        return False
    stem, link, named = phrase.head.stem, phrase.link.lower, phrase.head.text[:1].isupper()
    known = stem in lexicon.settings | lexicon.places | lexicon.spots
    if stem in lexicon.no_places | lexicon.animals | lexicon.clothing or stem in lexicon.numbers:
        return False
    if is_person(phrase, lexicon):
        return False
    if link == "by":
        return known and not named
    return link not in ("in", "inside", "within") or known or named


__all__ = [
    "carrier", "claims", "in_place", "is_animal", "is_art", "is_name", "is_person", "is_sight", "seen", "sure_claims",
]  # fmt: skip
