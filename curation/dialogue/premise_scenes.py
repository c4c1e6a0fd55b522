"""What may be taken wrongly for granted of what goes on: who does it, to what, in what, where and when."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from curation.dialogue.denied import denied
from curation.dialogue.model import Evidence, Focus
from curation.dialogue.premise_table import DEED, Refuted, Table, several
from curation.dialogue.premise_things import named
from curation.dialogue.scene import POSSESSIVES, Action, Kind, Phrase, Token
from curation.dialogue.seen import carrier, is_animal, is_art
from curation.dialogue.subjects import is_plural, names_something
from curation.dialogue.view import View

KINDS = ("kind", "grown", "room")
DOERS = ("grown", "trade")
AT_TIMES = frozenset({"at", "in", "during", "on"})
THERE = frozenset(
    {"in", "on", "at", "under", "near", "beside", "behind", "in front of", "next to", "inside", "outside"}
)
DAYBREAKS = frozenset({"sunrise", "sunset"})  # as a caption's first thing, it is when the picture was taken
ONLY_NOUNS = frozenset({"spring", "night", "morning", "evening", "winter", "summer", "autumn"})  # "in the night market"
OF_TIMES = ("early", "late", "cold", "warm", "hot", "dark", "quiet", "bright", "beautiful", "windy", "first")
WHOLE_DEEDS = frozenset(  # that need no object
    {"reading", "writing", "eating", "drinking", "singing", "drawing", "painting", "cooking", "driving", "playing"}
)
NEAR = 4  # words from a verb to what it is done to


def of_scenes(view: View, evidence: Evidence, told: Sequence[Focus]) -> Iterator[Refuted]:
    """The wrong doers, deeds, objects, clothes, places and times of what is shown; `told` are the
    foci of conversation, which the caption surely answers."""
    if is_art(view.scene, view.lexicon) or not view.phrases:
        return
    reader = _Reader(view, evidence, Table.of(view.lexicon))
    yield from reader.deeds()
    yield from reader.time()
    readers = {"object": reader.object, "wearing": reader.wearing, "place": reader.place}
    for focus in told:
        if focus.fact == 0 and focus.kind in readers:
            yield from readers[focus.kind](focus)


@dataclass(frozen=True)
class _Reader:
    """Reads one view for what excludes something."""

    view: View
    evidence: Evidence
    table: Table

    def deeds(self) -> Iterator[Refuted]:
        """Who acts is told to do something else, or somebody else to do the same."""
        for action, doing in self.view.present():
            who = action.subjects[0]
            rest = self._rest(action, doing)
            headline = action.verb.text[:1].isupper() and not self.view.scene.titled  # a film's name
            if not self._common(who) or action.aimed or rest is None or doing == "wearing" or headline:
                continue
            name, deed = self._name(who), f"{doing}{rest}"
            wrong = self.table.wrong(DEED, action.verb, self.evidence, loose=True)
            if wrong is not None and self._living(who) and name is not None:
                yield Refuted(DEED, wrong, frozenset({action.verb.stem}), self._tell(who, deed), name)
            if self._living(who):
                yield from self._doer(who, {"deed": deed}, deed)

    def _doer(self, who: Phrase, fields: dict[str, str], told: str, form: str = "") -> Iterator[Refuted]:
        """Somebody or something else in the same place; `told` is what it is or does."""
        for sort in (*DOERS, "kind") if form else DOERS:
            other = self.other(sort, who, loose=sort == "grown") if self._common(who) else None
            if other is not None:
                shape = ("there" if self._living(who) else form) if form else "trade" if sort == "trade" else "doer"
                hint, right = self._tell(who, told, "a"), frozenset({who.head.stem})
                yield Refuted("doer", other.pop("wrong"), right, hint, {**other, **fields}, shape)
                return

    def object(self, focus: Focus) -> Iterator[Refuted]:
        """Something is done to something else, or something else is worn."""
        for action, doing in self.view.present():
            if focus.asked != {action.verb.stem}:
                continue
            who = action.subjects[0]
            what = self.view.object_of(action)
            if what is not None and what.head.stem in focus.expected:
                kind = "wearing" if doing == "wearing" else "object"
                yield from self._other_object(kind, who, doing, what)
            return

    def wearing(self, focus: Focus) -> Iterator[Refuted]:
        """Somebody wears something else."""
        who = self._subject(focus)
        what = next((phrase for phrase in self.view.phrases if phrase.head.stem in focus.expected), None)
        if who is not None and what is not None:
            yield from self._other_object("wearing", who, "wearing", what)

    def _other_object(self, kind: str, who: Phrase, doing: str, what: Phrase) -> Iterator[Refuted]:
        name = self._name(who) if self._common(who) and self._living(who) else None
        for sort in ("wearing",) if kind == "wearing" else ("object", *KINDS):
            other = self.other(sort, what)
            if other is not None and name is not None:
                hint = self._tell(who, f"{doing} {self._article(what)}")
                wrong, right = other.pop("wrong"), frozenset({what.head.stem})
                yield Refuted(kind, wrong, right, hint, {**other, **name, "doing": doing})
                return

    def place(self, focus: Focus) -> Iterator[Refuted]:
        """Somebody or something is elsewhere, or somebody or something else is there."""
        who = self._subject(focus)
        where = next((p for p in self.view.phrases if p.head.stem in focus.expected and p is not who), None)
        if who is None or where is None or where.link is None or (self.view.scene.titled and len(where.words) > 2):
            return
        place, name = f"{where.link.lower} {self._article(where)}", self._name(who)
        lexicon = self.view.lexicon
        known = self._living(who) or (named(who, self.view) and who.head.stem not in lexicon.settings)
        known = known and where.head.stem not in lexicon.depictions
        if not known or name is None or where.link.lower not in THERE or not self._common(who):
            return
        wrong = self.table.wrong("place", where.head, self.evidence, loose=True)
        if wrong is not None:
            yield Refuted("place", wrong, frozenset({where.head.stem}), self._tell(who, place), name)
        if all(word.text.islower() for word in where.words):
            yield from self._doer(who, {"place": place}, place, "placed")

    def time(self) -> Iterator[Refuted]:
        """The picture was taken at another time, or in other weather."""
        scene, rows = self.view.scene, self.table.rows["time"]
        told = {token.stem for token in scene.content} & rows.keys()
        if len({rows[stem] for stem in told}) != 1 or carrier(scene.phrases[0], self.view.lexicon):
            return
        for phrase in scene.phrases:
            at = phrase.link.lower if phrase.link is not None and phrase.link.lower in AT_TIMES else ""
            if not at and phrase is scene.phrases[0] and phrase.head.lower in DAYBREAKS and self._ends(phrase):
                at = "at"
            words = [word for word in phrase.words if word.lower in self.table.singles["time"]]
            if not words or not at or denied(scene) & told:
                continue
            wrong = self.table.wrong("time", words[-1], self.evidence)
            if wrong is not None and self._tells_time(phrase, words):
                when = f"{at} {self._article(phrase) if phrase.link is not None else phrase.head.lower}"
                right, hint = frozenset({words[-1].stem}), f"the photo was taken {when}"
                yield Refuted("time", wrong, right, hint, {})
            return

    def _tells_time(self, phrase: Phrase, words: list[Token]) -> bool:
        """Whether a word for a time or weather is said of what is seen: not "in Spring Street", "in the night market",
        "in High Noon". A capital is sure after "at" alone: "Beach at Sunset"."""
        capitals = any(word.text[:1].isupper() for word in phrase.words)
        if words[-1] is phrase.head and words[-1].lower.endswith("y"):
            return False  # "on a rainy ..."
        if words[-1] is phrase.head:
            plain = self.view.lexicon.times | self.table.rows["time"].keys() | self.view.lexicon.stems(OF_TIMES)
            alone = len(phrase.words) == 1 and (phrase.link is None or phrase.link.lower == "at")
            return alone or (phrase.head.text.islower() and all(word.stem in plain for word in phrase.words))
        return not capitals and words[0] is phrase.words[0] and words[0].lower not in ONLY_NOUNS

    def _ends(self, phrase: Phrase) -> bool:
        """Whether a phrase is no part of a longer name: "Sunset Greeting Card"."""
        after = self.view.scene.tokens[phrase.start + len(phrase.words) :][:1]
        return not after or after[0].kind in (Kind.PREPOSITION, Kind.BREAK)

    def other(self, sort: str, thing: Phrase, loose: bool = False) -> dict[str, str] | None:
        """A wrong name for a thing with its article and verbs, in the thing's number."""
        wrong = self.table.wrong(sort, thing.head, self.evidence, loose)
        if wrong is None or not names_something(thing, self.view.lexicon):
            return None
        many = thing.head.lower in self.table.plurals[sort]
        many |= thing.head.lower not in self.table.singles[sort] and is_plural(
            thing, self.view.scene, self.view.lexicon
        )
        single = {"wrong": wrong, "a": self.table.one(wrong, self.view.lexicon), "is": "is", "do": "does"}
        return {"wrong": several(wrong), "a": several(wrong), "is": "are", "do": "do"} if many else single

    def _subject(self, focus: Focus) -> Phrase | None:
        """The phrase that a focus asks about."""
        same = (phrase for phrase in self.view.phrases if {word.stem for word in phrase.words} == focus.subject)
        return next(same, None)

    def _living(self, who: Phrase) -> bool:
        return who.head.lower in self.view.lexicon.people or is_animal(who, self.view.lexicon)

    def _common(self, who: Phrase) -> bool:
        """Whether a phrase is no name, as far as capitals tell, and the only one of its head; "Lions" may be a team."""
        scene, lexicon, head = self.view.scene, self.view.lexicon, who.head
        first = head is scene.tokens[0] or all(lexicon.describes(word.lower) for word in who.modifiers)
        team = scene.titled and is_animal(who, lexicon) and head.lower.endswith("s")
        alone = sum(other.head.stem == head.stem for other in scene.phrases) == 1 and who.text.isascii()
        plain = head.text.islower() or (first and not who.start and not team)
        return alone and plain and names_something(who, lexicon)

    def _name(self, who: Phrase) -> dict[str, str] | None:
        """How a question names somebody, by the head alone, with the form of "be"; None for what may be a name."""
        subject = self.view.subject(who)
        text = f"the {who.head.lower}"
        if subject.joined is not None:
            if not self._common(subject.joined):
                return None
            text += f" and the {subject.joined.head.lower}"
        return {"who": text, "be": subject.be}

    def _tell(self, who: Phrase, told: str, article: str = "the") -> str:
        """The truth, as a sentence without its mark."""
        subject, lexicon = self.view.subject(who), self.view.lexicon
        text = subject.text.removeprefix("the ").replace(who.head.text, who.head.lower)
        if article == "a" and subject.joined is None:
            name = text if subject.be == "are" else self.table.one(text, lexicon)
        else:
            name = f"the {text}"
        return f"{name} {subject.be} {told}"

    def _article(self, phrase: Phrase) -> str:
        """A phrase with its article; an owner's place is taken by "the", and a headline's lack made good."""
        scene, lexicon = self.view.scene, self.view.lexicon
        text = phrase.text.lower() if scene.titled else phrase.text
        if phrase.determiner in ("a", "an", "the"):
            return f"{phrase.determiner} {text}"
        if phrase.determiner:
            return f"the {text}"
        bare = is_plural(phrase, scene, lexicon) or phrase.head.stem in lexicon.times
        bare = bare or not (scene.titled or phrase.head.text.islower())
        counted = phrase.words[0].stem in lexicon.numbers or phrase.words[0].lower.endswith(POSSESSIVES)
        return text if bare or counted else self.table.one(text, lexicon)

    def _rest(self, action: Action, doing: str) -> str | None:
        """What follows a verb, up to the end of the next phrase: " on a knitted blanket"; nothing where it is long or
        holds names. None where the verb says nothing without it, or is none: of "a water sampling rosette" nobody
        samples one."""
        tokens, scene, lexicon = self.view.scene.tokens, self.view.scene, self.view.lexicon
        after = next((phrase for phrase in scene.phrases if phrase.start > action.start), None)
        without = None if action.verb.stem in lexicon.directed else ""
        if after is None or after.clause != action.clause or after.start - action.start > NEAR:
            return without
        without = None if after.link is action.verb and doing not in WHOLE_DEEDS else without
        between = tokens[action.start + 1 : after.start]
        text = self._article(after)
        bare = not after.determiner and text not in (after.text, after.text.lower())
        plain = all(word.kind not in (Kind.BREAK, Kind.CONJUNCTION) for word in between)
        plain = plain and (after.determiner != "" or scene.titled or after.text.islower())
        seen = after in self.view.phrases and names_something(after, lexicon)
        if bare or not plain or not seen or after.head.stem in lexicon.depictions:
            return without
        words = [word.lower for word in between if word.lower not in lexicon.determiners]
        return "".join(f" {word}" for word in (*words, text))
