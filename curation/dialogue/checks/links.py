"""Support, relation by relation: what a preposition, a verb or "has" puts a thing to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from curation.dialogue.checks.base import CARRIERS, Doubt
from curation.dialogue.checks.otherwise import (
    COVERED,
    HAVE,
    ON,
    PLACED,
    close,
    linked,
    said_otherwise,
    same_links,
    told_apart,
)
from curation.dialogue.given import HELD, OWNED, Given
from curation.dialogue.lexicon import Lexicon
from curation.dialogue.scene import Kind, Phrase, Scene, Token

BE = frozenset({"is", "are", "was", "were", "be", "it's", "there's"})
COUNTED = frozenset({"pair", "group"})
CARRY = frozenset({"carri"})  # of "commuters with umbrellas"
MADE = frozenset({"made", "built", "constructed", "out of"})


def bad_links(scene: Scene, given: Given, asked: Sequence[Phrase] = ()) -> Iterator[Doubt]:
    """Preposition or verb and the phrase after it must stand so in the evidence, after what they hang on. `asked` are
    the phrases of the question, which an answer may mean by "it"."""
    for at, phrase in enumerate(scene.phrases):
        previous = scene.phrases[at - 1] if at else None
        if phrase.link is None:
            if word_before(scene, phrase) in HAVE and not _had(scene.phrases[:at], phrase, given):
                yield phrase.head, f"the evidence has no “with {phrase.text}”"
        elif not _claims_nothing(scene, phrase, phrase.link, given, asked):
            found = linked(phrase, given, same_links(phrase.link, phrase, given.lexicon))
            if found and previous is not None and not _same_deed(scene, phrase, found, given):
                yield from _misplaced(scene, phrase, phrase.link, found, given)
            elif not found and not any(
                said_otherwise(phrase, phrase.link, known, given)
                for known in {previous, _whole(scene, previous), *_subject(scene, phrase)}
            ):
                yield phrase.head, f"the evidence has no “{phrase.link.lower} {phrase.text}”"


def _same_deed(scene: Scene, phrase: Phrase, found: list[int], given: Given) -> bool:
    """Whether a preposition hangs on the verb right before it, as it does in the evidence: "to protest against"."""
    before = scene.tokens[phrase.start - 2 - bool(phrase.determiner)]
    if before.kind is not Kind.VERB or phrase.link is None or phrase.link.kind is Kind.VERB:
        return False
    return any(action.verb.stem == before.stem for spot in found for action in given.verbs_at(given.phrases[spot]))


def _subject(scene: Scene, phrase: Phrase) -> Sequence[Phrase]:
    """Who or what does what a verb before a phrase tells: "a basket lined with a blanket holds puppies"."""
    return scene.phrases[:1] if phrase.link is not None and phrase.link.kind is Kind.VERB else ()


def _whole(scene: Scene, phrase: Phrase | None) -> Phrase | None:
    """What a phrase is a part or the content of: the jar of "jar of honey"."""
    at = scene.phrases.index(phrase) if phrase is not None else 0
    while at and (link := scene.phrases[at].link) is not None and link.lower == "of":
        at -= 1
    return phrase and scene.phrases[at]


def _had(before: Sequence[Phrase], phrase: Phrase, given: Given) -> bool:
    """Whether the evidence gives the subject what the answer says that it has."""
    owner = next((known.head.stem for known in before if known.link is None), "")
    if given.phrases and owner in given.stands_for(given.phrases[0]) and told_apart(phrase, given):
        return True
    if given.heads(owner) or owner in given.owners:
        return given.has(owner, phrase.head.stem)
    return bool(linked(phrase, given, OWNED | HELD))


def _claims_nothing(scene: Scene, phrase: Phrase, link: Token, given: Given, asked: Sequence[Phrase]) -> bool:
    """Whether a link needs no such link in the evidence: a kind of hat, a view of the sea, what is done by its doer,
    what is made of its material; yet not "on a dark background in Pompeii" of coins from there."""
    lexicon, at = given.lexicon, scene.phrases.index(phrase)
    kinds = lexicon.frame | lexicon.question_words - lexicon.stems(("made",))
    before = scene.tokens[scene.tokens.index(link) - 1 : scene.tokens.index(link)]
    if link.stem in lexicon.frame or phrase.head.stem in lexicon.frame:
        return True
    if link.stem in CARRIERS and phrase.head.stem in lexicon.deeds | {action.verb.stem for action in given.actions}:
        return True  # "taking a rest"
    if at and scene.phrases[at - 1].head.stem in kinds and link.lower in ("of", "from"):
        return True
    made = any(token.lower in MADE for token in scene.tokens)
    if link.lower == "of" and at and scene.phrases[at - 1].head.stem in lexicon.units | COUNTED:
        return True  # "five feet of snow", "a pair of boots"
    if link.lower == "of" and at and scene.phrases[at - 1].link is link and not made:
        return True  # in "jars of honey, pumpkins and lavender" who knows where the "of" ends
    named_place = phrase.head.text[:1].isupper() and link.lower in PLACED
    if not named_place and any(word.stem in kinds for word in before):
        return True
    covered = link.lower == "with" and any(word.stem in COVERED for word in before)
    if (link.lower == "by" or covered) and any(
        word.kind is Kind.VERB and _done_by(word, phrase, given) for word in before
    ):
        return True
    if link.lower in ("of", "from", "out of") and _material(scene, phrase, given, asked):
        return True
    return link.lower == "of" and phrase.head.stem in given.owners


def _misplaced(scene: Scene, phrase: Phrase, link: Token, found: list[int], given: Given) -> Iterator[Doubt]:
    """What a phrase is put to, where the evidence puts it to another. Of who does what the actions speak."""
    previous = _hung_on(scene, phrase, found, given)
    if link.kind is Kind.VERB and link.stem not in given.lexicon.wearing | CARRY - given.stems:
        if link.stem in given.lexicon.as_prepositions.keys() - given.stems and not _beside(previous, found, given):
            yield phrase.head, f"the evidence may put something else there than {previous.text}"
        return
    holders = [spot for spot, _ in given.heads(previous.head.stem)]
    if _owns(link, phrase, given.lexicon) and holders and not any(given.owned(a, b) for a in holders for b in found):
        yield phrase.head, f"the evidence tells “{link.lower} {phrase.text}” of another"
    governors = [spot for p in (scene.phrases[0], previous) for spot, _ in given.heads(p.head.stem)]
    astray = _astray(previous, found, given) and phrase.head.stem not in given.lexicon.clothing
    if not _placed(scene, previous, phrase, found, given):
        yield phrase.head, f"the evidence may put something else {link.lower} {phrase.text}"
    elif astray or (governors and min(governors) >= max(found)):
        yield phrase.head, f"the evidence does not put {previous.text} {link.lower} {phrase.text}"


def _beside(previous: Phrase, found: list[int], given: Given) -> bool:
    """Whether only what it is of, or in, or what somebody handles, stands between a thing and what a preposition puts
    it to."""
    living = previous.head.stem in given.lexicon.living  # a fox "carrying a rabbit across a lake" crosses it
    return any(
        start < spot
        and (
            all(known.link is None or known.link.lower in ("of", "in") for known in between)
            or (living and close(between, given))
        )
        for start, _ in given.heads(previous.head.stem)
        for spot in found
        for between in [given.phrases[start + 1 : spot]]
    )


def _hung_on(scene: Scene, phrase: Phrase, found: list[int], given: Given) -> Phrase:
    """What a phrase hangs on: the one before it, but not a place, a time or a size that the evidence tells only later,
    since such may stand anywhere: "blocking a road in Lyon with tractors" of "a road with tractors in Lyon"."""
    *others, before = scene.phrases[: scene.phrases.index(phrase)]
    loose = given.lexicon.place_prepositions | PLACED | {"to", "after", "during"}
    living = given.lexicon.living
    for previous in (before, *reversed(others)):
        link = previous.link
        apart = previous.clause > scene.phrases[0].clause if link is None else link.lower in loose
        apart |= link is not None and (link.lower == "of" or (link.lower == "with" and told_apart(previous, given)))
        if not apart or previous.head.stem in living or not _astray(previous, found, given):
            return previous
    return before


def _owns(link: Token, phrase: Phrase, lexicon: Lexicon) -> bool:
    """Whether a link says what somebody wears or has."""
    return (
        link.lower == "with"
        or link.stem in lexicon.wearing | CARRY
        or (link.lower == "in" and phrase.head.stem in lexicon.clothing)
    )


def _placed(scene: Scene, previous: Phrase, phrase: Phrase, found: list[int], given: Given) -> bool:
    """X is in Y: an object between X and Y in the evidence may be what is in Y, unless things happen at Y."""
    lexicon = given.lexicon
    at = phrase.start - 1 - (1 if phrase.determiner else 0) - 1
    if phrase.link is None or phrase.link.lower not in lexicon.place_prepositions | PLACED:
        return True
    if at < 0 or scene.tokens[at].lower not in BE:
        return True
    if any(_happens_at(previous.head.stem, given.phrases[spot], given) for spot in found):
        return True
    things = [known for _, known in given.heads(previous.head.stem)]
    if any(ends and all(map(given.aimed_at, ends)) for ends in ([given.phrases[spot] for spot in found], things)):
        return False  # who looks at the sea is not at it, and what is looked at may be anywhere
    if phrase.head.stem in lexicon.settings or phrase.capitalised or phrase.head.text[:1].isupper():
        return True
    starts = [at for at, _ in given.heads(previous.head.stem)]
    if 0 in starts and 1 in found and given.stays_at(given.phrases[1]):
        return True  # the caption begins so: "beer garden under chestnut trees"
    if phrase.link.lower == "at" and (0 in starts or any(spot - 1 in starts for spot in found)):
        return True  # who drinks at a waterhole is there
    if 0 in starts and any((known := given.phrases[spot].link) and known.lower == "from" for spot in found):
        return True  # who watches from a tower is on it
    objects = {at for at in starts if (known := given.phrases[at].link) is not None and known.kind is Kind.VERB}
    if phrase.link.lower in ON and any(spot - 1 in objects for spot in found):
        return True  # "hammering a horseshoe on an anvil": what stands right before it is there
    if previous.head.stem in lexicon.settings and phrase.link.lower in ON:
        return False  # a room is on no wall, a street under no umbrella
    near = phrase.link.lower in lexicon.symmetric
    if near and any(
        close(given.phrases[start + 1 : spot], given) for spot in found for start in starts if start < spot
    ):
        return True  # "shaping a vase beside a furnace": who handles a thing is where it is
    if not any(given.stays_at(given.phrases[spot]) for spot in found):
        return False
    for spot in found:
        for start, _ in given.heads(previous.head.stem):
            between = [known.link for known in given.phrases[start + 1 : spot]]
            own = bool(between) and given.phrases[spot].determiner in ("his", "her", "its", "their")
            if start < spot and not own and all(link is None or link.lower in ("of", "with") for link in between):
                return True  # but who has "a joey in her pouch" is not in it
    return False


def _happens_at(deed: str, place: Phrase, given: Given) -> bool:
    """Whether a noun names what is done there: the queue of who "queue outside a supermarket"."""
    before = [action for action in given.actions if action.clause == place.clause and action.start < place.start]
    return bool(before) and before[-1].verb.stem == deed and not given.aimed_at(place)


def _astray(previous: Phrase, found: list[int], given: Given) -> bool:
    """Whether the phrase right before comes only later in the evidence: "eating melon with curly hair" of "toddler
    with curly hair eating melon"."""
    spots = [spot for spot, _ in given.heads(previous.head.stem)]
    return bool(spots) and min(spots) > max(found)


def _done_by(verb: Token, phrase: Phrase, given: Given) -> bool:
    """Whether the evidence has somebody do what is "done by" them."""
    acts = [action for action in given.actions if action.verb.stem == verb.stem]
    named = any(known.link is not None and known.link.stem == verb.stem for _, known in given.heads(phrase.head.stem))
    return named or any(phrase.head.stem in given.stands_for(doer) for action in acts for doer in action.subjects)


def _material(scene: Scene, phrase: Phrase, given: Given, asked: Sequence[Phrase]) -> bool:
    """Made of wood: the subject has that material in the evidence."""
    if not any(token.lower in MADE for token in scene.tokens):
        return False
    if told_apart(phrase, given):
        return True  # "Coffee mug, speckled stoneware"
    things = asked if scene.phrases[0] is phrase else scene.phrases[: scene.phrases.index(phrase)]
    return any(
        phrase.head.stem in (material, named) and given.modifies(thing.head.stem, material)
        for material, named in given.lexicon.materials.items()
        for thing in things
    )


def word_before(scene: Scene, phrase: Phrase) -> str:
    """The word right before a phrase and its determiner."""
    at = phrase.start - 1
    while (
        at >= 0
        and scene.tokens[at].kind is Kind.FUNCTION
        and scene.tokens[at].lower in ("a", "an", "the", "both", "some")
    ):
        at -= 1
    return scene.tokens[at].lower if at >= 0 else ""
