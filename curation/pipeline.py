"""THE page: plan -> stages -> commit. Read it first; every name leads to one file.

source Parquet --plan--> partitions --[ prepare | fetch | rewrite | finish ]--> receipts --group commit--> Delta table
                          captions    download       LLM       dedup
                          dedup       images         quality   write
                                      contamination  judge
                                      dedup
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import NamedTuple

import pyarrow as pa
from rich.console import Console

from curation import asked
from curation.dedup.index import Claims
from curation.dedup.keys import known_claims
from curation.engine.base import Engine, Failure, Line, Pool
from curation.engine.open import open_engine
from curation.errors import BadShard
from curation.inference.chat import Endpoint
from curation.inference.open import open_endpoints
from curation.meter import Meter
from curation.partition import Partition
from curation.plan import Plan, make_plan
from curation.recipe import Recipe
from curation.source_rows import read_partition
from curation.stages.base import STAGES
from curation.stages.captions import Captions
from curation.stages.contamination import Contamination
from curation.stages.dedup import Dedup
from curation.stages.download import Download
from curation.stages.images import Images
from curation.stages.quality import Quality
from curation.stages.write import Write, WriteAgain
from curation.table.commit import Committer
from curation.table.read import SampleTable
from curation.table.receipt import Receipt
from curation.table.retry import Replacer, plan_again, read_again
from curation.watch import Watch


@dataclass(frozen=True)
class RunResult:
    """What a run came to. Whatever is not committed stays pending for the next run."""

    run: str
    plan: Plan
    committed: int = 0  # partitions
    elsewhere: int = 0  # partitions that another run landed first
    accepted: int = 0  # rows
    rejected: int = 0  # rows
    failures: tuple[Failure, ...] = field(default=())
    interrupted: bool = False

    @property
    def complete(self) -> bool:
        """Whether every planned partition has landed, be it by this run or by another."""
        return self.left == 0

    @property
    def left(self) -> int:
        """Partitions that stay pending."""
        return max(len(self.failures), len(self.plan.pending) - self.committed - self.elsewhere)


def run(recipe: Recipe, console: Console) -> RunResult:
    """Execute a recipe over the partitions that are not yet committed, and commit what they become.

    Raises `SourceError` before anything starts, and `PoolError` when no LLM answers; receipts in hand are
    committed first. On Ctrl-C or SIGTERM it commits what is finished and returns `interrupted`.
    """
    table = SampleTable(recipe.output)
    plan = make_plan(recipe.source, table.landed())
    return _carry_out(recipe, console, plan, Ends(partial(read_partition, recipe.source), Write, Committer))


def retry(recipe: Recipe, console: Console) -> RunResult:
    """Execute a recipe over the rows of its table that were rejected for a reason that may pass, and put what they
    become in their place. Raises and returns as `run` does; a second retry finds what is still transient."""
    plan = plan_again(SampleTable(recipe.output), recipe.source.partition_rows)
    return _carry_out(recipe, console, plan, Ends(partial(read_again, recipe.output), WriteAgain, Replacer))


class Ends(NamedTuple):
    """Where the rows of a run come from, how they are written, and how they are committed."""

    read: Callable[[Partition], pa.Table]
    write: type[Write]
    committer: type[Committer]


def _carry_out(recipe: Recipe, console: Console, plan: Plan, ends: Ends) -> RunResult:
    table = SampleTable(recipe.output)
    name = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(2)}"
    if not plan.pending:
        return RunResult(name, plan)
    with ExitStack() as opened:
        engine = opened.enter_context(open_engine(recipe))
        endpoints = opened.enter_context(open_endpoints(recipe.inference, asked.own_endpoints(recipe)))
        committer = opened.enter_context(ends.committer(table, recipe.fingerprint, name))
        watch = opened.enter_context(
            Watch(plan, recipe, name, engine, endpoints, committer, console, stages_of(recipe))
        )
        claims = engine.claims(recipe.dedup, known_claims(recipe.dedup, table))
        line = production_line(recipe, name, engine.meter, endpoints.endpoints, claims, ends)
        failures = tuple(_commit_all(engine, line, plan, committer, watch))
        committer.flush()  # before the watch closes, so that its last figures are the run's
    done = committer.committed
    return RunResult(
        name, plan, done.partitions, done.skipped, done.accepted, done.rejected, failures, watch.interrupted
    )


def production_line(
    recipe: Recipe, run_name: str, meter: Meter, endpoints: tuple[Endpoint, ...], claims: Claims, ends: Ends
) -> Line:
    """The stages in order, grouped into the pools of actors that run them."""
    dedup = partial(Dedup, recipe.dedup, claims=claims)
    rewrite = partial(asked.rewrite, recipe, endpoints, meter)
    judge = () if recipe.judge is None else (partial(asked.judge, recipe.judge, recipe, endpoints, meter),)
    kept_out = recipe.quality.contamination
    contamination = (partial(Contamination, kept_out),) if kept_out.sets else ()
    return Line(
        read=ends.read,
        pools=(
            Pool("prepare", (partial(Captions, recipe.captions), partial(dedup, of="samples"))),
            Pool(
                "fetch",
                (
                    partial(Download, recipe.download, actors=recipe.engine.fetching),
                    partial(Images, recipe.images),
                    *contamination,
                    partial(dedup, of="images"),
                ),
            ),
            Pool("rewrite", (rewrite, partial(Quality, recipe.quality), *judge)),
            Pool("finish", (partial(dedup, of="dialogues"),)),
        ),
        write=ends.write(recipe.output, recipe.fingerprint, run_name),
    )


def stages_of(recipe: Recipe) -> tuple[str, ...]:
    """The stages that this recipe runs, in order."""
    optional = {"judge": recipe.judge is not None, "contamination": bool(recipe.quality.contamination.sets)}
    return tuple(stage for stage in STAGES if optional.get(stage, True))


def _commit_all(engine: Engine, line: Line, plan: Plan, committer: Committer, watch: Watch) -> Iterator[Failure]:
    """Commit receipts as they come; yield the partitions that were given up."""
    with watch.interruptible():
        for result in engine.run(line, plan.pending):
            if isinstance(result, Receipt):
                try:
                    committer.add(result)
                    continue
                except BadShard as error:
                    result = Failure(result.partition, str(error))
            watch.note(f"partition {result.partition} stays pending: {result.error}")
            yield result
