"""The demo's site does to its visitors what it says, and ends when it is told to."""

from __future__ import annotations

import hashlib
import http.client
import signal
import subprocess
import sys
import time
from urllib.parse import urlsplit

import pytest

from curation.demo.world import DemoWorld


def get(url: str, path: str, timeout_s: float = 10) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body; redirects are not followed."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=timeout_s)
    connection.request("GET", path)
    answer = connection.getresponse()
    found = answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    connection.close()
    return found


def test_pictures_come_as_they_lie_in_the_folder(world: DemoWorld) -> None:
    with world.site() as site:
        status, headers, body = get(site.url, "/photos/chelsea.jpg")
    assert (status, headers["content-type"]) == (200, "image/jpeg")
    assert hashlib.md5(body).digest() == hashlib.md5((world.root / "site/photos/chelsea.jpg").read_bytes()).digest()


@pytest.mark.parametrize(
    ("path", "status", "header"),
    [
        ("/moved/gravel.jpg", 302, ("location", "/photos/gravel.jpg")),
        ("/internal/x.jpg", 302, ("location", "http://10.0.0.5/x.jpg")),
        ("/metadata/x.jpg", 302, ("location", "http://169.254.169.254/latest/meta-data/x.jpg")),
        ("/around/x.jpg", 302, ("location", "/around/x.jpg")),
        ("/opted-out/portfolio.jpg", 200, ("x-robots-tag", "noai, noimageai")),
        ("/reserved/museum.jpg", 200, ("tdm-reservation", "1")),
        ("/articles/x.jpg", 200, ("content-type", "text/html; charset=utf-8")),
        ("/gone/x.jpg", 410, ("content-length", "0")),
        ("/private/x.jpg", 403, ("content-length", "0")),
        ("/broken/x.jpg", 500, ("content-length", "0")),
        ("/photos/none.jpg", 404, ("content-length", "9")),
        ("/photos/../../world.json", 404, ("content-length", "9")),
        ("/elsewhere/chelsea.jpg", 404, ("content-length", "9")),
    ],
)
def test_the_first_folder_says_what_happens(world: DemoWorld, path: str, status: int, header: tuple[str, str]) -> None:
    with world.site() as site:
        found, headers, _ = get(site.url, path)
    assert (found, headers[header[0]]) == (status, header[1])


def test_a_busy_picture_comes_at_the_second_try(world: DemoWorld) -> None:
    with world.site() as site:
        assert [get(site.url, "/busy/wood.jpg")[0] for _ in range(4)] == [503, 200, 503, 200]


def test_a_slow_picture_drips_and_does_not_hold_up_the_end(world: DemoWorld) -> None:
    with world.site() as site:
        connection = http.client.HTTPConnection(urlsplit(site.url).netloc, timeout=5)
        connection.request("GET", "/slow/sunset.jpg")
        answer = connection.getresponse()
        assert int(answer.headers["content-length"]) > 1000
        began = time.monotonic()
    with pytest.raises(http.client.IncompleteRead) as cut:  # the server hung up
        answer.read()
    connection.close()
    assert len(cut.value.partial) < 10
    assert time.monotonic() - began < 4


def test_the_command_serves_until_it_is_told_to_stop(world: DemoWorld) -> None:
    command = [sys.executable, "-m", "curation.demo", "serve", "--root", str(world.root)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert f"http://127.0.0.1:{world.port}" in line
        assert get(f"http://127.0.0.1:{world.port}", "/photos/chelsea.jpg")[0] == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
