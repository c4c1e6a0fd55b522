"""Finding the rows that kill the process that works on them, so that only they are lost.

The first try of a partition runs it whole. If its process dies, the next try runs it in pieces and writes
down each piece before it starts; the piece that was written down at the next death is then run row by row, and
a row that was alone when its process died is quarantined. A partition of n rows with one deadly row is through
after three deaths, and costs about 2 * sqrt(n) calls.

A process that works on several partitions takes all of them along when it dies, so a partition that has met a death
is tried again alone: only then does the next death say whose rows are deadly.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

import pyarrow as pa

from curation.samples import Reason, Reject, reject

Range = tuple[int, int]  # first row, row after the last


@dataclass
class Suspicion:
    """What is known about one partition in one pool from the tries whose process died."""

    deaths: int = 0
    suspects: list[Range] = field(default_factory=list)  # pieces that were running at a death
    deadly: set[int] = field(default_factory=set)  # rows that were alone at a death


class Watch(Protocol):
    """The memory of tries. It lives outside the processes that die."""

    def begin(self, key: str) -> Suspicion:
        """A try starts; what earlier tries that never ended taught."""

    def mark(self, key: str, piece: Range) -> None:
        """These rows run next."""

    def wait(self, key: str) -> None:
        """The try has to wait for its turn: a death meanwhile is none of its doing."""

    def done(self, key: str) -> None:
        """The try ended alive."""


class TryLog:
    """`Watch` in memory."""

    def __init__(self) -> None:
        self._running: dict[str, Range | None] = {}
        self._known: dict[str, Suspicion] = {}

    def begin(self, key: str) -> Suspicion:
        """See `Watch.begin`."""
        known = self._known.setdefault(key, Suspicion())
        if key in self._running:
            known.deaths += 1
            piece = self._running[key]
            if piece is not None and piece[1] - piece[0] == 1:
                known.deadly.add(piece[0])
            elif piece is not None:
                known.suspects.append(piece)
        self._running[key] = None
        return known

    def mark(self, key: str, piece: Range) -> None:
        """See `Watch.mark`."""
        self._running[key] = piece

    def wait(self, key: str) -> None:
        """See `Watch.wait`."""
        self._running.pop(key, None)

    def done(self, key: str) -> None:
        """See `Watch.done`."""
        self._running.pop(key, None)
        self._known.pop(key, None)


class Turns:
    """Who may run in one process: many partitions together, or one that is under suspicion alone."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._together = 0
        self._alone = 0  # running alone or waiting to: newcomers let it go first
        self._busy_alone = False

    @contextmanager
    def together(self) -> Iterator[None]:
        """Within, others may run too, but none that must be alone."""
        with self._changed:
            self._changed.wait_for(lambda: not self._alone)
            self._together += 1
        try:
            yield
        finally:
            with self._changed:
                self._together -= 1
                self._changed.notify_all()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Within, no other runs."""
        with self._changed:
            self._alone += 1
            self._changed.wait_for(lambda: not self._together and not self._busy_alone)
            self._busy_alone = True
        try:
            yield
        finally:
            with self._changed:
                self._alone -= 1
                self._busy_alone = False
                self._changed.notify_all()


def run_guarded(
    run: Callable[[pa.Table], pa.Table], table: pa.Table, watch: Watch, key: str, known: Suspicion
) -> pa.Table:
    """`run(table)`, in pieces when earlier tries died, with the deadly rows rejected as quarantined."""
    if not known.deaths:
        return run(table)
    words = f"its process died each time it ran ({known.deaths} deaths of the partition so far)"
    table = reject(table, {row: Reject(Reason.QUARANTINED, words) for row in known.deadly})
    pieces: list[pa.Table] = []
    for piece in pieces_of(len(table), known):
        watch.mark(key, piece)
        rows = table.slice(piece[0], piece[1] - piece[0])
        # Labels go from piece to piece, so that their busy seconds add up.
        pieces.append(run(rows.replace_schema_metadata(pieces[-1].schema.metadata) if pieces else rows))
    whole = pa.concat_tables(pieces)
    return whole.replace_schema_metadata(pieces[-1].schema.metadata)


def pieces_of(rows: int, known: Suspicion) -> list[Range]:
    """The rows cut into about sqrt(rows) pieces; a piece that was running at a death is cut into single rows."""
    size = max(1, math.isqrt(rows))
    pieces: list[Range] = []
    for first in range(0, rows, size):
        piece = (first, min(first + size, rows))
        if any(low < piece[1] and piece[0] < high for low, high in known.suspects):
            pieces.extend((row, row + 1) for row in range(*piece))
        else:
            pieces.append(piece)
    return pieces
