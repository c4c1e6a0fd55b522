"""Both engines commit the same rows with the same outcomes, through the real stages that need no network."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from rich.console import Console

from curation.dedup.section import DedupSection
from curation.engine.base import Engine, Line, Pool
from curation.engine.local import LocalEngine
from curation.engine.section import ActorsSection, EngineSection, PoolsSection
from curation.pipeline import retry
from curation.plan import make_plan
from curation.recipe import load_recipe
from curation.samples import fill, live
from curation.source import SourceSection
from curation.source_rows import read_partition
from curation.stages.captions import Captions, CaptionsSection
from curation.stages.dedup import Dedup
from curation.stages.write import Write
from curation.table.commit import Committer
from curation.table.read import SampleTable
from curation.table.receipt import Receipt
from curation.table.storage import OutputSection
from tests import toys
from tests.integration.test_retry import DOWNLOAD, after_a_bad_night, reasons
from tests.world import world

pytestmark = [pytest.mark.timeout(600)]
CAPTIONS = [
    "two dogs playing on a beach",
    "IMG_2034.jpg",
    "",
    None,
    "a red bus in the rain stock photo",
    "café \U0001f600 table",
]


class Pretend:
    """Stands in for download, rewrite and quality: fills what the write stage wants of an accepted row."""

    name = "pretend"

    def __call__(self, table: pa.Table) -> pa.Table:
        rows = live(table)
        table = fill(table, "image", {row: {"bytes": b"jpeg", "path": "x.jpg"} for row in rows})
        return fill(table, "messages", {row: [{"role": "user", "content": f"row {row}"}] for row in rows})


def curate(engine: Engine, source: SourceSection, output: OutputSection) -> list[dict[str, Any]]:
    """Run the line over the source, and the committed rows without what differs from run to run."""
    table = SampleTable(output)
    plan = make_plan(source, table.landed())
    dedup = DedupSection()
    line = Line(
        partial(read_partition, source),
        (
            Pool(
                "prepare",
                (partial(Captions, CaptionsSection()), partial(Dedup, dedup, "samples", engine.claims(dedup, []))),
            ),
            Pool("fetch", (Pretend, toys.Fills)),
        ),
        Write(output, "recipe", "run"),
    )
    with Committer(table, "recipe", "run") as committer:
        for result in engine.run(line, plan.pending):
            assert isinstance(result, Receipt), result
            committer.add(result)
    assert make_plan(source, table.landed()).pending == ()
    status = table.status()
    assert status.balanced
    assert status.planned == plan.rows
    rows = table.table().drop_columns(["run", "created"]).to_pylist()
    return sorted(rows, key=lambda row: (row["partition"], row["row"]))


def test_local_and_ray_commit_the_same_rows_with_the_same_outcomes(tmp_path: Path, ray_cluster: None) -> None:
    from curation.engine.ray import RayEngine

    texts = [CAPTIONS[row % len(CAPTIONS)] for row in range(60)]
    urls = [f"http://site.example/{row % 48}.jpg" for row in range(60)]
    pq.write_table(pa.table({"URL": urls, "TEXT": texts, "key": list(range(60))}), tmp_path / "a.parquet")
    source = SourceSection(paths=[str(tmp_path / "a.parquet")], partition_rows=13)
    actors = ActorsSection(cpus=0.5)
    on_ray = RayEngine(EngineSection(pools=PoolsSection(prepare=actors, fetch=actors)))
    found = [
        curate(engine, source, OutputSection(table=str(tmp_path / name)))
        for name, engine in (("local", LocalEngine()), ("ray", on_ray))
    ]
    on_ray.close()
    assert len(found[0]) == 60
    assert {row["reason"] for row in found[0]} >= {None, "blank", "file_name", "empty_caption", "duplicate_sample"}
    assert found[0] == found[1]


@pytest.mark.fuzz  # half a minute of CPU; by `make promises` too
def test_a_retry_on_ray_puts_the_rows_done_again_in_their_place(tmp_path: Path, ray_cluster: None) -> None:
    actors = ActorsSection(cpus=0.5)
    on_ray = EngineSection(pools=PoolsSection(prepare=actors, fetch=actors, rewrite=actors, finish=actors))
    with world(tmp_path, download=DOWNLOAD) as made:
        after_a_bad_night(made, 30, range(5, 30))
        assert reasons(made) == {"http_404": 6, "http_5xx": 20}
        result = retry(load_recipe(made.recipe).model_copy(update={"engine": on_ray}), Console(quiet=True))
        assert (result.complete, result.accepted, result.rejected) == (True, 20, 0)
        assert made.outcomes() == made.expected(0, 30)
        assert reasons(made) == {"http_404": 6}
