"""One fact as questions are made of it: what it denies, prints on a thing or only speaks of is left out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from curation.captions.depicts import is_visible
from curation.dialogue.denied import denied, is_denial
from curation.dialogue.lexicon import Lexicon
from curation.dialogue.parse import parse
from curation.dialogue.scene import Action, Kind, Phrase, Scene
from curation.dialogue.seen import is_animal, is_art, is_name, is_person, is_sight, seen
from curation.dialogue.subjects import Subject, gerund, names_something, subject_of

WORDS = 3  # of what is done something to, in a title


@dataclass(frozen=True)
class View:
    """The phrases and actions of one fact that its image shows."""

    scene: Scene
    lexicon: Lexicon
    phrases: tuple[Phrase, ...]
    actions: tuple[Action, ...]

    @classmethod
    def of(cls, scene: Scene, lexicon: Lexicon) -> View:
        """The view of one fact."""
        absent, again = denied(scene), parse(scene.text, lexicon)
        shown = tuple(
            phrase
            for phrase in seen(scene, lexicon)
            if not absent & {word.stem for word in phrase.words} and not any(is_denial(w.lower) for w in phrase.words)
            if is_person(phrase, lexicon)
            or is_animal(phrase, lexicon)
            or again.is_thing(phrase.head, _nth(phrase, scene))
        )
        return cls(scene, lexicon, shown, tuple(act for act in scene.actions if act.verb.stem not in absent))

    def common(self) -> list[Phrase]:
        """Phrases that are no names (the Golden Gate Bridge is not golden) and name something that can be seen."""
        scene, lexicon = self.scene, self.lexicon
        return [
            phrase
            for phrase in self.phrases
            if not is_name(phrase, scene, lexicon)
            and names_something(phrase, lexicon)
            and is_sight(phrase, scene, lexicon)
        ]

    def shows_something(self) -> bool:
        """Whether the image shows a thing that is told of, or somebody who does something: no "Survival Basics I". A
        name alone may be that of a book."""
        scene, lexicon = self.scene, self.lexicon
        things = self.phrases if not is_art(scene, lexicon) else scene.phrases
        told = (p for p in things if not is_name(p, scene, lexicon) or is_visible(p.head.text))
        acts = any(self.present()) or (bool(self.actions) and not scene.titled)
        return acts or any(is_sight(phrase, scene, lexicon) for phrase in told)

    def subject(self, phrase: Phrase) -> Subject:
        """The phrase as a question names it."""
        return subject_of(phrase, self.scene, self.lexicon)

    def living(self, phrase: Phrase) -> bool:
        """Whether a phrase is of a person or an animal, or a name."""
        named = is_name(phrase, self.scene, self.lexicon)
        return named or is_person(phrase, self.lexicon) or is_animal(phrase, self.lexicon)

    def present(self) -> Iterator[tuple[Action, str]]:
        """Actions that go on in the picture and of which it is sure who acts, each with its verb in -ing: of the first
        sentence, since what follows may tell of anything."""
        ends = (at for at, token in enumerate(self.scene.tokens) if token.text in (".", "!", "?"))
        end = next(ends, len(self.scene.tokens))
        for action in self.actions:
            if action.start > end:
                return
            if action.verb.stem in self.lexicon.frame or self.doubtful(action) or action.verb.lower == "lit":
                continue  # "a patio lit by a torch"
            if action.subjects[0].head.stem in self.lexicon.depictions or self.loose(action):
                continue
            before = self.scene.tokens[action.start - 1] if action.start else None
            if before is not None and before.kind is Kind.PREPOSITION:
                continue  # "after winning the final"
            who = self.subject(action.subjects[0])
            doing = gerund(action.verb.lower, who.be == "are", self.lexicon)
            if doing and (doing == action.verb.lower or (before is not None and before.kind is Kind.WORD)):
                yield action, doing

    def object_of(self, action: Action) -> Phrase | None:
        """What something is surely done to."""
        direct = next((phrase for phrase in self.phrases if phrase.link is action.verb), None)
        if direct is None:
            return None
        stems = frozenset(word.stem for word in direct.words)
        return direct if parse(self.scene.text, self.lexicon).may_be_done_to(action.verb, stems) else None

    def loose(self, action: Action) -> bool:
        """Whether a title only strings words together: "3 Corvette Racing", "Puppies Playing Water Polo Baby Quilt"."""
        if not all(token.text[:1].isupper() for token in self.scene.content):
            return False
        if not action.subjects:
            return True
        who = action.subjects[0]
        alive = is_person(who, self.lexicon) or is_animal(who, self.lexicon)
        return not alive or any(phrase.link is action.verb and len(phrase.words) > WORDS for phrase in self.phrases)

    def doubtful(self, action: Action) -> bool:
        """Whether nobody acts, or one of two may: of "mother holding a baby wearing a hat" neither is asked for."""
        if not action.subjects or action.subjects[0] not in self.phrases:
            return True
        first, last = action.subjects[0], action.subjects[-1]
        named = [*first.words, *(joined.words if (joined := self.subject(first).joined) else ())]
        if not parse(self.scene.text, self.lexicon).may_do(action.verb, frozenset(word.stem for word in named)):
            return True
        if first is last or last is self.subject(first).joined:
            return not all(names_something(phrase, self.lexicon) for phrase in (first, last))
        second = is_person(last, self.lexicon) or is_animal(last, self.lexicon)
        return not self.living(first) or last.link is None or second


def _nth(phrase: Phrase, scene: Scene) -> int:
    """Which of the text's words of that form a phrase's head is."""
    end = phrase.start + len(phrase.words) - 1
    return sum(token.lower == phrase.head.lower for token in scene.tokens[:end])
