"""Turns at a host: spaced as the site asks, and never waited for without end."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
import yaml

from curation.fetch.hosts import Hosts
from curation.fetch.record import FetchFailed
from curation.samples import Reason


def hosts(**more: float) -> Hosts:
    settings = {"in_flight": 1, "per_s": 1000, "failures": 5, "queue_s": 60} | more
    return Hosts(**settings)  # type: ignore[arg-type]


def test_a_host_that_asks_for_a_delay_gets_it() -> None:
    polite = hosts()
    polite.slow_down("a", 0.4)
    polite.slow_down("a", 0.1)  # the longest counts
    start = time.monotonic()
    for _ in range(3):
        with polite.turn("a"):
            pass
    assert time.monotonic() - start >= 0.8
    with polite.turn("b") as waited_s:
        assert waited_s < 0.4


def test_a_wait_that_is_too_long_sets_the_host_aside_for_all() -> None:
    impatient = hosts(queue_s=0.3)
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with impatient.turn("a"):
            held.set()
            done.wait(20)

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait(20)
    with pytest.raises(FetchFailed, match="no turn within") as refused, impatient.turn("a"):
        pass
    assert refused.value.reject.reason is Reason.HOST_SET_ASIDE
    done.set()
    holder.join()
    with pytest.raises(FetchFailed, match="no turn"), impatient.turn("a"):
        pass
    with impatient.turn("b"):
        pass


def test_a_turn_that_cannot_come_in_time_is_not_waited_for() -> None:
    impatient = hosts(queue_s=60)
    impatient.pause("a", 3600)
    start = time.monotonic()
    with pytest.raises(FetchFailed, match="no turn within"), impatient.turn("a"):
        pass
    assert time.monotonic() - start < 30


def test_a_new_partition_knows_when_a_host_may_next_be_asked_and_no_more() -> None:
    patient = hosts(per_s=2, failures=1)
    start = time.monotonic()
    with patient.turn("a"):
        pass
    patient.failed("a", Reason.TIMEOUT)
    patient.forget()
    with patient.turn("a"):
        patient.forget()  # somebody still holds a turn
    patient.forget()
    with patient.turn("a"):
        pass
    assert time.monotonic() - start >= 1


def test_hosts_that_may_be_asked_again_are_not_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    many = hosts(per_s=1000)
    for number in range(50):
        with many.turn(str(number)):
            pass
    time.sleep(0.01)
    many.forget()
    assert not many._hosts
    monkeypatch.setattr("curation.fetch.hosts._MOST_KEPT", 3)
    for number in range(50):
        many.pause(str(number), 100 + number)
    many.forget()
    assert sorted(many._hosts) == ["47", "48", "49"]


def test_the_nightly_recipe_takes_a_good_share_of_a_partition_from_one_host() -> None:
    recipe = yaml.safe_load((Path(__file__).parents[3] / "configs" / "nightly.yaml").read_text())
    download, fetch = recipe["download"], recipe["engine"]["pools"]["fetch"]
    partitions = fetch["max"] * fetch.get("partitions_at_once", 1)
    assert download["host_queue_s"] * download["run_host_per_s"] / partitions >= 100
