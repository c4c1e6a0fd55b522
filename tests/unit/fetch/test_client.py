"""The client towards honest servers: redirects, retries, patience, politeness, and what it never sends."""

from __future__ import annotations

import datetime
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from curation.fetch.client import Client
from curation.fetch.record import Outcome
from curation.fetch.section import DownloadSection
from curation.samples import Reason
from tests.hostile.sentinel import Listener
from tests.hostile.site import Page, Site


def section(**more: object) -> DownloadSection:
    settings: dict[str, object] = {"allow_networks": ("127.0.0.0/8",), "ports": (), "backoff_s": 0.02, "deadline_s": 5}
    return DownloadSection.model_validate(settings | more)


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site({"a.jpg": Page(b"image")})
    yield site
    site.close()


def reason(outcome: Outcome) -> Reason | None:
    return None if outcome.reject is None else outcome.reject.reason


def test_a_fetch_says_what_happened(site: Site) -> None:
    outcome, body = Client(section()).fetch(site.url("a.jpg"))
    assert body == b"image"
    assert (outcome.http_code, outcome.hops, outcome.attempts, outcome.bytes) == (200, 0, 1, 5)
    assert outcome.row()["status"] == "ok"


def test_it_says_honestly_who_asks_and_sends_nothing_else(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    trap = Listener()
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{trap.port}")
    site.pages["cookie"] = Page(b"", 302, {"Location": "/a.jpg", "Set-Cookie": "id=1; Path=/"})
    client = Client(section(user_agent="curation/0.1 (+https://example.org/bot)"))
    assert client.fetch(site.url("cookie"))[1] == b"image"
    for _, headers in site.requests:
        assert headers["User-Agent"] == "curation/0.1 (+https://example.org/bot)"
        assert set(headers) == {"Host", "User-Agent", "Accept", "Accept-Encoding", "Connection"}
    assert trap.hits == 0
    trap.close()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_followed_and_counted(site: Site, status: int) -> None:
    site.pages["old"] = Page(b"moved", status, {"Location": "a.jpg"})
    outcome, body = Client(section()).fetch(site.url("old"))
    assert (body, outcome.hops, outcome.http_code) == (b"image", 1, 200)


def test_each_redirect_is_checked_as_the_first_url_was(site: Site) -> None:
    from curation.fetch.resolver import Resolver
    from tests.hostile.forms import INSIDE_HOSTS

    sentinel = Listener("127.0.0.2")
    inside = Resolver(60, lookup=lambda _: ["10.0.0.1", "127.0.0.2", "::1"])
    client = Client(section(allow_networks=("127.0.0.1/32",), host_per_s=1000), inside)
    hosts = [host for host in INSIDE_HOSTS if host.isascii() and host not in ("127.0.0.1", "127.0.0.1.")]
    assert len(hosts) > 60
    for number, host in enumerate([*hosts, "127.0.0.2"]):
        site.pages[f"r{number}"] = Page(b"", 302, {"Location": f"http://{host}:{sentinel.port}/x"})
        outcome, body = client.fetch(site.url(f"r{number}"))
        assert body is None
        assert reason(outcome) in (Reason.REFUSED_ADDRESS, Reason.MALFORMED_URL), host
    assert sentinel.hits == 0
    sentinel.close()


def test_the_hop_limit_is_the_recipes(site: Site) -> None:
    for hop in range(4):
        site.pages[f"h{hop}"] = Page(b"", 302, {"Location": f"/h{hop + 1}"})
    site.pages["h4"] = Page(b"image")
    assert Client(section(max_redirects=4)).fetch(site.url("h0"))[1] == b"image"
    assert reason(Client(section(max_redirects=3)).fetch(site.url("h0"))[0]) is Reason.TOO_MANY_REDIRECTS


@pytest.mark.parametrize(
    ("status", "expected", "asked"),
    [(400, Reason.HTTP_4XX, 1), (401, Reason.HTTP_401, 1), (403, Reason.HTTP_403, 1), (404, Reason.HTTP_404, 1),
     (410, Reason.HTTP_410, 1), (418, Reason.HTTP_4XX, 1), (451, Reason.HTTP_4XX, 1), (408, Reason.HTTP_4XX, 3),
     (429, Reason.HTTP_429, 3), (500, Reason.HTTP_5XX, 3), (502, Reason.HTTP_5XX, 3), (503, Reason.HTTP_5XX, 3),
     (504, Reason.HTTP_5XX, 3), (501, Reason.HTTP_5XX, 1)],
)  # fmt: skip
def test_only_transient_answers_are_asked_again(site: Site, status: int, expected: Reason, asked: int) -> None:
    site.pages["x"] = Page(b"no", status)
    outcome, _ = Client(section(retries=2)).fetch(site.url("x"))
    assert (reason(outcome), outcome.attempts, len(site.requests)) == (expected, asked, asked)
    assert outcome.http_code == status


def test_a_transient_failure_can_end_well(site: Site) -> None:
    site.pages["x"] = [Page(b"", 503), Page(b"", 500), Page(b"image")]
    outcome, body = Client(section(retries=2)).fetch(site.url("x"))
    assert (body, outcome.attempts) == (b"image", 3)


@pytest.mark.parametrize("as_date", [False, True])
def test_retry_after_is_honoured(site: Site, as_date: bool) -> None:
    value = "1"
    if as_date:
        moment = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=2)
        value = moment.strftime("%a, %d %b %Y %H:%M:%S GMT")
    site.pages["x"] = [Page(b"", 429, {"Retry-After": value}), Page(b"image")]
    start = time.monotonic()
    _, body = Client(section()).fetch(site.url("x"))
    assert body == b"image"
    assert 0.8 <= time.monotonic() - start <= 10


def test_a_retry_after_beyond_the_ceiling_ends_the_fetch_at_once(site: Site) -> None:
    site.pages["x"] = Page(b"", 503, {"Retry-After": "120"})
    start = time.monotonic()
    outcome, _ = Client(section()).fetch(site.url("x"))
    assert (reason(outcome), outcome.attempts) == (Reason.HTTP_5XX, 1)
    assert time.monotonic() - start < 5


def test_no_answer_and_no_listener_are_transient_connect_failures() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # bound, so that nobody else takes the port, and not listening
        outcome, _ = Client(section(retries=1)).fetch(f"http://127.0.0.1:{bound.getsockname()[1]}/x")
    assert (reason(outcome), outcome.attempts, outcome.error) == (Reason.CONNECT, 2, "ConnectionRefusedError")


def test_a_host_that_fails_again_and_again_is_set_aside_until_the_next_partition(site: Site) -> None:
    site.pages["x"] = Page(b"", 500)
    client = Client(section(retries=0, host_failures=3))
    reasons = [reason(client.fetch(site.url("x"))[0]) for _ in range(6)]
    assert reasons == [Reason.HTTP_5XX] * 3 + [Reason.HOST_SET_ASIDE] * 3
    assert len(site.requests) == 3
    client.start_partition()
    assert client.fetch(site.url("a.jpg"))[1] == b"image"


def test_missing_pages_do_not_set_a_host_aside(site: Site) -> None:
    client = Client(section(host_failures=2))
    for _ in range(5):
        assert reason(client.fetch(site.url("none"))[0]) is Reason.HTTP_404
    assert client.fetch(site.url("a.jpg"))[1] == b"image"


def test_a_hosts_share_of_requests_in_flight_and_their_rate_are_bounded(site: Site) -> None:
    site.on_request = lambda _: time.sleep(0.05)
    client = Client(section(host_in_flight=3, host_per_s=50, deadline_s=1))
    threads = [threading.Thread(target=client.fetch, args=(site.url("a.jpg"),)) for _ in range(40)]
    start = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert site.in_flight_most <= 3
    assert time.monotonic() - start >= 40 / 50 - 0.05
    assert len(site.requests) == 40


def test_actors_share_the_runs_rate_to_a_host(site: Site) -> None:
    """What 20 actors do in a second, each alone keeps for itself."""
    client = Client(section(host_per_s=1000, run_host_per_s=100), actors=20)
    start = time.monotonic()
    for _ in range(6):
        client.fetch(site.url("a.jpg"))
    assert time.monotonic() - start >= 5 / (100 / 20) - 0.05


def test_a_hosts_rate_holds_from_one_partition_to_the_next(site: Site) -> None:
    client = Client(section(host_per_s=1000, run_host_per_s=100), actors=20)
    start = time.monotonic()
    for _ in range(6):
        client.start_partition()
        client.fetch(site.url("a.jpg"))
    assert time.monotonic() - start >= 5 / (100 / 20) - 0.05


def test_connections_are_used_again_and_a_closed_one_costs_nothing(site: Site) -> None:
    client = Client(section(host_per_s=1000))
    for _ in range(20):
        assert client.fetch(site.url("a.jpg"))[1] == b"image"
    assert site.connections == 1
    client._idle.close()
    assert client.fetch(site.url("a.jpg"))[1] == b"image"


def test_a_body_at_the_cap_passes_and_one_byte_more_does_not(site: Site) -> None:
    site.pages |= {"full": Page(b"x" * 4096), "more": Page(b"x" * 4097)}
    client = Client(section(max_bytes=4096))
    assert client.fetch(site.url("full"))[1] == b"x" * 4096
    assert reason(client.fetch(site.url("more"))[0]) is Reason.TOO_LARGE


def test_a_compressed_body_is_unpacked(site: Site) -> None:
    import gzip
    import zlib

    site.pages |= {
        "gz": Page(gzip.compress(b"image" * 1000), 200, {"Content-Encoding": "gzip"}),
        "deflate": Page(zlib.compress(b"image" * 1000), 200, {"Content-Encoding": "deflate"}),
    }
    client = Client(section())
    assert client.fetch(site.url("gz"))[1] == b"image" * 1000
    assert client.fetch(site.url("deflate"))[1] == b"image" * 1000


def certificate(folder: Path, name: str, days: int = 2) -> Path:
    """A self-signed certificate with its key, for one name."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(days=30))
        .not_valid_after(now + datetime.timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    path = folder / f"{name}{days}.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.mark.parametrize(
    ("name", "days", "trusted", "expected"),
    [("images.example.com", 2, True, None), ("images.example.com", 2, False, Reason.TLS),
     ("other.example.com", 2, True, Reason.TLS), ("images.example.com", -1, True, Reason.TLS)],
    ids=["good", "self-signed", "other name", "expired"],
)  # fmt: skip
def test_certificates_are_verified(
    name: str, days: int, trusted: bool, expected: Reason | None, tmp_path: Path
) -> None:
    from curation.fetch.resolver import Resolver

    pem = certificate(tmp_path, name, days)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    site = Site({"a.jpg": Page(b"image")})
    site._server.socket = context.wrap_socket(site._server.socket, server_side=True)
    client = Client(section(ca_file=str(pem) if trusted else None), Resolver(60, lookup=lambda _: ["127.0.0.1"]))
    try:
        outcome, body = client.fetch(f"https://images.example.com:{site.port}/a.jpg")
    finally:
        site.close()
    assert reason(outcome) is expected
    assert (body == b"image") is (expected is None)


def test_a_name_without_an_address_is_a_dns_failure() -> None:
    from curation.fetch.resolver import Resolver

    asked: list[str] = []

    def lookup(host: str) -> list[str]:
        asked.append(host)
        raise socket.gaierror(socket.EAI_AGAIN if host.startswith("again") else socket.EAI_NONAME, "no")

    client = Client(section(retries=1, dns_cache_s=0), Resolver(0, lookup=lookup))
    gone, _ = client.fetch("http://gone.example.com/x")
    again, _ = client.fetch("http://again.example.com/x")
    assert (reason(gone), gone.attempts, reason(again), again.attempts) == (Reason.DNS, 1, Reason.DNS, 2)


def test_a_resolver_that_hangs_holds_nobody_past_the_deadline() -> None:
    from curation.fetch.resolver import Resolver

    free = threading.Event()
    client = Client(section(deadline_s=0.5), Resolver(60, lookup=lambda _: [str(free.wait(30))]))
    start = time.monotonic()
    outcome, _ = client.fetch("http://slow.example.com/x")
    free.set()
    assert reason(outcome) is Reason.TIMEOUT
    assert time.monotonic() - start < 10


def test_names_are_asked_for_once_while_the_answer_is_fresh(site: Site) -> None:
    from curation.fetch.resolver import Resolver

    asked: list[str] = []

    def lookup(host: str) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    client = Client(section(host_per_s=1000), Resolver(60, lookup=lookup, max_entries=3))
    for _ in range(3):
        for name in ("a", "b", "c"):
            client.fetch(f"http://{name}.example.com:{site.port}/a.jpg")
    assert sorted(asked) == ["a.example.com", "b.example.com", "c.example.com"]
    assert client.fetch(f"http://d.example.com:{site.port}/a.jpg")[1] == b"image"
    client.resolver.resolve("a.example.com", 1)
    assert len(asked) == 5
