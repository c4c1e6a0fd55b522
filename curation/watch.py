"""Watching a run from the driver: the console is kept up to date, and signals end the run in good order."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import TYPE_CHECKING

from rich.console import Console

from curation.errors import PoolError
from curation.report.console import RunView
from curation.report.progress import Committed, PlanFacts

if TYPE_CHECKING:
    from curation.engine.base import Engine
    from curation.inference.open import OpenEndpoints
    from curation.plan import Plan
    from curation.recipe import Recipe
    from curation.table.commit import Committer

_POLL_S = 0.5


class Watch:
    """A thread that shows the run's totals, and notices an LLM pool that failed to start.

    The main thread waits in the engine, so the only way to stop it at once is a signal: SIGTERM and a failed
    pool are turned into what Ctrl-C does, and `interruptible` turns that back into what it was.
    """

    def __init__(
        self, plan: Plan, recipe: Recipe, run: str, engine: Engine, endpoints: OpenEndpoints,
        committer: Committer, console: Console, stages: Sequence[str],
    ) -> None:  # fmt: skip
        self._engine, self._endpoints, self._committer = engine, endpoints, committer
        self._view = RunView(_facts(plan, recipe, run), stages, console)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._poll, name="watch", daemon=True)
        self._pool_error: PoolError | None = None
        self.interrupted = False

    def __enter__(self) -> Watch:
        if _in_main_thread() and signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
            # A shell without job control starts `... &` with SIGINT ignored, and a failed pool would go unheard.
            signal.signal(signal.SIGINT, signal.default_int_handler)
        self._view.__enter__()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()
        if kind is None:
            self._update()
        self._view.__exit__(kind, error, trace)
        if kind is KeyboardInterrupt and self._pool_error is not None:
            raise self._pool_error from None  # the pool failed before the engine ran, or after

    def note(self, message: str) -> None:
        """A line that stays on the console."""
        self._view.note(message)

    @contextmanager
    def interruptible(self) -> Iterator[None]:
        """Within, Ctrl-C and SIGTERM end the run as `interrupted`, and a failed pool raises its `PoolError`."""
        before = signal.signal(signal.SIGTERM, _as_interrupt) if _in_main_thread() else None
        try:
            yield
        except KeyboardInterrupt:
            if self._pool_error is not None:
                raise self._pool_error from None
            self.interrupted = True
            self.note("interrupted: committing what is finished; start it again to continue from there")
        finally:
            if before is not None:
                signal.signal(signal.SIGTERM, before)

    def _poll(self) -> None:
        while not self._stop.wait(_POLL_S):
            self._update()
            try:
                self._endpoints.check()
            except PoolError as error:
                self._pool_error = error
                # To the main thread itself: a signal that another thread takes does not wake a waiting one.
                signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
                return

    def _update(self) -> None:
        done = self._committer.committed
        committed = Committed(done.commits, done.partitions, done.accepted, done.rejected)
        self._view.update(self._engine.totals(), committed, self._endpoints.state())


def _facts(plan: Plan, recipe: Recipe, run: str) -> PlanFacts:
    return PlanFacts(
        rows=plan.pending_rows,
        partitions=len(plan.pending),
        files=sum(1 for file in plan.files if file.pending),
        rows_committed=plan.rows - plan.pending_rows,
        partitions_committed=plan.partitions - len(plan.pending),
        table=recipe.output.table,
        recipe=recipe.fingerprint,
        run=run,
    )


def _as_interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()
