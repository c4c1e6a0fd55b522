"""Prompt files: a version, a system text, few-shot examples by focus, and for descriptions the ways to ask."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict

FOLDER = Path(__file__).parent / "prompts"


class Example(BaseModel):
    """One few-shot example: what is given and what should be written."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    caption: str
    facts: tuple[str, ...] = ()
    topic: str = ""
    hint: str = ""
    clue: str = ""
    question: str = ""
    answer: str


class PromptFile(BaseModel):
    """One response type's prompt."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: int
    system: str
    questions: tuple[str, ...] = ()
    examples: dict[str, tuple[Example, ...]]

    def chat(
        self, kind: str, caption: str, topic: str, hint: str = "", clue: str = "", facts: Sequence[str] = ()
    ) -> tuple[dict[str, Any], ...]:
        """The chat to send: system text, the examples of that focus, then the caption. All but the last message
        are the same for every sample, so that an engine with a prefix cache reads them once."""
        messages: list[dict[str, Any]] = [{"role": "system", "content": self.system}]
        for example in self.examples[kind]:
            given = user_text(example.caption, example.topic, example.hint, example.clue, example.facts)
            messages.append({"role": "user", "content": given})
            shown = (
                {"question": example.question, "answer": example.answer}
                if example.question
                else {"answer": example.answer}
            )
            messages.append({"role": "assistant", "content": json.dumps(shown, separators=(", ", ": "))})
        messages.append({"role": "user", "content": user_text(caption, topic, hint, clue, facts)})
        return tuple(messages)


def user_text(caption: str, topic: str, hint: str = "", clue: str = "", facts: Sequence[str] = ()) -> str:
    """What the LLM is given: caption and facts as JSON strings, so that nothing in them can end the quotation."""
    named = {"Caption": _quoted(caption), "Seen": " ".join(_quoted(fact) for fact in facts)}
    named |= {"Question" if hint else "Topic": topic, "Hint": hint, "Clue": clue}
    return "\n".join(f"{name}: {text}" for name, text in named.items() if text)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


@functools.cache
def prompt_file(name: str, language: str = "en") -> PromptFile | None:
    """The prompt file of a response type in a language (`NAME.yaml` is English, `NAME.es.yaml` Spanish), if any."""
    path = FOLDER / (f"{name}.yaml" if language == "en" else f"{name}.{language}.yaml")
    return PromptFile.model_validate(yaml.safe_load(path.read_text("utf-8"))) if path.is_file() else None


@functools.cache
def fingerprint() -> str:
    """16 hex digits that change when any prompt file changes. Stored with every row."""
    digest = hashlib.sha256()
    for path in sorted(FOLDER.glob("*.yaml")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]
