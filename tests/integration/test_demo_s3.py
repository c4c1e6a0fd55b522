"""The demo's S3 server: up by itself, reached by what it puts in the environment, and nothing is lost between runs."""

from __future__ import annotations

import socket
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import s3fs

from curation.demo.s3 import ObjectStore


def _open(environment: dict[str, str]) -> s3fs.S3FileSystem:
    return s3fs.S3FileSystem(
        key=environment["AWS_ACCESS_KEY_ID"],
        secret=environment["AWS_SECRET_ACCESS_KEY"],
        endpoint_url=environment["CURATION_S3_URL"],
        skip_instance_cache=True,
    )


@pytest.mark.timeout(180)
def test_what_one_run_stored_the_next_one_finds(tmp_path: Path) -> None:
    with ObjectStore(tmp_path) as store:
        _open(store.environment).pipe("curation/table/part", b"rows")
    with ObjectStore(tmp_path) as store:
        assert _open(store.environment).cat("curation/table/part") == b"rows"
    address = urlsplit(store.environment["CURATION_S3_URL"])
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((address.hostname, address.port), timeout=2)
