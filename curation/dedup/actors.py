"""The claim index as a Ray actor, so that the stages of every process of a run ask the same one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

import ray
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from curation.dedup.index import ClaimIndex
from curation.dedup.keys import Claim

_BATCH = 10_000
_DEADLINE_S = 120.0


def beside_the_driver() -> NodeAffinitySchedulingStrategy:
    """For an actor that a run cannot lose: on the node of its driver, so that the death of no other node ends it."""
    return NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)


class ActorClaims:
    """`Claims` over an actor. It is a handle: cheap to pickle into stages.

    The actor is not restarted with an empty index behind the stages' backs: if it dies, the partitions that ask it
    fail and stay pending, and the next run builds the index again from the table.
    """

    def __init__(self, near_image_bits: int, known: Iterable[Claim]) -> None:
        actor: Any = ray.remote(num_cpus=0, max_restarts=0)(ClaimIndex)
        self._actor = actor.options(scheduling_strategy=beside_the_driver()).remote(near_image_bits)
        claims = iter(known)
        while batch := list(islice(claims, _BATCH)):
            self.claim(batch)

    def claim(self, claims: Sequence[Claim]) -> list[str | None]:
        """See `curation.dedup.index.Claims.claim`."""
        return ray.get(self._actor.claim.remote(list(claims)), timeout=_DEADLINE_S)  # type: ignore[no-any-return]
