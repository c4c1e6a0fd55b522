"""Drivers in processes of their own, so that a test can kill one or let two of them race.

They are forked from a server that has the heavy imports done: a driver is up in some hundredths of a second, and
what a test measures is the commit, not the imports.
"""

from __future__ import annotations

import multiprocessing
import os
from multiprocessing.context import ForkServerContext, ForkServerProcess
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from typing import Any

from curation.table.commit import Committer
from curation.table.read import SampleTable
from curation.table.storage import OutputSection, StorageSection
from tests.servers.s3 import BUCKET, KEY, SECRET
from tests.unit.table.partitions import commit_all, partitions, write_all

FULL = os.environ.get("CURATION_PROMISES") == "full"
KEYS = {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_EC2_METADATA_DISABLED": "true"}


def repetitions(quick: int, full: int) -> int:
    """How often a promise is tried: a few times in `make test`, as often as it says in `make promises`."""
    return full if FULL else quick


def s3_output(url: str, prefix: str, **keys: Any) -> OutputSection:
    """A table on a test server, with short pauses so that faults are retried quickly."""
    storage = {"connect_timeout_s": 2.0, "timeout_s": 5.0, "patience_s": 60.0, "max_backoff_s": 0.5, "retries": 3}
    storage |= keys.pop("storage", {})
    section = StorageSection(endpoint_url=url, allow_http=True, **storage)
    return OutputSection(table=f"s3://{BUCKET}/{prefix}", storage=section, **{"commit_every_partitions": 2} | keys)


def context() -> ForkServerContext:
    """Where driver processes come from."""
    found = multiprocessing.get_context("forkserver")
    found.set_forkserver_preload(["__main__", "s3fs", "deltalake", "pyarrow.dataset", "PIL.Image", __name__])
    return found


def start(target: Any, *arguments: Any) -> ForkServerProcess:
    """A started driver process."""
    process = context().Process(target=target, args=arguments, daemon=True)
    process.start()
    return process


def drive(output: OutputSection, files: int, count: int, rows: int) -> None:
    """One run over a source of `files` files of `count` partitions: plan, write, commit."""
    os.environ.update(KEYS)
    commit_all(output, [part for index in range(files) for part in partitions(f"file{index}", count, rows)])


def race(outputs: list[OutputSection], count: int, gate: Barrier, results: Queue[Any], name: str) -> None:
    """Runs that start together with another process's: every partition is written, and every receipt is added."""
    os.environ.update(KEYS)
    for number, output in enumerate(outputs):
        receipts = list(write_all(output, partitions("file", count, 3), name))
        gate.wait(60)
        with Committer(SampleTable(output), "recipe", name) as committer:
            for receipt in receipts:
                committer.add(receipt)
        results.put((number, name, committer.committed.partitions, committer.committed.skipped))
