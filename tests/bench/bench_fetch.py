"""Our download stage against stock img2dataset: the same server, the same photographs, the same output size.

`python -m tests.bench.bench_fetch [IMAGES]` prints three tables: speed (by CPU time, so that a busy machine
changes little), where our time goes, and the quality of what is kept; then what 5 % of dripping and dead
URLs do to each. `python -m tests.bench.bench_fetch memory [FETCHES]` prints the memory of one actor.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tests.bench.photographs import photographs, shuffled

CACHE = Path(".cache/bench")
OTHER_HOSTS = 200  # slow URLs stand on hosts of their own: 127.0.1.1 and on


def main() -> None:
    if sys.argv[1:2] == ["memory"]:
        return memory(int(sys.argv[2]) if len(sys.argv) > 2 else 100_000)
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    paths = photographs(CACHE / "photographs")
    mixed: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory() as folder, server(CACHE / "photographs") as port:
        for label, kinds in (("mix", paths), ("JPEG alone", [path for path in paths if path.suffix == ".jpeg"])):
            urls = [f"http://127.0.0.1:{port}/{path.name}?{n}" for n, path in enumerate(shuffled(kinds, count))]
            results = {who: contest(who, urls, 20, Path(folder)) for who in ("stock", "ours")}
            speed(label, results)
            mixed = results if label == "mix" else mixed
        breakdown(paths, mixed["ours"])
        quality(paths, Path(folder))
        slow(paths, port, Path(folder))
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


def contest(who: str, urls: list[str], timeout_s: float, folder: Path) -> dict[str, Any]:
    (folder / "urls.json").write_text(json.dumps(urls))
    out = folder / f"{who}.json"
    command = [sys.executable, "-m", "tests.bench.contestant", who, str(folder / "urls.json"), str(timeout_s), str(out)]
    subprocess.run(command, check=True, timeout=900, stderr=subprocess.DEVNULL)
    return dict(json.loads(out.read_text()))


def speed(label: str, results: dict[str, dict[str, Any]]) -> None:
    show(label, "images", "CPU ms/image", "images/s/core", "wall images/s", "peak MB", "start CPU s")
    for who, each in results.items():
        ms = each["cpu_s"] / each["images"] * 1000
        show(who, each["images"], f"{ms:.2f}", f"{1000 / ms:.1f}", f"{each['images'] / each['wall_s']:.1f}",
             f"{each['peak_mb']:.0f}", f"{each['start_cpu_s']:.1f}")  # fmt: skip
    stock, ours = results["stock"], results["ours"]
    ratio = (stock["cpu_s"] / stock["images"]) / (ours["cpu_s"] / ours["images"])
    show("ratio", "", "", f"{ratio:.2f}", f"{stock['wall_s'] / ours['wall_s']:.2f}")
    show()


def breakdown(paths: list[Path], ours: dict[str, Any]) -> None:
    """CPU of each part of our stage, measured apart on the same files; what is left is fetch, pipes and table."""
    import hashlib
    import time

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
    parts = {name: seconds / len(paths) * 1000 for name, seconds in spent.items()}
    parts["fetch, pipes, table"] = total - sum(parts.values())
    show("part of ours", "CPU ms/image", "share")
    for name, ms in parts.items():
        show(name, f"{ms:.2f}", f"{ms / total:.0%}")
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
        each = contest(who, urls, 3, folder)
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
