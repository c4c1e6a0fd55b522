"""robots.txt is asked for once a host and obeyed, when the recipe says so."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from curation.fetch.client import Client
from curation.fetch.section import DownloadSection
from curation.samples import Reason
from tests.hostile.sentinel import Listener
from tests.hostile.site import Page, Site

RULES = b"User-agent: *\nDisallow: /private/\n\nUser-agent: curation\nDisallow: /photos/\nAllow: /photos/open/\n"


@pytest.fixture
def site() -> Iterator[Site]:
    pages = {name: Page(b"image") for name in ("a.jpg", "photos/b.jpg", "photos/open/c.jpg", "private/d.jpg")}
    site = Site(pages | {"robots.txt": Page(RULES, 200, {"X-Robots-Tag": "noindex"})})
    yield site
    site.close()


def client(**more: object) -> Client:
    settings: dict[str, object] = {"allow_networks": ("127.0.0.0/8",), "ports": (), "robots_txt": True, "retries": 0}
    return Client(DownloadSection.model_validate(settings | more))


def reason(client: Client, url: str) -> Reason | None:
    outcome, _ = client.fetch(url)
    return outcome.reject.reason if outcome.reject else None


def test_the_rules_for_our_agent_are_obeyed(site: Site) -> None:
    fetcher = client()
    found = {
        path: reason(fetcher, site.url(path))
        for path in ("a.jpg", "photos/b.jpg", "photos/open/c.jpg", "private/d.jpg")
    }
    assert found == {"a.jpg": None, "photos/b.jpg": Reason.ROBOTS_TXT, "photos/open/c.jpg": None, "private/d.jpg": None}
    other = client(user_agent="otherbot/1")
    assert reason(other, site.url("private/d.jpg")) is Reason.ROBOTS_TXT
    assert "photos/b.jpg" not in [path for path, _ in site.requests]


def test_it_is_asked_for_once_a_host_and_partition(site: Site) -> None:
    site.on_request = lambda _: time.sleep(0.05)
    fetcher = client()
    threads = [threading.Thread(target=fetcher.fetch, args=(site.url("a.jpg"),)) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [path for path, _ in site.requests].count("robots.txt") == 1
    fetcher.start_partition()
    fetcher.fetch(site.url("a.jpg"))
    assert [path for path, _ in site.requests].count("robots.txt") == 2


def test_the_request_for_it_counts_in_the_hosts_rate(site: Site) -> None:
    fetcher = client(host_per_s=1000, run_host_per_s=5)
    start = time.monotonic()
    fetcher.fetch(site.url("a.jpg"))
    assert time.monotonic() - start >= 1 / 5 - 0.05


def test_a_redirect_into_a_disallowed_path_is_not_followed(site: Site) -> None:
    site.pages["old"] = Page(b"", 302, {"Location": "/photos/b.jpg"})
    assert reason(client(), site.url("old")) is Reason.ROBOTS_TXT


@pytest.mark.parametrize(("status", "expected"), [(404, None), (410, None), (403, None), (500, Reason.ROBOTS_TXT),
                                                  (503, Reason.ROBOTS_TXT)])  # fmt: skip
def test_a_site_without_one_allows_and_a_site_that_cannot_say_forbids(
    site: Site, status: int, expected: Reason | None
) -> None:
    site.pages["robots.txt"] = Page(b"", status)
    assert reason(client(), site.url("a.jpg")) is expected


def test_its_redirects_are_checked_too(site: Site) -> None:
    inside = Listener("127.0.0.2")
    site.pages["robots.txt"] = Page(b"", 302, {"Location": f"http://127.0.0.2:{inside.port}/robots.txt"})
    assert reason(client(allow_networks=("127.0.0.1/32",)), site.url("a.jpg")) is Reason.ROBOTS_TXT
    assert inside.hits == 0
    inside.close()


def test_it_is_not_asked_for_unless_the_recipe_says_so(site: Site) -> None:
    assert reason(client(robots_txt=False), site.url("photos/b.jpg")) is None
    assert [path for path, _ in site.requests] == ["photos/b.jpg"]


@pytest.mark.parametrize("line", [b"Crawl-delay: 0.4", b"Request-rate: 5/2s"])
def test_the_delay_that_it_asks_for_is_kept(site: Site, line: bytes) -> None:
    site.pages["robots.txt"] = Page(b"User-agent: *\n" + line + b"\n")
    times: list[float] = []
    site.on_request = lambda path: times.append(time.monotonic()) if path == "/a.jpg" else None
    fetcher = client()
    for _ in range(3):
        assert reason(fetcher, site.url("a.jpg")) is None
    assert times[2] - times[0] >= 0.75
