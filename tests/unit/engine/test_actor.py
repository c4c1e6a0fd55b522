"""What an actor of the Ray engine does with a block, without Ray."""

from __future__ import annotations

import json
from functools import partial

import pyarrow as pa
import pytest

from curation.engine.actor import PoolActor, result_from
from curation.engine.base import Failure, Line
from curation.engine.quarantine import TryLog
from curation.errors import PoolError
from curation.meter import LocalMeter
from curation.table.receipt import Receipt
from tests import toys


def through(line: Line, watch: TryLog | None = None) -> Receipt | Failure:
    """One partition through the line's only pool, as the last pool's block tells it."""
    (partition,) = toys.partitions(1)
    (pool,) = line.pools
    actor = PoolActor(pool, LocalMeter(), watch or TryLog(), line.read, line.write)
    (text,) = actor(pa.table({"partition": [partition.to_json()]})).column("result").to_pylist()
    return result_from(text)


line = partial(toys.line, pools=("fetch",))


def test_a_block_that_names_a_partition_comes_out_as_its_receipt() -> None:
    result = through(line(toys.Sound))
    assert isinstance(result, Receipt)
    assert (result.planned, result.accepted) == (10, 10)


def test_what_a_stage_raises_stays_with_the_partition() -> None:
    result = through(line(partial(toys.LosesRows, "f-0+10")))
    assert isinstance(result, Failure)
    assert "RowsNotConserved" in result.error


def test_a_pool_that_is_gone_ends_the_run_with_the_error_itself() -> None:
    with pytest.raises(PoolError, match="gone"):
        result_from(json.dumps({"partition": "f-0+10", "error": "gone", "fatal": "PoolError"}))


def test_a_partition_that_killed_its_reader_three_times_is_given_up_before_it_is_read_again() -> None:
    watch = TryLog()
    for _ in range(3):
        watch.begin("fetch:f-0+10")  # and never done: its process died
    result = through(line(toys.Sound), watch)
    assert isinstance(result, Failure)
    assert "reading f-0+10 killed its process 3 times" in result.error
