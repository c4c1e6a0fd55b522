"""Support, relation by relation: what a preposition, a verb or "has" puts a thing to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from curation.dialogue.given import COVERED_WITH, HELD, OWNED, Given
from curation.dialogue.lexicon import Lexicon
from curation.dialogue.scene import Kind, Phrase, Scene, Token, plural

HAVE = frozenset({"has", "have", "had"})
BE = frozenset({"is", "are", "was", "were", "be", "it's", "there's"})
PLACED = frozenset({"in", "at", "from"})
ON = frozenset({"on", "in", "inside", "under", "at", "atop"})
HELD_IN = frozenset({"in", "on"})  # where what a holder is "with" is
GLASSES = frozenset({"glasses", "sunglasses", "spectacles", "goggles"})
COVERED = frozenset({"top", "cover", "garnish", "sprinkl", "decor", "dust", "drizzl", "coat", "fill", "load"})
# what is down a slope is on it, and what happens during a class happens in it
ALSO = {"in": frozenset({"during", "through"}), "on": frozenset({"up", "down", "across"})}
MADE = frozenset({"made", "built", "constructed", "out"})
OPPOSITE = {"under": "over", "over": "under", "behind": "in front of", "in front of": "behind"}


def bad_links(scene: Scene, given: Given, asked: Sequence[Phrase] = ()) -> Iterator[str]:
    """Preposition or verb and the phrase after it must stand so in the evidence, after what they hang on. `asked` are
    the phrases of the question, which an answer may mean by "it"."""
    lexicon = given.lexicon
    for at, phrase in enumerate(scene.phrases):
        link = phrase.link
        if link is None:
            owner = next((known.head.stem for known in scene.phrases[:at] if known.link is None), "")
            told = (
                given.has(owner, phrase.head.stem)
                if given.heads(owner) or owner in given.owners
                else _linked(phrase, given, OWNED | HELD)
            )
            if word_before(scene, phrase) in HAVE and not told:
                yield f"the evidence has no “with {phrase.text}”"
            continue
        previous = scene.phrases[at - 1] if at else None
        kinds = lexicon.frame | lexicon.question_words - lexicon.stems(("made",))
        if link.stem in lexicon.frame or (previous and previous.head.stem in kinds and link.lower in ("of", "from")):
            continue
        before = scene.tokens.index(link) - 1
        if (
            link.lower == "by"
            and scene.tokens[before].kind is Kind.VERB
            and _done_by(scene.tokens[before], phrase, given)
        ):
            continue
        named_place = phrase.head.text[:1].isupper() and link.lower in PLACED
        if phrase.head.stem in lexicon.frame or (
            before >= 0 and scene.tokens[before].stem in kinds and not named_place
        ):
            continue  # a kind of hat, a view of the sea; yet not "on a dark background in Pompeii" of coins from there
        if link.lower in ("of", "from") and _material(scene, phrase, given, asked):
            continue
        if link.lower == "of" and phrase.head.stem in given.owners:
            continue
        found = _linked(phrase, given, _same_links(link, phrase, lexicon))
        if not found and (
            _other_way_round(phrase, link, previous, given)
            or _undergoes(phrase, link, given)
            or _said_otherwise(phrase, link, previous, given)
        ):
            continue
        if not found:
            if link.lower in PLACED and _place_clause(phrase, link.lower, given):
                continue
            yield f"the evidence has no “{link.lower} {phrase.text}”"
        elif previous is not None and (link.kind is not Kind.VERB or link.stem in lexicon.wearing):
            # of who does what the actions speak
            holders = [spot for spot, _ in given.heads(previous.head.stem)]
            if _owns(link, phrase, lexicon) and holders and not any(given.owned(a, b) for a in holders for b in found):
                yield f"the evidence tells “{link.lower} {phrase.text}” of another"
            governors = [spot for p in (scene.phrases[0], previous) for spot, _ in given.heads(p.head.stem)]
            if not _placed(scene, previous, phrase, found, given):
                yield f"the evidence may put something else {link.lower} {phrase.text}"
            elif _astray(previous, found, given) or (governors and min(governors) >= max(found)):
                yield f"the evidence does not put {previous.text} {link.lower} {phrase.text}"


def _owns(link: Token, phrase: Phrase, lexicon: Lexicon) -> bool:
    """Whether a link says what somebody wears or has."""
    return (
        link.lower == "with"
        or link.stem in lexicon.wearing
        or (link.lower == "in" and phrase.head.stem in lexicon.clothing)
    )


def _other_way_round(phrase: Phrase, link: Token, previous: Phrase | None, given: Given) -> bool:
    """What the evidence states from the other side: "bowl with eggs" of eggs in the bowl, "newspapers beside a
    radiator" of a radiator beside newspapers."""
    lexicon = given.lexicon
    governors = [at for at, _ in given.heads(phrase.head.stem)]
    near, turned = link.lower in lexicon.symmetric, OPPOSITE.get(lexicon.same(link.lower))
    if previous is None:  # "What is on the page?"
        told = [known.link for known in given.phrases if known.link is not None]
        if near or turned:
            wanted = turned or lexicon.same(link.lower)
            return bool(governors) and any(lexicon.same(known.lower) == wanted for known in told)
        holds = any(known.stem in HELD for known in told)
        return bool(governors) and holds and lexicon.same(link.lower) in HELD_IN and phrase.head.stem in _holding(given)
    if lexicon.same(link.lower) in HELD_IN and phrase.head.stem in _holding(given):
        links = set(HELD)
    elif near or turned:
        links = {turned or lexicon.same(link.lower)}
    elif link.lower == "of" and phrase.head.stem in lexicon.persons | lexicon.animals:
        links = set(OWNED)
    else:
        return False
    return any(
        _says(known, links, lexicon)
        and all(_says(each, links | HELD, lexicon) or (near and _close([each], given)) for each in between)
        for at, known in given.heads(previous.head.stem)
        for start in governors
        for between in [given.phrases[start + 1 : at]]
        if start < at  # and nothing else between them that may be what it is with or beside
    )


def _holding(given: Given) -> frozenset[str]:
    """What holds that which it is told to be "with": a bowl, a bedroom, a chart, waffles "topped with" cream."""
    lexicon = given.lexicon
    topped = {p.head.stem for action in given.actions if action.verb.stem in COVERED for p in action.subjects}
    topped |= {
        inner.head.stem  # the waffles of a "plate of waffles topped with cream"
        for outer, inner in pairwise(given.phrases)
        if outer.head.stem in topped and inner.link is not None and inner.link.lower == "of"
    }
    topped |= {thing.head.stem for thing, told in pairwise(given.phrases) if told.link is COVERED_WITH}
    return lexicon.holders | lexicon.settings | lexicon.depictions | topped


def _close(between: Sequence[Phrase], given: Given) -> bool:
    """Whether what stands between is only what somebody handles or is on, so that it is where they are: "grilling
    corn", "on a windowsill", and not "watching a boat"."""
    afar = given.lexicon.directed | given.lexicon.distant
    return all(
        phrase.link is not None
        and (phrase.link.stem not in afar if phrase.link.kind is Kind.VERB else phrase.link.lower in ON)
        for phrase in between
    )


def _says(phrase: Phrase, links: set[str] | frozenset[str], lexicon: Lexicon) -> bool:
    return phrase.link is not None and bool({lexicon.same(phrase.link.lower), phrase.link.stem} & links)


def _said_otherwise(phrase: Phrase, link: Token, previous: Phrase | None, given: Given) -> bool:
    """What needs no such link in the evidence: a year that it gives, what a chart is of, "heavily" of "heavy"."""
    lexicon, word = given.lexicon, phrase.head.lower
    if word.isdigit() and len(word) == 4:
        return phrase.head.stem in given.stems and link.lower in ("in", "from", "of", "since", "for", "about")
    if lexicon.adjective(word) in given.stems:
        return True
    if previous is not None and link.lower == "in" and phrase.head.text[:1].isupper():
        return given.modifies(previous.head.stem, phrase.head.stem)  # "a London restaurant"
    shown = [known.link for _, known in given.heads(phrase.head.stem) if known.link is not None]
    return link.lower == "of" and any(known.stem in lexicon.frame for known in shown)


def _placed(scene: Scene, previous: Phrase, phrase: Phrase, found: list[int], given: Given) -> bool:
    """X is in Y: an object between X and Y in the evidence may be what is in Y, unless things happen at Y."""
    lexicon = given.lexicon
    at = phrase.start - 1 - (1 if phrase.determiner else 0) - 1
    if phrase.link is None or phrase.link.lower not in lexicon.place_prepositions | PLACED:
        return True
    if at < 0 or scene.tokens[at].lower not in BE:
        return True
    things = [known for _, known in given.heads(previous.head.stem)]
    if any(ends and all(map(given.aimed_at, ends)) for ends in ([given.phrases[spot] for spot in found], things)):
        return False  # who looks at the sea is not at it, and what is looked at may be anywhere
    if phrase.head.stem in lexicon.settings or phrase.capitalised or phrase.head.text[:1].isupper():
        return True
    starts = [at for at, _ in given.heads(previous.head.stem)]
    objects = {at for at in starts if (known := given.phrases[at].link) is not None and known.kind is Kind.VERB}
    if phrase.link.lower in ON and any(spot - 1 in objects for spot in found):
        return True  # "hammering a horseshoe on an anvil": what stands right before it is there
    if previous.head.stem in lexicon.settings and phrase.link.lower in ON:
        return False  # a room is on no wall, a street under no umbrella
    near = phrase.link.lower in lexicon.symmetric
    if near and any(
        _close(given.phrases[start + 1 : spot], given) for spot in found for start in starts if start < spot
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


def _astray(previous: Phrase, found: list[int], given: Given) -> bool:
    """Whether the phrase right before comes only later in the evidence: "eating melon with curly hair" of "toddler
    with curly hair eating melon"."""
    spots = [spot for spot, _ in given.heads(previous.head.stem)]
    return bool(spots) and min(spots) > max(found)


def _same_links(link: Token, phrase: Phrase, lexicon: Lexicon) -> set[str]:
    names = {lexicon.same(link.lower), link.stem}
    if link.stem == lexicon.stem("wear") and phrase.head.stem in lexicon.clothing:
        # "with a helmet beside her" is not worn, and "with a hat" may be in a hand
        names |= {"in", "with"} if phrase.head.lower in GLASSES else {"in"}
    if link.lower == "in" and phrase.head.stem in lexicon.clothing:
        names |= {lexicon.stem("wear")}
    names |= ALSO.get(lexicon.same(link.lower), frozenset())
    if link.lower == "about":
        names |= {"of"}
    if link.lower == "of" and phrase.head.text[:1].isupper():
        names |= {"in"}  # the peaks of Patagonia
    if link.lower == "with":
        names |= {"have", "hold", "carri"}
    if link.stem in ("hold", "contain"):
        names |= {"with", "of", "contain", "fill"}
    return names


def _linked(phrase: Phrase, given: Given, links: set[str] | frozenset[str]) -> list[int]:
    """Places of the evidence's phrases that stand after one of these links and that `phrase` may stand for."""
    lexicon = given.lexicon
    found = []
    for at, known in given.heads(phrase.head.stem):
        link = known.link
        if known.head.stem == phrase.head.stem and plural(known) != plural(phrase):
            continue  # "surrounded by galaxies" is not surrounded by a galaxy
        before = given.phrases[at - 1] if at else known
        if link is not None and link.lower == "of" and before.head.stem in lexicon.holders and before.link is not None:
            names = {lexicon.same(before.link.lower), "of"}  # into a cup of tea: into tea
        elif link is COVERED_WITH:
            names = {"with", "in", "by"}
        elif link is not None and link.lower == "from" and given.seen_from(known):
            names = {"from", "in", "on", "at"}
        else:
            names = {lexicon.same(link.lower)} | lexicon.entailed((link.stem,)) if link is not None else set()
        if names & links:
            found.append(at)
    return found


def _undergoes(phrase: Phrase, link: Token, given: Given) -> bool:
    """Trees surround a cabin and snow covers it, where the evidence has a "snow-covered cabin surrounded by trees"."""
    return given.modifies(phrase.head.stem, link.stem) or any(
        action.verb.stem == link.stem and phrase.head.stem in given.stands_for(done)
        for doer in given.phrases
        if link.kind is Kind.VERB and doer.link is not None and doer.link.lower == "by"
        for action in given.verbs_at(doer)
        for done in action.subjects[:1]
    )


def _place_clause(phrase: Phrase, link: str, given: Given) -> bool:
    """A last part of a caption that names a place ("..., Louvre Museum") says where."""
    for _, known in given.heads(phrase.head.stem):
        if not known.clause or known.link is not None:
            continue
        later = given.phrases[given.phrases.index(known) + 1 :]
        named = known.words[0].text[:1].isupper() and all(each.text.isdigit() for each in later)
        if known.head.stem in given.lexicon.places or (named and link in ("in", "from")):
            return True
    return False


def _done_by(verb: Token, phrase: Phrase, given: Given) -> bool:
    """Whether the evidence has somebody do what is "done by" them."""
    acts = [action for action in given.actions if action.verb.stem == verb.stem]
    return any(phrase.head.stem in given.stands_for(doer) for action in acts for doer in action.subjects)


def _material(scene: Scene, phrase: Phrase, given: Given, asked: Sequence[Phrase]) -> bool:
    """Made of wood: the subject has that material in the evidence."""
    if not any(token.lower in MADE for token in scene.tokens):
        return False
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
