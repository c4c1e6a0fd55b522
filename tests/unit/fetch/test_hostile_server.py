"""A hostile server ends at the deadline and at the byte cap, whatever it does."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

import pytest

from curation.fetch.client import Client
from curation.fetch.section import DownloadSection
from curation.samples import Reason
from tests.hostile.server import TRICKS, HostileServer

DEADLINE_S = 1.5
SLACK_S = 1.0 if os.environ.get("CURATION_PROMISES") == "full" else 5.0  # a busy machine proves less
CAP = 100_000
EXPECTED = {
    "silence": Reason.TIMEOUT,
    "drip_status_line": Reason.TIMEOUT,
    "drip_headers": Reason.TIMEOUT,
    "drip_body": Reason.TIMEOUT,
    "drip_chunks": Reason.TIMEOUT,
    "drip_not_found": Reason.HTTP_404,
    "endless_body": Reason.TOO_LARGE,
    "endless_chunks": Reason.TOO_LARGE,
    "endless_trailers": Reason.TOO_LARGE,
    "endless_headers": Reason.TOO_LARGE,
    "endless_continue": Reason.TOO_LARGE,
    "gzip_bomb": Reason.TOO_LARGE,
    "gzip_truncated": Reason.BAD_RESPONSE,
    "gzip_not_gzip": Reason.BAD_RESPONSE,
    "gzip_twice": Reason.BAD_RESPONSE,
    "brotli": Reason.BAD_RESPONSE,
    "redirect_to_itself": Reason.TOO_MANY_REDIRECTS,
    "redirect_for_ever": Reason.TOO_MANY_REDIRECTS,
    "redirect_to_file": Reason.REFUSED_SCHEME,
    "redirect_to_nothing": Reason.TOO_MANY_REDIRECTS,
    "redirect_to_half_an_address": Reason.MALFORMED_URL,
    "redirect_without_location": Reason.BAD_RESPONSE,
    "declares_too_much": Reason.TOO_LARGE,
    "declares_less_than_nothing": Reason.TOO_LARGE,
    "sends_less_than_declared": Reason.BAD_RESPONSE,
    "resets_in_the_body": Reason.BAD_RESPONSE,
    "resets_at_once": Reason.BAD_RESPONSE,
    "hangs_up": Reason.BAD_RESPONSE,
    "garbage": Reason.BAD_RESPONSE,
    "http_nine": Reason.BAD_RESPONSE,
    "bad_chunk_size": Reason.BAD_RESPONSE,
    "asks_for_patience": Reason.HTTP_429,
    "asks_for_a_moment_for_ever": Reason.HTTP_5XX,
    "no_content": Reason.BAD_RESPONSE,
    "partial_content": Reason.BAD_RESPONSE,
}


@pytest.fixture(scope="module")
def server() -> Iterator[HostileServer]:
    server = HostileServer()
    yield server
    server.close()


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    client = Client(
        DownloadSection(
            allow_networks=("127.0.0.0/8",),
            ports=(),
            deadline_s=DEADLINE_S,
            max_bytes=CAP,
            backoff_s=0.05,
            host_failures=10_000,
            host_per_s=1000,
            max_retry_after_s=0.5,  # a host that asks for patience is left alone for so long, by the next tests too
        )
    )
    yield client
    client.close()


@pytest.mark.parametrize("name", sorted(TRICKS))
def test_deadline_and_cap_hold_against(name: str, server: HostileServer, client: Client) -> None:
    start = time.monotonic()
    outcome, body = client.fetch(server.url(name))
    elapsed_s = time.monotonic() - start
    assert body is None
    assert outcome.reject is not None
    if name in EXPECTED:
        assert outcome.reject.reason is EXPECTED[name]
    assert elapsed_s <= DEADLINE_S + SLACK_S
    assert outcome.bytes <= CAP + 256 * 1024
