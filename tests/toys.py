"""A toy line: stages that misbehave on purpose, without network, model or table, for the tests of the engines.

They live in a module of their own because Ray pickles them by name into other processes.
"""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from functools import partial

import pyarrow as pa

from curation.engine.base import PARTITION, SECONDS, Builder, Line, Pool
from curation.errors import PartitionError, PoolError
from curation.partition import Partition
from curation.samples import Reason, Reject, column, fill, live, make_table, reject
from curation.table.receipt import Receipt

POOLS = ("prepare", "fetch", "rewrite", "finish")


def partitions(count: int, rows: int = 10) -> list[Partition]:
    """Partitions of one file, named f-<first row>+<rows>."""
    return [Partition(f"f-{n * rows}+{rows}", "/f.parquet", "f", count, n * rows, rows) for n in range(count)]


def read(partition: Partition) -> pa.Table:
    """The partition's rows."""
    rows = range(partition.rows)
    return make_table(
        {
            "sample_id": [f"s{partition.first_row + row}" for row in rows],
            "partition": [partition.id] * partition.rows,
            "row": list(rows),
            "url": [f"http://site.example/{partition.first_row + row}" for row in rows],
        }
    )


def read_all_but(bad: str, partition: Partition) -> pa.Table:
    """Like `read`, but one partition's data is corrupt."""
    if partition.id == bad:
        raise PartitionError(f"{partition.file}: rows cannot be read")
    return read(partition)


def read_badly(corrupt: str, deadly: str, partition: Partition) -> pa.Table:
    """Like `read`, but one partition's data is corrupt, and another's kills its reader."""
    if partition.id == deadly:
        os.kill(os.getpid(), signal.SIGKILL)
    return read_all_but(corrupt, partition)


def write(table: pa.Table) -> Receipt:
    """A receipt that tells, in `reasons`, which row was rejected for what, and in `llm` which texts were filled."""
    partition = Partition.from_json(table.schema.metadata[PARTITION].decode())
    assert table.column("partition").unique().to_pylist() == [partition.id]
    assert table.column("row").to_pylist() == list(range(partition.rows))
    kept = len(live(table))
    reasons = table.column("reason").to_pylist()
    return Receipt(
        partition.id, partition.file_id, partition.file_partitions, partition.rows, kept, len(table) - kept, (),
        {f"{row}:{reason}": 1 for row, reason in enumerate(reasons) if reason is not None},
        json.loads(table.schema.metadata[SECONDS]),
        dict(Counter(text for text in table.column("text").to_pylist() if text is not None)),
    )  # fmt: skip


def write_all_but(bad: str, table: pa.Table) -> Receipt:
    """Like `write`, but one partition's files cannot be written."""
    if bad in table.column("partition").to_pylist():
        raise OSError("no space left on device")
    return write(table)


Reader = Callable[[Partition], pa.Table]
Writer = Callable[[pa.Table], Receipt]


def line(*stages: Builder, reader: Reader = read, writer: Writer = write, pools: tuple[str, ...] = POOLS) -> Line:
    """A line whose pools do nothing, but that `fetch` runs these stages after all that."""
    found = {name: (partial(Sound, name), *(stages if name == "fetch" else ())) for name in pools}
    return Line(reader, tuple(Pool(name, builders) for name, builders in found.items()), writer)


class Sound:
    """Does nothing wrong."""

    def __init__(self, name: str = "sound") -> None:
        self.name = name

    def __call__(self, table: pa.Table) -> pa.Table:
        return table


class Fills:
    """Fills each live row's text, and rejects every third row."""

    name = "fills"

    def __call__(self, table: pa.Table) -> pa.Table:
        rows = live(table)
        numbers = column(table, "row", rows)
        table = fill(table, "text", {row: f"text {number % 2}" for row, number in zip(rows, numbers, strict=True)})
        return reject(
            table,
            {row: Reject(Reason.BLANK, "x") for row, number in zip(rows, numbers, strict=True) if number % 3 == 0},
        )


class Deadly:
    """Kills its process when it meets a live row of these sample ids, as a decoder that crashes does."""

    name = "deadly"

    def __init__(self, *samples: str) -> None:
        self._samples = set(samples)

    def __call__(self, table: pa.Table) -> pa.Table:
        if self._samples & set(column(table, "sample_id", live(table))):
            os.kill(os.getpid(), signal.SIGKILL)
        return table


class Slow:
    """Takes its time, and tells in each row's text how many partitions its process worked on at once."""

    name = "slow"

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()
        self._running = 0
        self._most = 0

    def __call__(self, table: pa.Table) -> pa.Table:
        with self._lock:
            self._running += 1
            self._most = max(self._most, self._running)
        time.sleep(self._seconds)
        with self._lock:
            self._running -= 1
        return fill(table, "text", dict.fromkeys(range(len(table)), f"{self._most} at once"))


class Raises:
    """Raises on one partition."""

    name = "raises"

    def __init__(self, bad: str) -> None:
        self._bad = bad

    def __call__(self, table: pa.Table) -> pa.Table:
        if self._bad in table.column("partition").to_pylist():
            raise ValueError("boom")
        return table


class LosesRows:
    """Drops the last row of one partition."""

    name = "loses_rows"

    def __init__(self, bad: str) -> None:
        self._bad = bad

    def __call__(self, table: pa.Table) -> pa.Table:
        return table.slice(0, len(table) - 1) if self._bad in table.column("partition").to_pylist() else table


class NoPool:
    """Finds no LLM endpoint when it meets one partition."""

    name = "no_pool"

    def __init__(self, bad: str) -> None:
        self._bad = bad

    def __call__(self, table: pa.Table) -> pa.Table:
        if self._bad in table.column("partition").to_pylist():
            raise PoolError("no endpoint answers")
        return table


class CannotStart:
    """Cannot be built: its model is not there."""

    name = "cannot_start"

    def __init__(self) -> None:
        raise FileNotFoundError("model.bin")
