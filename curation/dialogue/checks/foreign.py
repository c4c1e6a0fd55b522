"""What belongs in no dialogue, whatever the evidence says: another language, the prompt's own words, abuse."""

from __future__ import annotations

import functools
import re
import unicodedata
from typing import Any, Literal

import yaml
from pydantic import Field, field_validator

from curation.dialogue.checks.base import DESCRIPTION, FALSE_PREMISE, REASONING, BaseCheck, Context, fail
from curation.dialogue.lexicon import WORD, languages, lexicon
from curation.dialogue.promptfile import FOLDER
from curation.dialogue.wordlists import toxic
from curation.samples import Reason, Reject


class Language(BaseCheck):
    """Question and answer are written in the evidence's language: its function words outnumber any other's, and no
    letter is of a script that the evidence does not use."""

    kind: Literal["language"] = "language"
    min_foreign: int = Field(2, ge=1)
    """Fewest function words of another language, that are none of this one, by which a text is foreign."""

    def check(self, context: Context) -> Reject | None:
        known = _scripts(" ".join(fact.text for fact in context.evidence.facts)) | {"LATIN"}
        for name, text in (("question", context.turn.question), ("answer", context.turn.answer)):
            if _scripts(text) - known:
                return fail(Reason.WRONG_LANGUAGE, f"the {name} is written in {min(_scripts(text) - known).title()}")
            words = [word.lower() for word in WORD.findall(text)]
            own = sum(context.lexicon.is_function(word) for word in words)
            for other in languages():
                found = lexicon(other)
                if found is None or found is context.lexicon:
                    continue
                foreign = sum(found.is_function(word) and not context.lexicon.is_function(word) for word in words)
                if foreign >= self.min_foreign and foreign > own:
                    return fail(Reason.WRONG_LANGUAGE, f"the {name} is in {other}, expected {context.lexicon.language}")
        return None


class PromptLeak(BaseCheck):
    """Neither question nor answer repeats what the model was told, nor an example's answer that the evidence does not
    support."""

    kind: Literal["prompt_leak"] = "prompt_leak"
    ngram: int = Field(5, ge=3)
    """Words in a row that may not stand in the system text."""

    def check(self, context: Context) -> Reject | None:
        system, examples = _prompt_texts(self.ngram)
        fixed = context.turn.response_type in (DESCRIPTION, REASONING, FALSE_PREMISE)  # their questions are by hand
        texts = [("answer", context.turn.answer)] + ([] if fixed else [("question", context.turn.question)])
        for name, text in texts:
            words = _words(text)
            if any(" ".join(gram) in system for gram in _grams(words, self.ngram)):
                return fail(Reason.PROMPT_LEAK, f"the {name} repeats what the model was told")
        told = {token.stem for token in context.answer.content}
        if " ".join(_words(context.turn.answer)) in examples and told - context.allowed:
            return fail(Reason.PROMPT_LEAK, "the answer is an example's")
        return None


class Toxicity(BaseCheck):
    """No slurs, obscenity or wishes of harm. A list of expressions, English and the evidence's language: of the models
    and lists that come as packages, alt-profanity-check 1.9 at its 0.8 failed 11 of 68 harmless texts ("Pussy willow",
    "Dick Van Dyke") and let 9 of 30 foul ones pass; better-profanity and glin-profanity failed 23 and 13."""

    kind: Literal["toxicity"] = "toxicity"
    evidence: bool = True
    """Whether foul evidence fails the turn too: an alt-text that insults who it shows is nothing to learn from."""
    also: tuple[str, ...] = ()
    """Further regular expressions, found at word boundaries whatever the case."""
    allow: tuple[str, ...] = ()
    """Texts that count as harmless wherever they stand, such as names of places."""

    @field_validator("also")
    @classmethod
    def _expressions(cls, also: tuple[str, ...]) -> tuple[str, ...]:
        for pattern in also:
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"{pattern!r} is no regular expression: {error}") from error
        return also

    def check(self, context: Context) -> Reject | None:
        texts = [("question", context.turn.question), ("answer", context.turn.answer)]
        texts += [("evidence", fact.text) for fact in context.evidence.facts if self.evidence]
        pattern = toxic(context.lexicon.language, self.also)
        for name, text in texts:
            for harmless in self.allow:
                text = re.sub(re.escape(harmless), " ", text, flags=re.IGNORECASE)
            if pattern.search(text):
                return fail(Reason.TOXIC, f"the {name} is foul")  # the detail is stored, and never quotes
        return None


def _scripts(text: str) -> set[str]:
    """Scripts of the letters that are not ASCII, by their Unicode names: LATIN, GREEK, CYRILLIC, CJK ..."""
    names = (unicodedata.name(char, "") for char in text if not char.isascii() and char.isalpha())
    return {name.partition(" ")[0] for name in names if " LETTER " in name or "IDEOGRAPH" in name or "SYLLABLE" in name}


def _words(text: str) -> list[str]:
    return [word.lower() for word in WORD.findall(text)]


def _grams(words: list[str], n: int) -> list[tuple[str, ...]]:
    return [tuple(words[at : at + n]) for at in range(len(words) - n + 1)]


@functools.cache
def _prompt_texts(n: int) -> tuple[frozenset[str], frozenset[str]]:
    """N-grams of the system texts, and the examples' answers, of all prompt files."""
    system: set[str] = set()
    examples: set[str] = set()
    for path in sorted(FOLDER.glob("*.yaml")):
        prompt: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
        system |= {" ".join(gram) for gram in _grams(_words(str(prompt.get("system", ""))), n)}
        kinds = prompt.get("examples")
        for each in (example for kind in (kinds.values() if isinstance(kinds, dict) else ()) for example in kind):
            examples.add(" ".join(_words(str(each.get("answer", "")))))
    return frozenset(system), frozenset(examples)
