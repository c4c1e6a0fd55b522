"""What goes to an LLM endpoint and what comes back, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from curation.samples import Reason


@dataclass(frozen=True)
class Endpoint:
    """One OpenAI-compatible base URL (it ends in /v1) and the model asked for there."""

    url: str
    model: str
    api_key_env: str | None = None  # name of the environment variable that holds the key


@dataclass(frozen=True)
class ChatRequest:
    """One chat completion to ask for. `schema` is a JSON schema that the answer is decoded by, or None."""

    messages: tuple[dict[str, Any], ...]
    max_tokens: int
    temperature: float
    seed: int | None = None
    schema: dict[str, Any] | None = None


@dataclass(frozen=True)
class ChatAnswer:
    """What became of one request: a text, or the reason why there is none (`failure` is None when ok).

    Token counts cover every attempt, since a retry is paid for too. `seconds` runs from the first attempt.
    """

    text: str
    finish_reason: str | None
    prompt_tokens: int
    completion_tokens: int
    model: str
    seconds: float
    attempts: int
    failure: Reason | None = None
    detail: str = ""
