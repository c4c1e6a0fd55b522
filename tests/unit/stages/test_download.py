"""The download stage: every live row ends with an image or a reason, whatever img2dataset does."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pyarrow as pa
import pytest
from PIL import Image

from curation.errors import PartitionError, RecipeError
from curation.fetch.boundary import interleaved
from curation.fetch.decoder import DecodeLimits, Decoder
from curation.fetch.section import DownloadSection
from curation.samples import Reason, Reject, make_table, reject, sample_id
from curation.stages.base import check_rows
from curation.stages.download import Download
from tests.hostile.images import encoded, photograph
from tests.hostile.server import HostileServer
from tests.hostile.site import Page, Site

PHOTO = encoded(photograph(640, 480))
OTHER = encoded(photograph(500, 600, seed=3).transpose(Image.Transpose.ROTATE_90), "PNG")


def table(urls: list[str | None], metadata: list[dict[str, object] | None] | None = None) -> pa.Table:
    captions = [f"caption {n}" for n in range(len(urls))]
    return make_table(
        {
            "sample_id": [sample_id(url or "", text) for url, text in zip(urls, captions, strict=True)],
            "partition": ["p"] * len(urls),
            "row": list(range(len(urls))),
            "url": urls,
            "caption": captions,
            "metadata": [None if each is None else json.dumps(each) for each in metadata or [None] * len(urls)],
        }
    )


def section(**more: object) -> DownloadSection:
    settings = {"allow_networks": ["127.0.0.0/8"], "ports": [], "deadline_s": 2, "retries": 0, "host_per_s": 1000}
    return DownloadSection.model_validate(settings | more)


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    site = Site({"a.jpg": Page(PHOTO), "b.png": Page(OTHER), "page.jpg": Page(b"<html>404</html>"), "empty": Page(b"")})
    yield site
    site.close()


@pytest.fixture(scope="module")
def stage() -> Iterator[Download]:
    stage = Download(section())
    yield stage
    stage.close()


def reasons(out: pa.Table) -> list[str | None]:
    return out.column("reason").to_pylist()


def test_partitions_that_come_at_once_get_their_own_images(site: Site, stage: Download) -> None:
    """As where `engine.pools.fetch.partitions_at_once` says so: the decoder takes one image at a time."""
    pages = {f"{number}.png": Page(encoded(photograph(200 + number, 200), "PNG")) for number in range(40)}
    site.pages |= pages
    halves = [table([site.url(name) for name in list(pages)[half::2]]) for half in (0, 1)]
    with ThreadPoolExecutor() as threads:
        for half, out in enumerate(threads.map(stage, halves)):
            assert out.column("width").to_pylist() == list(range(200 + half, 240, 2)), reasons(out)


def test_every_row_has_an_image_or_a_reason(site: Site, stage: Download) -> None:
    rows = table([site.url("a.jpg"), site.url("none"), site.url("page.jpg"), site.url("b.png"), "ftp://a/b",
                  "http://10.0.0.1/x", "nonsense", None, site.url("empty")])  # fmt: skip
    out = stage(rows)
    check_rows("download", rows, out)
    assert reasons(out) == [None, "http_404", "not_an_image", None, "refused_scheme", "refused_address",
                            "malformed_url", "malformed_url", "not_an_image"]  # fmt: skip
    for row in out.to_pylist():
        assert (row["image"] is None) == (row["reason"] is not None)
        assert row["fetch"]["status"] == (row["reason"] or "ok")


def test_an_image_fills_every_column(site: Site, stage: Download) -> None:
    rows = table([site.url("a.jpg")])
    (row,) = stage(rows).to_pylist()
    decoded = Decoder(DecodeLimits())(PHOTO)
    assert row["image"] == {"bytes": decoded.jpeg, "path": f"{row['sample_id']}.jpg"}
    assert row["sha256"] == hashlib.sha256(PHOTO).hexdigest()
    assert (row["width"], row["height"], row["original_width"], row["original_height"]) == (512, 384, 640, 480)
    assert row["pdq"] == decoded.pdq
    assert (row["contrast"], row["sharpness"]) == pytest.approx((decoded.contrast, decoded.sharpness), rel=1e-5)
    assert row["fetch"]["http_code"] == 200
    assert row["fetch"]["bytes"] == len(PHOTO)
    assert Image.open(io.BytesIO(row["image"]["bytes"])).size == (512, 384)


def test_a_url_that_stands_in_many_rows_is_fetched_once(site: Site, stage: Download) -> None:
    before = len(site.requests)
    out = stage(table([site.url("b.png?once")] * 50 + [site.url("none?once")] * 50))
    assert len(site.requests) - before == 2
    assert reasons(out) == [None] * 50 + ["http_404"] * 50
    assert len(set(out.column("image").combine_chunks().field("bytes").to_pylist()[:50])) == 1


def test_rows_that_were_rejected_before_are_left_alone(site: Site, stage: Download) -> None:
    rows = reject(table([site.url("a.jpg?left"), site.url("b.png?left")]), {0: Reject(Reason.LANGUAGE, "zz")})
    before = len(site.requests)
    out = stage(rows)
    assert reasons(out) == ["language", None]
    assert len(site.requests) - before == 1


def test_a_partition_of_no_rows_and_one_of_one_row_pass(site: Site, stage: Download) -> None:
    empty = table([])
    assert stage(empty).equals(empty)
    assert reasons(stage(table([site.url("a.jpg")]))) == [None]


def test_a_body_must_match_the_sources_hash(site: Site, stage: Download) -> None:
    right_md5, right_sha = hashlib.md5(PHOTO).hexdigest(), hashlib.sha256(PHOTO).hexdigest()
    hashes = [right_md5, right_sha.upper(), "0" * 32, "0" * 64, "not a hash", None, 7]
    url = site.url("a.jpg")
    out = stage(table([url] * len(hashes), [{"hash": value} for value in hashes]))
    assert reasons(out) == [None, None, "hash_mismatch", "hash_mismatch", None, None, None]
    assert out.column("detail").to_pylist()[2] == f"{right_md5}, the source says {'0' * 32}"


@pytest.mark.parametrize("why", ["hash_mismatch", "denied", None])
def test_a_refused_body_never_reaches_the_decoder(why: str | None, site: Site, tmp_path: Path) -> None:
    """The body would kill the decoder's process: so long as it lives, it has not seen it."""
    from tests.hostile.images import png_bomb

    site.pages["killer"] = Page(png_bomb())
    listed = tmp_path / "denied.txt"
    listed.write_text(hashlib.sha256(png_bomb()).hexdigest() if why == "denied" else "0" * 64)
    stage = Download(section(max_pixels=10**9, decode_memory_bytes=400_000_000, deny_sha256=[str(listed)]))
    (decoder,) = [each for each in psutil.Process().children() if "400000000" in " ".join(each.cmdline())]
    out = stage(table([site.url("killer")], [{"hash": "0" * 32} if why == "hash_mismatch" else None]))
    alive = decoder.is_running() and decoder.status() != psutil.STATUS_ZOMBIE
    stage.close()
    assert reasons(out) == [why or "quarantined"]
    assert alive is (why is not None)


@pytest.mark.parametrize("kind", ["md5", "sha256", "pdq"])
def test_a_denied_hash_is_dropped_and_only_the_hash_is_told(kind: str, site: Site, tmp_path: Path) -> None:
    decoded = Decoder(DecodeLimits())(PHOTO)
    near = f"{int(decoded.pdq, 16) ^ 0b1011 << 100:064x}"
    value = {"md5": hashlib.md5(PHOTO).hexdigest(), "sha256": hashlib.sha256(PHOTO).hexdigest(), "pdq": near}[kind]
    listed = tmp_path / "denied.txt"
    listed.write_text(f"# a comment\n{'0' * len(value)}\n\n{value.upper()}  # why\n")
    stage = Download(section(**{f"deny_{kind}": [str(listed)]}))
    try:
        out = stage(table([site.url("a.jpg"), site.url("b.png")]))
    finally:
        stage.close()
    assert reasons(out) == ["denied", None]
    (detail, _) = out.column("detail").to_pylist()
    assert detail.startswith(kind)
    assert "127.0.0.1" not in detail
    assert out.column("image").to_pylist()[0] is None


@pytest.mark.parametrize("text", ["xyz", "0" * 63, "g" * 64])
def test_a_deny_list_that_cannot_be_read_stops_the_run(text: str, tmp_path: Path) -> None:
    listed = tmp_path / "denied.txt"
    listed.write_text(text)
    with pytest.raises(RecipeError, match=r"line 1: expected 64 hex digits"):
        Download(section(deny_sha256=[str(listed)]))
    with pytest.raises(RecipeError):
        Download(section(deny_pdq=[str(tmp_path / "missing.txt")]))


def test_an_image_that_kills_the_decoder_is_quarantined_and_its_neighbours_are_kept(site: Site) -> None:
    from tests.hostile.images import png_bomb

    site.pages["bomb"] = Page(png_bomb())
    stage = Download(section(max_pixels=10**9, decode_memory_bytes=400_000_000))
    out = stage(table([site.url("a.jpg"), site.url("bomb"), site.url("b.png")]))
    stage.close()
    assert reasons(out) == [None, "quarantined", None]


def test_a_decoder_that_cannot_be_started_again_fails_the_partition_and_blames_no_image(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = set(psutil.Process().children())
    stage = Download(section())
    (decoder,) = set(psutil.Process().children()) - before
    monkeypatch.setattr("sys.executable", "/bin/false")
    decoder.kill()
    decoder.wait()
    with pytest.raises(PartitionError, match="decoder process did not start"):
        stage(table([site.url(f"a.jpg?{n}") for n in range(20)]))
    stage.close()


def test_a_hostile_server_holds_a_partition_no_longer_than_the_deadline(site: Site) -> None:
    import time

    hostile = HostileServer("127.0.0.3")
    stage = Download(section(deadline_s=1.5, in_flight=16, host_failures=100, max_bytes=200_000))
    urls = [site.url("a.jpg"), hostile.url("drip_body"), hostile.url("silence"), hostile.url("endless_body"),
            hostile.url("drip_headers"), site.url("b.png")]  # fmt: skip
    start = time.monotonic()
    out = stage(table(urls))
    elapsed_s = time.monotonic() - start
    hostile.close()
    stage.close()
    assert reasons(out) == [
        None,
        "timeout",
        "timeout",
        "too_large",
        "timeout",
        "too_large" if len(OTHER) > 200_000 else None,
    ]
    assert elapsed_s <= 1.5 + 5  # the strict bound is that of one fetch, see test_hostile_server


def test_other_users_of_urlopen_see_no_difference(site: Site, stage: Download) -> None:
    stage(table([site.url("a.jpg")]))
    with urllib.request.urlopen(site.url("a.jpg"), timeout=5) as response:
        assert response.read() == PHOTO
    with pytest.raises(OSError, match="curation"):
        urllib.request.urlopen("curation:no-such-batch/0", timeout=5)


def test_the_stage_leaves_nothing_in_fsspecs_memory(site: Site, stage: Download) -> None:
    import fsspec

    for _ in range(3):
        stage(table([site.url("a.jpg")]))
    assert not [name for name in fsspec.filesystem("memory").store if "curation-" in name]


def test_img2dataset_is_loaded_without_what_it_does_not_use() -> None:
    code = (
        "import sys, time; from curation.fetch.boundary import downloader_class; found = downloader_class(); "
        "assert found.__module__ == 'img2dataset.downloader'; "
        "print(*[m for m in ('img2dataset', 'torch', 'pandas', 'wandb', 'ray', 'albumentations') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout.strip() == ""


def test_equal_hosts_stand_apart() -> None:
    assert interleaved(["a", "a", "a", "b", "c", "b"]) == [0, 3, 4, 1, 5, 2]
    assert interleaved([]) == []
