"""The server inside a replica, around an engine that answers, hangs or is dead. No Ray cluster, no model."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = pytest.mark.timeout(280)

# In a process of its own: importing Ray Serve LLM imports vLLM, and the server ends its process.
PROGRAM = """
import asyncio, os
os.environ["CURATION_HANG_S"] = "1.0"
from types import SimpleNamespace
from curation.inference.replica import EngineDeadError, ErrorResponse, ProbedServer

class Engine:
    async def check_health(self): pass  # vLLM's own: good while its process lives
    async def chat(self, request, raw_request_info=None):
        if wait_s is None:
            raise EngineDeadError
        try:
            await asyncio.sleep(wait_s)
        except asyncio.CancelledError:
            yield ErrorResponse.model_construct()  # as vLLM does
            return
        yield SimpleNamespace(text="token")

class Server(ProbedServer):
    async def _run_request(self, request, *, engine_method, batch_output_stream=False, raw_request_info=None):
        return self.engine.chat(request, raw_request_info)  # without Serve's request context

async def main():
    server = Server.__new__(Server)
    server.engine, server._llm_config = Engine(), SimpleNamespace(model_id="m")
    async def leave():  # a caller whose own deadline is shorter
        try:
            async with asyncio.timeout(0.5):
                async for _ in await server.chat("hello"): pass
        except TimeoutError:
            pass
    for _ in range(20):
        await server.check_health()
        await leave()
        await asyncio.sleep(0.05)

for wait_s in (3600.0, None, 0.01):
    child = os.fork()  # for vLLM is long to import
    if child == 0:
        asyncio.run(main())
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def test_a_replica_whose_engine_hangs_or_is_dead_ends_itself_though_its_health_is_good_and_any_other_stays() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=250, check=False)
    assert done.stdout.split()[-3:] == ["70", "70", "0"], done.stderr[-2000:]
