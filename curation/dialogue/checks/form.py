"""Checks of form: schema, length, repetition, debris, leaks of the caption, refusals."""

from __future__ import annotations

import re
from collections import Counter
from typing import Literal

from pydantic import Field

from curation.dialogue.checks.base import DESCRIPTION, FALSE_PREMISE, REASONING, BaseCheck, Context, fail
from curation.dialogue.checks.relations import BECAUSE
from curation.dialogue.lexicon import WORD
from curation.dialogue.pii import find
from curation.samples import Reason, Reject

DEBRIS = re.compile(
    r"^\s*(?:user|assistant|human|gpt|system|bot|q|a|question|answer|frage|antwort|pregunta|respuesta)\s*:"
    r"|(?<!\w)[*_~`](?=\w)|(?<=\w)[*_~`](?!\w)|^\s*(?:\d+[.)]|[•–-])\s|"
    r"<[|/a-zA-Z]|\|>|\[/?INST\]|https?://|www\.|[*_#`]{2,}|^\s*[-*#>]\s|\\[nu\"]|[{}\[\]<>|\\]"
    r"|[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\ufeff\ufffd]",
    re.IGNORECASE,
)
CODE = re.compile(r"(?<![\w-])(?=[\w-]*\d)(?=[\w-]*[A-Z]{2})[\w-]{6,}(?![\w-])")  # "ZX-7731": no word of any dialogue
END = (".", "!", '."', ".'")


class Form(BaseCheck):
    """Question and answer are there, and each ends as a sentence does."""

    kind: Literal["form"] = "form"

    def check(self, context: Context) -> Reject | None:
        turn = context.turn
        if not turn.question.strip() or not turn.answer.strip():
            return fail(Reason.MALFORMED, "question or answer is empty")
        if turn.response_type != DESCRIPTION and not turn.question.endswith("?"):
            return fail(Reason.MALFORMED, "the question does not end with a question mark")
        if not turn.answer.endswith(END):
            return fail(Reason.MALFORMED, "the answer does not end as a sentence")
        first = turn.answer.lstrip("\"'“")[:1]
        if first.isalpha() and first.islower():
            return fail(Reason.MALFORMED, "the answer does not begin as a sentence")
        if turn.answer.count('"') % 2 or turn.answer.count("(") != turn.answer.count(")"):
            return fail(Reason.MALFORMED, "a quotation mark or bracket is left open")
        return None


class Length(BaseCheck):
    """Words of question and answer lie within bounds. Defaults: longest sensible answers of LLaVA's detail type
    have about 100 words, and a one-caption evidence never holds more than a few sentences."""

    kind: Literal["length"] = "length"
    min_answer_words: int = Field(2, ge=1)
    """Fewest words of an answer."""
    max_answer_words: int = Field(80, ge=1)
    """Most words of an answer."""
    min_question_words: int = Field(3, ge=1)
    """Fewest words of a question."""
    max_question_words: int = Field(30, ge=1)
    """Most words of a question."""

    def check(self, context: Context) -> Reject | None:
        bounds = (
            ("question", context.turn.question, self.min_question_words, self.max_question_words),
            ("answer", context.turn.answer, self.min_answer_words, self.max_answer_words),
        )
        for name, text, least, most in bounds:
            count = len(text.split())
            if count < least:
                return fail(Reason.TOO_SHORT, f"the {name} has {count} words, at least {least} expected")
            if count > most:
                return fail(Reason.TOO_LONG, f"the {name} has {count} words, at most {most} expected")
        return None


class Repetition(BaseCheck):
    """No word sequence comes back within an answer, and no turn says what an earlier one of its response type said: a
    description tells again what was asked of one by one."""

    kind: Literal["repetition"] = "repetition"
    ngram: int = Field(3, ge=2)
    """Length in words of a sequence that may stand only once in an answer."""
    max_word_times: int = Field(2, ge=1)
    """How often one content word may stand in an answer: once more in a reasoning answer, whose reason may name the
    thing again, and as often as it stands in the evidence."""
    max_overlap: float = Field(0.8, ge=0, le=1)
    """Largest Jaccard overlap of content words with an earlier answer, or of question words with an earlier one."""

    def check(self, context: Context) -> Reject | None:
        parts = BECAUSE.split(context.turn.answer) if context.turn.response_type == REASONING else [context.turn.answer]
        again = [gram for part in parts for gram, times in self._grams(part).items() if times > 1]
        if again:
            return fail(Reason.REPETITION, f"the answer repeats “{' '.join(again[0])}”")
        given = Counter(token.stem for token in context.evidence.content)
        once_more = context.turn.response_type in (REASONING, FALSE_PREMISE)
        most = self.max_word_times + once_more
        for stem, times in Counter(token.stem for token in context.answer.content).items():
            if times > max(most, given[stem]) and stem not in context.lexicon.frame:
                return fail(Reason.REPETITION, f"the answer says “{stem}” {times} times")
        for stem, times in Counter(token.stem for token in context.question.content).items():
            if times > max(1, given[stem]) and context.turn.response_type not in (DESCRIPTION, REASONING):
                return fail(Reason.REPETITION, f"the question says “{stem}” {times} times")
        for turn in context.earlier:
            earlier = Context(turn, context.evidence)
            alike = turn.response_type == context.turn.response_type
            if alike and _overlap(earlier.answer_stems, context.answer_stems) > self.max_overlap:
                return fail(Reason.REPETITION, "an earlier answer says the same")
            if turn.question.casefold() == context.turn.question.casefold():
                return fail(Reason.REPETITION, "an earlier turn asks the same")
        return None

    def _grams(self, text: str) -> Counter[tuple[str, ...]]:
        words = [word.lower() for word in WORD.findall(text)]
        return Counter(tuple(words[at : at + self.ngram]) for at in range(len(words) - self.ngram + 1))


class Debris(BaseCheck):
    """No template tokens, names of roles, URLs, markup, list marks, control characters, escapes or codes."""

    kind: Literal["debris"] = "debris"

    def check(self, context: Context) -> Reject | None:
        for name, text in (("question", context.turn.question), ("answer", context.turn.answer)):
            found = DEBRIS.search(text) or CODE.search(text)
            if found:
                return fail(Reason.DEBRIS, f"the {name} holds {found.group()!r}")
        return None


class PersonalData(BaseCheck):
    """No mail address, telephone, card or account number, IP address or national id in question or answer."""

    kind: Literal["personal_data"] = "personal_data"

    def check(self, context: Context) -> Reject | None:
        for name, text in (("question", context.turn.question), ("answer", context.turn.answer)):
            found = find(text)
            if found:
                # the detail is stored: it names the kind and never the data
                return fail(Reason.PERSONAL_DATA, f"the {name} holds {found[0].kind}")
        return None


class Leak(BaseCheck):
    """Neither question nor answer speaks of the caption or of what was "mentioned": the reader sees the image alone."""

    kind: Literal["leak"] = "leak"

    def check(self, context: Context) -> Reject | None:
        for name, text in (("question", context.turn.question), ("answer", context.turn.answer)):
            if name == "question" and (context.turn.response_type == DESCRIPTION or context.asked_by_cue):
                continue  # not the writer's: "Write a caption for this photo.", "Which details hint that ...?"
            found = context.lexicon.leaks.search(text)
            if found and found.group().lower() not in context.evidence.text.lower():
                return fail(Reason.CAPTION_LEAK, f"the {name} says “{found.group()}”")
        return None


class Refusal(BaseCheck):
    """The answer is no refusal and no assistant's boilerplate."""

    kind: Literal["refusal"] = "refusal"

    def check(self, context: Context) -> Reject | None:
        found = context.lexicon.refusals.search(context.turn.answer)
        if found:
            return fail(Reason.REFUSAL, f"the answer says “{found.group()}”")
        return None


def _overlap(one: frozenset[str], two: frozenset[str]) -> float:
    return len(one & two) / len(one | two) if one | two else 0.0
