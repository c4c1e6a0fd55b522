"""What an actor of the Ray engine does with a partition. Knows no Ray: a block comes in and a block goes out."""

from __future__ import annotations

import json
from collections.abc import Callable

import pyarrow as pa

from curation import errors
from curation.engine.base import FAILED, PARTITION, Failure, Pool, build_stages, fail, run_stage, start
from curation.engine.quarantine import Suspicion, Turns, Watch, run_guarded
from curation.errors import CurationError, PartitionError, PoolError
from curation.meter import Meter
from curation.partition import Partition
from curation.stages.base import Stage
from curation.table.receipt import Receipt

_READ_DEATHS = 3  # a partition that kills its reader this often is given up


class PoolActor:
    """One actor of one pool: takes a block (a partition), runs its stages, hands it on.

    The first pool gets a block that only names the partition, and reads it; the last returns its result as a
    one-row block. Whatever goes wrong with a partition ends here as a label on its block, so that one bad
    partition stops no other. `meter` and `watch` outlive the actor.
    """

    def __init__(
        self,
        pool: Pool,
        meter: Meter,
        watch: Watch,
        read: Callable[[Partition], pa.Table] | None,
        write: Callable[[pa.Table], Receipt] | None,
    ) -> None:
        self._pool = pool
        self._meter, self._watch = meter, watch
        self._read, self._write = read, write
        self._turns = Turns()
        self._stages: list[Stage] = []
        self._broken: CurationError | None = None
        try:
            self._stages = build_stages(pool)
        except CurationError as error:  # told by each partition: raised here, Ray would wrap it beyond recognition
            self._broken = error

    def __call__(self, block: pa.Table) -> pa.Table:
        table = block
        if self._read is not None:
            partition = Partition.from_json(block.column("partition")[0].as_py())
            table = start(partition, pa.table({}))
        if FAILED in (table.schema.metadata or {}):
            return self._handed_on(table)
        if self._broken is not None:
            return self._handed_on(fail(table, self._pool.name, self._broken, fatal=True))
        try:
            table = self._run(table)
        except PoolError as error:
            table = fail(table, self._pool.name, error, fatal=True)
        except Exception as error:  # noqa: BLE001 - the partition's boundary
            table = fail(table, self._pool.name, error)
        return self._handed_on(table)

    def _run(self, table: pa.Table) -> pa.Table:
        partition = Partition.from_json(table.schema.metadata[PARTITION].decode())
        key = f"{self._pool.name}:{partition.id}"
        known = self._watch.begin(key)
        try:
            if not known.deaths:
                with self._turns.together():
                    return self._try(table, partition, key, known)
            self._watch.wait(key)
            with self._turns.alone():
                return self._try(table, partition, key, self._watch.begin(key))
        finally:
            self._watch.done(key)

    def _try(self, table: pa.Table, partition: Partition, key: str, known: Suspicion) -> pa.Table:
        if self._read is not None:
            if known.deaths >= _READ_DEATHS and not known.suspects and not known.deadly:
                raise PartitionError(
                    f"{partition.file}: reading {partition.id} killed its process {known.deaths} times"
                )
            table = start(partition, self._read(partition))
            self._meter.add("read", {"rows": len(table)})
        return run_guarded(self._run_stages, table, self._watch, key, known)

    def _run_stages(self, table: pa.Table) -> pa.Table:
        for stage in self._stages:
            table = run_stage(stage, table, self._meter)
        return table

    def _handed_on(self, table: pa.Table) -> pa.Table:
        """The block for the next pool, or after the last one its result."""
        if self._write is None:
            return table
        failed = (table.schema.metadata or {}).get(FAILED)
        if failed is None:
            try:
                return pa.table({"result": [self._write(table).to_json()]})
            except Exception as error:  # noqa: BLE001 - the partition's boundary
                failed = fail(table, "write", error).schema.metadata[FAILED]
        return pa.table({"result": [failed.decode()]})


def result_from(text: str) -> Receipt | Failure:
    """What the last pool said of a partition. Raises the error itself when it is one that every partition will meet."""
    values = json.loads(text)
    if "error" not in values:
        return Receipt.from_json(text)
    if values["fatal"]:
        raise getattr(errors, values["fatal"])(values["error"])
    return Failure(values["partition"], values["error"])
