"""The LLM client against a bare loop: `python -m tests.bench.bench_client [--url URL --model NAME]`.

Both send the same requests at the same concurrency to the same server, turn about. Without `--url` the server is
a stand-in in a process of its own that sleeps instead of thinking, so what is measured is the client's own cost;
with `--url` it is a real engine, and the figure is what the pipeline keeps of its tokens per second.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import aiohttp

from curation.inference.chat import ChatRequest, Endpoint
from curation.inference.client import Client
from curation.inference.client_section import ClientSection
from curation.meter import LocalMeter

SCHEMA = {
    "type": "object",
    "properties": {"question": {"type": "string", "maxLength": 80}, "answer": {"type": "string", "maxLength": 120}},
    "required": ["question", "answer"],
    "additionalProperties": False,
}
INSTRUCTIONS = "You write one question and its answer about an image that you know from its caption alone. " * 12


def requests(count: int) -> list[ChatRequest]:
    """Requests of the rewrite stage's shape: a shared prefix and a caption of their own."""
    colours = ("red", "green", "blue", "white", "black")
    messages = [
        ({"role": "system", "content": INSTRUCTIONS},
         {"role": "user", "content": f"Caption: a {colours[number % 5]} boat near house number {number}."})
        for number in range(count)
    ]  # fmt: skip
    return [ChatRequest(each, max_tokens=100, temperature=0.7, schema=SCHEMA) for each in messages]


def by_client(endpoint: Endpoint, work: list[ChatRequest], in_flight: int) -> tuple[float, int]:
    """Seconds, and tokens of the answers, by our client."""
    section = ClientSection(max_in_flight=in_flight, probe_deadline_s=300, first_patience_s=300)
    with Client(section, [endpoint], LocalMeter()) as client:
        client.wait_ready(300)
        started = time.perf_counter()
        answers = client.ask(work)
        return time.perf_counter() - started, sum(answer.completion_tokens for answer in answers)


def by_loop(endpoint: Endpoint, work: list[ChatRequest], in_flight: int) -> tuple[float, int]:
    """The same by the plainest loop there is: no retries, no deadlines, no checks."""
    return asyncio.run(_loop(endpoint, work, in_flight))


async def _loop(endpoint: Endpoint, work: list[ChatRequest], in_flight: int) -> tuple[float, int]:
    pending = iter(work)
    tokens = 0

    async def lane(session: aiohttp.ClientSession) -> None:
        nonlocal tokens
        for request in pending:
            form = {"type": "json_schema", "json_schema": {"name": "answer", "schema": request.schema, "strict": True}}
            body = {
                "model": endpoint.model, "messages": list(request.messages), "max_tokens": request.max_tokens,
                "temperature": request.temperature, "response_format": form,
            }  # fmt: skip
            async with session.post(f"{endpoint.url}/chat/completions", json=body) as response:
                tokens += json.loads(await response.read())["usage"]["completion_tokens"]

    connector = aiohttp.TCPConnector(limit=in_flight)
    async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(None)) as session:
        started = time.perf_counter()
        await asyncio.gather(*(lane(session) for _ in range(in_flight)))
        return time.perf_counter() - started, tokens


def _stand_in(port: Any, latency_s: float) -> None:
    from tests.servers.openai import Call, LlmServer, Reply

    dice = random.Random(1)

    def script(call: Call) -> Reply:
        return Reply(text="word " * 60, delay_s=0 if call.probe else latency_s * dice.uniform(0.5, 1.5))

    with LlmServer(script) as server:
        port.send(server.port)
        port.recv()


@contextmanager
def stand_in(latency_s: float) -> Iterator[Endpoint]:
    """A server in another process that sleeps for `latency_s` on average, then answers."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_stand_in, args=(theirs, latency_s), daemon=True)
    process.start()
    try:
        yield Endpoint(f"http://127.0.0.1:{ours.recv()}/v1", "stand-in")
    finally:
        ours.send("end")
        process.join(10)


def compare(endpoint: Endpoint, count: int, in_flight: int, rounds: int) -> dict[str, float]:
    """Tokens per second of both, and the client's share of the loop's, over rounds that take turns."""
    work = requests(count)
    by_loop(endpoint, work[:in_flight], in_flight)  # warm: connections, prefix cache, grammar
    spent = {"client": 0.0, "loop": 0.0}
    tokens = {"client": 0, "loop": 0}
    for turn in range(2 * rounds):
        name, way = (("client", by_client), ("loop", by_loop))[(turn + turn // 2) % 2]
        seconds, got = way(endpoint, work, in_flight)
        spent[name] += seconds
        tokens[name] += got
    rate = {name: tokens[name] / spent[name] for name in spent}
    return {
        "requests_per_s": 2 * rounds * count / sum(spent.values()),
        "client_tokens_per_s": rate["client"],
        "loop_tokens_per_s": rate["loop"],
        "share": rate["client"] / rate["loop"],
    }


def main() -> None:
    parse = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parse.add_argument("--url", help="base URL of a real engine, ending in /v1")
    parse.add_argument("--model", default="stand-in")
    parse.add_argument("--requests", type=int, default=640)
    parse.add_argument("--in-flight", type=int, default=64)
    parse.add_argument("--rounds", type=int, default=2)
    parse.add_argument("--latency-s", type=float, default=1.0, help="of the stand-in")
    given = parse.parse_args()
    if given.url:
        figures = compare(Endpoint(given.url, given.model), given.requests, given.in_flight, given.rounds)
    else:
        with stand_in(given.latency_s) as endpoint:
            figures = compare(endpoint, given.requests, given.in_flight, given.rounds)
    print(json.dumps({name: round(value, 3) for name, value in figures.items()}))  # noqa: T201


if __name__ == "__main__":
    main()
