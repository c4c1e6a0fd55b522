"""An OpenAI-compatible server on loopback that answers as a script says: well, slowly, wrongly or never."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web


@dataclass(frozen=True)
class Reply:
    """How the server answers one request."""

    text: str = "A man in a blue coat."
    status: int = 200
    finish_reason: str = "stop"
    delay_s: float = 0.0
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes | None = None  # the whole body instead of a completion
    content_type: str = "application/json"
    hang: bool = False  # never answer
    drop: bool = False  # close the connection without a word
    cut: bool = False  # close it in the middle of the body
    drip_s: float = 0.0  # one space each, without end


@dataclass(frozen=True)
class Call:
    """One request that the server got: its number (from 0, probes apart) and its body."""

    number: int
    body: dict[str, Any]

    @property
    def last(self) -> str:
        """What the last message says."""
        return str(self.body["messages"][-1]["content"])

    @property
    def probe(self) -> bool:
        return self.body.get("max_tokens") == 1


Script = Callable[[Call], Reply]


def echo(call: Call) -> Reply:
    """Answers with the last message, so that answers can be told apart."""
    return Reply(text=f"re: {call.last}")


class LlmServer:
    """Starts at `with` or `start()`; `kill()` cuts every connection and refuses new ones, `start()` brings it
    back on the same port. `script` may be swapped at any time. `/health` says 200 whatever the script does."""

    def __init__(self, script: Script = echo, model: str = "stand-in") -> None:
        self.script = script
        self.model = model
        self.port = 0
        self.calls: list[Call] = []
        self.probes = 0
        self.in_flight = 0
        self.peak = 0
        self.cancelled = 0
        self.authorizations: set[str] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def __enter__(self) -> LlmServer:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def start(self) -> None:
        up = threading.Event()
        self._thread = threading.Thread(target=self._serve, args=(up,), daemon=True)
        self._thread.start()
        if not up.wait(10):
            raise RuntimeError("the stand-in did not start")

    def kill(self) -> None:
        if self._loop is not None and self._thread is not None:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(10)
            self._loop = self._thread = None

    def _serve(self, up: threading.Event) -> None:
        loop = self._loop = asyncio.new_event_loop()
        runner = loop.run_until_complete(self._open())
        up.set()
        loop.run_forever()
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(runner.cleanup())
        loop.close()

    async def _open(self) -> web.AppRunner:
        app = web.Application(client_max_size=64 * 2**20)
        app.router.add_post("/v1/chat/completions", self._chat)
        app.router.add_get("/health", lambda _: asyncio.sleep(0, web.Response(text="ok")))
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.0, handler_cancellation=True)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", self.port, reuse_address=True)
        await site.start()
        self.port = runner.addresses[0][1]
        return runner

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        call = Call(len(self.calls), await request.json())
        self.authorizations.add(request.headers.get("authorization", ""))
        if call.probe:
            self.probes += 1
        else:
            self.calls.append(call)
            self.in_flight += 1
            self.peak = max(self.peak, self.in_flight)
        try:
            return await self._reply(request, self.script(call))
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self.in_flight -= not call.probe

    async def _reply(self, request: web.Request, reply: Reply) -> web.StreamResponse:
        if reply.hang:
            await asyncio.sleep(3600)
        if reply.delay_s:
            await asyncio.sleep(reply.delay_s)
        if reply.drop and request.transport is not None:
            request.transport.abort()
        body = self._body(reply) if reply.raw is None else reply.raw
        if reply.cut or reply.drip_s:
            return await self._never_done(request, reply, body)
        return web.Response(
            body=body, status=reply.status, headers=reply.headers, content_type=reply.content_type, charset="utf-8"
        )

    async def _never_done(self, request: web.Request, reply: Reply, body: bytes) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": reply.content_type})
        response.content_length = len(body) if reply.cut else 1_000_000
        await response.prepare(request)
        if reply.cut:
            await response.write(body[: len(body) // 2])
        while reply.drip_s:
            await response.write(b" ")
            await asyncio.sleep(reply.drip_s)
        if request.transport is not None:
            request.transport.abort()
        return response

    def _body(self, reply: Reply) -> bytes:
        if reply.status != 200:
            return json.dumps({"error": {"message": reply.text, "type": "scripted", "code": reply.status}}).encode()
        words = len(reply.text.split())
        return json.dumps(
            {
                "id": "chatcmpl-1",
                "object": "chat.completion",
                "created": 1,
                "model": self.model,
                "choices": [
                    {
                        "index": 0,
                        "message": {"role": "assistant", "content": reply.text},
                        "finish_reason": reply.finish_reason,
                    }
                ],
                "usage": {"prompt_tokens": 7, "completion_tokens": words, "total_tokens": 7 + words},
            }
        ).encode()
