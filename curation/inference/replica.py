"""What runs inside a replica of the pool: Ray Serve LLM's server, made to end once it no longer generates.

Written against Ray 2.60. Imported in replicas alone (it imports vLLM), by name from `pool.py`.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator
from time import monotonic
from typing import Any

import psutil
from ray.llm._internal.common.callbacks.base import CallbackBase
from ray.llm._internal.serve.core.configs.openai_api_models import ChatCompletionRequest, ErrorResponse
from ray.serve.llm import LLMServer
from vllm.v1.engine.exceptions import EngineDeadError

HANG_VARIABLE = "CURATION_HANG_S"  # set by pool.py from the recipe
EXIT_LOST = 70  # EX_SOFTWARE


class ProbedServer(LLMServer):
    """A server whose health check generates a token, and which ends with its engine.

    vLLM's own check stays good while its engine hangs, and behind the pool's one door no client can tell the
    replicas apart. A replica that generates nothing within the deadline, or whose engine has died, ends its process:
    Serve starts another, and its requests fail at once and are asked elsewhere. Serve's own way, three failed checks,
    would keep sending it requests meanwhile; and since one that fails each at once is always the least loaded, it
    would be sent most of them.
    """

    _last_answer = 0.0
    _watch: asyncio.Task[None] | None = None

    async def _start_engine(self) -> None:
        # Without the usage report that would follow: it starts one more process that imports vLLM.
        if self.engine is not None:
            await self.engine.start()  # type: ignore[no-untyped-call]

    async def chat(self, request: Any, *args: Any, **kwargs: Any) -> AsyncGenerator[Any, None]:
        """See `LLMServer.chat`. Notes when something is answered, and ends the process when its engine has died."""
        answers = await super().chat(request, *args, **kwargs)
        return self._noticed(answers)

    async def _noticed(self, answers: AsyncGenerator[Any, None]) -> AsyncGenerator[Any, None]:
        try:
            async for answer in answers:
                # An error is none: vLLM makes one of a cancellation, and refuses a bad request, without its engine.
                if not isinstance(answer, ErrorResponse):
                    self._last_answer = monotonic()
                yield answer
        except EngineDeadError:
            _end()

    async def check_health(self) -> None:
        """See `LLMServer.check_health`. Besides, asks for a token when nothing was answered for a while."""
        try:
            await super().check_health()
        except EngineDeadError:
            _end()
        if self.engine is not None and (self._watch is None or self._watch.done()):
            # Beside the check, whose own deadline is shorter than a full queue may keep a probe waiting.
            self._watch = asyncio.create_task(self._watch_engine())

    async def _watch_engine(self) -> None:
        hang_s = float(os.environ[HANG_VARIABLE])
        if monotonic() - self._last_answer < hang_s / 4:
            return
        sent = monotonic()
        probe = asyncio.create_task(self._generate())
        # Waited for, not cancelled: a cancellation would end it as if it had been answered.
        done, _ = await asyncio.wait({probe}, timeout=hang_s)
        if not done and self._last_answer < sent:  # and nothing else was answered meanwhile
            _end()

    async def _generate(self) -> None:
        request = ChatCompletionRequest(
            model=self._llm_config.model_id, messages=[{"role": "user", "content": "Hi"}], max_tokens=1
        )
        async for _ in await super().chat(request):
            pass


def _end() -> None:
    """End this process and the engine's, which would otherwise outlive it and keep its GPU. (When the process is killed
    instead, Ray 2.60 does it: its node kills the process group of a worker that is gone.)"""
    for child in psutil.Process().children(recursive=True):
        child.kill()
    os._exit(EXIT_LOST)


class LocalModel(CallbackBase):
    """Keeps a replica from looking for a model to download when it is given a folder: that look alone starts a
    process that imports vLLM once more, 10 to 20 s of CPU."""

    async def on_before_node_init(self) -> None:
        """See `CallbackBase.on_before_node_init`."""
        self.ctx.run_init_node = False
