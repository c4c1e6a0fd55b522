"""Opening the engine that a recipe asks for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from curation.engine.base import Engine
from curation.engine.local import LocalEngine

if TYPE_CHECKING:
    from curation.recipe import Recipe

# What Ray itself, the pool's front door and the engine process of a CPU replica hold beside the actors.
_SPARE_CPUS = 4.0


@contextmanager
def open_engine(recipe: Recipe) -> Iterator[Engine]:
    """The recipe's engine, closed afterwards. Ray is imported and connected only if the engine or the LLM pool
    needs it; a Ray that was started here is shut down at the end."""
    if recipe.engine.kind == "local" and recipe.inference.pool is None:
        yield LocalEngine()
        return
    from curation.engine import ray as on_ray

    started = on_ray.connect(recipe.engine, _cpus_needed(recipe))
    engine: Engine = LocalEngine() if recipe.engine.kind == "local" else on_ray.RayEngine(recipe.engine)
    try:
        yield engine
    finally:
        engine.close()
        if started:
            on_ray.disconnect()


def _cpus_needed(recipe: Recipe) -> float:
    pools = recipe.engine.pools
    actors = sum(section.max * section.cpus for section in (pools.prepare, pools.fetch, pools.rewrite, pools.finish))
    pool = recipe.inference.pool
    replicas = (
        0.0 if pool is None else (pool.replicas_max or pool.replicas_min) * (pool.replica_cpus + pool.tensor_parallel)
    )
    return actors + replicas + _SPARE_CPUS
