"""One contestant of the fetch bench, in a process of its own: `stock` img2dataset, or our `download` stage.

`python -m tests.bench.contestant stock|ours TIMEOUT_S FOLDER` starts, says what starting cost, then reads a file name
with a list of URLs from each line of its input, fetches them and answers with what that cost. Answers are JSON, a
line each. CPU counts this process and its children, all on one logical CPU: two threads of one core slow each other
down, which would be charged to whoever uses both. The images of the last round stay in FOLDER.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

THREADS = 32


def main() -> None:
    who, timeout_s, folder = sys.argv[1], float(sys.argv[2]), Path(sys.argv[3])
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    wall, cpu = time.monotonic(), _cpu()
    run = {"stock": stock, "ours": ours}[who](timeout_s)
    say({"start_s": time.monotonic() - wall, "start_cpu_s": _cpu() - cpu})
    for line in sys.stdin:
        urls: list[str] = json.loads(Path(line.strip()).read_text())
        wall, cpu, own = time.monotonic(), _cpu(), time.process_time()
        images = run(urls)
        spent = {"wall_s": time.monotonic() - wall, "cpu_s": _cpu() - cpu, "own_cpu_s": time.process_time() - own}
        for url, data in images.items():
            (folder / Path(url.partition("?")[0]).name).write_bytes(data)
        say({**spent, "images": len(images), "urls": len(urls), "peak_mb": _peak_mb()})


def say(answer: dict[str, Any]) -> None:
    print(json.dumps(answer), flush=True)  # noqa: T201


def stock(timeout_s: float) -> Callable[[list[str]], dict[str, bytes]]:
    """img2dataset's Downloader and Resizer as `img2dataset` sets them up, with a writer that only collects."""
    os.environ["NO_ALBUMENTATIONS_UPDATE"] = "1"
    import fsspec
    import pyarrow as pa
    from img2dataset.downloader import Downloader
    from img2dataset.resizer import Resizer

    found: dict[str, bytes] = {}

    class Writer:
        def __init__(self, *_: object) -> None: ...

        def write(self, image: bytes | None, _key: str, _caption: object, meta: dict[str, Any]) -> None:
            if image is not None:
                found[meta["url"]] = image

        def close(self) -> None: ...

    resizer = Resizer(384, "keep_ratio", True, encode_quality=90, encode_format="jpg")

    def run(urls: list[str]) -> dict[str, bytes]:
        found.clear()
        table = pa.table({"url": urls})
        with fsspec.open("memory://stock/shard.arrow", "wb") as file, pa.ipc.new_file(file, table.schema) as shard:
            shard.write_table(table)
        downloader = Downloader(
            sample_writer_class=Writer, resizer=resizer, thread_count=THREADS, save_caption=False, extract_exif=False,
            output_folder="memory://stock", column_list=["url"], timeout=timeout_s, oom_shard_count=1, retries=0,
            number_sample_per_shard=max(2, len(urls)), compute_hash="sha256", verify_hash_type=None,
            encode_format="jpg", user_agent_token=None,
            disallowed_header_directives=["noai", "noimageai", "noindex", "noimageindex"],
        )  # fmt: skip
        with contextlib.redirect_stdout(io.StringIO()):
            downloader((0, "memory://stock/shard.arrow"))
        return dict(found)

    return run


def ours(timeout_s: float) -> Callable[[list[str]], dict[str, bytes]]:
    """The `download` stage: guarded opener, isolated decoder, all measures."""
    from curation.fetch.section import DownloadSection
    from curation.samples import make_table
    from curation.stages.download import Download

    stage = Download(
        DownloadSection(
            allow_networks=("127.0.0.0/8",),
            ports=(),
            in_flight=THREADS,
            host_in_flight=THREADS,
            host_per_s=100_000,
            deadline_s=timeout_s,
            connect_s=timeout_s,
            retries=0,
        )
    )

    def run(urls: list[str]) -> dict[str, bytes]:
        rows = list(range(len(urls)))
        table = make_table(
            {"sample_id": [str(n) for n in rows], "partition": ["p"] * len(rows), "row": rows, "url": urls}
        )
        done = stage(table).select(["url", "image"]).to_pylist()
        return {row["url"]: row["image"]["bytes"] for row in done if row["image"] is not None}

    return run


def _cpu() -> float:
    """CPU seconds of this process and of all its descendants, alive or gone."""
    import psutil

    total = 0.0
    for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN):
        used = resource.getrusage(who)
        total += used.ru_utime + used.ru_stime
    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            times = child.cpu_times()
            total += times.user + times.system
    return total


def _peak_mb() -> float:
    import psutil

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    for child in psutil.Process().children(recursive=True):
        status = Path(f"/proc/{child.pid}/status").read_text()
        peak += int(status.partition("VmHWM:")[2].split()[0]) / 1024
    return peak


if __name__ == "__main__":
    main()
