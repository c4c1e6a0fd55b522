"""The demo's world: the same every time, and each of its rows ends as it was made to."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from curation.demo.world import DemoWorld, add_rows, prepare
from curation.errors import SourceError
from curation.fetch.section import DownloadSection
from curation.samples import make_table, sample_id
from curation.stages.captions import Captions, CaptionsSection
from curation.stages.download import Download
from curation.stages.images import Images, ImagesSection
from tests.unit.demo.expected import expected, key

NEAR_BITS = 31  # the default of dedup.near_image_bits


@pytest.fixture(scope="module")
def outcome(world: DemoWorld) -> pa.Table:
    """The demo's rows after captions, download and images."""
    rows = [row for path in sorted(world.source.glob("part-*")) for row in pq.read_table(path).to_pylist()]
    carried = [
        {name.lower(): row[name] for name in row if name not in ("URL", "TEXT") and row[name] is not None}
        for row in rows
    ]
    table = make_table(
        {
            "sample_id": [sample_id(row["URL"], row["TEXT"]) for row in rows],
            "partition": ["demo"] * len(rows),
            "row": list(range(len(rows))),
            "url": [row["URL"] for row in rows],
            "caption": [row["TEXT"] for row in rows],
            "metadata": [json.dumps(each) for each in carried],
        }
    )
    download = DownloadSection(allow_networks=("127.0.0.0/8",), ports=(), deadline_s=4, host_per_s=1000)
    with world.site():
        return Images(ImagesSection())(Download(download)(Captions(CaptionsSection())(table)))


def test_every_row_is_rejected_for_the_reason_it_was_made_for(world: DemoWorld, outcome: pa.Table) -> None:
    found = {
        key(url, world.port): reason
        for url, reason in zip(outcome["url"].to_pylist(), outcome["reason"].to_pylist(), strict=True)
        if reason is not None
    }
    assert found == expected().rejected


def test_every_rejected_row_says_what_was_found(outcome: pa.Table) -> None:
    rejected = [row for row in outcome.to_pylist() if row["reason"] is not None]
    assert [row["url"] for row in rejected if not row["detail"]] == []


def test_good_captions_keep_nothing_of_what_the_web_put_around_them(outcome: pa.Table) -> None:
    texts = " ".join(row["text"] for row in outcome.to_pylist() if row["reason"] is None)
    for debris in (
        "stock",
        "Getty",
        "Alamy",
        "Flickr",
        "royalty",
        "1920",
        "$",
        "<",
        ">",
        "im_start",
        "pirate",
        "Ã",
        "&amp",
    ):
        assert debris not in texts


def test_pictures_differ_but_for_the_twins(world: DemoWorld, outcome: pa.Table) -> None:
    hashes = [(key(row["url"], world.port), _bits(row["pdq"])) for row in outcome.to_pylist() if row["reason"] is None]
    near = {
        tuple(sorted((one, other)))
        for at, (one, bits) in enumerate(hashes)
        for other, others in hashes[at + 1 :]
        if int((bits != others).sum()) <= NEAR_BITS
    }
    assert near == {tuple(sorted((one, other))) for one, other, _ in expected().twins}


def test_a_source_has_a_good_share_of_good_rows_and_each_row_an_expectation(world: DemoWorld) -> None:
    urls = [url for path in world.source.glob("part-*") for url in pq.read_table(path)["URL"].to_pylist()]
    keys = Counter(key(url, world.port) for url in urls)
    wanted = expected()
    assert 95 <= len(urls) <= 110
    assert set(wanted.rejected) <= set(keys)
    assert len(urls) - len(wanted.rejected) - len(wanted.twins) >= 45
    assert {name for name, times in keys.items() if times > 1} == {"photos/whiskers.jpg"}


def test_preparing_twice_leaves_every_file_as_it_is(world: DemoWorld) -> None:
    before = _files(world.root)
    assert prepare(world.root) == world
    assert _files(world.root) == before


def test_the_same_world_is_made_elsewhere(world: DemoWorld, tmp_path: Path) -> None:
    other = prepare(tmp_path, world.port)
    for path in world.source.glob("part-*"):
        assert (other.source / path.name).read_bytes() == path.read_bytes()


def test_added_rows_are_new_good_pairs_in_a_file_of_their_own(own_world: DemoWorld) -> None:
    world, root = own_world, own_world.root
    before = _files(world.source)
    assert add_rows(root, 2) == 2
    assert add_rows(root, 1) == 1
    assert {path: mark for path, mark in _files(world.source).items() if path in before} == before
    urls = [url for path in sorted(world.source.glob("*")) for url in pq.read_table(path)["URL"].to_pylist()]
    assert len(set(urls)) == len(urls) - 1  # the one pair that was crawled twice
    assert len(urls) == world.rows + 3 == prepare(root).rows
    added = [pq.read_table(path).to_pylist() for path in sorted(world.source.glob("added-*"))]
    assert [len(rows) for rows in added] == [2, 1]
    assert all((root / "site" / key(row["URL"], world.port)).exists() for rows in added for row in rows)


def test_rows_that_the_demo_does_not_have_are_an_error(own_world: DemoWorld) -> None:
    add_rows(own_world.root, 1000)
    with pytest.raises(SourceError, match="further rows"):
        add_rows(own_world.root, 1)


def test_a_taken_port_is_said_and_not_replaced(world: DemoWorld) -> None:
    with world.site(), pytest.raises(SourceError, match=f"port {world.port} .* is taken"):
        world.site()


def _bits(pdq: str) -> Any:
    return np.unpackbits(np.frombuffer(bytes.fromhex(pdq), np.uint8))


def _files(folder: Path) -> dict[Path, tuple[int, int]]:
    return {path: (path.stat().st_size, path.stat().st_mtime_ns) for path in folder.rglob("*") if path.is_file()}
