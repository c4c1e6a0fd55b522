"""Our download stage against stock img2dataset: the same server, the same photographs, the same output size.

`python -m tests.bench.bench_fetch [IMAGES] [ROUNDS]` prints three tables: speed (by CPU time, so that a busy machine
changes little; the two take turns, and the median counts, beside the ratio of each one's best round), where our time
goes, and the quality of what is kept; then what 5 % of dripping and dead URLs do to each.
`python -m tests.bench.bench_fetch memory [FETCHES]` prints the memory of one actor.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tests.bench.photographs import photographs, shuffled

CACHE = Path(".cache/bench")
Round = dict[str, Any]  # what a contestant says of one round


def main() -> None:
    if sys.argv[1:2] == ["memory"]:
        return memory(int(sys.argv[2]) if len(sys.argv) > 2 else 100_000)
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 120
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    paths = photographs(CACHE / "photographs")
    with tempfile.TemporaryDirectory() as name, server(CACHE / "photographs") as port:
        folder = Path(name)
        mixed: Round = {}
        with ExitStack() as open_:
            both = {who: open_.enter_context(Contestant(who, 20, folder)) for who in ("stock", "ours")}
            for kind in ("mix", "jpeg", "png", "webp"):
                chosen = [path for path in paths if kind in ("mix", path.suffix[1:])]
                size = count if kind in ("mix", "jpeg") else count // 4
                urls = [f"http://127.0.0.1:{port}/{path.name}?{n}" for n, path in enumerate(shuffled(chosen, size))]
                results = take_turns(both, urls, rounds)
                speed(kind, both, results)
                mixed = mixed or middle(results["ours"])
            take_turns(both, [f"http://127.0.0.1:{port}/{path.name}" for path in paths], 1)  # for their quality
        breakdown(paths, mixed)
        quality(paths, folder)
        slow(paths, port, folder)
    return None


@contextmanager
def server(folder: Path) -> Iterator[int]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.server", str(folder)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        yield int(process.stdout.readline())
    finally:
        process.kill()
        process.wait()


class Contestant:
    """A contestant's process, and the cost of its start."""

    def __init__(self, who: str, timeout_s: float, folder: Path) -> None:
        self._folder = folder / who
        self._folder.mkdir(exist_ok=True)
        command = [sys.executable, "-m", "tests.bench.contestant", who, str(timeout_s), str(self._folder)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        self.started = self._answer()

    def fetch(self, urls: list[str]) -> Round:
        assert self._process.stdin is not None
        file = self._folder.with_suffix(".urls.json")
        file.write_text(json.dumps(urls))
        self._process.stdin.write(f"{file}\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> Round:
        assert self._process.stdout is not None
        return dict(json.loads(self._process.stdout.readline()))

    def __enter__(self) -> Contestant:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()


def take_turns(both: dict[str, Contestant], urls: list[str], rounds: int) -> dict[str, list[Round]]:
    """The rounds of each, in alternation; one more before, which counts for nothing, warms caches."""
    results: dict[str, list[Round]] = {who: [] for who in both}
    for contestant in both.values():
        contestant.fetch(urls[: len(urls) // 4])
    for number in range(rounds):
        for who in list(both)[:: 1 if number % 2 else -1]:
            results[who].append(both[who].fetch(urls))
    return results


def middle(rounds: list[Round]) -> Round:
    """The round of median CPU time."""
    return sorted(rounds, key=lambda each: float(each["cpu_s"]))[len(rounds) // 2]


def speed(kind: str, both: dict[str, Contestant], results: dict[str, list[Round]]) -> None:
    show(kind, "images", "CPU ms/image", "images/s/core", "wall images/s", "peak MB", "start CPU s")
    for who, rounds in results.items():
        each = middle(rounds)
        ms = each["cpu_s"] / each["images"] * 1000
        show(who, each["images"], f"{ms:.2f}", f"{1000 / ms:.1f}", f"{each['images'] / each['wall_s']:.1f}",
             f"{each['peak_mb']:.0f}", f"{both[who].started['start_cpu_s']:.1f}")  # fmt: skip
    ratios = {
        name: sorted(s[name] / o[name] for s, o in zip(results["stock"], results["ours"], strict=True))
        for name in ("cpu_s", "wall_s")
    }
    cpu, wall = ratios["cpu_s"], ratios["wall_s"]
    show("ratio, median", "", "", f"{statistics.median(cpu):.2f}", f"{statistics.median(wall):.2f}")
    best = {who: min(each["cpu_s"] for each in rounds) for who, rounds in results.items()}
    show("ratio, least disturbed", "", "", f"{best['stock'] / best['ours']:.2f}")
    show("ratio, of each round", *(f"{ratio:.2f}" for ratio in cpu))
    show()


def breakdown(paths: list[Path], ours: Round) -> None:
    """CPU of each part of our stage: what each process took, the decoder's split as it is when measured apart."""
    import hashlib
    import time

    from curation.fetch import turbojpeg
    from curation.fetch.decoder import DecodeLimits, Decoder

    decoder = Decoder(DecodeLimits())
    spent = {"decode": 0.0, "resize, measure, encode": 0.0, "sha256": 0.0}
    by_kind: dict[str, list[float]] = {}
    for path in paths:
        data = path.read_bytes()
        decoder(data)
        start = time.thread_time()
        declared = decoder._declared(data)
        loaded = decoder._load(data, declared)
        decoded = time.thread_time()
        decoder._finished(loaded)
        finished = time.thread_time()
        hashlib.sha256(data).hexdigest()
        spent["decode"] += decoded - start
        spent["resize, measure, encode"] += finished - decoded
        spent["sha256"] += time.thread_time() - finished
        by_kind.setdefault(declared.kind, []).append(finished - start)
    total = ours["cpu_s"] / ours["images"] * 1000
    here = ours["own_cpu_s"] / ours["images"] * 1000
    share = spent["decode"] / (spent["decode"] + spent["resize, measure, encode"])
    sha256 = spent["sha256"] / len(paths) * 1000
    parts = {
        "decode": (total - here) * share,
        "resize, measure, encode": (total - here) * (1 - share),
        "sha256": sha256,
        "fetch, pipe, table": here - sha256,
    }
    show("part of ours", "CPU ms/image", "share")
    for name, ms in parts.items():
        show(name, f"{ms:.2f}", f"{ms / total:.0%}")
    show("libturbojpeg", "found" if turbojpeg.available() else "not found: OpenCV does all, more slowly")
    for kind, times in sorted(by_kind.items()):
        show(f"decoder, {kind}", f"{np.mean(times) * 1000:.2f}", f"{len(times)} files")
    show()


def quality(paths: list[Path], folder: Path) -> None:
    """PSNR against Lanczos over the whole decoded file, in dB."""
    found: dict[str, list[tuple[float, float]]] = {}
    for path in paths:
        stock, ours = (Image.open(folder / who / path.name).convert("RGB") for who in ("stock", "ours"))
        if stock.size != ours.size:
            raise SystemExit(f"{path.name}: stock gives {stock.size}, ours {ours.size}")
        full = Image.open(path).convert("RGB")
        reference = np.asarray(full.resize(ours.size, Image.Resampling.LANCZOS)).astype(float)
        pair = psnr(np.asarray(stock), reference), psnr(np.asarray(ours), reference)
        for group in (path.suffix[1:], "all"):
            found.setdefault(group, []).append(pair)
    show("PSNR, dB", "files", "stock", "ours", "difference", "worst difference")
    for group, pairs in sorted(found.items()):
        stock_mean, our_mean = np.mean(pairs, axis=0)
        worst = min(our - stock for stock, our in pairs)
        show(
            group, len(pairs), f"{stock_mean:.2f}", f"{our_mean:.2f}", f"{our_mean - stock_mean:+.2f}", f"{worst:+.2f}"
        )
    show()


def psnr(image: np.ndarray[Any, Any], reference: np.ndarray[Any, Any]) -> float:
    return float(10 * np.log10(255**2 / np.mean((image - reference) ** 2)))


def slow(paths: list[Path], port: int, folder: Path) -> None:
    """400 small images, of which 5 % drip or have no listener, with a time-out of 3 s."""
    small = sorted(paths, key=lambda path: path.stat().st_size)[:10]
    urls = [f"http://127.0.0.1:{port}/{small[n % 10].name}?{n}" for n in range(400)]
    for n in range(0, 400, 20):
        host = f"127.0.1.{n // 20 + 1}"
        urls[n] = f"http://{host}:{port}/drip?{n}" if n % 40 else f"http://{host}:9/dead"
    show("5 % slow or dead", "images", "wall s", "images/s")
    for who in ("stock", "ours"):
        with Contestant(who, 3, folder) as contestant:
            contestant.fetch(urls[1:9])
            each = contestant.fetch(urls)
        show(who, each["images"], f"{each['wall_s']:.1f}", f"{each['images'] / each['wall_s']:.1f}")


def memory(fetches: int) -> None:
    """Resident memory of one stage over many fetches of small images, partition after partition."""
    import psutil

    from curation.fetch.section import DownloadSection
    from curation.samples import make_table
    from curation.stages.download import Download

    small = CACHE / "small"
    small.mkdir(parents=True, exist_ok=True)
    Image.effect_noise((96, 96), 60).convert("RGB").save(small / "a.jpg")
    rows = list(range(2000))
    with server(small) as port:
        stage = Download(
            DownloadSection(allow_networks=("127.0.0.0/8",), ports=(), host_per_s=100_000, host_in_flight=64)
        )
        show("fetches", "stage MB", "decoder MB")
        for part in range(fetches // len(rows) + 1):
            if part % 5 == 0:
                me = psutil.Process()
                child = sum(each.memory_info().rss for each in me.children() if "sandbox" in " ".join(each.cmdline()))
                show(part * len(rows), f"{me.memory_info().rss / 1e6:.0f}", f"{child / 1e6:.0f}")
            urls = [f"http://127.0.0.1:{port}/a.jpg?{part}-{row}" for row in rows]
            ids = [str(row) for row in rows]
            stage(make_table({"sample_id": ids, "partition": ["p"] * len(rows), "row": rows, "url": urls}))
        stage.close()


def show(*cells: object) -> None:
    print("".join(f"{cell!s:<26}" if n == 0 else f"{cell!s:>18}" for n, cell in enumerate(cells)))  # noqa: T201


if __name__ == "__main__":
    main()
