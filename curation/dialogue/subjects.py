"""How a question names what it is about: "the old man", "Messi", "the nun and the monk", and what they are doing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from curation.captions.depicts import is_visible
from curation.dialogue.lexicon import Lexicon
from curation.dialogue.scene import POSSESSIVES, Kind, Phrase, Scene
from curation.dialogue.seen import is_name, sure_claims
from curation.dialogue.wordlists import third_person
from curation.dialogue.words import GROUPS, is_several

SOME = frozenset({"several", "various", "numerous", "countless", "multiple"})
HOW = frozenset({"low", "high", "apart", "aloft", "alone", "upright"})  # "a balloon drifts low"
ADVERBS = frozenset({"still", "half", "almost", "nearly", "partly", "fully", "newly", "barefoot"})
NATION = frozenset(
    {"Greek", "French", "Dutch", "British", "English", "Irish", "Spanish", "Danish", "Swedish", "Scottish", "Turkish"}
    | {"Christmas", "Easter", "Halloween"}
    | {"Finnish", "Jewish", "Thai", "Swiss", "Czech", "German", "Welsh", "Polish", "Icelandic", "Moroccan", "Israeli"}
)
NATIONS = ("ian", "ican", "ese")  # ends of words that keep their capital: an African elephant
ADJECTIVAL = frozenset({"wooden", "woolen", "golden"})
# Before a color or a material, part of it: "light blue", "stainless steel".
SHADES = frozenset(
    {"light", "dark", "pale", "bright", "deep", "hot", "mint", "navy", "royal", "rose", "sky", "olive", "baby", "neon"}
    | {"pastel", "lime", "forest", "army", "off", "matte", "stainless", "solid", "sterling", "pure", "genuine", "real"}
)
DOUBLED = re.compile(r"[^aeiou]?[aeiou][bdgklmnprtv]$")  # of a short verb: hug, run


@dataclass(frozen=True)
class Subject:
    """A phrase as a question names it, and its form of "be". Of "a nun and a monk" both are meant."""

    text: str
    be: str
    joined: Phrase | None = None  # the second of two

    @property
    def more(self) -> str:
        """A regular expression of what may follow the first of two."""
        head = re.escape(self.joined.head.text) if self.joined else ""
        return f" and (?:[A-Za-zÀ-ÖØ-öø-ÿ'’-]{{1,14}} ){{0,3}}{head}" if head else ""


def subject_of(phrase: Phrase, scene: Scene, lexicon: Lexicon) -> Subject:
    """The phrase with its article, without what a topic need not tell; names keep capitals and have no article."""
    after = scene.phrases[scene.phrases.index(phrase) + 1 :][:1]
    text = with_article(phrase, scene, lexicon)
    if after and _joins(phrase, after[0], scene):
        return Subject(f"{text} and {with_article(after[0], scene, lexicon)}", "are", after[0])
    if after and after[0].link is not None and after[0].link.lower == "of" and not is_name(phrase, scene, lexicon):
        article = f"{after[0].determiner} " if after[0].determiner else ""
        text = f"{text} of {article}{plain(after[0], scene, lexicon)}"
    return Subject(text, "are" if is_plural(phrase, scene, lexicon) else "is")


def with_article(phrase: Phrase, scene: Scene, lexicon: Lexicon) -> str:
    """The phrase as one speaks of it again: "the bench", "Messi"."""
    text = plain(phrase, scene, lexicon)
    own = phrase.head.stem in lexicon.places or phrase.determiner  # the Eiffel Tower, the Milky Way
    single = len(phrase.words) == 1 and phrase.head.text[:1].isupper() and phrase.start > 0 and not scene.titled
    single = single or (text[:1].isupper() and text.split()[0].endswith(POSSESSIVES))  # "Australia's goalkeeper"
    return text if (is_name(phrase, scene, lexicon) and not own) or single else f"the {text}"


def _joins(one: Phrase, two: Phrase, scene: Scene) -> bool:
    """Whether two phrases are one subject: "a nun and a monk"."""
    between = scene.tokens[one.start + len(one.words) : two.start]
    return (
        bool(between)
        and one.link is None
        and two.link is None
        and between[0].kind is Kind.CONJUNCTION
        and all(token.kind is Kind.FUNCTION for token in between[1:])
    )


def is_plural(phrase: Phrase, scene: Scene, lexicon: Lexicon) -> bool:
    """Whether a phrase is of several things, as far as its form tells. Names are of one."""
    head = phrase.head
    within = head is not scene.tokens[0] and not scene.titled
    named = is_name(phrase, scene, lexicon) or (head.text[:1].isupper() and within)
    return not named and is_several(head.lower)


def plain(phrase: Phrase, scene: Scene, lexicon: Lexicon, materials: bool = True) -> str:
    """The phrase without colours, numbers and perhaps materials, so that a topic does not give its answer away."""
    if is_name(phrase, scene, lexicon):
        return phrase.text
    told = lexicon.colours | frozenset(() if materials else lexicon.materials)
    left = [word for word in sure_claims(phrase, scene, lexicon) if word.stem in told]
    if is_plural(phrase, scene, lexicon) and phrase.words[0].stem in lexicon.numbers:  # year 4 pupils are not four
        left += [word for word in sure_claims(phrase, scene, lexicon) if word.stem in lexicon.numbers]
    left += [word for word in phrase.words[:1] if len(phrase.words) > 1 and word.lower in SOME]
    for before, word in zip(phrase.words, phrase.words[1:], strict=False):
        if word in left and before.lower in SHADES:
            left.append(before)
    first = scene.tokens[0].text
    nation = first.endswith(NATIONS) or first in NATION
    owner = first.removesuffix("'s").removesuffix("’s")  # a beggar's shadow, and Australia's goalkeeper
    common = owner == first or is_visible(owner.lower()) or lexicon.stem(owner.lower()) in lexicon.living
    starts = {first} if first[:1].isupper() and first[1:].islower() and common and not nation else set()
    kept = [word for word in phrase.words if word not in left]
    lower = scene.titled or scene.tokens[0].stem in lexicon.adjectives
    lower = lower or not any(word.text[:1].isupper() for word in kept[1:])
    return " ".join(word.lower if scene.titled or (lower and word.text in starts) else word.text for word in kept)


def names_something(phrase: Phrase, lexicon: Lexicon) -> bool:
    """Whether a phrase's head is a noun: no colour, no number, no letter, no "wooden" before what was taken for a
    verb."""
    head = phrase.head
    if any(word.lower in lexicon.people - {"police"} and is_several(word.lower) for word in phrase.modifiers):
        return False  # "mourners lay flowers": a verb was taken for a noun; not "police officers"
    if any(
        (one.lower in lexicon.people or is_several(one.lower)) and two.lower.endswith("ing")
        for one, two in pairwise(phrase.words)
    ):
        return False  # "a monk crossing paths", "lanterns hanging"
    if any(word.text.islower() and lexicon.present.get(word.lower) for word in phrase.words[1:-1]):
        return False  # "a tractor spreads manure"
    before = phrase.words[-2].text if len(phrase.words) > 1 else ""
    if lexicon.present.get(head.text) is False and (is_several(before) or before.lower() in GROUPS):
        return False  # "surgeons in green gowns bend over a table", "a couple kiss"
    if head.lower in ADVERBS | HOW or any(word.lower in ADVERBS for word in phrase.words[1:]):
        return False  # "its coat still wet"
    if head.text.endswith("ly") and not is_visible(head.text):
        return False  # "a tractor moves slowly"
    fixed = head.stem in lexicon.colours | lexicon.adjectives or head.stem in lexicon.numbers
    fixed = fixed or head.lower in ADJECTIVAL
    return not fixed and len(head.text) > 1 and head.text[0].isalpha() and not head.lower.endswith(POSSESSIVES)


def slot(phrase: Phrase) -> str:
    """How a question may name a phrase, as a regular expression: by its head, with up to three words before it."""
    head = re.escape(phrase.head.lower)
    if phrase.capitalised and phrase.head.text != phrase.head.lower:  # a topic may write a title in lower case
        head = f"(?:{re.escape(phrase.head.text)}|{head})"
    return f"(?:[A-Za-zÀ-ÖØ-öø-ÿ'’-]{{1,14}} ){{0,3}}{head}"


def gerund(verb: str, plural: bool, lexicon: Lexicon) -> str | None:
    """The form in -ing of a verb that tells what goes on: of "riding", of "rides" of one and "ride" of several. None
    for any other form: a past, or a noun that was taken for a verb."""
    if re.search(r"[aeiouy].*ing$", verb):
        return verb
    base = verb if plural else _base(verb)
    if (
        base is None
        or (plural and lexicon.present.get(verb, verb.endswith("s")))
        or (base not in lexicon.present and lexicon.stem(base) not in lexicon.verbs)
        or base.endswith("ed")
    ):
        return None
    if not plural and third_person(base) != verb:
        return None
    if base.endswith("ie"):
        return f"{base[:-2]}ying"
    if base.endswith("e") and not base.endswith(("ee", "ye", "oe", "ueue")):
        return f"{base[:-1]}ing"
    short = len(re.findall(r"[aeiou]+", base)) == 1 and DOUBLED.search(base) and not re.search(r"[aeiou]{2}.$", base)
    return f"{base}{base[-1]}ing" if short else f"{base}ing"


def _base(verb: str) -> str | None:
    """The verb whose form for one who acts this is."""
    if not verb.endswith("s") or verb.endswith("ss"):
        return None
    if verb.endswith("ies") and len(verb) > 4:
        return f"{verb[:-3]}y"
    return verb[:-2] if verb.endswith(("ches", "shes", "sses", "xes", "zes", "oes")) else verb[:-1]
