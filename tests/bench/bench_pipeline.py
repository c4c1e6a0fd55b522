"""The whole pipeline against the bare engine: `python -m tests.bench.bench_pipeline [--rows N] [--in-flight N]`.

A run on Ray, with download, image and write stages beside it, asks an LLM stand-in that sleeps instead of thinking.
Then a bare loop sends the very same requests to the same stand-in at the same concurrency. What is compared is output
tokens per second: of the run from its first request to its last answer ("whole", in which the queue fills and runs
dry once), and in the middle 80 % of its requests ("steady", as in a run that lasts all night).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import aiohttp

from tests.servers.openai import Call, LlmServer, Reply
from tests.world import answer, world


class Clocked:
    """A script that answers truthfully after a while and notes when, and how many tokens."""

    def __init__(self, latency_s: float) -> None:
        self._latency_s = latency_s
        self._dice = random.Random(1)
        self.done: list[tuple[float, int]] = []  # when an answer left, and its tokens
        self.began = 0.0

    def __call__(self, call: Call) -> Reply:
        if call.probe:
            return Reply()
        now = time.perf_counter()
        self.began = self.began or now
        delay_s = self._latency_s * self._dice.uniform(0.5, 1.5)
        reply = answer(call, delay_s)
        self.done.append((now + delay_s, len(reply.text.split())))
        return reply

    def rates(self) -> tuple[float, float]:
        """Tokens per second: whole, steady."""
        done = sorted(self.done)
        whole = sum(tokens for _, tokens in done) / (done[-1][0] - self.began)
        low, high = len(done) // 10, 9 * len(done) // 10
        steady = sum(tokens for _, tokens in done[low + 1 : high + 1]) / (done[high][0] - done[low][0])
        return whole, steady


def bare(server: LlmServer, bodies: list[dict[str, object]], in_flight: int, latency_s: float) -> tuple[float, float]:
    """The same requests by the plainest loop there is."""
    clock = server.script = Clocked(latency_s)
    pending = iter(bodies)

    async def loop() -> None:
        async def lane(session: aiohttp.ClientSession) -> None:
            for body in pending:
                async with session.post(f"{server.url}/chat/completions", json=body) as response:
                    await response.read()

        connector = aiohttp.TCPConnector(limit=in_flight)
        async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(None)) as session:
            await asyncio.gather(*(lane(session) for _ in range(in_flight)))

    asyncio.run(loop())
    return clock.rates()


def main() -> None:
    parse = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parse.add_argument("--rows", type=int, default=1500)
    parse.add_argument("--in-flight", type=int, default=32)
    parse.add_argument("--latency-s", type=float, default=1.0, help="of an answer, on average")
    given = parse.parse_args()
    pools = {"prepare": {"cpus": 0.5}, "fetch": {"cpus": 0.5}, "finish": {"cpus": 0.5}}
    with (
        tempfile.TemporaryDirectory() as folder,
        world(
            Path(folder),
            client={"max_in_flight": given.in_flight},
            engine={"kind": "ray", "pools": pools},
            download={  # every image is on one host here, which politeness would hold to 20 a second
                "allow_networks": ["127.0.0.0/8"],
                "ports": [],
                "host_in_flight": 64,
                "host_per_s": 10_000,
            },
            source={"paths": [f"{folder}/source/*.parquet"], "partition_rows": 64},
        ) as made,
    ):
        made.add_rows("a.parquet", 0, given.rows)
        clock = made.llm.script = Clocked(given.latency_s)
        held: list[int] = []
        stop = threading.Event()
        threading.Thread(
            target=lambda: [held.append(made.llm.in_flight) for _ in iter(lambda: stop.wait(0.1), True)]
        ).start()
        subprocess.run(
            [sys.executable, "-m", "curation", "run", str(made.recipe)], check=True, stdout=subprocess.DEVNULL
        )
        stop.set()
        run = clock.rates()
        loop = bare(made.llm, [call.body for call in made.llm.calls], given.in_flight, given.latency_s)
        accepted = made.table.status().accepted
    busy = [number for number in held if number]
    figures = {
        "rows": given.rows, "accepted": accepted, "requests": len(clock.done),
        "run_tokens_per_s": run[0], "bare_tokens_per_s": loop[0], "share_whole": run[0] / loop[0],
        "run_steady_tokens_per_s": run[1], "bare_steady_tokens_per_s": loop[1], "share_steady": run[1] / loop[1],
        "mean_in_flight": sum(busy) / len(busy),
    }  # fmt: skip
    print(json.dumps({name: round(value, 3) for name, value in figures.items()}))  # noqa: T201


if __name__ == "__main__":
    main()
