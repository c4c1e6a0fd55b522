"""Fetching end to end on loopback: real photographs, slow hosts, and a partition's time."""

from __future__ import annotations

import io
import time
from collections import Counter
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image

from curation.fetch.section import DownloadSection
from curation.samples import make_table, sample_id
from curation.stages.base import check_rows
from curation.stages.download import Download
from curation.stages.images import Images, ImagesSection
from tests.bench.photographs import sources
from tests.hostile.images import FORMATS, encoded
from tests.hostile.server import HostileServer
from tests.hostile.site import Page, Site


def table(urls: list[str]) -> pa.Table:
    rows = list(range(len(urls)))
    return make_table(
        {"sample_id": [sample_id(url, "") for url in urls], "partition": ["p"] * len(urls), "row": rows, "url": urls}
    )


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    pages = {}
    for picture in sources():
        image = Image.open(picture).convert("RGB")
        image.thumbnail((640, 640))
        for kind in FORMATS:
            pages[f"{picture.stem}.{kind.lower()}"] = Page(
                encoded(image, kind, **({"speed": 10} if kind == "AVIF" else {}))
            )
    site = Site(pages)
    yield site
    site.close()


def test_real_photographs_in_every_format_pass_both_stages(site: Site) -> None:
    stage = Download(DownloadSection(allow_networks=("127.0.0.0/8",), ports=(), host_per_s=1000))
    rows = table([site.url(path) for path in site.pages])
    fetched = stage(rows)
    stage.close()
    out = Images(ImagesSection())(fetched)
    check_rows("images", rows, out)
    assert Counter(out.column("reason").to_pylist()) == {None: len(site.pages)}
    for row in out.to_pylist():
        kept = Image.open(io.BytesIO(row["image"]["bytes"]))
        assert kept.format == "JPEG"
        assert min(kept.size) == min(384, row["original_width"], row["original_height"])
    hashes = {row["url"].rpartition("/")[2]: int(row["pdq"], 16) for row in out.to_pylist()}
    for picture in sources():
        alike = [
            (hashes[f"{picture.stem}.jpeg"] ^ hashes[f"{picture.stem}.{kind.lower()}"]).bit_count() for kind in FORMATS
        ]
        assert max(alike) <= 31


def test_slow_and_dead_hosts_do_not_hold_a_partition(site: Site) -> None:
    """5 % of 200 URLs drip or have nobody there; the tail is bounded by the deadline."""
    hostile = [HostileServer(f"127.0.2.{n}") for n in range(1, 6)]
    good = [site.url("flower.webp?" + str(n)) for n in range(190)]
    bad = [server.url("drip_body") for server in hostile] + [f"http://127.0.3.{n}:9/x" for n in range(1, 6)]
    order = np.random.default_rng(1).permutation(200)
    urls = [(good + bad)[n] for n in order]
    deadline_s = 3.0
    stage = Download(
        DownloadSection(allow_networks=("127.0.0.0/8",), ports=(), deadline_s=deadline_s, host_per_s=10_000)
    )
    stage(table(good[:20]))
    start = time.monotonic()
    stage(table(good))
    alone_s = time.monotonic() - start
    start = time.monotonic()
    out = stage(table(urls))
    mixed_s = time.monotonic() - start
    stage.close()
    for server in hostile:
        server.close()
    assert Counter(out.column("reason").to_pylist()) == {None: 190, "timeout": 5, "connect": 5}
    assert mixed_s <= max(deadline_s, 2 * alone_s) + 1.5


def test_two_partitions_at_once_in_one_process_do_not_mix(site: Site) -> None:
    from concurrent.futures import ThreadPoolExecutor

    section = DownloadSection(allow_networks=("127.0.0.0/8",), ports=(), host_per_s=10_000)
    stages = [Download(section) for _ in range(2)]
    paths = ["china.jpeg", "flower.jpeg"]
    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(lambda n: stages[n](table([site.url(f"{paths[n]}?{k}") for k in range(60)])), range(2)))
    for stage in stages:
        stage.close()
    seen = [set(out.column("sha256").to_pylist()) for out in done]
    assert [len(each) for each in seen] == [1, 1]
    assert seen[0] != seen[1]
