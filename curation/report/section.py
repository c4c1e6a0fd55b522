"""The recipe's section for the report."""

from __future__ import annotations

from pydantic import Field

from curation.section import Section


class ReportSection(Section):
    """What the HTML report shows, and what the LLM costs."""

    path: str | None = None
    """Where `run` writes the HTML report when it ends, such as `out/report.html`. Nothing is written without it;
    `curation report` writes one at any time."""

    accepted_samples: int = Field(default=30, ge=0, le=500)
    """How many accepted samples the gallery shows, spread over the table by their ids."""

    rejected_samples: int = Field(default=6, ge=0, le=100)
    """How many rejected samples the gallery shows of each reason."""

    image_px: int = Field(default=420, ge=64, le=1024)
    """Longest side of a picture in the gallery. 420 px cost about 25 kB a picture."""

    statistics_rows: int = Field(default=20_000, ge=100, le=1_000_000)
    """How many rows of each outcome are read for the figures on dialogues and tokens. The funnel always counts all."""

    prompt_price: float = Field(default=0.0, ge=0)
    """Price of a million prompt tokens, in any currency. With all three prices 0 the report shows no cost."""

    completion_price: float = Field(default=0.0, ge=0)
    """Price of a million completion tokens, in the same currency."""

    gpu_hour_price: float = Field(default=0.0, ge=0)
    """Price of one GPU for an hour, in the same currency. The hours of a run are counted from its start to its last
    commit, and shared out by the seconds in which requests were in flight."""

    gpus: int = Field(default=1, ge=1, le=100_000)
    """GPUs that the pool held in the mean over a run: replicas times tensor_parallel."""

    currency: str = Field(default="USD", max_length=8)
    """The currency of the prices, as it is written in the report."""
