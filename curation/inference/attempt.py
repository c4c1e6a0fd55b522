"""One HTTP attempt at one endpoint: what is sent, and what each way of failing means for the next attempt.

Importing this module imports `openai`, which costs half a second: the client does so when it is built.
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
import os
import socket
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import httpx2
import openai
from openai.types.chat import ChatCompletion

from curation.errors import RecipeError
from curation.inference.chat import ChatRequest, Endpoint

CONNECT_S = 5.0
DETAIL_CHARS = 300
REFUSAL = frozenset({400, 413, 414, 422, 431})
RETRY = frozenset({408, 409, 425})  # and every 5xx; 429 has a meaning of its own
MAX_COUNT = 2**31 - 1  # what the table holds
NO_CONNECTION = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)
# Of no connection, by the class of what caused it; the first that fits.
WHY: dict[type[BaseException], str] = {
    ConnectionRefusedError: "connection refused, nothing listens there",
    socket.gaierror: "no host of this name is known",
    ssl.SSLError: "no TLS connection can be made",
    TimeoutError: f"no connection within {CONNECT_S:g} s",
}
PROBE = ChatRequest(messages=({"role": "user", "content": "Hi"},), max_tokens=1, temperature=0.0)


class Verdict(Enum):
    """What an attempt says about the request and about the endpoint."""

    ANSWERED = auto()  # a completion, whole or cut short
    REFUSED = auto()  # this request is wrong (400, 413, 422 ...): another attempt would end the same
    BUSY = auto()  # 429: the endpoint wants fewer requests
    FAILED = auto()  # 5xx, a deadline, a broken connection, no completion: another attempt may do
    UNREACHABLE = auto()  # no connection: nothing answers there now
    MISCONFIGURED = auto()  # key, URL or model name is wrong (401, 403, 404, a redirect); for all, if a probe says so


@dataclass(frozen=True)
class Attempt:
    """What one attempt brought."""

    verdict: Verdict
    detail: str = ""
    text: str = ""
    finish_reason: str | None = None
    prompt_tokens: int = 0
    completion_tokens: int = 0
    model: str = ""
    retry_after_s: float | None = None


class Caller:
    """Asks one endpoint, one attempt a call. Made and used inside one event loop."""

    def __init__(self, endpoint: Endpoint, max_connections: int, max_answer_bytes: int) -> None:
        self.endpoint = endpoint
        self._client = _open(endpoint, max_connections, max_answer_bytes)

    async def chat(self, request: ChatRequest, timeout_s: float) -> Attempt:
        """One attempt, ended after `timeout_s` whatever the server does. Raises nothing but a cancellation."""
        try:
            async with asyncio.timeout(timeout_s):
                # `chat.completions.create` would first walk the whole body by its types, a quarter of all its cost.
                completion = await self._client.post(
                    "/chat/completions", cast_to=ChatCompletion, body=_body(self.endpoint.model, request)
                )
        except TimeoutError:
            return Attempt(Verdict.FAILED, f"no answer within {timeout_s:g} s")
        except openai.APIConnectionError as error:
            if isinstance(error.__cause__, httpx2.DecodingError):
                return Attempt(Verdict.FAILED, f"the answer cannot be read ({error.__cause__})")
            return _of_no_answer(error)
        except openai.APIStatusError as error:
            return _of_status(error)
        except (openai.APIError, httpx2.HTTPError, ValueError) as error:
            # A body that is not JSON or not in the API's shape.
            return Attempt(Verdict.FAILED, f"the answer cannot be read ({type(error).__name__})")
        return _of_completion(completion)

    async def close(self) -> None:
        """Close the connections. Nothing can be asked afterwards."""
        await self._client.close()


def api_key(endpoint: Endpoint) -> str:
    """The endpoint's key from the environment; a placeholder when it needs none. Raises `RecipeError`."""
    if endpoint.api_key_env is None:
        return "none"
    key = os.environ.get(endpoint.api_key_env, "")
    if not key:
        raise RecipeError(
            f"endpoint {endpoint.url} takes its key from the environment variable {endpoint.api_key_env}, "
            "which is not set: export it where the rewrite stage runs"
        )
    return key


class Capped(httpx2.AsyncByteStream):
    """A body that ends with an error once it is longer than any answer that was asked for."""

    def __init__(self, inner: httpx2.AsyncByteStream, max_bytes: int) -> None:
        self._inner = inner
        self._max_bytes = max_bytes

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        async for chunk in self._inner:
            size += len(chunk)
            if size > self._max_bytes:
                raise httpx2.DecodingError(f"answer longer than {self._max_bytes} bytes")
            yield chunk

    async def aclose(self) -> None:
        """Close the body that is capped."""
        await self._inner.aclose()


def _open(endpoint: Endpoint, max_connections: int, max_answer_bytes: int) -> openai.AsyncOpenAI:
    async def cap(response: httpx2.Response) -> None:
        if isinstance(response.stream, httpx2.AsyncByteStream):
            response.stream = Capped(response.stream, max_answer_bytes)

    # On aiohttp, which costs half the CPU that httpx's own connection pool does.
    http = openai.DefaultAioHttpClient(
        limits=httpx2.Limits(max_connections=max_connections, max_keepalive_connections=max_connections),
        follow_redirects=False,
        trust_env=not _is_address(endpoint.url),  # a proxy of the environment is for the world outside
        event_hooks={"response": [cap]},
        headers={"accept-encoding": "identity"},  # the cap counts bytes as they come
    )
    key = api_key(endpoint)
    # The deadline of a whole attempt is ours; httpx2's own counts the silence between two reads.
    wait = httpx2.Timeout(None, connect=CONNECT_S)
    return openai.AsyncOpenAI(base_url=endpoint.url, api_key=key, max_retries=0, timeout=wait, http_client=http)


def _of_no_answer(error: BaseException) -> Attempt:
    """No connection, or one that broke: by what caused the error, since over aiohttp openai 3.54 calls all of it a
    time-out. One connection may break because its server closed it for being idle, so that alone ejects nobody."""
    causes = [error]
    while (cause := causes[-1].__cause__ or causes[-1].__context__) is not None and cause not in causes:
        causes.append(cause)
    if not any(isinstance(cause, NO_CONNECTION) for cause in causes):
        return Attempt(Verdict.FAILED, "the connection broke")
    known = (words for kind, words in WHY.items() if any(isinstance(cause, kind) for cause in causes))
    return Attempt(Verdict.UNREACHABLE, next(known, f"no connection ({type(causes[-1]).__name__})"))


def _is_address(url: str) -> bool:
    try:
        ipaddress.ip_address(urlsplit(url).hostname or "")
    except ValueError:
        return False
    return True


def _body(model: str, request: ChatRequest) -> dict[str, Any]:
    body: dict[str, Any] = {
        "model": model,
        "messages": list(request.messages),
        "max_tokens": request.max_tokens,
        "temperature": request.temperature,
    }
    if request.seed is not None:
        body["seed"] = request.seed
    if request.schema is not None:
        form = {"name": "answer", "schema": request.schema, "strict": True}
        body["response_format"] = {"type": "json_schema", "json_schema": form}
    return body


def _of_completion(completion: ChatCompletion) -> Attempt:
    # openai builds its models without validating them, so a stranger's 200 may lack any part of a completion.
    choices: Any = getattr(completion, "choices", None)
    message = getattr(choices[0], "message", None) if isinstance(choices, list) and choices else None
    content = getattr(message, "content", 0)
    if not isinstance(content, str | None):
        return Attempt(Verdict.FAILED, "the answer is no chat completion")
    usage = getattr(completion, "usage", None)
    finish = getattr(choices[0], "finish_reason", None)
    model = getattr(completion, "model", None)
    return Attempt(
        Verdict.ANSWERED,
        text=content or "",
        finish_reason=finish if isinstance(finish, str) else None,
        prompt_tokens=_count(getattr(usage, "prompt_tokens", 0)),
        completion_tokens=_count(getattr(usage, "completion_tokens", 0)),
        model=model if isinstance(model, str) else "",
    )


def _count(value: Any) -> int:
    return value if isinstance(value, int) and 0 < value <= MAX_COUNT else 0


def _of_status(error: openai.APIStatusError) -> Attempt:
    code = error.status_code
    detail = f"HTTP {code}: {_message(error.response)}"[:DETAIL_CHARS]
    if code == 429:
        return Attempt(Verdict.BUSY, detail, retry_after_s=_retry_after(error.response))
    if code == 404 and not _is_json(error.response):
        # A front door without a route to the model yet (Ray Serve, a Kubernetes ingress) says so in plain text;
        # an OpenAI-compatible server that lacks the model says so in JSON.
        return Attempt(Verdict.UNREACHABLE, detail)
    if code in REFUSAL:
        return Attempt(Verdict.REFUSED, detail)
    if code in RETRY or code >= 500:
        return Attempt(Verdict.FAILED, detail)
    return Attempt(Verdict.MISCONFIGURED, detail)


def _is_json(response: httpx2.Response) -> bool:
    return str(response.headers.get("content-type", "")).split(";")[0].strip() == "application/json"


def _message(response: httpx2.Response) -> str:
    try:
        body = json.loads(response.text)
    except ValueError:
        body = None
    found = body.get("error", body) if isinstance(body, dict) else response.text
    if isinstance(found, dict):
        found = found.get("message") or found.get("detail") or found
    return " ".join(str(found).split()) or response.reason_phrase


def _retry_after(response: httpx2.Response) -> float | None:
    """Seconds of a Retry-After header; the date form, which no LLM server sends, is not read."""
    try:
        return max(0.0, float(response.headers.get("retry-after", "")))
    except ValueError:
        return None
