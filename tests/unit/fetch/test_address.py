"""No packet to an inside address, in whatever form a stranger writes it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest

from curation.fetch.address import AddressPolicy
from curation.fetch.client import Client
from curation.fetch.record import FetchFailed
from curation.fetch.resolver import Resolver
from curation.fetch.section import DownloadSection
from curation.samples import Reason
from tests.hostile.forms import INSIDE_ADDRESSES, INSIDE_HOSTS, SCHEMES
from tests.hostile.sentinel import Listener, LyingResolver, watch

REFUSED = (Reason.REFUSED_ADDRESS, Reason.MALFORMED_URL)


@pytest.fixture(scope="module")
def sentinel() -> Iterator[Listener]:
    listener = Listener("127.0.0.1")
    yield listener
    listener.close()


@pytest.fixture(scope="module")
def guarded(sentinel: Listener) -> Iterator[Client]:
    client = Client(strict(sentinel.port))
    yield client
    client.close()


def strict(port: int, **more: object) -> DownloadSection:
    return DownloadSection(ports=(80, 443, port), deadline_s=2, retries=0, **more)


def test_there_are_at_least_sixty_forms() -> None:
    assert len(set(INSIDE_HOSTS)) >= 60


@pytest.mark.parametrize("host", INSIDE_HOSTS)
def test_no_packet_leaves_for_an_inside_host(host: str, sentinel: Listener, guarded: Client) -> None:
    before = sentinel.hits
    with watch() as seen:
        for url in (f"http://{host}:{sentinel.port}/a.jpg", f"http://{host}/", f"https://{host}/x?y=z"):
            outcome, body = guarded.fetch(url)
            assert body is None
            assert outcome.reject is not None
            assert outcome.reject.reason in REFUSED
    assert seen.connects == []
    assert seen.lookups == []
    assert sentinel.hits == before


@pytest.mark.parametrize("address", INSIDE_ADDRESSES)
def test_no_packet_leaves_for_a_name_that_resolves_inside(address: str, sentinel: Listener) -> None:
    resolver = LyingResolver([[address]])
    client = Client(strict(sentinel.port), Resolver(0, lookup=resolver))
    with watch() as seen:
        outcome, body = client.fetch(f"http://images.example.com:{sentinel.port}/a.jpg")
    assert body is None
    assert outcome.reject is not None
    assert outcome.reject.reason is Reason.REFUSED_ADDRESS
    assert resolver.asked == 1
    assert seen.connects == []


def test_a_name_that_resolves_to_public_and_inside_is_never_connected_inside() -> None:
    client = Client(strict(80), Resolver(0, lookup=LyingResolver([["127.0.0.1", "93.184.216.34", "::1"]])))
    with watch() as seen:
        client.fetch("http://images.example.com/a.jpg")  # the watch stops the packet to the public address
    assert seen.connects == ["93.184.216.34"]


def test_a_name_that_changes_its_address_gains_nothing() -> None:
    """DNS rebinding: the first answer may be fetched from, every later one is the sentinel."""
    inside, allowed = Listener("127.0.0.1"), Listener("127.0.0.2")
    inside_port_open = Listener("127.0.0.1", allowed.port)
    resolver = LyingResolver([["127.0.0.2"], ["127.0.0.1"]])
    client = Client(
        DownloadSection(allow_networks=("127.0.0.2/32",), ports=(allowed.port,)), Resolver(0, lookup=resolver)
    )
    url = f"http://rebind.example.com:{allowed.port}/a.jpg"
    outcome, body = client.fetch(url)
    assert (body, resolver.asked) == (b"secret", 1)
    outcome, body = client.fetch(url)
    assert outcome.reject is not None
    assert outcome.reject.reason is Reason.REFUSED_ADDRESS
    assert inside_port_open.hits == 0
    for listener in (inside, allowed, inside_port_open):
        listener.close()


@pytest.mark.parametrize("url", SCHEMES)
def test_any_scheme_but_http_and_https_is_refused(url: str, guarded: Client) -> None:
    with watch() as seen:
        outcome, body = guarded.fetch(url)
    assert body is None
    assert outcome.reject is not None
    assert outcome.reject.reason is Reason.REFUSED_SCHEME
    assert seen.connects == seen.lookups == []


@pytest.mark.parametrize(
    "url",
    ["", "   ", "no scheme", "http:", "http:/", "http:x", "http://", "http:///path", "http://a b/", "http://a\x00b/",
     "http://a\r\nHost: b/", "http://[::1/", "http://a:99999/", "http://a:x/", "http://exa mple.com/", "http://a\\b/",
     "http://-a.com/", "http://a..b/", "http://" + "a" * 300 + ".com/", "http://xn--\u2603.com/", "//a.com/x"],
)  # fmt: skip
def test_a_url_that_cannot_be_read_is_malformed(url: str, guarded: Client) -> None:
    with watch() as seen:
        outcome, _ = guarded.fetch(url)
    assert outcome.reject is not None
    assert outcome.reject.reason is Reason.MALFORMED_URL
    assert seen.connects == seen.lookups == []


def test_ports_other_than_the_recipes_are_refused() -> None:
    policy = AddressPolicy((), (80, 443))
    for port in (22, 25, 6379, 8080, 9200):
        with pytest.raises(FetchFailed) as failed:
            policy.target(f"http://example.com:{port}/")
        assert failed.value.reject.reason is Reason.REFUSED_ADDRESS


@pytest.mark.parametrize(
    ("url", "host", "path"),
    [
        ("http://example.com", "example.com", "/"),
        ("HTTP://Example.COM.:80/a b?q=ü#frag", "example.com", "/a%20b?q=%C3%BC"),
        ("https://bücher.example/ü.jpg", "xn--bcher-kva.example", "/%C3%BC.jpg"),
        ("https://cdn.example.com/a%20b.jpg?x=%2F&y=[1]", "cdn.example.com", "/a%20b.jpg?x=%2F&y=[1]"),
        ("http://8.8.8.8/x.png", "8.8.8.8", "/x.png"),
        ("http://[2a00:1450:4001:81b::200e]/x", "2a00:1450:4001:81b::200e", "/x"),
        ("  https://example.com/x.jpg\n", "example.com", "/x.jpg"),
        ("http://my_host.example.com/", "my_host.example.com", "/"),
    ],
)
def test_ordinary_urls_pass_and_are_asked_for_as_a_browser_would(url: str, host: str, path: str) -> None:
    target = AddressPolicy((), (80, 443)).target(url)
    assert (target.host, target.path) == (host, path)


def test_an_allowed_network_opens_itself_and_nothing_else() -> None:
    policy = AddressPolicy(("10.1.0.0/16",), ())
    assert policy.target("http://10.1.2.3:8000/x").host == "10.1.2.3"
    for url in ("http://10.2.0.1/", "http://127.0.0.1/", "http://[::ffff:10.1.2.3]/"):
        with pytest.raises(FetchFailed):
            policy.target(url)


def test_the_list_would_hit_without_the_guard(sentinel: Listener) -> None:
    """The same forms through img2dataset's own fetch: proof that the tests above can fail."""
    import urllib.request

    reached = 0
    opener = urllib.request.build_opener()
    with watch() as seen:
        for host in INSIDE_HOSTS:
            before = len(seen.connects) + len(seen.lookups)
            with contextlib.suppress(OSError, ValueError, UnicodeError):
                opener.open(f"http://{host}:{sentinel.port}/a.jpg", timeout=1).read()
            reached += len(seen.connects) + len(seen.lookups) > before
    assert reached >= 60
    assert sentinel.hits >= 5
    sentinel.hits = 0
