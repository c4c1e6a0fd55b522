"""The recipe section `engine`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from curation.section import Section


class ActorsSection(Section):
    """The actors of one pool of stages. Ray's own defaults retry a partition without end; ours do not."""

    min: int = Field(1, ge=1)
    """Actors to start with."""
    max: int = Field(1, ge=1)
    """Actors to grow to while partitions wait."""
    cpus: float = Field(1.0, ge=0)
    """Logical CPUs that each actor holds."""
    memory_bytes: int | None = Field(None, ge=1)
    """Memory that each actor reserves, or none."""
    partitions_at_once: int = Field(1, ge=1)
    """Partitions that one actor works on concurrently, in threads. More than one keeps an LLM pool full
    across the ends of partitions."""
    max_restarts: int = Field(-1, ge=-1)
    """How often an actor that died is started again; -1: as often as it dies, which `max_retries` bounds by
    partition. Ray Data 2.60 does not replace an actor that may not start again, so a limit that is reached
    leaves its partitions waiting until `no_progress_s`."""
    max_retries: int = Field(20, ge=0)
    """How often a partition whose actor died is tried again. A row that kills it is found within three tries
    and quarantined, each further one within two."""

    @model_validator(mode="after")
    def _ordered(self) -> ActorsSection:
        if self.max < self.min:
            raise ValueError(f"max ({self.max}) is less than min ({self.min})")
        return self


class PoolsSection(Section):
    """The four pools of actors, in the order in which a partition passes them."""

    prepare: ActorsSection = ActorsSection()
    """Reads the partition; captions."""
    fetch: ActorsSection = ActorsSection()
    """Download, images and their duplicates. CPU-bound: about one actor a core."""
    rewrite: ActorsSection = ActorsSection(cpus=0.5, partitions_at_once=4)
    """Waits for the LLM; quality and the judge. Needs little CPU."""
    finish: ActorsSection = ActorsSection()
    """Duplicate dialogues, writing the files."""


class EngineSection(Section):
    """Where the stages run."""

    kind: Literal["ray", "local"] = "ray"
    """`ray` streams partitions through pools of actors; `local` runs the same stages in this process, one
    partition after the other, for debugging."""
    address: str | None = None
    """Address of a Ray cluster. By default the one this process runs in (RAY_ADDRESS), else a new local one."""
    local_cpus: int | None = Field(None, ge=1)
    """Logical CPUs of a local Ray when one is started. May exceed the cores: most actors wait."""
    wave_partitions: int = Field(20_000, ge=1)
    """Partitions handed to Ray Data at once, which bounds the driver's memory on sources of any size."""
    no_progress_s: float = Field(4 * 3600.0, gt=0)
    """How long no partition may pass from one pool to the next before the run counts as hung and ends. Must
    exceed what the LLM needs for all partitions that are at it at once."""
    pools: PoolsSection = PoolsSection()

    @property
    def fetching(self) -> int:
        """Actors that may fetch for one run together. The partitions of one actor share its rates, which are not
        divided among them once more."""
        return 1 if self.kind == "local" else self.pools.fetch.max
