"""What runs inside a replica of the pool: Ray Serve LLM's server, made to notice that it no longer generates.

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
from ray.serve.llm import LLMServer
from ray.serve.llm.openai_api_models import ChatCompletionRequest

HANG_VARIABLE = "CURATION_HANG_S"  # set by pool.py from the recipe
EXIT_HUNG = 70  # EX_SOFTWARE


class ProbedServer(LLMServer):
    """A server whose health check generates a token.

    vLLM's own check stays good while its engine hangs, and behind the pool's one door no client can tell the
    replicas apart. A replica that generates nothing within the deadline ends its process: Serve starts another,
    and its requests fail at once and are asked elsewhere. Serve's own way, three failed checks, would keep
    sending it requests meanwhile.
    """

    _last_answer = 0.0
    _probe: asyncio.Task[None] | None = None

    async def _start_engine(self) -> None:
        # Without the usage report that would follow: it starts one more process that imports vLLM.
        if self.engine is not None:
            await self.engine.start()  # type: ignore[no-untyped-call]

    async def chat(self, request: Any, *args: Any, **kwargs: Any) -> AsyncGenerator[Any, None]:
        answers = await super().chat(request, *args, **kwargs)
        return self._noticed(answers)

    async def _noticed(self, answers: AsyncGenerator[Any, None]) -> AsyncGenerator[Any, None]:
        async for answer in answers:
            self._last_answer = monotonic()
            yield answer

    async def check_health(self) -> None:
        await super().check_health()
        if self.engine is not None and (self._probe is None or self._probe.done()):
            # Beside the check, whose own deadline is shorter than a full queue may keep a probe waiting.
            self._probe = asyncio.create_task(self._generate())

    async def _generate(self) -> None:
        deadline_s = float(os.environ[HANG_VARIABLE])
        if monotonic() - self._last_answer < deadline_s / 2:
            return
        sent = monotonic()
        request = ChatCompletionRequest(
            model=self._llm_config.model_id, messages=[{"role": "user", "content": "Hi"}], max_tokens=1
        )
        try:
            async with asyncio.timeout(deadline_s):
                async for _ in await super().chat(request):
                    pass
        except TimeoutError:
            if self._last_answer < sent:  # nothing else was answered meanwhile
                _end()


def _end() -> None:
    """End this process and the engine's, which would otherwise outlive it and keep its GPU."""
    for child in psutil.Process().children(recursive=True):
        child.kill()
    os._exit(EXIT_HUNG)


class LocalModel(CallbackBase):
    """Keeps a replica from looking for a model to download when it is given a folder: that look alone starts a
    process that imports vLLM once more, 10 to 20 s of CPU."""

    async def on_before_node_init(self) -> None:
        self.ctx.run_init_node = False
