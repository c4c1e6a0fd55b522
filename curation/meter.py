"""Counters that the stages move and the console reads."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from typing import Protocol


class Meter(Protocol):
    """Where running totals go. `add` never blocks on the network and never fails a stage."""

    def add(self, stage: str, counts: Mapping[str, float]) -> None:
        """Add to the totals of one stage.

        Keys in use: `rows` (live rows that reached the stage), `rejected`, `rejected.<reason>`, `seconds` (busy),
        and for rewrite `requests`, `answers`, `retries`, `prompt_tokens`, `completion_tokens`.
        """


class LocalMeter:
    """Totals in this process, safe to move from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._totals: dict[str, Counter[str]] = {}

    def add(self, stage: str, counts: Mapping[str, float]) -> None:
        """See `Meter.add`."""
        with self._lock:
            total = self._totals.setdefault(stage, Counter())
            for key, value in counts.items():
                total[key] += value  # type: ignore[assignment]

    def snapshot(self) -> dict[str, dict[str, float]]:
        """Totals by stage, a copy."""
        with self._lock:
            return {stage: dict(total) for stage, total in self._totals.items()}


class Under:
    """A meter that counts everything under one stage: the LLM client, which counts for rewrite, asks for others too."""

    def __init__(self, meter: Meter, stage: str) -> None:
        self._meter, self._stage = meter, stage

    def add(self, stage: str, counts: Mapping[str, float]) -> None:
        """Counts under its own stage, whatever `stage` says."""
        self._meter.add(self._stage, counts)
