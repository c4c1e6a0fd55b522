"""How a cue is worded: who and what a question names, and the reason that an answer must give, as a regular expression.

A reason is the cue and no more: that a thing is there ("there are dark clouds"), how it is ("it is made of wood"), or
what somebody does. A fence does not burn because giraffes reach over it.
"""

from __future__ import annotations

import re

from curation.dialogue.lexicon import Cue
from curation.dialogue.scene import POSSESSIVES, Kind, Phrase, Scene
from curation.dialogue.seen import is_animal
from curation.dialogue.subjects import ADVERBS, NATION, NATIONS, is_plural, names_something, with_article
from curation.dialogue.view import View

# What a reason may begin with: a sentence about something in the image. "It is" begins that of a time, and one about
# what the conclusion has just named.
REASON_WORDS = "[A-Za-zÀ-ÖØ-öø-ÿ0-9 :'’-]{6,160}"
REASON = f"(?:the |an? |there (?:is|are) |two |three |four |[A-Z]){REASON_WORDS}"
# What a second fact may hang on.
JOINS = ("of", "in", "on", "at", "with", "near", "beside", "next to", "in front of", "behind", "under", "over", "and")
LONG = 8  # words of a deed in a reason
PARTS = (Kind.BREAK, Kind.VERB, Kind.CONJUNCTION)  # begin another deed
SHORT, RUN_ON = 3, 5  # words of a phrase that a question repeats whole, and of one that is surely read
# Ends of words that say of a thing how it is: "it is rusty", "it is waterproof"; "it is a wedding dress".
QUALITIES = ("y", "ed", "ing", "proof", "less", "able", "ible", "worn")
MADE = {"wooden": "wood", "woolen": "wool", "woollen": "wool", "golden": "gold"}
PARTS_OF_VERBS = frozenset({"up", "down", "out", "off"})


def quality(who: Phrase, cue: Cue) -> str:
    """How somebody is that makes a cue: "smiling" of "a smiling chef"."""
    return next((w.lower for w in who.modifiers if w.stem in cue.stems and w.lower.endswith(QUALITIES)), "")


def name_who(who: Phrase, cue: Cue, view: View) -> str:
    """Who is meant, as a question names him: without what the reason will tell of him."""
    how = quality(who, cue)
    return view.subject(who).text.replace(f"{how} ", "", 1) if how else view.subject(who).text


def doing_of(cue: Cue, view: View) -> str | None:
    """What is done that makes a cue: "feeding pigeons"."""
    for action, doing in view.present():
        if action.verb.stem in cue.stems:
            direct = view.object_of(action)
            return f"{doing} {direct.determiner} {direct.text}".replace("  ", " ") if direct else doing
    return None


def by_deed(cue: Cue, view: View, pronoun: str) -> str:
    """A regular expression of the reason for what is concluded from a deed: who does it, and as much of it as makes the
    cue: "the girls are splashing through a puddle", and not where they live. Empty where no sure deed holds the cue."""
    tokens = view.scene.tokens
    for action, doing in view.present():
        if action.verb.stem not in cue.stems | cue.beside:
            continue
        subject, rest = action.subjects[0], (cue.stems | cue.beside) - {action.verb.stem}
        after = [each for each in view.phrases if each.start > action.start and each.clause == action.clause]
        second = next((each for each in after if rest & {word.stem for word in each.words}), None)
        bare = all(token.kind in (*PARTS, Kind.PREPOSITION) for token in tokens[action.start + 1 : action.start + 2])
        for end in (second, view.object_of(action), None):
            if end is None and not bare:
                continue  # "is hugging": whom?
            told = tokens[action.start + 1 : end.start + len(end.words)] if end else ()
            stems = {word.stem for word in (*subject.words, tokens[action.start], *told)}
            whole = cue.stems & stems and (not cue.beside or cue.beside & stems)
            if whole and len(told) <= LONG and not any(token.kind in PARTS for token in told):
                who = view.subject(subject)
                begin = f"{re.escape(who.text)} {who.be}"
                begin = f"(?:{pronoun}|{begin})" if pronoun else begin
                return " ".join([begin, doing, *(re.escape(token.text) for token in told)])
    return ""


def that_it_is(thing: Phrase, cue: Cue, view: View) -> str:
    """A regular expression of the reason for what is concluded from a thing's being there: that alone, with what must
    stand beside it. Nothing comes from Italy because a slice is missing. Empty where somebody's deed may be it."""
    joined = cue.alone or cue.together or not cue.beside or bool(cue.beside & {word.stem for word in thing.words})
    if not joined and view.living(thing):
        return ""
    text = _within(thing, cue, view)
    if thing.head.stem in view.lexicon.times:
        return f"it is {text if ' ' not in text else _one(text) + text}"
    be = "are" if is_plural(thing, view.scene, view.lexicon) else "is"
    article = "" if be == "are" or thing.head.stem in view.lexicon.mass else _one(text)  # "heavy rain"
    return f"there {be} {article}{text}{_of(thing, view) if joined else _beside(thing, cue, view)}"


def _of(thing: Phrase, view: View) -> str:
    """What a thing is of, as a regular expression of what may follow it."""
    after = next((phrase for phrase in view.scene.phrases if phrase.start > thing.start), None)
    if after is None or after.link is None or after.link.lower != "of" or len(after.words) > RUN_ON:
        return ""
    return f"(?:{re.escape(f' {linked(after, view.scene)}')})?"


def _beside(thing: Phrase, cue: Cue, view: View) -> str:
    """What must stand beside a thing, as a regular expression of what follows it: as the text joins them ("kites in the
    sky"), or one after the other."""
    second = next((p for p in view.phrases if p is not thing and cue.beside & {word.stem for word in p.words}), None)
    if second is None or len(second.words) > RUN_ON:
        return f" (?:{'|'.join(JOINS)}) {REASON_WORDS}"
    following = next((phrase for phrase in view.scene.phrases if phrase.start > thing.start), None)
    if second is following and second.link is not None and second.link.lower in JOINS:  # "a rocket stands on its pad"
        return re.escape(f" {linked(second, view.scene)}")
    if view.living(second):
        return ""  # a fire does not spread because there are firefighters
    text, several = _within(second, cue, view), is_plural(second, view.scene, view.lexicon)
    one = "" if several or second.head.stem in view.lexicon.mass else _one(text)
    return f" and {one}{text}"


def _one(text: str) -> str:
    """The article of one."""
    return "an " if text[0].lower() in "aeiou" and not text.lower().startswith(("uni", "use", "euro", "one")) else "a "


def _within(phrase: Phrase, cue: Cue, view: View) -> str:
    """A phrase as it stands within a sentence, as a regular expression: what is long or has a name in it by what makes
    it a cue ("a cathedral" of Norwich Cathedral), another in lower case where it begins the text."""
    tokens = view.scene.tokens[phrase.start :]
    words = [
        token
        for token in tokens[: tokens.index(phrase.head) + 1]
        if token.lower not in ADVERBS or token.stem in cue.stems
    ]
    first = words[0].text
    if len(words) == 1 and not cue.named and words[0].stem in cue.stems:
        return re.escape(words[0].lower)
    owned = any(word.lower.endswith(POSSESSIVES) for word in words)
    if owned or len(words) > RUN_ON or any(word.text[:1].isupper() for word in words[1:]) or view.scene.titled:
        told = cue.stems | cue.beside
        words = [w for w in words if w is words[-1] or (w.stem in told and not w.lower.endswith(POSSESSIVES))]
        kept = [cue.named or word.text in NATION or word.text.endswith(NATIONS) for word in words]
        return re.escape(" ".join(w.text if keep else w.lower for w, keep in zip(words, kept, strict=True)))
    name = phrase.start or not first[1:].islower() or first in NATION or first.endswith(NATIONS)
    return re.escape(" ".join([first if name else first.lower(), *(word.text for word in words[1:])]))


def how_it_is(thing: Phrase, cue: Cue, view: View) -> str:
    """A regular expression of the reason for what is concluded of a thing, which must tell how that is: "it is made of
    wood", "it is rusty", "it is a wedding dress". A fence does not burn because somebody leans on it. Empty where the
    text tells only what it is: "because it is a hedgehog" is no reason."""
    several, materials = is_plural(thing, view.scene, view.lexicon), cue.stems & set(view.lexicon.materials)
    how = next((word for word in thing.modifiers if word.stem in cue.stems | cue.beside), None)
    if how is None:
        return ""
    if how.stem in materials:
        told = f"made of {MADE.get(how.lower, re.escape(how.lower))}"
    elif how.lower.endswith(QUALITIES):
        told = re.escape(how.lower)
    else:
        told = _within(thing, cue, view)
        told = told if several else f"{_one(told)}{told}"
    return f"{'they are' if several else 'it is'} {told}"


def pronoun_for(who: Phrase, view: View) -> str:
    """How a sentence that has named who or what is meant goes on; nothing for one person, of whom the text may not
    tell whether it is he or she."""
    if view.subject(who).be == "are":
        return "they are"
    return "it is" if is_animal(who, view.lexicon) or not view.living(who) else ""


def name_thing(phrase: Phrase, cue: Cue, view: View) -> str | None:
    """The phrase as a question names it: a long one, and a title, by its head and what makes it a cue; without what its
    reason will tell of it."""
    if not names_something(phrase, view.lexicon):
        return None
    long = len(phrase.words) > SHORT or view.scene.titled
    telling = [w for w in phrase.modifiers if w.stem in cue.stems | cue.beside and w.lower.endswith(QUALITIES)]
    if not long and not telling:
        return with_article(phrase, view.scene, view.lexicon)
    told = [w for w in phrase.words if w not in telling and (not long or w is phrase.head or w.stem in cue.stems)]
    return " ".join(["the", *(word.lower if long or word is phrase.words[0] else word.text for word in told)])


def linked(phrase: Phrase, scene: Scene) -> str:
    """The phrase with the preposition or verb that it hangs on: "at dawn", "setting up a tent"."""
    link, end = phrase.link, phrase.start + len(phrase.words)
    if link is None:
        return f"{phrase.determiner} {phrase.text}".strip()
    begin = max(at for at, token in enumerate(scene.tokens[: phrase.start]) if token is link)
    if link.lower in PARTS_OF_VERBS and begin and scene.tokens[begin - 1].kind is Kind.VERB:
        begin -= 1
    if scene.tokens[begin].kind is Kind.VERB:
        return " ".join(token.text for token in scene.tokens[begin:end])
    article = f"{phrase.determiner} " if phrase.determiner else ""
    return f"{link.lower} {article}{phrase.text}"
