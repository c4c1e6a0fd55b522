"""Counts tokens a second during a run, and takes an engine away in the middle of it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from time import monotonic, sleep

WINDOW_S = 4.0  # over which tokens a second are counted


class Watching:
    """Counts what `generated` tells, in tokens so far of each engine or of all, and calls `lose` once all of them have
    been busy for a while. Runs from `with` to its end."""

    def __init__(self, generated: Callable[[], list[float]], lose: Callable[[], object]) -> None:
        self._generated, self._lose = generated, lose
        self._points: list[tuple[float, float]] = []
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self.lost_at = 0.0

    def __enter__(self) -> Watching:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _look(self) -> None:
        first = self._generated()
        busy_at = 0.0
        while not self._done.is_set():
            tokens = self._generated()
            now = monotonic()
            self._points.append((now, sum(tokens)))
            if not busy_at and all(after > before + 50 for before, after in zip(first, tokens, strict=True)):
                busy_at = now
            if busy_at and not self.lost_at and now > busy_at + 3 * WINDOW_S:
                self._lose()
                self.lost_at = monotonic()
            sleep(0.25)

    def _rate(self, until: float, window_s: float = WINDOW_S) -> float:
        known = [point for point in self._points if until - window_s <= point[0] <= until]
        return (known[-1][1] - known[0][1]) / (known[-1][0] - known[0][0]) if len(known) > 1 else 0.0

    @property
    def before(self) -> float:
        """Tokens a second just before the loss."""
        return self._rate(self.lost_at, 2.5 * WINDOW_S)

    @property
    def after(self) -> float:
        """The same, at the best later."""
        return max(self._rate(at) for at, _ in self._points if at > self.lost_at + WINDOW_S)

    def back_s(self, share: float) -> float:
        """Seconds from the loss until tokens come at `share` of the former rate over a whole window."""
        enough = (
            at for at, _ in self._points if at > self.lost_at + WINDOW_S and self._rate(at) >= share * self.before
        )
        return next(enough, float("inf")) - self.lost_at

    def course(self) -> str:
        """Tokens a second by seconds since the loss."""
        first, last = self._points[0][0], self._points[-1][0]
        steps = (first + WINDOW_S * number for number in range(1, int((last - first) / WINDOW_S) + 1))
        return "  ".join(f"{at - self.lost_at:+.0f} s {self._rate(at):.0f}" for at in steps)

    def told(self) -> str:
        """Rates before and after the loss, when they were back, and the course of all of it."""
        return (
            f"tokens/s {self.before:.0f} before, {self.after:.0f} after; half of it again after {self.back_s(0.5):.1f} "
            f"s, nine tenths after {self.back_s(0.9):.1f} s\n{self.course()}"
        )
