"""Which words of a text are verbs, as far as lists, endings and the words on either side tell."""

from __future__ import annotations

from curation.dialogue.lexicon import Lexicon
from curation.dialogue.words import GROUPS, POSSESSIVES, SINGULAR_S, Kind, is_several, many

ING_ACTS = frozenset(
    {
        "landing",
        "operating",
        "skating",
        "bowling",
        "training",
        "riding",
        "fishing",
        "climbing",
        "sailing",
        "hiking",
        "camping",
        "washing",
        "waiting",
        "serving",
    }
)
PEOPLE_ACT = ING_ACTS | {"lighting", "sewing", "welding", "shopping", "boxing", "dining", "carving"}
PICTURES = frozenset({"image", "photo", "photograph", "picture", "scene", "it", "this"})
SHOWS = frozenset(
    {
        "shows",
        "depicts",
        "features",
        "captures",
        "displays",
        "contains",
        "includes",
        "portrays",
        "illustrates",
        "represents",
    }
)
PARTICIPLES = frozenset(
    {
        "asleep",
        "spread",
        "seen",
        "taken",
        "stuck",
        "hidden",
        "stolen",
        "shown",
        "known",
        "written",
        "drawn",
        "grown",
        "broken",
        "worn",
        "woven",
    }
)
NO_PARTICIPLES = frozenset(
    {"sled", "seed", "shed", "weed", "speed", "breed", "steed", "hundred", "creed", "bleed", "tweed"}
)
ALWAYS_SHOWS = frozenset({"depicts", "portrays", "illustrates", "includes", "contains"})
ARTICLES = frozenset({"a", "an", "the", "his", "her", "its", "their"})
NEVER_ADJECTIVES = frozenset({"wearing", "using", "taking", "keeping", "having", "giving", "doing", "putting"})
SUBJECTS = frozenset({"he", "she", "it", "they", "who"})
DOERS = ("ers", "ors", "ists", "ants", "cians")  # ends of words for people who do something
MODALS = frozenset({"may", "might", "can", "could", "will", "would", "should", "must", "to"})


def is_verb(index: int, words: list[str], kinds: list[Kind], lexicon: Lexicon, verbs: frozenset[str]) -> bool:
    """Whether the word at an index is a verb. `kinds` are those of the words, of the verbs only the earlier ones;
    `verbs` are stems of verbs beyond the lexicon's."""
    word = words[index].lower()
    before = kinds[index - 1] if index else Kind.BREAK
    before_word = words[index - 1].lower() if index else ""
    after = kinds[index + 1] if index + 1 < len(words) else Kind.BREAK
    after_word = words[index + 1].lower() if index + 1 < len(words) else ""
    after_aux = before_word in lexicon.auxiliaries or before_word in ("not", "who", "and")
    asks = words[0].lower() in ("what", "where", "who", "which", "how") and any(
        other.lower() in lexicon.auxiliaries for other in words[:index]
    )
    if asks and word.endswith("ing") and before is Kind.WORD and after in (Kind.BREAK, Kind.PREPOSITION, Kind.FUNCTION):
        return True  # "What is the bus crossing?"
    if word in ("holds", "contains") and before is Kind.WORD and after is not Kind.BREAK:
        return True
    does = asks and {"does", "do", "did"} & {other.lower() for other in words[:index]}
    if does and before is Kind.WORD and after is not Kind.WORD:
        return True  # "Where does the horseshoe lie?"
    if before_word in SUBJECTS and (lexicon.stem(word) in lexicon.verbs | verbs or many(word)):
        return True  # "he reads a story"
    if before_word in MODALS and (before_word != "to" or not word.endswith("s")):
        return lexicon.stem(word) in lexicon.verbs | verbs or (before_word == "to" and after_word in ("a", "an", "the"))
    if _is_named(index, words, kinds) or f"{word} {after_word.removesuffix('s')}" in lexicon.ing_compounds:
        return False
    if _acts_now(index, words, kinds, lexicon) or _after_one(index, words, kinds, lexicon, verbs):
        return True
    if word in ALWAYS_SHOWS and before is not Kind.BREAK:
        return True
    if word in SHOWS and (before_word in PICTURES or lexicon.stem(before_word) in lexicon.depictions):
        return True
    if word in lexicon.ing_nouns:
        return _acts_for_once(index, words, kinds, lexicon) and lexicon.stem(word) in lexicon.verbs | verbs
    if word in NEVER_ADJECTIVES:
        return before_word not in lexicon.determiners
    if word.endswith("ing") and len(word) > 4:
        return _acts_in_ing(index, words, kinds, lexicon)
    if (word.endswith("ed") and word not in NO_PARTICIPLES and len(word) > 4) or word in PARTICIPLES:
        apart = before is Kind.BREAK and index > 0 and after is Kind.PREPOSITION  # "pasta, topped with cheese"
        painted = before is Kind.WORD and lexicon.stem(after_word) in lexicon.colours  # "boats painted red"
        return (
            apart
            or painted
            or ((before is Kind.WORD or after_aux) and after in (Kind.PREPOSITION, Kind.BREAK, Kind.FUNCTION))
        )
    if before_word in ("that", "which") and index > 1:
        return lexicon.stem(word) in lexicon.verbs | verbs  # "a diagram that compares cats and dogs"
    if before is Kind.WORD and after_word in ARTICLES:
        return True  # "firefighters battle a fire": whatever stands between a noun and an article
    return _is_form_of_verb(index, words, kinds, lexicon, verbs, after_aux)


def _is_form_of_verb(
    index: int, words: list[str], kinds: list[Kind], lexicon: Lexicon, verbs: frozenset[str], after_aux: bool
) -> bool:
    """Whether a word that may be a form of a known verb stands where a verb does."""
    word = words[index].lower()
    before, before_word = (kinds[index - 1], words[index - 1].lower()) if index else (Kind.BREAK, "")
    after, after_word = (kinds[index + 1], words[index + 1].lower()) if index + 1 < len(words) else (Kind.BREAK, "")
    bare = many(before_word) and lexicon.present.get(words[index]) is False  # "commuters wade through"
    if not (bare or lexicon.stem(word) in lexicon.verbs | verbs) or (
        word in lexicon.verb_form_nouns and lexicon.stem(word) not in verbs
    ):
        return False
    if word in lexicon.irregular or word.endswith("en"):  # most participles of irregular verbs
        return (before is Kind.WORD or after_aux) and after in (Kind.PREPOSITION, Kind.BREAK, Kind.FUNCTION)
    if word.endswith("s") and not word.endswith("ss"):
        # "a diagram compares cats and dogs", where the evidence has it comparing
        bare = after is Kind.WORD and lexicon.stem(word) in verbs
        objects = after in (Kind.PREPOSITION, Kind.FUNCTION) or after_word in lexicon.determiners
        # "crosses a line and wins a final", "is in a coat and jumps into a puddle"
        again = before_word == "and" and (Kind.VERB in kinds[:index] or "is" in words[:index])
        return (before is Kind.WORD or again) and (bare or objects) and not _named_deed(word, lexicon)
    several = many(before_word)  # no "bus stop"
    return before is Kind.WORD and several and after in (Kind.PREPOSITION, Kind.FUNCTION)


def _acts_in_ing(index: int, words: list[str], kinds: list[Kind], lexicon: Lexicon) -> bool:
    """Whether a word in -ing is an action, and no adjective before a noun."""
    before, before_word = (kinds[index - 1], words[index - 1].lower()) if index else (Kind.BREAK, "")
    after, after_word = (kinds[index + 1], words[index + 1].lower()) if index + 1 < len(words) else (Kind.BREAK, "")
    dressed = index > 1 and words[index - 2].lower() == "in"  # "a woman in black dancing"
    plain = lexicon.describes(before_word) or "-" in before_word
    if plain and (after is Kind.WORD or (after is Kind.BREAK and not dressed)):
        return False  # "a wooden rowing boat", "two hiking boots", "with orange stitching"
    if before_word in lexicon.auxiliaries or before_word in ("not", "who"):
        return not (after is Kind.WORD and before_word in ("has", "have"))
    modifies = after is Kind.WORD and before is not Kind.WORD and before_word not in ("while", "when")
    if before is Kind.PREPOSITION and after_word in lexicon.determiners:
        return True  # "after winning the final"
    return not modifies and before_word not in lexicon.determiners and before is not Kind.PREPOSITION


def _is_named(index: int, words: list[str], kinds: list[Kind]) -> bool:
    """Whether a word belongs to a name, as far as capitals tell: "Ron Sleeping Bear Dunes"."""
    if not index or not words[index][:1].isupper() or kinds[index - 1] is not Kind.WORD:
        return False
    return words[index - 1][:1].isupper() and any(word[:1].islower() and len(word) > 4 for word in words)


def _acts_now(index: int, words: list[str], kinds: list[Kind], lexicon: Lexicon) -> bool:
    """Whether a verb in the simple present stands right after who does it, where a text or a part of it begins: "Coco
    Gauff hugs her coach", "rescue workers search rubble"."""
    word, after = words[index], words[index + 1].lower() if index + 1 < len(words) else ""
    if word not in lexicon.present or not index or kinds[index - 1] is not Kind.WORD:
        return False
    start = next((at + 1 for at in range(index - 1, -1, -1) if kinds[at] is Kind.BREAK), 0)
    end = _before_what_they_have(start, index, words, kinds)
    if end == start or any(kind not in (Kind.WORD, Kind.FUNCTION, Kind.CONJUNCTION) for kind in kinds[start:end]):
        return False
    who = words[end - 1]
    living = word in lexicon.only_verbs or who.lower().endswith(DOERS)
    living |= who.lower() in lexicon.people or lexicon.stem(who) in lexicon.animals
    named = end - start > 1 and who[:1].isupper() and words[end - 2][:1].isupper()
    named = named and not lexicon.describes(words[end - 2])
    several = Kind.CONJUNCTION in kinds[start:end] or (is_several(who.lower()) and not (named and who.endswith("s")))
    goes_on = after and kinds[index + 1] is not Kind.BREAK  # "[Group Buy]" is none
    agrees = lexicon.present[word] is not several or (who.lower() in GROUPS and goes_on)
    if not (living or named) or who.lower().endswith(POSSESSIVES) or not agrees:
        return False
    if index + 1 < len(words) and kinds[index + 1] is Kind.CONJUNCTION:
        return False  # "dog walks and training"
    return after not in lexicon.compounds


def _before_what_they_have(start: int, index: int, words: list[str], kinds: list[Kind]) -> int:
    """Where the name of who acts ends: before "in saffron robes" of "monks in saffron robes walk barefoot", since after
    a noun for several things comes a verb and seldom another noun, and before "from the Bolshoi" of dancers."""
    links = [at for at in range(start, index) if kinds[at] is Kind.PREPOSITION]
    link, before = words[links[0]].lower() if len(links) == 1 else "", words[index - 1]
    has = (link in ("in", "with") and many(before.lower())) or (link in ("of", "at", "from") and before[:1].isupper())
    return links[0] if has and index + 1 < len(words) and kinds[index + 1] is not Kind.BREAK else index


def _after_one(index: int, words: list[str], kinds: list[Kind], lexicon: Lexicon, verbs: frozenset[str]) -> bool:
    """Whether a word in -s must be a verb because an "a" before it wants a noun for one: "a whale breaches off"."""
    word, start = words[index], index
    while start and kinds[start - 1] is Kind.WORD:
        start -= 1
    own = words[start:index]
    one = start and own and words[start - 1].lower() in ("a", "an")
    after = words[index + 1].lower() if index + 1 < len(words) else ""
    if not one or not word.islower() or not many(word) or word in SINGULAR_S:
        return False
    sure = word in SHOWS or (lexicon.stem(word) in lexicon.verbs and word not in lexicon.verb_form_nouns)
    tells = sure or not after or kinds[index + 1] is not Kind.WORD
    if not (tells or after.endswith("ly") or many(after)) or any(each.endswith("ing") for each in own):
        return False  # "a sports car", "a robot welding car parts"
    if any(many(each) for each in own):
        return False  # the verb stands before: "a nun in a gray habit waters geraniums"
    if any(lexicon.stem(each) in lexicon.numbers or not each.isalpha() for each in own):
        return False  # "a hundred", "a man's"
    living = own[-1].lower() in lexicon.people or lexicon.stem(own[-1]) in lexicon.animals
    return living or not lexicon.describes(own[-1])


def _named_deed(word: str, lexicon: Lexicon) -> bool:
    """Whether a word in -s is a noun by its ending: "reflections", and not "mentions"."""
    return word.endswith("ions") and not lexicon.stem(word).endswith("ion")


def _acts_for_once(index: int, words: list[str], kinds: list[Kind], lexicon: Lexicon) -> bool:
    """Whether a word in -ing that is mostly a noun is an action here: "children building a castle" is one, "a brick
    building in the city" a thing."""
    before = words[index - 1].lower() if index else ""
    if before in lexicon.auxiliaries and before not in ("has", "have", "had"):
        return True
    after = words[index + 1] if index + 1 < len(words) else ""
    named = after[:1].isupper() and words[index][:1].islower()
    object_follows = after.lower() in lexicon.determiners or (named and kinds[index + 1] is Kind.WORD)
    ends = not after or kinds[index + 1] is not Kind.WORD
    joined = before == "and" and Kind.VERB in kinds[:index]  # "wearing a scarf and building a snowman"
    of_thing = joined or (index > 0 and kinds[index - 1] is Kind.WORD)
    rides = before in lexicon.people and words[index] in PEOPLE_ACT  # "couple riding bicycles", no "Women Hiking Boots"
    return of_thing and (object_follows or rides or (ends and words[index].lower() in ING_ACTS))
