"""Requests for evidence, before any dialogue is written: what an image shows, and what a caption says in another
language. One request a sample and pass; one that fails costs its facts and not the row."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from curation.dialogue.promptfile import prompt_file, user_text
from curation.dialogue.vision import data_uri, seen
from curation.inference.chat import ChatAnswer, ChatRequest
from curation.inference.section import EndpointSection
from curation.inference.spent import Spent
from curation.section import Section

NAMES = {"en": "English", "de": "German", "es": "Spanish", "fr": "French", "it": "Italian", "pt": "Portuguese"}
LONGEST = 2.5  # a translation has at most so many times the words of its caption, and at least that part of them
FACT_CHARS = 200


class Chat(Protocol):
    """Where requests go."""

    def ask(self, requests: list[ChatRequest]) -> list[ChatAnswer]:
        """One answer a request, in the same order. Never raises for a single request."""

    def close(self) -> None:
        """Let go of connections and threads."""


class DescribeSection(Section):
    """`rewrite.evidence.describe`: a vision-language model that lists what each image shows."""

    endpoints: tuple[EndpointSection, ...] = ()
    """Its servers; none means the endpoints of `inference`, whose model must then see images."""
    max_facts: int = Field(6, ge=1, le=20)
    """Most sentences that count."""
    max_tokens: int = Field(300, ge=32, le=4096)
    """Most tokens of its answer; of one that reaches it nothing counts."""


class Description(BaseModel):
    """What the describe pass answers."""

    model_config = ConfigDict(extra="forbid")

    facts: list[str] = Field(min_length=1)


class Translation(BaseModel):
    """What the translate pass answers."""

    model_config = ConfigDict(extra="forbid")

    answer: str = Field(min_length=1, max_length=600)


@dataclass(frozen=True)
class Found:
    """What one pass says of one sample, and what it cost. `failure` says why there is nothing."""

    texts: tuple[str, ...] = ()
    spent: Spent = field(default_factory=Spent)
    failure: str = ""


def describe(chat: Chat, section: DescribeSection, samples: Sequence[tuple[bytes, str, str]]) -> list[Found]:
    """What the model sees in each (image, caption, language), in short sentences in that language.

    The caption is shown too, so that names and what the world knows of them come together with what is seen.
    """
    schema = Description.model_json_schema()
    schema["properties"]["facts"] |= {
        "maxItems": section.max_facts,
        "items": {"type": "string", "minLength": 8, "maxLength": FACT_CHARS},
    }
    requests = [
        ChatRequest(_describe_messages(image, caption, language), section.max_tokens, 0.0, schema=schema)
        for image, caption, language in samples
    ]
    return [_found(answer, _facts) for answer in chat.ask(requests)]


def translate(chat: Chat, samples: Sequence[tuple[str, str]], max_tokens: int) -> list[Found]:
    """Each (caption, language) in that language.

    What can be checked without knowing both languages is checked: digits stay, and the length is alike. A wrong word
    passes, and then counts as evidence.
    """
    prompt = prompt_file("translate")
    assert prompt is not None
    schema = Translation.model_json_schema()
    requests = [
        ChatRequest(
            prompt.chat("caption", caption, f"translate into {NAMES.get(language, language)}"),
            max_tokens,
            0.0,
            schema=schema,
        )
        for caption, language in samples
    ]
    answers = zip(chat.ask(requests), samples, strict=True)
    return [_found(answer, partial(_translation, caption)) for answer, (caption, _) in answers]


def _describe_messages(image: bytes, caption: str, language: str) -> tuple[dict[str, Any], ...]:
    prompt = prompt_file("describe")
    assert prompt is not None
    text = {"role": "user", "content": f"{user_text(caption, '')}\nLanguage: {NAMES.get(language, language)}"}
    return ({"role": "system", "content": prompt.system}, {**text, "content": seen(data_uri(image), text)})


def _found(answer: ChatAnswer, read: Callable[[str], tuple[str, ...]]) -> Found:
    texts: tuple[str, ...] = ()
    failure = str(answer.failure or ("truncated" if answer.finish_reason == "length" else ""))
    if not failure:
        try:
            texts = read(answer.text)
        except ValidationError:
            failure = "not the JSON that was asked for"
        failure = failure if texts or failure else "digits or length differ"
    return Found(texts, Spent.on(answer), failure)


def _facts(text: str) -> tuple[str, ...]:
    return tuple(fact[:FACT_CHARS] for fact in Description.model_validate_json(text).facts)


def _translation(caption: str, text: str) -> tuple[str, ...]:
    told = Translation.model_validate_json(text).answer.strip()
    words = len(told.split()) / max(1, len(caption.split()))
    same = re.findall(r"\d+", told) == re.findall(r"\d+", caption)
    return (told,) if same and 1 / LONGEST <= words <= LONGEST else ()
