"""An engine for replicas of the pool that costs no CPU: it sleeps instead of thinking.

Like vLLM's it has a process of its own, through which every answer passes, so that it can be stopped and killed.
"""

from __future__ import annotations

import asyncio
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator
from typing import Any

from ray.llm._internal.serve.core.configs.openai_api_models import ChatCompletionResponse
from ray.llm._internal.serve.core.engine.protocol import LLMEngine
from vllm.v1.engine.exceptions import EngineDeadError

from tests.servers.openai import Call
from tests.world import answer

AT_ONCE = 4
ANSWER_S = 1.0


class SleepyEngine(LLMEngine):
    """Answers truthfully, `AT_ONCE` requests in `ANSWER_S`."""

    _process: Process

    def __init__(self, llm_config: Any) -> None:
        self._model = llm_config.model_id
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._turn = asyncio.Lock()

    async def start(self) -> None:
        self._process = await asyncio.create_subprocess_exec("cat", stdin=PIPE, stdout=PIPE)

    async def check_health(self) -> None:
        """As vLLM's: good while the engine's process lives."""
        if self._process.returncode is not None:
            raise EngineDeadError

    async def chat(self, request: Any, raw_request_info: Any = None) -> AsyncGenerator[ChatCompletionResponse, None]:
        await self.check_health()
        async with self._slots:
            await asyncio.sleep(ANSWER_S)
            await self._think()
        text = answer(Call(0, {"messages": request.messages}), 0).text
        message = {"role": "assistant", "content": text}
        tokens = len(text.split())
        yield ChatCompletionResponse(
            model=self._model,
            choices=[{"index": 0, "message": message, "finish_reason": "stop"}],
            usage={"prompt_tokens": 7, "completion_tokens": tokens, "total_tokens": 7 + tokens},
        )

    async def _think(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        async with self._turn:
            self._process.stdin.write(b"\n")
            if not await self._process.stdout.readline():
                raise EngineDeadError

    def routing_stats(self) -> dict[str, Any]:
        return {}

    async def reset_prefix_cache(self) -> None:
        pass

    async def resolve_lora(self, lora_model: Any) -> None:
        raise NotImplementedError

    completions = embeddings = transcriptions = resolve_lora  # type: ignore[assignment]
