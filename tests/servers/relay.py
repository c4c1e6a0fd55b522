"""A relay before a real engine: it hands requests on, and keeps them and the times of their answers."""

from __future__ import annotations

import asyncio
import json
import threading
import time

import aiohttp
from aiohttp import web


class Clock:
    """When answers left, and how many tokens each had."""

    def __init__(self) -> None:
        self.done: list[tuple[float, int]] = []
        self.began = 0.0

    @property
    def tokens(self) -> int:
        """Of all answers so far."""
        return sum(tokens for _, tokens in self.done)


class Relay:
    """Hands requests on to a real engine, and keeps them and the times of their answers. Starts at `with`."""

    def __init__(self, endpoint: str) -> None:
        self.upstream = endpoint.removesuffix("/v1")
        self._loop = asyncio.new_event_loop()
        self.clock = Clock()
        self.bodies: list[dict[str, object]] = []
        self.url = ""
        self.in_flight = 0
        self.failed = 0

    def __enter__(self) -> Relay:
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result()
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._session.close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)

    async def _start(self) -> None:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0), timeout=aiohttp.ClientTimeout(None)
        )
        app = web.Application(client_max_size=2**26)
        app.router.add_route("*", "/{path:.*}", self._hand_on)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"

    async def _hand_on(self, request: web.Request) -> web.Response:
        data = await request.read()
        body = json.loads(data) if data else {}
        counts = body.get("max_tokens", 1) > 1  # a probe asks for one token
        if counts:
            self.clock.began = self.clock.began or time.perf_counter()
            self.in_flight += 1
            self.bodies.append(body)
        headers = {"Content-Type": "application/json"}
        url = f"{self.upstream}{request.path}"
        try:
            async with self._session.request(request.method, url, data=data, headers=headers) as response:
                answered = await response.read()
        finally:
            self.in_flight -= counts
        self.failed += counts and response.status != 200
        if counts and response.status == 200:
            tokens = json.loads(answered).get("usage", {}).get("completion_tokens", 0)
            self.clock.done.append((time.perf_counter(), tokens))
        return web.Response(body=answered, status=response.status, content_type="application/json")
