"""The engine without Ray: every stage in this process, one partition after the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack

from curation.dedup.index import ClaimIndex, Claims
from curation.dedup.keys import Claim
from curation.dedup.section import DedupSection
from curation.engine.base import Failure, Line, build_stages, run_stage, start
from curation.errors import PoolError
from curation.meter import LocalMeter, Meter
from curation.partition import Partition
from curation.stages.base import Stage
from curation.table.receipt import Receipt


class LocalEngine:
    """See `curation.engine.base.Engine`. A stage that crashes takes the process with it: that is what makes
    it the engine to debug with."""

    def __init__(self) -> None:
        self._meter = LocalMeter()

    @property
    def meter(self) -> Meter:
        """Totals of this process."""
        return self._meter

    def totals(self) -> dict[str, dict[str, float]]:
        """See `Engine.totals`."""
        return self._meter.snapshot()

    def claims(self, section: DedupSection, known: Iterable[Claim]) -> Claims:
        """See `Engine.claims`."""
        index = ClaimIndex(section.near_image_bits)
        index.claim(list(known))
        return index

    def run(self, line: Line, partitions: Sequence[Partition]) -> Iterator[Receipt | Failure]:
        """See `Engine.run`. Partitions are done in order."""
        with ExitStack() as opened:
            stages = []
            for pool in line.pools:
                for stage in build_stages(pool):
                    stages.append(stage)
                    opened.callback(getattr(stage, "close", _nothing))
            for partition in partitions:
                yield self._run_one(line, stages, partition)

    def _run_one(self, line: Line, stages: list[Stage], partition: Partition) -> Receipt | Failure:
        name = "read"
        try:
            table = start(partition, line.read(partition))
            self._meter.add("read", {"rows": len(table)})
            for stage in stages:
                name = stage.name
                table = run_stage(stage, table, self._meter)
            name = "write"
            return line.write(table)
        except PoolError:
            raise
        except Exception as error:  # noqa: BLE001 - the partition's boundary
            return Failure(partition.id, f"{name}: {type(error).__name__}: {error}")

    def close(self) -> None:
        """Nothing was started."""


def _nothing() -> None:
    """For stages that hold nothing."""
