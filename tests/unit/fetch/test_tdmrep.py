"""A site's tdmrep.json is asked for once and obeyed, when the recipe says so."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest

from curation.fetch.client import Client
from curation.fetch.record import Outcome
from curation.fetch.section import DownloadSection
from curation.fetch.tdmrep import PATH, _matches
from curation.samples import Reason
from tests.hostile.site import Page, Site

RULES = [
    {"location": "/open/*", "tdm-reservation": 0},
    {"location": "/photos/*.jpg$", "tdm-reservation": 1, "tdm-policy": "https://example.org/policy"},
]


@pytest.fixture
def site() -> Iterator[Site]:
    names = ("a.jpg", "photos/b.jpg", "photos/b.png", "open/photos/c.jpg")
    site = Site({name: Page(b"image") for name in names} | {PATH[1:]: Page(json.dumps(RULES).encode())})
    yield site
    site.close()


def fetched(site: Site, path: str, **more: object) -> Outcome:
    settings = {"allow_networks": ("127.0.0.0/8",), "ports": (), "tdmrep_json": True, "retries": 0}
    client = Client(DownloadSection.model_validate(settings | more))
    try:
        return client.fetch(site.url(path))[0]
    finally:
        client.close()


def reason(outcome: Outcome) -> Reason | None:
    return outcome.reject.reason if outcome.reject else None


def test_a_reserved_location_is_not_fetched_and_the_row_says_why(site: Site) -> None:
    outcome = fetched(site, "photos/b.jpg")
    assert reason(outcome) is Reason.OPTED_OUT
    assert outcome.opt_out == "hop 0: /.well-known/tdmrep.json: /photos/*.jpg$"
    assert [path for path, _ in site.requests] == [PATH[1:]]
    for path in ("a.jpg", "photos/b.png", "open/photos/c.jpg"):
        assert reason(fetched(site, path)) is None, path


def test_it_holds_behind_a_redirect(site: Site) -> None:
    site.pages["old"] = Page(b"", 302, {"Location": "/photos/b.jpg"})
    assert fetched(site, "old").opt_out == "hop 1: /.well-known/tdmrep.json: /photos/*.jpg$"


@pytest.mark.parametrize(
    "page",
    [Page(b"", 404), Page(b"", 500), Page(b"<html>"), Page(b"{}"), Page(b"[" * 100_000), Page(b'[1, {"location": 3}]'),
     Page(b'[{"location": "/", "tdm-reservation": "0"}]')],
)  # fmt: skip
def test_a_site_without_a_readable_one_reserves_nothing(site: Site, page: Page) -> None:
    site.pages[PATH[1:]] = page
    assert reason(fetched(site, "photos/b.jpg")) is None


def test_it_is_not_asked_for_unless_the_recipe_says_so(site: Site) -> None:
    assert reason(fetched(site, "photos/b.jpg", tdmrep_json=False)) is None
    assert [path for path, _ in site.requests] == ["photos/b.jpg"]


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [("/", "/a", True), ("/a", "/b", False), ("/a/*/c", "/a/x/y/c/d", True), ("*.jpg$", "/x.jpg", True),
     ("*.jpg$", "/x.jpg?1", False), ("/a$", "/a", True), ("/a$", "/ab", False), ("", "/", True), 
     ("/*b*b$", "/ab", False),
     ("/*b*b$", "/abb", True)],
)  # fmt: skip
def test_locations_match_as_in_robots_txt(pattern: str, path: str, expected: bool) -> None:
    assert _matches(pattern, path) is expected


def test_a_strangers_pattern_costs_little() -> None:
    start = time.monotonic()
    assert not _matches("/" + "a*" * 50_000 + "b$", "/" + "a" * 60_000)
    assert time.monotonic() - start < 5
