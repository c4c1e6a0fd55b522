"""From planned turns to written ones: requests, what comes back, and which candidate is kept."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import dataclass, field

from curation.dialogue.because import REASON_WORDS
from curation.dialogue.checks import BaseCheck, default_checks, failures
from curation.dialogue.checks.relations import BECAUSE
from curation.dialogue.lexicon import WORD, Lexicon
from curation.dialogue.model import Evidence, Focus, PlannedTurn, Turn
from curation.dialogue.passes import Chat
from curation.dialogue.plan import draw
from curation.dialogue.response_types import RESPONSE_TYPES, InvalidAnswer
from curation.dialogue.scene import read
from curation.dialogue.vision import with_image
from curation.inference.chat import ChatAnswer, ChatRequest
from curation.inference.spent import Spent
from curation.samples import Reason, Reject

PLAIN = "detailed_description"
ASTRAY = "off focus: "
THERE = re.compile(r"there (?:is|are) |this is |the (?:photo|picture|image) shows ")
WHOLE_WORDS, WHOLE = 5, 0.8
CLUMSY = re.compile(r"(?P<first>[A-Z][a-z]+) (?P<head>[a-z]+)(?<!s) is ")  # "Police officer is directing traffic."
AND = re.compile(r"\b(?:and|or)\b", re.I)  # "the boxes and tubs" are not of what the tubs are made of
SHOWN = re.compile(r"^(?:what|which)\b.*\b(?:shown|seen|pictured|see|(?:in|on) the (?:picture|photo|image))", re.I)
SHORTENED = re.compile(r"\b(?:St|Mt|Dr|Mr|Mrs|Ms|No|Prof|Jr|Sr)\.$")  # "because he greets a boy in St."
BROKEN_OFF = re.compile(r"\b(?:an?|the|and|or|its|his|her|their)\s*\?$", re.I)


@dataclass
class Slot:
    """One planned turn and what has come back for it."""

    planned: PlannedTurn
    turn: Turn | None = None
    problems: tuple[str, ...] = ()  # of the best candidate; none with a turn means done
    reject: Reject | None = None  # why there is no turn

    @property
    def done(self) -> bool:
        """Whether there is a turn that passed every check."""
        return self.turn is not None and not self.problems


@dataclass
class Dialogue:
    """One sample on its way through the stage."""

    row: int
    sample_id: str
    evidence: Evidence
    slots: list[Slot] = field(default_factory=list)
    image: str | None = None  # as a data: URI, in vision mode
    model: str | None = None
    spent: Spent = field(default_factory=Spent)
    notes: tuple[str, ...] = ()  # passes that failed and cost facts

    def others(self, slot: Slot) -> list[Turn]:
        """The good turns beside one."""
        return [other.turn for other in self.slots if other is not slot and other.turn is not None and other.done]


@dataclass(frozen=True)
class Settings:
    """How turns are asked for; the recipe's `rewrite` documents each."""

    attempts: int
    temperature: float
    retry_temperature: float
    max_tokens: int
    steer: bool
    seed: bool


@dataclass(frozen=True)
class Attempt:
    """One request for a turn, its answer, and what was found wrong with it (nothing means that it was good)."""

    slot: Slot
    request: ChatRequest
    answer: ChatAnswer
    turn: Turn | None
    problems: tuple[str, ...]


class Writer:
    """Asks for the planned turns of many dialogues at once, each up to `attempts` times until a candidate passes every
    default check; the best candidate is kept either way. `tell` hears of each attempt."""

    def __init__(self, settings: Settings, chat: Chat, tell: Callable[[Attempt], None] | None = None) -> None:
        self._settings = settings
        self._chat = chat
        self._tell = tell
        self._checks: Sequence[BaseCheck] = default_checks()

    def write(self, dialogues: Sequence[Dialogue], rescue: bool) -> None:
        """Fill the slots. With `rescue`, a dialogue in which nothing came out well is asked for a plain description,
        which nearly every caption carries."""
        for attempt in range(self._settings.attempts):
            self._round(dialogues, attempt)
        if rescue:
            self._rescue(dialogues)
        for slot in (slot for dialogue in dialogues for slot in dialogue.slots):
            if slot.problems and all(problem.startswith(ASTRAY) for problem in slot.problems):
                # true, and no answer to its question: no check of the quality stage would see it
                slot.turn, slot.reject = None, Reject(Reason.BAD_QUESTION, slot.problems[0])

    def request(self, dialogue: Dialogue, slot: Slot, attempt: int = 0) -> ChatRequest:
        """What is sent for a slot."""
        kind, settings = RESPONSE_TYPES[slot.planned.response_type], self._settings
        messages = kind.messages(dialogue.evidence, slot.planned)
        return ChatRequest(
            messages=with_image(messages, dialogue.image) if dialogue.image else messages,
            max_tokens=settings.max_tokens,
            temperature=settings.retry_temperature if attempt else settings.temperature,
            seed=seed_of(dialogue.sample_id, slot.planned.focus.topic, str(attempt)) if settings.seed else None,
            schema=kind.schema(slot.planned, settings.steer),
        )

    def _rescue(self, dialogues: Sequence[Dialogue]) -> None:
        lost = [each for each in dialogues if not any(slot.done for slot in each.slots)]
        for dialogue in lost:
            if all(slot.planned.response_type != PLAIN for slot in dialogue.slots):
                foci = RESPONSE_TYPES[PLAIN].foci(dialogue.evidence)
                foci.sort(key=lambda focus: draw(dialogue.sample_id, PLAIN, focus.topic))
                dialogue.slots = [Slot(PlannedTurn(PLAIN, foci[0])), *dialogue.slots] if foci else dialogue.slots
        fresh = [each for each in lost if each.slots[0].turn is None and each.slots[0].planned.response_type == PLAIN]
        for attempt in range(self._settings.attempts):
            self._round(fresh, attempt, first_only=True)

    def _round(self, dialogues: Sequence[Dialogue], attempt: int, first_only: bool = False) -> None:
        """Ask once for every turn (or every dialogue's first) that has no good candidate yet."""
        slots = [(each, slot) for each in dialogues for slot in each.slots[: 1 if first_only else None]]
        open_slots = [(dialogue, slot) for dialogue, slot in slots if not slot.done]
        if not open_slots:
            return
        requests = [self.request(dialogue, slot, attempt) for dialogue, slot in open_slots]
        for (dialogue, slot), request, answer in zip(open_slots, requests, self._chat.ask(requests), strict=True):
            dialogue.model = answer.model or dialogue.model
            dialogue.spent += Spent.on(answer)
            turn, problems = self._take(dialogue, slot, answer)
            if self._tell is not None:
                self._tell(Attempt(slot, request, answer, turn, problems))

    def _take(self, dialogue: Dialogue, slot: Slot, answer: ChatAnswer) -> tuple[Turn | None, tuple[str, ...]]:
        """Keep the answer's turn if it is better than what the slot has. The turn, and what is wrong with it."""
        if answer.failure is not None:
            slot.reject = Reject(answer.failure, answer.detail)
        elif answer.finish_reason == "length":
            slot.reject = Reject(Reason.LLM_TRUNCATED, f"cut at {self._settings.max_tokens} tokens")
        else:
            try:
                turn = RESPONSE_TYPES[slot.planned.response_type].parse(answer.text, slot.planned)
            except InvalidAnswer as error:
                slot.reject = Reject(Reason.LLM_INVALID, f"{slot.planned.response_type}: {error}")
            else:
                found = failures(self._checks, turn, dialogue.evidence, dialogue.others(slot))
                problems = [f"{reject.reason}: {reject.detail}" for _, reject in found]
                problems += off_focus(turn, slot.planned.focus, dialogue.evidence)
                if slot.turn is None or len(problems) < len(slot.problems):
                    slot.turn, slot.problems = turn, tuple(problems)
                return turn, tuple(problems)
        return None, (f"{slot.reject.reason}: {slot.reject.detail}",)


def off_focus(turn: Turn, focus: Focus, evidence: Evidence) -> list[str]:
    """What makes a turn miss its focus: such a one is asked for again, though it may be true."""
    lexicon = evidence.lexicon
    answer = {lexicon.stem(word) for word in WORD.findall(turn.answer)}
    asked = {lexicon.stem(word) for word in WORD.findall(turn.question)}
    told = lexicon.entailed(answer)
    if focus.expected and not focus.expected & told:
        return [f"{ASTRAY}the answer does not say what was to be told"]
    if focus.also and not focus.also & told:
        return [f"{ASTRAY}the answer names one of two facts"]
    spoken_of = lexicon.entailed(focus.subject)
    if focus.subject and not spoken_of & answer and turn.answer.split()[0].lower() not in lexicon.pronouns:
        return [f"{ASTRAY}the answer speaks of something else"]
    bare = CLUMSY.match(turn.answer)
    if bare and not lexicon.is_function(bare["first"].lower()) and lexicon.stem(bare["head"]) not in lexicon.mass:
        return ["clumsy: the answer begins without an article"]
    if focus.subject and _tells_all(frozenset(answer) - asked, evidence):
        return ["wordy: the answer tells more than was asked"]
    if BROKEN_OFF.search(turn.question):
        return [f"{ASTRAY}the question breaks off"]
    if SHORTENED.search(turn.answer):
        return [f"{ASTRAY}the answer breaks off"]
    if focus.kind == "cue" and not _gives_reason(turn.answer, focus, evidence):
        return [f"{ASTRAY}the reason is the cue and nothing more"]
    if focus.kind == "kind" and _lists_others(turn.answer, focus.expected | asked, lexicon):
        return [f"{ASTRAY}the answer names what was not asked for too"]
    shown = focus.kind == "kind" and SHOWN.search(turn.question)  # "What dish is shown?" asks what item is
    if focus.asked and not focus.asked & asked and not shown:
        return [f"{ASTRAY}the question is about something else"]
    if focus.kind in ("color", "material") and AND.search(turn.question) and not AND.search(focus.topic):
        return [f"{ASTRAY}the question is about something else too"]
    if focus.kind in ("color", "count", "material", "wearing", "object", "kind") and focus.expected & asked:
        return [f"{ASTRAY}the question gives the answer away"]
    return []


def _tells_all(answer: frozenset[str], evidence: Evidence) -> bool:
    """Whether what a short answer adds to its question is nearly all there is, as the description will tell it."""
    return len(evidence.stems) >= WHOLE_WORDS and len(answer & evidence.stems) > WHOLE * len(evidence.stems)


def _lists_others(answer: str, known: Set[str], lexicon: Lexicon) -> bool:
    """Whether an answer of what kind of thing is shown goes on to another: "bunk beds and a window"."""
    scene = read(answer, lexicon)
    shown = [each for each in scene.phrases if each.link is None or each.link.stem in lexicon.frame]
    heads = {each.head.stem for each in shown} - lexicon.frame - known
    return bool(AND.search(answer)) and bool(heads)


def _gives_reason(answer: str, focus: Focus, evidence: Evidence) -> bool:
    """Whether the reason says something of its cue: "because the helmet is yellow" and "because it is a lighthouse" do
    not, "because it is noon", "because it is rusty" (as the cue asks for) and "because there is a zebra" do."""
    lexicon = evidence.lexicon
    reason = BECAUSE.split(answer, maxsplit=1)[-1].strip()
    own = focus.forms and REASON_WORDS not in focus.forms[0] and re.fullmatch(focus.forms[0], answer.rstrip("."))
    if own or THERE.match(reason):
        return True
    stems = {lexicon.stem(word) for word in WORD.findall(reason) if not lexicon.is_function(word.lower())}
    return bool(focus.expected & lexicon.times or stems - focus.expected - lexicon.colours - lexicon.frame)


def no_turn(slots: Iterable[Slot]) -> Reject:
    """Why a dialogue has no turn at all."""
    order = (Reason.LLM_INVALID, Reason.LLM_TRUNCATED, Reason.LLM_FAILED)
    found = [slot.reject for slot in slots if slot.reject is not None]
    return max(found, key=lambda each: order.index(each.reason) if each.reason in order else len(order))


def seed_of(sample_id: str, *names: str) -> int:
    """A seed that depends on the sample id and the names alone."""
    return draw(sample_id, *names) % 2**31
