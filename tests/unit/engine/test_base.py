"""What both engines do around a stage: check it, time it, count it, and carry labels from stage to stage."""

from __future__ import annotations

import json

import pyarrow as pa
import pytest

from curation.engine.base import FAILED, PARTITION, SECONDS, Pool, build_stages, fail, run_stage, start
from curation.errors import PoolError, RecipeError, RowsNotConserved, StageError
from curation.meter import LocalMeter
from curation.samples import Reason, Reject, reject
from tests import toys


def labelled() -> pa.Table:
    (partition,) = toys.partitions(1, rows=9)
    return start(partition, toys.read(partition))


def test_labels_travel_through_stages_that_know_nothing_of_them() -> None:
    def forgetful(table: pa.Table) -> pa.Table:
        return toys.Sound()(table.replace_schema_metadata(None))

    forgetful.name = "forgetful"  # type: ignore[attr-defined]
    after = run_stage(forgetful, labelled(), LocalMeter())  # type: ignore[arg-type]
    assert after.schema.metadata[PARTITION] == labelled().schema.metadata[PARTITION]


def test_busy_seconds_of_each_stage_add_up_on_the_label() -> None:
    table = run_stage(toys.Slow(0.02), labelled(), LocalMeter())
    table = run_stage(toys.Sound("other"), run_stage(toys.Slow(0.02), table, LocalMeter()), LocalMeter())
    seconds = json.loads(table.schema.metadata[SECONDS])
    assert seconds["slow"] >= 0.04
    assert seconds["other"] < 0.04


def test_a_stage_is_counted_by_the_live_rows_it_got_and_the_rows_it_rejected() -> None:
    meter = LocalMeter()
    table = reject(labelled(), {1: Reject(Reason.LANGUAGE, "x")})
    run_stage(toys.Fills(), table, meter)
    counted = meter.snapshot()["fills"]
    assert counted.pop("seconds") > 0
    assert counted == {"rows": 8, "rejected": 3, "rejected.blank": 3}


def test_a_stage_that_loses_rows_is_caught_before_its_table_goes_on() -> None:
    with pytest.raises(RowsNotConserved, match="stage loses_rows got 9 rows and returned 8"):
        run_stage(toys.LosesRows("f-0+9"), labelled(), LocalMeter())


@pytest.mark.parametrize("fatal", [False, True])
def test_a_failed_partition_keeps_its_name_and_says_where_it_failed(fatal: bool) -> None:
    failed = fail(labelled(), "fetch", PoolError("boom"), fatal)
    assert json.loads(failed.schema.metadata[FAILED]) == {
        "partition": "f-0+9",
        "error": "boom" if fatal else "fetch: PoolError: boom",
        "fatal": "PoolError" if fatal else None,
    }
    assert failed.nbytes < 100  # a partition's images must not travel on once it is given up


def test_a_stage_that_cannot_be_built_is_named_with_its_cause() -> None:
    with pytest.raises(StageError, match=r"stage CannotStart cannot be built: FileNotFoundError: model\.bin"):
        build_stages(Pool("fetch", (toys.Sound, toys.CannotStart)))


def test_an_error_of_ours_in_a_stages_constructor_is_raised_as_it_is() -> None:
    def build() -> toys.Sound:
        raise RecipeError("prompts: no such folder")

    with pytest.raises(RecipeError, match="no such folder"):
        build_stages(Pool("fetch", (build,)))
