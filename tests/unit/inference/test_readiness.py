"""How far something is that takes minutes to start."""

from __future__ import annotations

import threading

import pytest

from curation.errors import PoolError
from curation.inference.readiness import Readiness


def test_whoever_waits_is_let_go_when_it_is_ready_and_the_state_no_longer_counts_seconds() -> None:
    news = Readiness("the pool")
    news.begin()
    news.says("loading")
    assert news.state() == "loading (0 s)"
    threading.Timer(0.05, news.ready, ("ready, 1 of 2 replicas",)).start()
    news.wait(60)
    assert news.settled
    assert news.state() == "ready, 1 of 2 replicas"


def test_whoever_waits_or_asks_gets_the_cause_of_a_failure() -> None:
    news = Readiness("the pool")
    threading.Timer(0.05, news.failed, (PoolError("no such model"),)).start()
    for ask in (lambda: news.wait(60), news.check):
        with pytest.raises(PoolError, match=r"^no such model$"):
            ask()
    assert news.state() == "failed: no such model"


def test_what_takes_longer_than_it_may_is_told_by_name_phase_and_limit() -> None:
    news = Readiness("the pool")
    news.begin()
    news.says("loading")
    news.in_time(60)
    for ask in (news.wait, news.in_time):
        with pytest.raises(PoolError, match=r"^the pool is not ready after 0 s: loading \(0 s\)$"):
            ask(0)
