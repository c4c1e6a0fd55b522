"""An HTTP server that does what no server should. Each trick is a function of the connection."""

from __future__ import annotations

import contextlib
import functools
import gzip
import itertools
import socket
import struct
import threading
import time
import zlib
from collections.abc import Callable, Iterator

Trick = Callable[[socket.socket], None]
TRICKS: dict[str, Trick] = {}


def trick(function: Trick) -> Trick:
    """Register a trick under its name, which is the path that plays it."""
    TRICKS[function.__name__] = function
    return function


def ok(*headers: str) -> bytes:
    return "\r\n".join(["HTTP/1.1 200 OK", "Content-Type: image/jpeg", *headers, "", ""]).encode()


def endless(peer: socket.socket, chunk: bytes, pause_s: float = 0.0) -> None:
    """Send for ever (until the other side has had enough, or for 30 s)."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        peer.sendall(chunk)
        if pause_s:
            time.sleep(pause_s)


@trick
def silence(peer: socket.socket) -> None:
    time.sleep(30)


@trick
def drip_status_line(peer: socket.socket) -> None:
    peer.sendall(b"HTTP/1.1 200 ")
    endless(peer, b"O", 0.1)


@trick
def drip_headers(peer: socket.socket) -> None:
    peer.sendall(b"HTTP/1.1 200 OK\r\n")
    endless(peer, b"A: b\r\n", 0.1)


@trick
def drip_body(peer: socket.socket) -> None:
    peer.sendall(ok("Content-Length: 50000"))
    endless(peer, b"\xff", 0.1)


@trick
def drip_chunks(peer: socket.socket) -> None:
    peer.sendall(ok("Transfer-Encoding: chunked"))
    endless(peer, b"1\r\nx\r\n", 0.1)


@trick
def drip_after_redirect(peer: socket.socket) -> None:
    peer.sendall(b"HTTP/1.1 302 Found\r\nLocation: /drip_after_redirect\r\nContent-Length: 9000\r\n\r\n")
    endless(peer, b"x", 0.1)


@trick
def drip_not_found(peer: socket.socket) -> None:
    peer.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 9000\r\n\r\n")
    endless(peer, b"x", 0.1)


@trick
def endless_body(peer: socket.socket) -> None:
    peer.sendall(ok())
    endless(peer, b"\xff" * 65536)


@trick
def endless_chunks(peer: socket.socket) -> None:
    peer.sendall(ok("Transfer-Encoding: chunked"))
    endless(peer, b"10000\r\n" + b"x" * 65536 + b"\r\n")


@trick
def endless_chunk_size(peer: socket.socket) -> None:
    peer.sendall(ok("Transfer-Encoding: chunked"))
    endless(peer, b"0" * 65536)


@trick
def endless_trailers(peer: socket.socket) -> None:
    peer.sendall(ok("Transfer-Encoding: chunked") + b"3\r\nabc\r\n0\r\n")
    endless(peer, b"X-Trailer: y\r\n" * 1000)


@trick
def endless_headers(peer: socket.socket) -> None:
    peer.sendall(b"HTTP/1.1 200 OK\r\n")
    endless(peer, b"X-Header: " + b"y" * 1000 + b"\r\n")


@trick
def endless_short_headers(peer: socket.socket) -> None:
    peer.sendall(b"HTTP/1.1 200 OK\r\n")
    endless(peer, b"a:b\r\n" * 10_000)


@trick
def endless_header_line(peer: socket.socket) -> None:
    peer.sendall(b"HTTP/1.1 200 OK\r\nX-Header: ")
    endless(peer, b"y" * 65536)


@trick
def endless_status_line(peer: socket.socket) -> None:
    endless(peer, b"H" * 65536)


@trick
def endless_continue(peer: socket.socket) -> None:
    endless(peer, b"HTTP/1.1 100 Continue\r\n\r\n" * 1000)


@functools.cache
def bomb() -> bytes:
    """100 MB in 100 kB."""
    packer = zlib.compressobj(9, wbits=31)
    return b"".join(packer.compress(b"\0" * 1_000_000) for _ in range(100)) + packer.flush()


@trick
def gzip_bomb(peer: socket.socket) -> None:
    body = bomb()
    peer.sendall(ok("Content-Encoding: gzip", f"Content-Length: {len(body)}") + body)


@trick
def gzip_truncated(peer: socket.socket) -> None:
    body = gzip.compress(b"hello" * 1000)[:-20]
    peer.sendall(ok("Content-Encoding: gzip", f"Content-Length: {len(body)}") + body)


@trick
def gzip_not_gzip(peer: socket.socket) -> None:
    peer.sendall(ok("Content-Encoding: gzip", "Content-Length: 10") + b"0123456789")


@trick
def gzip_twice(peer: socket.socket) -> None:
    body = gzip.compress(gzip.compress(b"x" * 1000))
    peer.sendall(ok("Content-Encoding: gzip, gzip", f"Content-Length: {len(body)}") + body)


@trick
def brotli(peer: socket.socket) -> None:
    peer.sendall(ok("Content-Encoding: br", "Content-Length: 4") + b"abcd")


@trick
def redirect_to_itself(peer: socket.socket) -> None:
    peer.sendall(b"HTTP/1.1 302 Found\r\nLocation: /redirect_to_itself\r\nContent-Length: 0\r\n\r\n")


@trick
def redirect_for_ever(peer: socket.socket) -> None:
    peer.sendall(
        f"HTTP/1.1 301 x\r\nLocation: /redirect_for_ever?{time.time_ns()}\r\nContent-Length: 0\r\n\r\n".encode()
    )


@trick
def redirect_to_file(peer: socket.socket) -> None:
    peer.sendall(b"HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n")


@trick
def redirect_to_nothing(peer: socket.socket) -> None:
    peer.sendall(b"HTTP/1.1 302 Found\r\nLocation: http://\r\nContent-Length: 0\r\n\r\n")


@trick
def redirect_to_half_an_address(peer: socket.socket) -> None:
    peer.sendall(b"HTTP/1.1 302 Found\r\nLocation: http://[\r\nContent-Length: 0\r\n\r\n")


@trick
def redirect_without_location(peer: socket.socket) -> None:
    peer.sendall(b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n")


@trick
def declares_too_much(peer: socket.socket) -> None:
    peer.sendall(ok("Content-Length: 99999999999"))
    endless(peer, b"x" * 65536)


@trick
def declares_the_impossible(peer: socket.socket) -> None:
    peer.sendall(ok("Content-Length: " + "9" * 400))
    endless(peer, b"x" * 65536)


@trick
def declares_less_than_nothing(peer: socket.socket) -> None:
    peer.sendall(ok("Content-Length: -5"))
    endless(peer, b"x" * 65536)


@trick
def sends_less_than_declared(peer: socket.socket) -> None:
    peer.sendall(ok("Content-Length: 5000") + b"x" * 100)


@trick
def resets_in_the_body(peer: socket.socket) -> None:
    peer.sendall(ok("Content-Length: 5000") + b"x" * 100)
    time.sleep(0.05)
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


@trick
def resets_at_once(peer: socket.socket) -> None:
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


@trick
def hangs_up(peer: socket.socket) -> None:
    return


@trick
def garbage(peer: socket.socket) -> None:
    peer.sendall(bytes(range(256)) * 4)


@trick
def http_nine(peer: socket.socket) -> None:
    peer.sendall(b"<html>HTTP/0.9 has no head</html>")


@trick
def bad_chunk_size(peer: socket.socket) -> None:
    peer.sendall(ok("Transfer-Encoding: chunked") + b"zz\r\nabc\r\n0\r\n\r\n")


@trick
def huge_chunk_size(peer: socket.socket) -> None:
    peer.sendall(ok("Transfer-Encoding: chunked") + b"ffffffffffffffff\r\n")
    endless(peer, b"x" * 65536)


@trick
def asks_for_patience(peer: socket.socket) -> None:
    peer.sendall(b"HTTP/1.1 429 Slow down\r\nRetry-After: 86400\r\nContent-Length: 0\r\n\r\n")


@trick
def asks_for_a_moment_for_ever(peer: socket.socket) -> None:
    peer.sendall(b"HTTP/1.1 503 Busy\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n")


@trick
def no_content(peer: socket.socket) -> None:
    peer.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")


@trick
def partial_content(peer: socket.socket) -> None:
    peer.sendall(b"HTTP/1.1 206 Partial\r\nContent-Length: 3\r\n\r\nabc")


@trick
def switches_protocols(peer: socket.socket) -> None:
    peer.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n")
    endless(peer, b"x", 0.1)


class HostileServer:
    """Plays the trick named by the path of each request, one request a connection. Counts requests."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        self._socket = socket.create_server((host, 0), backlog=128)
        self.host = host
        self.port: int = self._socket.getsockname()[1]
        self.requests: list[bytes] = []
        bomb()  # made before the first deadline runs
        threading.Thread(target=self._serve, daemon=True).start()

    def url(self, path: str) -> str:
        return f"http://{self.host}:{self.port}/{path}"

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)  # wakes the thread that accepts
        self._socket.close()

    def _serve(self) -> None:
        for peer in self._peers():
            threading.Thread(target=self._one, args=(peer,), daemon=True).start()

    def _peers(self) -> Iterator[socket.socket]:
        for _ in itertools.count():
            try:
                yield self._socket.accept()[0]
            except OSError:
                return

    def _one(self, peer: socket.socket) -> None:
        with peer:
            peer.settimeout(10)
            try:
                request = b""
                while b"\r\n\r\n" not in request:
                    part = peer.recv(65536)
                    if not part:
                        return
                    request += part
                self.requests.append(request)
                name = request.split(b" ", 2)[1].decode().lstrip("/").partition("?")[0]
                TRICKS[name](peer)
            except OSError:
                return
