"""Fetching end to end on loopback: real photographs, slow hosts, and a partition's time."""

from __future__ import annotations

import io
import json
import os
import time
from collections import Counter
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image, ImageFilter

from curation.fetch.section import DownloadSection
from curation.samples import Reason, fill, make_table, sample_id
from curation.stages.base import check_rows
from curation.stages.download import Download
from curation.stages.images import Images, ImagesSection
from tests.bench.photographs import sources
from tests.hostile.images import FORMATS, encoded, jpeg_declaring, photograph
from tests.hostile.server import HostileServer
from tests.hostile.site import Page, Site

PICTURES = sources()[::2]


def table(urls: list[str]) -> pa.Table:
    rows = list(range(len(urls)))
    return make_table(
        {"sample_id": [sample_id(url, "") for url in urls], "partition": ["p"] * len(urls), "row": rows, "url": urls}
    )


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    pages = {}
    for picture in PICTURES:
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
    for picture in PICTURES:
        alike = [
            (hashes[f"{picture.stem}.jpeg"] ^ hashes[f"{picture.stem}.{kind.lower()}"]).bit_count() for kind in FORMATS
        ]
        assert max(alike) <= 31


ANSWERS = {
    "http_401": Page(b"", 401), "http_403": Page(b"", 403), "http_404": Page(b"", 404), "http_410": Page(b"", 410),
    "http_4xx": Page(b"", 418), "http_429": Page(b"", 429), "http_5xx": Page(b"", 503), "bad_response": Page(b"", 204),
    "opted_out": Page(b"x", 200, {"X-Robots-Tag": "noai"}),
    "refused_scheme": Page(b"", 302, {"Location": "file:///etc/passwd"}),
    "refused_address": Page(b"", 302, {"Location": "http://10.0.0.1/"}),
    "too_many_redirects": Page(b"", 302, {"Location": "/too_many_redirects"}),
    "too_large": Page(bytes(1_500_000)), "not_an_image": Page(b"<html>"),
    "decode": Page(encoded(photograph(400, 400))[:9000]),
    "too_many_pixels": Page(jpeg_declaring(60_000, 60_000)), "hash_mismatch": Page(b"another body"),
    "too_small": Page(encoded(photograph(100, 90))), "aspect": Page(encoded(photograph(900, 150))),
    "blank": Page(encoded(Image.new("RGB", (300, 300), (9, 9, 9)))),
    "blurred": Page(encoded(photograph(600, 600).filter(ImageFilter.GaussianBlur(14)))),
}  # fmt: skip
TRANSIENT = {"http_429", "http_5xx", "bad_response", "connect"}


def test_each_answer_of_a_server_has_its_reason_and_says_whether_another_day_may_help() -> None:
    site = Site(ANSWERS)
    names = list(ANSWERS)
    rows = table([site.url(name) for name in names] + ["http://127.0.0.9:9/connect"])
    hashes = [json.dumps({"hash": "0" * 64}) if name == "hash_mismatch" else None for name in [*names, "connect"]]
    rows = fill(rows, "metadata", dict(enumerate(hashes)))
    section = DownloadSection(
        allow_networks=("127.0.0.0/8",), ports=(), retries=0, max_bytes=1_000_000, host_failures=100, host_per_s=1000
    )
    stage = Download(section)
    out = Images(ImagesSection())(stage(rows))
    stage.close()
    site.close()
    found = out.column("reason").to_pylist()
    assert found == [*names, "connect"]
    assert {name for name in found if Reason(name).transient} == TRANSIENT


def test_slow_and_dead_hosts_do_not_hold_a_partition(site: Site) -> None:
    """5 % of 200 URLs drip or have nobody there; the tail is bounded by the deadline."""
    hostile = [HostileServer(f"127.0.2.{n}") for n in range(1, 6)]
    good = [site.url("china.webp?" + str(n)) for n in range(190)]
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
    slack_s = 1.5 if os.environ.get("CURATION_PROMISES") == "full" else 6.0  # a busy machine proves less
    assert mixed_s <= max(deadline_s, 2 * alone_s) + slack_s


def test_two_partitions_at_once_in_one_process_do_not_mix(site: Site) -> None:
    from concurrent.futures import ThreadPoolExecutor

    section = DownloadSection(allow_networks=("127.0.0.0/8",), ports=(), host_per_s=10_000)
    stages = [Download(section) for _ in range(2)]
    paths = ["china.jpeg", "chelsea.jpeg"]
    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(lambda n: stages[n](table([site.url(f"{paths[n]}?{k}") for k in range(60)])), range(2)))
    for stage in stages:
        stage.close()
    seen = [set(out.column("sha256").to_pylist()) for out in done]
    assert [len(each) for each in seen] == [1, 1]
    assert seen[0] != seen[1]
