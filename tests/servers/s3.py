"""Real S3 servers on loopback, and a proxy that breaks their answers on purpose."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import botocore.session
import pytest
from botocore.config import Config

ACCESS_KEY, SECRET_KEY, BUCKET = "testkey", "testsecret", "curation"
IDENTITY = {
    "identities": [
        {
            "name": "test",
            "credentials": [{"accessKey": ACCESS_KEY, "secretKey": SECRET_KEY}],
            "actions": ["Admin", "Read", "Write", "List", "Tagging"],
        }
    ]
}


@contextlib.contextmanager
def credentials() -> Iterator[None]:
    """The servers' keys in the environment variables that the AWS tools read."""
    wanted = {
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
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
    master, volume, filer, s3, admin = _free_ports(5)
    (folder / "identity.json").write_text(json.dumps(IDENTITY))
    command = [
        str(Path(sys.executable).with_name("weed")), "mini", f"-dir={folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1",
        "-master.telemetry=false", "-webdav=false", "-admin.ui=false", f"-s3.config={folder}/identity.json",
        f"-s3.port={s3}", "-s3.port.iceberg=0", "-s3.port.lance=0", f"-master.port={master}",
        f"-volume.port={volume}", f"-filer.port={filer}", f"-admin.port={admin}",
    ]  # fmt: skip
    process = _start(command)
    url = f"http://127.0.0.1:{s3}"
    try:
        _wait_until_up(url, process)
        _make_bucket(url)
        yield url
    finally:
        _stop(process)
        shutil.rmtree(folder, ignore_errors=True)
        for port in (master, volume, filer, s3, admin):
            for name in Path("/tmp").glob(f"seaweedfs-*-{port}.sock"):
                name.unlink(missing_ok=True)
            for name in Path("/tmp").glob(f"seaweedfs-*-{port + 10_000}.sock"):
                name.unlink(missing_ok=True)


@contextlib.contextmanager
def moto() -> Iterator[str]:
    """A moto S3 server with the bucket `curation`; yields its URL."""
    (port,) = _free_ports(1)
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


@dataclass(frozen=True)
class Call:
    """One request that passed the proxy; `number` counts from 1."""

    number: int
    method: str
    path: str

    @property
    def is_log_put(self) -> bool:
        """Whether it writes a version of a Delta table."""
        return self.method == "PUT" and "/_delta_log/" in self.path and self.path.split("?")[0].endswith(".json")


@dataclass(frozen=True)
class Fault:
    """What the proxy does to a request: before it reaches the server, or after it was applied there.

    `status` answers with that status, `reset` cuts the connection, `hang_s` answers nothing for so long and
    then cuts it. `then` is called first of all.
    """

    after: bool = False
    status: int | None = None
    reset: bool = False
    hang_s: float = 0.0
    then: Callable[[], None] | None = None


Script = Callable[[Call], Fault | None]


class FaultProxy:
    """A proxy in front of an S3 server that asks `script` what to do to each request. `off()` refuses connections
    until `on()`. Signatures hold, since the Host header is passed on as it came."""

    def __init__(self, upstream: str) -> None:
        parts = urlsplit(upstream)
        self.upstream = (parts.hostname or "", parts.port or 80)
        self.script: Script = lambda call: None
        self.calls = 0
        self.faults = 0
        self._lock = threading.Lock()
        self._port = _free_ports(1)[0]
        self._server: ThreadingHTTPServer | None = None
        self.on()

    @property
    def url(self) -> str:
        """The URL that clients use in place of the server's."""
        return f"http://127.0.0.1:{self._port}"

    def on(self) -> None:
        """Accept connections."""
        proxy = self
        handler = type("Handler", (_Handler,), {"proxy": proxy})
        self._server = _Server(("127.0.0.1", self._port), handler)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def off(self) -> None:
        """Refuse connections, and cut those that are open."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server.cut_all()
            self._server = None

    def number(self) -> int:
        """The number of the next call."""
        with self._lock:
            self.calls += 1
            return self.calls


@contextlib.contextmanager
def fault_proxy(upstream: str) -> Iterator[FaultProxy]:
    """A fault proxy that is switched off at the end."""
    proxy = FaultProxy(upstream)
    try:
        yield proxy
    finally:
        proxy.off()


def sometimes(seed: int, share: float, statuses: tuple[int, ...] = (503, 429, 409)) -> Script:
    """Answers a share of the calls with one of the statuses, before they reach the server; the same for a seed."""
    chance = random.Random(seed)

    def script(call: Call) -> Fault | None:
        return Fault(status=chance.choice(statuses)) if chance.random() < share else None

    return script


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        self._open: set[socket.socket] = set()
        super().__init__(address, handler)

    def process_request(self, request: socket.socket, client_address: tuple[str, int]) -> None:  # type: ignore[override]
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: socket.socket) -> None:  # type: ignore[override]
        self._open.discard(request)
        super().shutdown_request(request)

    def cut_all(self) -> None:
        """Cut every connection that is still open."""
        for request in list(self._open):
            with contextlib.suppress(OSError):
                request.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is no error here: the tests kill clients."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # a small answer would wait 40 ms for the client's acknowledgement
    wbufsize = -1
    proxy: FaultProxy

    def _answer(self) -> None:
        body = self._body()
        call = Call(self.proxy.number(), self.command, self.path)
        fault = self.proxy.script(call)
        if fault is not None and not fault.after:
            self._break(fault)
            return
        status, headers, answer = self._forward(body)
        if fault is not None:
            self._break(fault)
            return
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in ("transfer-encoding", "connection", "content-length"):
                self.send_header(name, value)
        length = next((value for name, value in headers if name.lower() == "content-length"), str(len(answer)))
        self.send_header("Content-Length", length)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer)
        self.wfile.flush()

    do_GET = do_PUT = do_HEAD = do_DELETE = do_POST = _answer  # noqa: N815

    def handle_expect_100(self) -> bool:
        self.send_response_only(100)
        self.end_headers()
        self.wfile.flush()
        return True

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            chunks = []
            while size := int(self.rfile.readline().split(b";")[0], 16):
                chunks.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(chunks)
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _forward(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        connection = http.client.HTTPConnection(*self.proxy.upstream, timeout=60)
        try:
            connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                if name.lower() not in ("content-length", "transfer-encoding", "connection", "expect"):
                    connection.putheader(name, value)
            if body or self.command in ("PUT", "POST"):
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            response = connection.getresponse()
            return response.status, response.getheaders(), response.read()
        finally:
            connection.close()

    def _break(self, fault: Fault) -> None:
        self.proxy.faults += 1
        if fault.then is not None:
            fault.then()
        if fault.hang_s:
            time.sleep(fault.hang_s)
        if fault.status is None or fault.reset or fault.hang_s:
            self.close_connection = True
            with contextlib.suppress(OSError):
                self.connection.shutdown(socket.SHUT_RDWR)
            return
        self.send_response_only(fault.status)
        self.send_header("Content-Length", "0")
        self.end_headers()
        self.wfile.flush()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def _free_ports(count: int) -> list[int]:
    """Ports that are free and whose gRPC twin, 10000 above, is free too."""
    found: list[int] = []
    chance = random.Random(os.getpid() * 1_000_003 + time.monotonic_ns())
    while len(found) < count:
        port = chance.randrange(11_000, 31_000)
        if port not in found and all(_is_free(twin) for twin in (port, port + 10_000)):
            found.append(port)
    return found


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


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
    session.set_credentials(ACCESS_KEY, SECRET_KEY)
    config = Config(retries={"max_attempts": 10, "mode": "standard"}, s3={"addressing_style": "path"})
    session.create_client("s3", region_name="us-east-1", endpoint_url=url, config=config).create_bucket(Bucket=BUCKET)


def _start(command: list[str]) -> subprocess.Popen[bytes]:
    """A server in a session of its own, that dies with this process even if that is killed."""
    bound = ["setpriv", "--pdeathsig", "KILL"] if shutil.which("setpriv") else []
    quiet = subprocess.DEVNULL
    return subprocess.Popen([*bound, *command], stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.kill()  # its files are thrown away, and a polite end takes SeaweedFS seconds
    process.wait()
