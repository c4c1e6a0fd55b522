"""Every parser of ours that reads what strangers write, as a function of bytes that must return.

A target raises nothing but what its parser promises, and asserts what must hold of the answer. `tests/hostile/fuzz.py`
searches for bytes that break one, guided by coverage; the unit tests try a few thousand mutations of the seeds.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import time
from collections.abc import Callable
from email.message import Message

from curation.fetch import client, faces, hashes, optout, png, sniff
from curation.fetch.address import AddressPolicy, Target
from curation.fetch.connection import Connection, Limits
from curation.fetch.record import FetchFailed
from curation.fetch.robots import Robots
from curation.fetch.tdmrep import TdmRep
from tests.hostile import images
from tests.hostile.forms import INSIDE_HOSTS, SCHEMES

Parser = Callable[[bytes], None]
TARGET = Target("https", "example.org", 443, "/images/a%20cat.jpg?size=large")
POLICY = AddressPolicy((), (80, 443))
CAP = 20_000


def headers_of_files(data: bytes) -> None:
    try:
        found = sniff.sniff(data)
    except (sniff.NotAnImage, sniff.Broken):
        return
    assert found.frames >= 0
    assert 0 <= found.scan < len(data)


def png_chunks(data: bytes) -> None:
    """The reader of PNG, for pictures that the decoder would let through to it."""
    try:
        found = sniff.sniff(data)
    except (sniff.NotAnImage, sniff.Broken):
        return
    if found.kind == sniff.PNG and 0 < found.width * found.height <= 1_000_000:
        pixels = png.decoded(data)
        assert pixels is None or pixels.shape[:2] == (found.height, found.width)


def addresses(data: bytes) -> None:
    """A URL that passes names a public host, sends no control character, and means the same when it is read again."""
    try:
        target = POLICY.target(data.decode("utf-8", "replace"))
    except FetchFailed:
        return
    assert target.literal is None or POLICY.refusal(target.literal) is None
    sent = target.host_header + target.path
    assert sent.isascii()
    assert sent.isprintable()
    assert " " not in sent
    assert "@" not in target.host
    assert target.port in (80, 443)
    assert POLICY.target(target.url) == target


def opt_outs(data: bytes) -> None:
    headers = Message()
    for line in data.decode("latin-1").split("\n"):
        headers["tdm-reservation" if line.startswith("1") else "X-Robots-Tag"] = line.strip("\r")
    found = optout.opt_out(headers, "curation", ("noai", "noindex"), True)
    assert found is None or found.isprintable()


def robots_txt(data: bytes) -> None:
    try:
        wait_s = Robots("curation", lambda target, path: (200, data.decode("utf-8", "replace"))).check(TARGET, 1.0)
    except FetchFailed:
        return
    assert wait_s >= 0


def tdmrep_json(data: bytes) -> None:
    try:
        TdmRep(lambda target, path: (200, data.decode("utf-8", "replace"))).check(TARGET, 1.0)
    except FetchFailed:
        return


def responses(data: bytes) -> None:
    """An HTTP response, whole: head and body."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(data[: 2 * CAP])
        theirs.shutdown(socket.SHUT_WR)
        limits = Limits(time.monotonic() + 5, 1, 8_000, CAP)
        try:
            body = Connection(ours).exchange(b"GET / HTTP/1.1\r\n\r\n", limits).body()
        except (FetchFailed, OSError, http.client.HTTPException):
            return
        assert len(body) <= CAP


def redirects(data: bytes) -> None:
    """Where a Location header leads to, and how long a Retry-After header asks to wait."""
    value = data.decode("latin-1")
    wait_s = client._retry_after_s(value)
    assert wait_s is None or wait_s >= 0
    with contextlib.suppress(FetchFailed):
        client._next_target(POLICY, TARGET, value)


def metadata(data: bytes) -> None:
    """What a source's own columns say of a hash and of faces."""
    text = data.decode("utf-8", "replace")
    found = hashes.expected_hash(text)
    assert found is None or len(found) in (32, 64)
    assert hashes.expected_hash(json.dumps({"hash": text})) in (None, text.strip().lower())
    try:
        boxes = faces._boxes(json.dumps({"faces": text}), "faces")
    except ValueError:
        return
    assert all(left < right and top < bottom for left, top, right, bottom in boxes)


PARSERS: dict[str, Parser] = {
    each.__name__: each
    for each in (
        headers_of_files,
        png_chunks,
        addresses,
        opt_outs,
        robots_txt,
        tdmrep_json,
        responses,
        redirects,
        metadata,
    )
}


def seeds(name: str) -> list[bytes]:
    """A few inputs that a parser takes, to start from."""
    small = images.photograph(24, 16)
    pictures = [images.encoded(small, kind) for kind in images.FORMATS]
    found = {
        "headers_of_files": [*pictures, images.encoded(small, progressive=True)],
        "png_chunks": [images.encoded(small.convert(mode), "PNG") for mode in ("RGB", "L", "RGBA", "P")],
        "addresses": [f"http://{host}/a?b#c".encode() for host in (*INSIDE_HOSTS, "bücher.de:80", "[2a00::1]:443")]
        + [text.encode() for text in SCHEMES],
        "opt_outs": [b"noai, otherbot: noindex\n1", b"unavailable_after: 25 Jun 2010, noindex; googlebot: none"],
        "robots_txt": [b"User-agent: *\nDisallow: /images/*.jpg$\nCrawl-delay: 2.5\nRequest-rate: 1/5s 0800-1200\n"],
        "tdmrep_json": [
            b'[{"location": "/images/*.jpg$", "tdm-reservation": 1, "tdm-policy": "https://a/b"}]',
            b"[" * 5000,
        ],
        "responses": [
            b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nX-Robots-Tag: noai\r\n\r\nabc",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n0\r\nTrailer: x\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Encoding: deflate\r\n\r\nx\x9cKLJ\x06\x00\x02M\x01'",
        ],
        "redirects": [
            b"//host/a",
            b"?b",
            b"http://[",
            b"https://b\xc3\xbccher.de/",
            b"120",
            b"Wed, 21 Oct 2015 07:28:00 GMT",
        ],
        "metadata": [
            b'{"hash": "d41d8cd98f00b204e9800998ecf8427e"}',
            b"[[0.1, 0.2, 0.5, 0.9], [0, 0, 1, 1]]",
            b"[" * 5000,
        ],
    }
    return found[name]
