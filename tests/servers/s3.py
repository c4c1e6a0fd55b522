"""Real S3 servers on loopback: SeaweedFS, as the demo starts it, and moto."""

from __future__ import annotations

import contextlib
import http.client
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import botocore.session
import pytest
from botocore.config import Config

from curation.demo.s3 import BUCKET, KEY, SECRET, ObjectStore


@contextlib.contextmanager
def credentials() -> Iterator[None]:
    """The servers' keys in the environment variables that the AWS tools read."""
    wanted = {
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name)
            else:
                os.environ[name] = value


@contextlib.contextmanager
def seaweedfs() -> Iterator[str]:
    """A SeaweedFS S3 server with the bucket `curation` in a temporary folder; yields its URL."""
    folder = Path(tempfile.mkdtemp(prefix="weed-"))
    try:
        with ObjectStore(folder) as store:
            yield store.environment["CURATION_S3_URL"]
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class MortalStore(ObjectStore):
    """A SeaweedFS server that a test may kill and start again."""

    def kill(self) -> None:
        """End it as a crash does. What it had answered is on its disk."""
        self._process.kill()
        self._process.wait()

    def back(self) -> None:
        """Start it again on the same ports and data; returns when it answers."""
        self._process = subprocess.Popen(
            self._process.args, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        self._wait(self.environment["CURATION_S3_URL"])


@contextlib.contextmanager
def moto() -> Iterator[str]:
    """A moto S3 server with the bucket `curation`; yields its URL."""
    port = free_port()
    command = [str(Path(sys.executable).with_name("moto_server")), "-H", "127.0.0.1", "-p", str(port)]
    process = _start(command)
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_until_up(url, process)
        _make_bucket(url)
        yield url
    finally:
        _stop(process)


@pytest.fixture(scope="session")
def s3_url() -> Iterator[str]:
    """URL of a SeaweedFS server, its keys in the environment."""
    with credentials(), seaweedfs() as url:
        yield url


@pytest.fixture(scope="session")
def moto_url() -> Iterator[str]:
    """URL of a moto server, its keys in the environment."""
    with credentials(), moto() as url:
        yield url


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_up(url: str, process: subprocess.Popen[bytes], timeout_s: float = 30.0) -> None:
    host = urlsplit(url)
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the server for {url} ended with {process.returncode}")
        connection = http.client.HTTPConnection(host.hostname or "", host.port, timeout=2)
        try:
            connection.request("GET", "/")
            connection.getresponse().read()
            return
        except OSError:
            time.sleep(0.05)
        finally:
            connection.close()
    raise RuntimeError(f"{url} was not up after {timeout_s:g} s")


def _make_bucket(url: str) -> None:
    session = botocore.session.Session()
    session.set_credentials(KEY, SECRET)
    config = Config(retries={"max_attempts": 10, "mode": "standard"}, s3={"addressing_style": "path"})
    session.create_client("s3", region_name="us-east-1", endpoint_url=url, config=config).create_bucket(Bucket=BUCKET)


def _start(command: list[str]) -> subprocess.Popen[bytes]:
    """A server in a session of its own, that dies with this process even if that is killed."""
    bound = ["setpriv", "--pdeathsig", "KILL"] if shutil.which("setpriv") else []
    quiet = subprocess.DEVNULL
    return subprocess.Popen([*bound, *command], stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.kill()  # its files are thrown away, so there is nothing to save
    process.wait()
