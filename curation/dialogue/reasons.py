"""What a text itself says of causes and purposes, read backwards: who sees the picture sees what is done, and may
conclude what it is done for or what came before.

"Residents fill sandbags ahead of the storm": they may be preparing for the storm, because they are filling sandbags.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from curation.dialogue.lexicon import WORD, Cue, Lexicon
from curation.dialogue.scene import POSSESSIVES, Action, Kind, Phrase, Scene, plural
from curation.dialogue.view import View

AHEAD = frozenset({"before", "ahead of"})
AFTER = frozenset({"after", "due to"})
IDLE = frozenset({"stand", "walk", "pose", "sit", "wait", "arriv", "leav", "speak", "visit", "look", "smile", "meet"})
DONE = {
    **{"winning": "won", "losing": "lost", "beating": "beaten", "scoring": "scored", "finishing": "finished"},
    **{"crossing": "crossed", "defeating": "defeated", "completing": "completed", "receiving": "received"},
    **{"landing": "landed", "escaping": "escaped", "catching": "caught", "missing": "missed", "breaking": "broken"},
    **{"hearing": "heard", "seeing": "seen", "passing": "passed", "falling": "fallen", "setting": "set"},
}
# What one sees of who has won or lost (stems): who waves may have done either.
JOY = frozenset(
    {"celebr", "cheer", "hug", "kiss", "embrac", "lift", "rais", "jump", "leap", "danc", "pat", "laugh", "rest"}
)
GRIEF = frozenset({"cri", "weep", "react", "slump", "kneel", "lie", "comfort", "consol"})
LOST = frozenset({"lost", "missed", "broken", "fallen"})
RANK = 2
LONG = 8  # words of a deed that a question repeats
ENDS = (
    AHEAD | AFTER | {"ahead", "of", "due", "to", "in", "order", "so", "as", "a", "an", "the", "just", "right", "hours"}
)


def stated(view: View) -> Iterator[Cue]:
    """The inferences that the text carries by what it says of a cause or a purpose of what is seen."""
    for action, doing in view.present():
        yield from _purposes(view, action, doing)
        yield from _preparations(view, action, doing)
        yield from _causes(view, action, doing)


def _purposes(view: View, action: Action, doing: str) -> Iterator[Cue]:
    """ "Boy standing on a stool to reach the jar": he may want to reach the jar."""
    tokens, lexicon = view.scene.tokens, view.lexicon
    if action.verb.stem in lexicon.intents or not view.living(action.subjects[0]):
        return  # "teaching his daughter to ride": she wants to; fireworks want nothing
    for at in range(action.start + 1, len(tokens) - 1):
        if tokens[at].kind is Kind.BREAK or (tokens[at].kind is Kind.VERB and tokens[at - 1].lower != "to"):
            return
        verb = tokens[at + 1]
        aims = tokens[at].lower == "to" and verb.stem in lexicon.acts and verb.lower == _bare(verb.lower, lexicon)
        if aims and tokens[at - 1].stem not in lexicon.intents:
            what = _with_object(view.scene, at + 1)
            if what:
                done = _done(view, action, doing, at)
                who = view.subject(action.subjects[0]).text
                ask = (f"Why might {who} be {done}?", f"What might {who} hope to achieve by {done}?")
                yield _cue(view, action, done, ask, f"{who} may want to {what}")
            return


def _preparations(view: View, action: Action, doing: str) -> Iterator[Cue]:
    """ "Ballerina tying her shoe before a performance": she may be preparing for it."""
    for phrase in _after(view, action, AHEAD):
        if {word.stem for word in phrase.words} & view.lexicon.events and action.verb.stem not in IDLE:
            who, done = view.subject(action.subjects[0]).text, _done(view, action, doing, phrase.start)
            ask = (f"Why might {who} be {done}?", f"What might {who} be getting ready for?")
            yield _cue(view, action, done, ask, f"{who} may be preparing for {_named(phrase)}")


def _causes(view: View, action: Action, doing: str) -> Iterator[Cue]:
    """ "Passengers queueing after a computer failure": there may have been one."""
    who = view.subject(action.subjects[0]).text
    for phrase in _after(view, action, AFTER):
        if phrase.head.stem in view.lexicon.mishaps:
            done = _done(view, action, doing, phrase.start)
            ask = ("What might have happened before this photo?", f"Why might {who} be {done}?")
            yield _cue(view, action, done, ask, f"there may have been {_one(phrase, view.lexicon)}")
            return
    for later in view.scene.actions:
        before = view.scene.tokens[later.start - 1]
        what = _with_object(view.scene, later.start)
        shown = action.verb.stem in (GRIEF if DONE.get(later.verb.lower) in LOST else JOY)
        if shown and later.start > action.start and before.lower == "after" and later.verb.lower in DONE and what:
            done = _done(view, action, doing, later.start)
            ask = ("What might have happened before this photo?", f"Why might {who} be {done}?")
            yield _cue(view, action, done, ask, f"{who} may have {DONE[later.verb.lower]} {what.partition(' ')[2]}")


def _after(view: View, action: Action, links: frozenset[str]) -> list[Phrase]:
    """Phrases of the action's part of the text that hang on one of some links."""
    return [
        phrase
        for phrase in view.scene.phrases
        if phrase.start > action.start
        and phrase.clause == action.clause
        and phrase.link is not None
        and phrase.link.lower in links
    ]


def _done(view: View, action: Action, doing: str, end: int) -> str:
    """What is done, without its cause or purpose, which follow at `end`: as the text tells it ("lining up") or, where
    that is long, with its object."""
    tokens, direct = view.scene.tokens, next((p for p in view.scene.phrases if p.link is action.verb), None)
    while tokens[end - 1].kind is not Kind.VERB and tokens[end - 1].lower in ENDS:
        end -= 1
    told = tokens[action.start + 1 : end]
    if len(told) > LONG or any(token.kind is Kind.BREAK for token in told):
        between = tokens[action.start + 1 : direct.start] if direct else []
        return " ".join([doing, *(token.lower for token in between), *([direct.text] if direct else [])])
    return " ".join([doing, *(token.text for token in told)])


def _with_object(scene: Scene, at: int) -> str:
    """A verb and its object, as written; "" for a verb that has none."""
    verb = scene.tokens[at]
    for phrase in scene.phrases:
        if phrase.start > at and (phrase.determiner == "its" or phrase.head.lower.endswith(POSSESSIVES)):
            return ""  # "to check its color": whose, the conclusion would not tell; "to tie his daughter's skate"
        if phrase.start > at and all(token.kind is Kind.FUNCTION for token in scene.tokens[at + 1 : phrase.start]):
            between = [token.lower for token in scene.tokens[at + 1 : phrase.start]]
            return " ".join([verb.lower, *between, phrase.text])
    return ""


def _bare(verb: str, lexicon: Lexicon) -> str | None:
    """The verb, if it has the form that stands after "to"."""
    past = verb.endswith(("ing", "ed")) or (verb.endswith("s") and not verb.endswith("ss"))
    return None if past or lexicon.present.get(verb) else verb


def _named(phrase: Phrase) -> str:
    """The phrase with an article, if it needs one."""
    article = phrase.determiner or ("" if plural(phrase) or phrase.head.text[:1].isupper() else "the")
    return f"{article} {phrase.text}".strip()


def _one(phrase: Phrase, lexicon: Lexicon) -> str:
    """The phrase as something that there is."""
    mass = plural(phrase) or phrase.head.stem in lexicon.mass or phrase.head.lower.endswith("ing")
    text = phrase.text if phrase.text.islower() else phrase.head.lower
    if phrase.head.text[:1].isupper():
        mass = False
    article = "" if mass else "an" if text[0] in "aeiou" else "a"
    return f"{article} {text}".strip()


def _cue(view: View, action: Action, done: str, ask: tuple[str, ...], conclusion: str) -> Cue:
    """The inference, whose reason is the deed alone: who dives "to save a penalty" wants to save it since he dives."""
    lexicon, subject = view.lexicon, view.subject(action.subjects[0])
    who = lexicon.stems(WORD.findall(subject.text))
    told = [word for word in WORD.findall(conclusion.lower()) if not lexicon.is_function(word)]
    core = lexicon.stems(word for word in told if word not in lexicon.hedges) - who
    seen = frozenset({action.verb.stem})
    own = re.escape(f"{subject.text} {subject.be} {done}")
    return Cue(seen, ask, conclusion, core | who, True, False, frozenset(), core, frozenset(), RANK, own=own)
