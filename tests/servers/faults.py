"""A proxy that breaks the answers of an S3 server on purpose."""

from __future__ import annotations

import contextlib
import http.client
import random
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from tests.servers.s3 import free_port


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
        self._port = free_port()
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
