"""What an engine is: it takes partitions through pools of stages and yields what became of each."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import pyarrow as pa

from curation.dedup.index import Claims
from curation.dedup.keys import Claim
from curation.dedup.section import DedupSection
from curation.errors import CurationError, StageError
from curation.meter import Meter
from curation.partition import Partition
from curation.stages.base import Stage, check_rows
from curation.table.receipt import Receipt

PARTITION = b"curation.partition"  # schema metadata: which partition a table is
SECONDS = b"curation.seconds"  # schema metadata: busy seconds by stage so far
FAILED = b"curation.failed"  # schema metadata: which partition was given up, and why (JSON)

Builder = Callable[[], Stage]


@dataclass(frozen=True)
class Pool:
    """Stages that run one after the other in the same actor. They are named by builders, which are pickled
    and called where the stages live, so that a stage may hold connections and models."""

    name: str
    stages: tuple[Builder, ...]


@dataclass(frozen=True)
class Failure:
    """A partition that was given up: it stays pending, and the next run tries it again."""

    partition: str
    error: str


@dataclass(frozen=True)
class Line:
    """The whole production line: how a partition is read, the pools it passes, how it is written."""

    read: Callable[[Partition], pa.Table]
    pools: tuple[Pool, ...]
    write: Callable[[pa.Table], Receipt]


class Engine(Protocol):
    """Runs lines. Local and Ray engines give the same outcomes for the same input."""

    @property
    def meter(self) -> Meter:
        """Where stages count; may be pickled into them."""

    def totals(self) -> dict[str, dict[str, float]]:
        """What all stages have counted so far, by stage."""

    def claims(self, section: DedupSection, known: Iterable[Claim]) -> Claims:
        """An index that all stages of this run share, holding `known` from the start."""

    def run(self, line: Line, partitions: Sequence[Partition]) -> Iterator[Receipt | Failure]:
        """One receipt or failure for each partition, as they are done, in any order."""

    def close(self) -> None:
        """Let go of what the engine started."""


def start(partition: Partition, table: pa.Table) -> pa.Table:
    """The table, labelled with the partition it is."""
    return table.replace_schema_metadata({PARTITION: partition.to_json().encode()})


def run_stage(stage: Stage, table: pa.Table, meter: Meter) -> pa.Table:
    """One stage over one partition: rows checked, time and rejects counted, labels carried on."""
    began = time.perf_counter()
    after = stage(table)
    seconds = time.perf_counter() - began
    check_rows(stage.name, table, after)
    labels = dict(table.schema.metadata or {})
    spent = json.loads(labels.get(SECONDS, b"{}"))
    spent[stage.name] = round(spent.get(stage.name, 0.0) + seconds, 4)
    labels[SECONDS] = json.dumps(spent).encode()
    meter.add(stage.name, _counts(table, after, seconds))
    return after.replace_schema_metadata(labels)


def build_stages(pool: Pool) -> list[Stage]:
    """The pool's stages. Raises `StageError` when one cannot be built, and what is an error of ours as it is."""
    stages = []
    for build in pool.stages:
        try:
            stages.append(build())
        except CurationError:
            raise
        except Exception as error:
            name = getattr(getattr(build, "func", build), "__name__", repr(build))
            raise StageError(f"stage {name} cannot be built: {type(error).__name__}: {error}") from error
    return stages


def fail(table: pa.Table, stage: str, error: BaseException, fatal: bool = False) -> pa.Table:
    """The table, labelled as given up: later pools pass it on and the driver reports it. A fatal error is one
    that every other partition will meet too, so it ends the run."""
    labels = dict(table.schema.metadata or {})
    partition = json.loads(labels[PARTITION])["id"]
    words = str(error) if fatal else f"{stage}: {type(error).__name__}: {error}"
    kind = type(error).__name__ if fatal else None
    labels[FAILED] = json.dumps({"partition": partition, "error": words, "fatal": kind}).encode()
    return pa.table({"partition": [partition]}).replace_schema_metadata(labels)


def _counts(before: pa.Table, after: pa.Table, seconds: float) -> dict[str, float]:
    old, new = before.column("reason"), after.column("reason")
    fresh = Counter(
        now for was, now in zip(old.to_pylist(), new.to_pylist(), strict=True) if was is None and now is not None
    )
    counts: dict[str, float] = {"rows": old.null_count, "rejected": sum(fresh.values()), "seconds": seconds}
    counts |= {f"rejected.{reason}": count for reason, count in fresh.items()}
    return counts
