"""The engine on Ray Data: partitions stream through pools of actors, one block = one partition.

Quirks of Ray 2.60 that this file knows:
- a block is split and merged at will unless `target_max_block_size` is None and `batch_size` is None;
- actors of Ray Data retry without end unless told otherwise, and the only way to tell is
  `map_batches(**ray_remote_args)`, deprecated for 2.64 without a replacement;
- an actor that has used up its restarts is not replaced, and what waits for it waits for ever;
- schema metadata of an Arrow block survives from pool to pool, which is where a partition's label travels.
"""

from __future__ import annotations

import logging
import os
import threading
import time
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

import ray
from ray.data import ActorPoolStrategy, DataContext
from ray.data.exceptions import ExecutionTimeoutError
from ray.exceptions import RayError
from rich.console import Console

from curation.dedup.actors import ActorClaims, beside_the_driver
from curation.dedup.index import Claims
from curation.dedup.keys import Claim
from curation.dedup.section import DedupSection
from curation.engine.actor import PoolActor, result_from
from curation.engine.base import Failure, Line
from curation.engine.hush import hushed
from curation.engine.quarantine import Range, Suspicion, TryLog
from curation.engine.section import ActorsSection, EngineSection
from curation.inference.pool import PoolSection, ServePool
from curation.meter import LocalMeter, Meter
from curation.partition import Partition
from curation.table.receipt import Receipt

_RPC_S = 60.0  # deadline of a call to the ledger; it answers in a millisecond


def connect(section: EngineSection, cpus_needed: float) -> bool:
    """Connect to the cluster this process runs in, the one the recipe names, or a new local one.

    True when a local one was started. A local one gets as many logical CPUs as the pools hold: most actors
    wait for the network or for the LLM.
    """
    if ray.is_initialized():
        return False
    logging.getLogger("ray").setLevel(logging.ERROR)
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    # Ray Data passes constructor arguments through the object store, of which Ray's C++ warns on the console
    # for every actor that may restart. What is fatal is still logged.
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
    # Ray's default of 15 starves actors and the model beside anything else on the machine.
    os.environ.setdefault("RAY_worker_niceness", "0")
    quiet: dict[str, Any] = {"logging_level": logging.ERROR, "log_to_driver": False}
    address = section.address or os.environ.get("RAY_ADDRESS")
    if address:
        ray.init(address=address, **quiet)
        return False
    cpus = section.local_cpus or max(os.cpu_count() or 1, round(cpus_needed + 0.5))
    # Without "local", Ray joins any cluster that someone started on this machine, and then refuses num_cpus.
    with hushed():
        ray.init(address="local", num_cpus=cpus, include_dashboard=False, **quiet)
    return True


def disconnect() -> None:
    """Stop the local Ray that `connect` started."""
    ray.shutdown()


def serve_pool(section: EngineSection, pool_section: PoolSection, console: Console) -> None:
    """Keep an LLM pool up until Ctrl-C or SIGTERM, in the cluster that runs will use.

    Raises `PoolError` when it cannot start."""
    started = connect(section, 8.0)
    address = ray.get_runtime_context().gcs_address
    try:
        with ServePool(pool_section) as pool, console.status("starting the pool") as status:
            while not pool.state().startswith("ready"):
                pool.check()
                status.update(pool.state())
                time.sleep(0.5)
            status.stop()
            console.print(
                f"ready: {pool.endpoints[0].url}  model {pool_section.model}", highlight=False, soft_wrap=True
            )
            console.print(f"runs use it with RAY_ADDRESS={address}, or with inference.endpoints", highlight=False)
            threading.Event().wait()
    except KeyboardInterrupt:
        console.print("stopping the pool")
    finally:
        if started:
            disconnect()


class RayEngine:
    """See `curation.engine.base.Engine`. Ray must be connected."""

    def __init__(self, section: EngineSection) -> None:
        self._section = section
        ledger: Any = ray.remote(num_cpus=0, max_restarts=0)(_Ledger)
        self._ledger = ledger.options(scheduling_strategy=beside_the_driver()).remote()
        self._totals: dict[str, dict[str, float]] = {}

    @property
    def meter(self) -> Meter:
        """A handle to the run's totals."""
        return _ActorMeter(self._ledger)

    def totals(self) -> dict[str, dict[str, float]]:
        """See `Engine.totals`. The last known ones when the ledger does not answer: counting never ends a run."""
        with suppress(RayError):
            self._totals = ray.get(self._ledger.totals.remote(), timeout=_RPC_S)
        return self._totals

    def claims(self, section: DedupSection, known: Iterable[Claim]) -> Claims:
        """See `Engine.claims`."""
        return ActorClaims(section.near_image_bits, known)

    def run(self, line: Line, partitions: Sequence[Partition]) -> Iterator[Receipt | Failure]:
        """See `Engine.run`. A partition that Ray itself gives up on is reported as a failure at the end."""
        wave = self._section.wave_partitions
        for first in range(0, len(partitions), wave):
            yield from self._run_wave(line, partitions[first : first + wave])

    def _run_wave(self, line: Line, partitions: Sequence[Partition]) -> Iterator[Receipt | Failure]:
        missing = {partition.id for partition in partitions}
        try:
            for batch in self._dataset(line, partitions).iter_batches(
                batch_size=None, batch_format="pyarrow", prefetch_batches=0
            ):
                for text in batch.column("result").to_pylist():
                    result = result_from(text)
                    missing.discard(result.partition)
                    yield result
        except (RayError, ExecutionTimeoutError) as error:
            cause = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
            yield from (Failure(partition, f"Ray stopped the run: {cause}") for partition in sorted(missing))
            return
        yield from (
            Failure(partition, "its actors died more often than max_retries allows") for partition in sorted(missing)
        )

    def _dataset(self, line: Line, partitions: Sequence[Partition]) -> Any:
        context = DataContext.get_current()
        _quiet(context)
        context.execution_no_progress_timeout_s = self._section.no_progress_s  # Ray's own: half an hour
        specs = [{"partition": partition.to_json()} for partition in partitions]
        dataset: Any = ray.data.from_items(specs, override_num_blocks=len(specs))
        last = len(line.pools) - 1
        for index, pool in enumerate(line.pools):
            actors: ActorsSection = getattr(self._section.pools, pool.name)
            read = line.read if index == 0 else None
            write = line.write if index == last else None
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", message=".*ray_remote_args.*")
                dataset = dataset.map_batches(
                    PoolActor,
                    fn_constructor_args=(pool, self.meter, _ActorWatch(self._ledger), read, write),
                    batch_size=None,
                    batch_format="pyarrow",
                    zero_copy_batch=True,
                    compute=_strategy(actors),
                    num_cpus=actors.cpus,
                    memory=actors.memory_bytes,
                    max_restarts=actors.max_restarts,
                    max_task_retries=actors.max_retries,
                )
        return dataset

    def close(self) -> None:
        """Let go of the run's ledger. The cluster stays for whoever connected to it."""
        ray.kill(self._ledger)


def _strategy(actors: ActorsSection) -> ActorPoolStrategy:
    return ActorPoolStrategy(
        min_size=actors.min,
        max_size=actors.max,
        max_tasks_in_flight_per_actor=actors.partitions_at_once + 1,
        max_concurrent_calls_per_actor=actors.partitions_at_once,
        enable_true_multi_threading=actors.partitions_at_once > 1,
    )


def _quiet(context: DataContext) -> None:
    """One block stays one partition; a lost block costs itself; Ray Data's own progress bars stay off."""
    context.target_max_block_size = None
    context.max_errored_blocks = -1
    context.max_consecutive_actor_init_deaths = 3  # an actor that dies while it starts is not yet the end
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    for name in ("ray.data", "ray.data._internal.execution.streaming_executor"):
        logging.getLogger(name).setLevel(logging.ERROR)


class _Ledger(TryLog):
    """The run's totals and its memory of tries, in an actor of their own."""

    def __init__(self) -> None:
        super().__init__()
        self._meter = LocalMeter()

    def add(self, stage: str, counts: Mapping[str, float]) -> None:
        """See `Meter.add`."""
        self._meter.add(stage, counts)

    def totals(self) -> dict[str, dict[str, float]]:
        """Totals by stage."""
        return self._meter.snapshot()


class _ActorMeter:
    """`Meter` that tells the ledger and does not wait."""

    def __init__(self, ledger: Any) -> None:
        self._ledger = ledger

    def add(self, stage: str, counts: Mapping[str, float]) -> None:
        """See `Meter.add`."""
        self._ledger.add.remote(stage, dict(counts))


class _ActorWatch:
    """`Watch` that tells the ledger and waits: what is marked must be known before the row runs."""

    def __init__(self, ledger: Any) -> None:
        self._ledger = ledger

    def begin(self, key: str) -> Suspicion:
        """See `Watch.begin`."""
        return ray.get(self._ledger.begin.remote(key), timeout=_RPC_S)  # type: ignore[no-any-return]

    def mark(self, key: str, piece: Range) -> None:
        """See `Watch.mark`."""
        ray.get(self._ledger.mark.remote(key, piece), timeout=_RPC_S)

    def wait(self, key: str) -> None:
        """See `Watch.wait`."""
        ray.get(self._ledger.wait.remote(key), timeout=_RPC_S)

    def done(self, key: str) -> None:
        """See `Watch.done`."""
        ray.get(self._ledger.done.remote(key), timeout=_RPC_S)
