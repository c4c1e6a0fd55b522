"""Support of links that the evidence states in other words or from the other side: a "bowl with eggs" has eggs in the
bowl, and trees surround a "cabin surrounded by trees"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from curation.dialogue.given import COVERED_WITH, HELD, OWNED, Given
from curation.dialogue.lexicon import Lexicon
from curation.dialogue.scene import Kind, Phrase, Token, plural

HAVE = frozenset({"has", "have", "had"})
PLACED = frozenset({"in", "at", "from"})
DATED = frozenset({"in", "on", "at", "from", "during", "of", "around", "about"})
COMPANY = ("lead", "follow", "accompany", "guide", "escort")  # the ducklings that a duck leads are with her
PARTS = frozenset(
    {"surface", "side", "end", "edge", "top", "bottom", "middle", "center", "centre", "corner", "back", "front", "face"}
    | {"foot", "rim", "tip", "underside", "bank", "slope", "shore", "outskirt"}
)  # what is on one is on the whole: on the surface of Mars
ON = frozenset({"on", "in", "inside", "under", "at", "atop"})
REGIONS = frozenset({"northern", "southern", "eastern", "western", "central", "downtown", "rural", "north", "south"})
YEAR = re.compile(r"1\d{3}|20\d{2}")
SIDES = frozenset({"left", "right", "center", "centre"})
HELD_IN = frozenset({"in", "on"})  # where what a holder is "with" is
SEATS = frozenset({"chair", "armchair", "stool", "bench", "seat", "sofa"})
WORN = frozenset(
    {"glasses", "sunglasses", "spectacles", "goggles", "headphones", "headlamps", "headlamp", "earphones", "earrings"}
    | {"makeup"}
)
COVERED = frozenset({"top", "cover", "garnish", "sprinkl", "decor", "dust", "drizzl", "coat", "fill", "load"})
LINED = COVERED | {"line", "stack", "pile", "surround"}
# what is down a slope is on it, and what happens during a class happens in it
ALSO = {
    "in": frozenset({"during", "through"}),
    "on": frozenset({"up", "down", "across"}),
    "after": frozenset({"follow"}),
    "off": frozenset({"from"}),
}
OPPOSITE = {"under": "over", "over": "under", "behind": "in front of", "in front of": "behind"}


def said_otherwise(phrase: Phrase, link: Token, previous: Phrase | None, given: Given) -> bool:
    """Whether the evidence states in other words what a link of an answer does. `previous` is the phrase before it."""
    return (
        _other_way_round(phrase, link, previous, given)
        or _undergoes(phrase, link, given)
        or _needs_no_link(phrase, link, previous, given)
        or (link.lower in PLACED | DATED and _last_part(phrase, link.lower, given))
        or (link.lower == "by" and _made_by(phrase, given))
        or (link.lower in PLACED | ON and phrase.head.stem in given.venues)
        or (link.lower in given.around and _meant(phrase, given))
    )


def same_links(link: Token, phrase: Phrase, lexicon: Lexicon) -> set[str]:
    """What a link may be called: its own name and its likes, before clothing those of wearing."""
    names = {lexicon.same(link.lower), link.stem} | lexicon.as_prepositions.get(link.stem, frozenset())
    if link.stem == lexicon.stem("wear") and phrase.head.stem in lexicon.clothing:
        # "with a helmet beside her" is not worn, and "with a hat" may be in a hand
        names |= {"in", "with"} if phrase.head.lower in WORN else {"in"}
    if link.lower == "in" and phrase.head.stem in lexicon.clothing:
        names |= {lexicon.stem("wear")}
    names |= ALSO.get(lexicon.same(link.lower), frozenset())
    if phrase.head.text[:1].isupper() and link.lower in ("in", "at"):
        names |= {"in", "at"}
    if link.lower == "about":
        names |= {"of"}
    if link.lower == "of" and phrase.head.text[:1].isupper():
        names |= {"in"}  # the peaks of Patagonia
    if link.stem == lexicon.stem("carry") and phrase.head.stem in lexicon.items:
        names |= {"with"}
    if link.lower == "with":
        names |= {"have", "hold", "carri"}
    if link.stem in ("hold", "contain"):
        names |= {"with", "of", "contain", "fill"}
    return names


def linked(phrase: Phrase, given: Given, links: set[str] | frozenset[str]) -> list[int]:
    """Places of the evidence's phrases that stand after one of these links and that `phrase` may stand for."""
    lexicon = given.lexicon
    found = []
    for at, known in given.heads(phrase.head.stem):
        link = known.link
        same_form = known.head.lower == phrase.head.lower  # in titles capitals hide which are several
        if known.head.stem == phrase.head.stem and not same_form and plural(known) != plural(phrase):
            continue  # "surrounded by galaxies" is not surrounded by a galaxy
        before = given.phrases[at - 1] if at else known
        inner = before.head.stem in lexicon.holders or before.head.lower.removesuffix("s") in PARTS
        if link is not None and link.lower == "of" and inner and before.link is not None:
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


def _other_way_round(phrase: Phrase, link: Token, previous: Phrase | None, given: Given) -> bool:
    """What the evidence states from the other side: "bowl with eggs" of eggs in the bowl, "newspapers beside a
    radiator" of a radiator beside newspapers."""
    lexicon = given.lexicon
    governors = [at for at, _ in given.heads(phrase.head.stem)]
    living = lexicon.living
    things = previous is not None and not {previous.head.stem, phrase.head.stem} & living
    beings = previous is not None and {previous.head.stem, phrase.head.stem} <= living
    near = link.lower in lexicon.symmetric or (link.lower == "with" and beings)
    turned = OPPOSITE.get(lexicon.same(link.lower))
    by = near or bool(turned)
    by |= link.lower == "with" and previous is None
    if previous is None:  # "What is on the page?"
        told = [known.link for known in given.phrases if known.link is not None]
        if by:
            wanted = turned or lexicon.same(link.lower)
            return bool(governors) and any(lexicon.same(known.lower) == wanted for known in told)
        holds = any(known.stem in HELD for known in told)
        return bool(governors) and holds and lexicon.same(link.lower) in HELD_IN and phrase.head.stem in _holding(given)
    seat = previous.head.lower.removesuffix("s") in SEATS and phrase.head.stem not in lexicon.settings
    if seat and lexicon.same(link.lower) == "on":
        return False  # a "table with four chairs" has none on it
    if lexicon.same(link.lower) in HELD_IN and phrase.head.stem in _holding(given):
        links = set(HELD)
    elif things and (link.lower == "with" or link.stem in ("hold", "contain")):
        links = {"with", "in", "on"}  # a plate that something is on
    elif by:
        links = {turned or lexicon.same(link.lower)} | (lexicon.stems(COMPANY) if link.lower == "with" else set())
    elif link.lower == "of" and phrase.head.stem in lexicon.living:
        links = set(OWNED)
    else:
        return False
    return any(
        _says(known, links, lexicon)
        and all(_says(each, links | HELD, lexicon) or (by and close([each], given)) for each in between)
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
    topped |= {
        inner.head.stem  # the ramen of a "bowl of ramen with pork"
        for outer, inner in pairwise(given.phrases)
        if outer.head.stem in lexicon.holders and inner.link is not None and inner.link.lower == "of"
    }
    topped |= {thing.head.stem for thing, told in pairwise(given.phrases) if told.link is COVERED_WITH}
    return lexicon.holders | lexicon.settings | lexicon.depictions | topped


def close(between: Sequence[Phrase], given: Given) -> bool:
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


def _undergoes(phrase: Phrase, link: Token, given: Given) -> bool:
    """Trees surround a cabin and snow covers it, where the evidence has a "snow-covered cabin surrounded by trees"."""
    if link.kind is not Kind.VERB or given.modifies(phrase.head.stem, link.stem):
        return given.modifies(phrase.head.stem, link.stem)
    covered = [
        action
        for thing in given.phrases
        if thing.link is not None and thing.link.lower == "with"
        for action in given.verbs_at(thing)
        if action.verb.stem == link.stem and link.stem in LINED
    ]
    done = [action for doer in given.phrases for action in given.done_by(doer.head.stem, link.stem)]
    undergo = (thing for action in (*covered, *done) for thing in action.subjects[:1])
    return any(phrase.head.stem in given.stands_for(thing) for thing in undergo)


def _needs_no_link(phrase: Phrase, link: Token, previous: Phrase | None, given: Given) -> bool:
    """What needs no such link in the evidence: a year that it gives, what a chart is of, "heavily" of "heavy"."""
    lexicon, word = given.lexicon, phrase.head.lower
    beside = previous is not None and previous.start + len(previous.words) == phrase.start - 1 - bool(phrase.determiner)
    if previous is not None and beside and (previous.head.stem, phrase.head.stem) in given.pairs:
        made_by = link.lower in ("by", "from") and phrase.head.text[:1].isupper()
        if link.lower == "for" or (made_by and previous.head.stem not in lexicon.depictions | lexicon.persons):
            return True  # "kids' bikes" are bikes for kids, "a Nike shoe" is by Nike
        cloth = word[:1].isdigit() or phrase.head.stem in lexicon.materials or phrase.head.stem in lexicon.colours
        if link.lower == "of" or (cloth and link.lower in ("from", "in")):
            return True  # "jars of honey" are honey jars, and "a sofa in grey linen" is a linen sofa
    if previous is not None and word[:1].isdigit() and (phrase.head.stem, previous.head.stem) in given.pairs:
        return True  # "regular at 3.59"
    if link.lower == "of" and previous is not None:
        theirs = [
            at for at, known in given.heads(previous.head.stem) if known.determiner in ("his", "her", "its", "their")
        ]
        owners = [at for at, _ in given.heads(phrase.head.stem)]
        if given.has(phrase.head.stem, previous.head.stem) or (theirs and owners and min(owners) < max(theirs)):
            return True  # the tiles of a pool that has tiles, the door of "a house with a wreath on its door"
    holder = previous.head.stem if previous is not None and link.lower == "with" else ""
    if holder and holder not in lexicon.persons and given.has(holder, phrase.head.stem):
        return True  # "a basket full of towels" has towels
    if link.lower in DATED and phrase.head.stem in lexicon.times - given.stems:
        return True  # "at sunset" of a sun that sets: the word check asks for it
    if word.isdigit() and len(word) == 4:
        told = {part for stem in given.stems for part in stem.split("-")}  # "2008-2018"
        return word in told and link.lower in ("in", "from", "of", "since", "for", "about", "around", "to", "until")
    if link.lower == "with" and (
        told_apart(phrase, given) or (previous is not None and _joined(previous, phrase, given))
    ):
        return True
    if lexicon.adjective(word) in given.stems:
        return True
    if previous is not None and link.lower in ("in", "from") and phrase.head.text[:1].isupper():
        return given.modifies(previous.head.stem, phrase.head.stem)  # "a London restaurant"
    shown = [known.link for _, known in given.heads(phrase.head.stem) if known.link is not None]
    return link.lower == "of" and any(known.stem in lexicon.frame for known in shown)


def _joined(one: Phrase, other: Phrase, given: Given) -> bool:
    """Whether the evidence begins by naming both side by side: "Ada Byron and her mother"."""
    first, *second = given.phrases[:2]
    both = {first.head.stem, *(known.head.stem for known in second)}
    return {one.head.stem, other.head.stem} == both and all(known.link is None and not known.clause for known in second)


def told_apart(phrase: Phrase, given: Given) -> bool:
    """Whether a last part of the evidence tells it of what the first names: "Bass, sunburst finish"."""
    return any(known.clause and known.link is None for _, known in given.heads(phrase.head.stem))


def _meant(phrase: Phrase, given: Given) -> bool:
    """Whether a pronoun of the evidence may mean a phrase: the first it names, or who does something."""
    doers = {id(doer) for action in given.actions for doer in action.subjects}
    return any(at == 0 or id(known) in doers for at, known in given.heads(phrase.head.stem))


def _made_by(phrase: Phrase, given: Given) -> bool:
    """Whether a caption begins with whom a work is by: "Claude Monet, The Magpie, 1869, oil on canvas"."""
    first, *others = given.phrases
    titled = first.capitalised and first.link is None and bool(others) and others[0].clause > first.clause
    return titled and not given.actions and phrase.head.stem in {word.stem for word in first.words}


def _last_part(phrase: Phrase, link: str, given: Given) -> bool:
    """A last part of a caption that names a place ("..., Louvre Museum") or a time ("..., 15th century") says where or
    when."""
    for _, known in given.heads(phrase.head.stem):
        if known.head.lower in SIDES and known.link is None and link in ("on", "in", "at"):
            return True  # "Ada Byron, left, and her mother"
        if not known.clause or known.link is not None:
            continue
        dated = any(word.stem in given.lexicon.times or YEAR.fullmatch(word.text) for word in known.words)
        if dated and link in DATED:
            return True
        # not "Lake Louise, Alberta: ...", and yet "Museum of Modern Art"
        beside = [each.link for each in given.phrases if each.clause == known.clause and each is not known]
        alone = all(other is not None and other.lower == "of" for other in beside)
        first = known.words[0]  # "southern France", and no "vintage Nikes"
        named = first.text[:1].isupper() or (known.head.text[:1].isupper() and first.lower in REGIONS)
        if link in PLACED and (known.head.stem in given.lexicon.places or (alone and named)):
            return True
    return False
