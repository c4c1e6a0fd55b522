"""The whole pipeline against the bare engine: `python -m tests.bench.bench_pipeline [--rows N] [--in-flight N]`.

A run on Ray, with download, image and write stages beside it, asks an LLM stand-in that sleeps instead of thinking.
Then a bare loop sends the very same requests to the same stand-in at the same concurrency. What is compared is output
tokens per second: of the run from its first request to its last answer ("whole", in which the queue fills and runs
dry once), and in the middle 80 % of its requests ("steady", as in a run that lasts all night).

With `--endpoint http://127.0.0.1:8000/v1 --model NAME` both ask a real engine that is up, through a relay that takes
their times. Start vLLM with VLLM_SERVER_DEV_MODE=1: its prefix cache is then emptied before each, so that the second
does not find the first one's prompts.
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
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp

from tests.servers.openai import Call, Reply
from tests.servers.relay import Clock, Relay
from tests.world import World, answer, world


class Sleeper(Clock):
    """A script that answers truthfully after a while."""

    def __init__(self, latency_s: float) -> None:
        super().__init__()
        self._latency_s = latency_s
        self._dice = random.Random(1)

    def __call__(self, call: Call) -> Reply:
        if call.probe:
            return Reply()
        now = time.perf_counter()
        self.began = self.began or now
        delay_s = self._latency_s * self._dice.uniform(0.5, 1.5)
        reply = answer(call, delay_s)
        self.done.append((now + delay_s, len(reply.text.split())))
        return reply


def rates(clock: Clock) -> tuple[float, float]:
    """Tokens per second: whole, steady."""
    done = sorted(clock.done)
    whole = sum(tokens for _, tokens in done) / (done[-1][0] - clock.began)
    low, high = len(done) // 10, 9 * len(done) // 10
    steady = sum(tokens for _, tokens in done[low + 1 : high + 1]) / (done[high][0] - done[low][0])
    return whole, steady


def fresh(relay: Relay) -> None:
    """Forget the times, and let the engine forget its prefix cache."""
    relay.clock, relay.bodies = Clock(), []
    request = urllib.request.Request(f"{relay.upstream}/reset_prefix_cache", method="POST")
    with urllib.request.urlopen(request, timeout=30):
        pass


def bare(url: str, bodies: list[dict[str, object]], in_flight: int) -> None:
    """The same requests by the plainest loop there is."""
    pending = iter(bodies)

    async def loop() -> None:
        async def lane(session: aiohttp.ClientSession) -> None:
            for body in pending:
                async with session.post(f"{url}/chat/completions", json=body) as response:
                    await response.read()

        connector = aiohttp.TCPConnector(limit=in_flight)
        async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(None)) as session:
            await asyncio.gather(*(lane(session) for _ in range(in_flight)))

    asyncio.run(loop())


def run(made: World, rows: int, held: Callable[[], int]) -> float:
    """Run the recipe over new rows. The mean number of requests in flight while there were any."""
    made.add_rows("a.parquet", 0, rows)
    busy: list[int] = []
    stop = threading.Event()
    watch = threading.Thread(
        target=lambda: [busy.append(held()) for _ in iter(lambda: stop.wait(0.1), True)], daemon=True
    )
    watch.start()
    command = [sys.executable, "-m", "curation", "run", str(made.recipe)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    stop.set()
    some = [number for number in busy if number]
    return sum(some) / max(1, len(some))


def sections(folder: str) -> dict[str, Any]:
    """Of the recipe: Ray on two cores, and no politeness for the one host that has every image here."""
    host = {"host_in_flight": 64, "host_per_s": 10_000}
    return {
        "engine": {"kind": "ray", "pools": {name: {"cpus": 0.5} for name in ("prepare", "fetch", "finish")}},
        "download": {"allow_networks": ["127.0.0.0/8"], "ports": [], **host},
        "source": {"paths": [f"{folder}/source/*.parquet"], "partition_rows": 64},
    }


def asleep(given: argparse.Namespace, folder: str) -> dict[str, float]:
    """Run and loop on the stand-in."""
    with world(Path(folder), client={"max_in_flight": given.in_flight}, **sections(folder)) as made:
        ours = made.llm.script = Sleeper(given.latency_s)
        mean = run(made, given.rows, lambda: made.llm.in_flight)
        bodies = [call.body for call in made.llm.calls]
        loop = made.llm.script = Sleeper(given.latency_s)
        bare(made.llm.url, bodies, given.in_flight)
        return figures(made, ours, loop, mean)


def real(given: argparse.Namespace, folder: str) -> dict[str, float]:
    """Run and loop on a real engine. It may take its time; a busy engine is not a dead one."""
    client = {"max_in_flight": given.in_flight, "timeout_s": 600, "total_s": 1800, "probe_deadline_s": 300}
    with Relay(given.endpoint) as relay:
        endpoints = [{"url": relay.url, "model": given.model}]
        inference = {"endpoints": endpoints, "client": client}
        with world(Path(folder), rewrite={}, inference=inference, **sections(folder)) as made:
            fresh(relay)
            mean = run(made, given.rows, lambda: relay.in_flight)
            ours, bodies = relay.clock, relay.bodies
            fresh(relay)
            bare(relay.url, bodies, given.in_flight)
            return figures(made, ours, relay.clock, mean)


def figures(made: World, ours: Clock, loop: Clock, mean: float) -> dict[str, float]:
    """What is printed."""
    whole, steady = rates(ours)
    bare_whole, bare_steady = rates(loop)
    return {
        "accepted": made.table.status().accepted, "requests": len(ours.done), "mean_in_flight": mean,
        "run_tokens_per_s": whole, "bare_tokens_per_s": bare_whole, "share_whole": whole / bare_whole,
        "run_steady_tokens_per_s": steady, "bare_steady_tokens_per_s": bare_steady,
        "share_steady": steady / bare_steady,
    }  # fmt: skip


def main() -> None:
    parse = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parse.add_argument("--rows", type=int, default=1500)
    parse.add_argument("--in-flight", type=int, default=32)
    parse.add_argument("--latency-s", type=float, default=1.0, help="of the stand-in's answer, on average")
    parse.add_argument("--endpoint", help="a real engine's, ending in /v1")
    parse.add_argument("--model")
    given = parse.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = real(given, folder) if given.endpoint else asleep(given, folder)
    print(json.dumps({"rows": given.rows, **{name: round(value, 3) for name, value in found.items()}}))  # noqa: T201


if __name__ == "__main__":
    main()
