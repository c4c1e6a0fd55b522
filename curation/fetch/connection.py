"""One HTTP exchange over a connection to a checked address, inside a deadline and a byte cap.

`http.client` reads the response; beneath it every byte comes through `_Wire`, which sets the socket's
time-out to what is left of the deadline before each read and counts what came. So a server that drips
one byte a second, or never stops sending headers, ends at the deadline or at the cap.
"""

from __future__ import annotations

import contextlib
import dataclasses
import http.client
import io
import socket
import ssl
import time
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import Message

from curation.fetch.address import Address, Target
from curation.fetch.record import FetchFailed
from curation.samples import Reason

_CHUNK = 256 * 1024
_IDLE_S = 15.0


@dataclass
class Limits:
    """What one exchange may take. `deadline` is on the monotonic clock."""

    deadline: float
    connect_s: float
    max_header_bytes: int
    max_bytes: int

    def left_s(self) -> float:
        """Seconds until the deadline; raises `FetchFailed` (timeout) when there are none."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise FetchFailed(Reason.TIMEOUT, "the deadline passed", host_fault=True)
        return left


class _Wire(io.RawIOBase):
    """The receiving side of a socket: each read inside the deadline, no more than `allowance` bytes in all."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self.limits: Limits | None = None
        self.allowance = 0
        self.got = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        assert self.limits is not None
        if self.allowance <= 0:
            raise FetchFailed(Reason.TOO_LARGE, "more bytes than the recipe allows")
        view = memoryview(buffer)[: self.allowance]  # type: ignore[arg-type]
        self._sock.settimeout(self.limits.left_s())
        count = self._sock.recv_into(view)
        self.allowance -= count
        self.got += count
        return count


class _Socket:
    """What `http.client.HTTPResponse` needs of a socket: a file to read from, which outlives one response."""

    def __init__(self, reader: io.BufferedReader) -> None:
        self._reader = reader

    def makefile(self, mode: str) -> _Shared:
        return _Shared(self._reader)


class _Shared(io.BufferedIOBase):
    """The connection's reader, lent to one response: closing it leaves the connection open."""

    def __init__(self, reader: io.BufferedReader) -> None:
        self.readline = reader.readline  # type: ignore[method-assign]
        self.read = reader.read  # type: ignore[method-assign]
        self.read1 = reader.read1  # type: ignore[method-assign]
        self.readinto = reader.readinto  # type: ignore[method-assign]


class Connection:
    """A connection to one scheme, host and port at an address that was checked. One exchange at a time."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._wire = _Wire(sock)
        self._reader = io.BufferedReader(self._wire, 64 * 1024)
        self.used = False
        self.idle_since = 0.0
        self.reusable = False

    @classmethod
    def open(
        cls, target: Target, addresses: Sequence[Address], limits: Limits, context: ssl.SSLContext | None
    ) -> Connection:
        """Connect to one of `addresses`, which the caller has checked. Raises `FetchFailed`."""
        failure: FetchFailed | None = None
        for address in addresses[:3]:
            try:
                return cls(_connect(target, address, limits, context))
            except FetchFailed as error:
                failure = error
        raise failure or FetchFailed(Reason.CONNECT, "no address to connect to")

    def close(self) -> None:
        """Close the socket."""
        self._sock.close()

    def alive(self) -> bool:
        """Whether the connection may carry another exchange, as far as can be told without sending."""
        if not self.reusable or time.monotonic() - self.idle_since > _IDLE_S:
            return False
        self._sock.settimeout(0)
        try:
            # Anything to read between exchanges, an end included, means that it cannot be used again.
            self._sock.recv(1) if isinstance(self._sock, ssl.SSLSocket) else self._sock.recv(1, socket.MSG_PEEK)
        except (BlockingIOError, ssl.SSLWantReadError):
            return True
        except OSError:
            return False
        return False

    @property
    def received(self) -> int:
        """Bytes that came over this connection so far."""
        return self._wire.got

    def hurry(self, deadline: float) -> None:
        """Give the rest of this exchange another deadline."""
        if self._wire.limits is not None:
            self._wire.limits = dataclasses.replace(self._wire.limits, deadline=deadline)

    def exchange(self, request: bytes, limits: Limits) -> Exchange:
        """Send a request and read the response's head. Raises OSError or `http.client.HTTPException` as they come."""
        self.used, self.reusable = True, False
        self._wire.limits = limits
        self._wire.allowance = limits.max_header_bytes
        self._sock.settimeout(limits.left_s())
        self._sock.sendall(request)
        response = http.client.HTTPResponse(_Socket(self._reader), method="GET")  # type: ignore[arg-type]
        try:
            response.begin()
        except FetchFailed as error:
            if error.reject.reason is Reason.TOO_LARGE:
                detail = f"headers of more than {limits.max_header_bytes} bytes"
                raise FetchFailed(Reason.TOO_LARGE, detail, error="HeadersTooLarge") from error
            raise
        # What the head left in the buffer belongs to the body and is counted there by `Exchange.body`.
        self._wire.allowance = limits.max_bytes + 64 * 1024
        return Exchange(self, response, limits)


@dataclass
class Exchange:
    """A response whose head has been read."""

    connection: Connection
    response: http.client.HTTPResponse
    limits: Limits
    received: int = 0

    @property
    def status(self) -> int:
        """The HTTP status code."""
        return self.response.status

    @property
    def headers(self) -> Message:
        """The response headers, whose names are looked up in any case."""
        return self.response.headers

    def body(self) -> bytes:
        """The whole body, decompressed, within the cap. Raises `FetchFailed`, OSError or HTTPException."""
        cap = self.limits.max_bytes
        declared = self.response.length
        if declared is not None and declared > cap:
            raise FetchFailed(Reason.TOO_LARGE, f"{declared} bytes declared, {cap} allowed")
        inflate = _inflater(self.headers.get("Content-Encoding", ""))
        if declared is not None and inflate is None:
            return self._of_length(declared)
        parts: list[bytes] = []
        size = 0
        while True:
            part = self.response.read1(_CHUNK)
            if not part:
                break
            self.received += len(part)
            if inflate is not None:
                part = _inflate(inflate, part, cap + 1 - size)
            size += len(part)
            if size > cap or self.received > cap:
                raise FetchFailed(Reason.TOO_LARGE, f"more than {cap} bytes")
            parts.append(part)
        if self.response.length:  # of a compressed body
            raise http.client.IncompleteRead(b"", self.response.length)
        if inflate is not None and not inflate.eof:
            raise FetchFailed(Reason.BAD_RESPONSE, "compressed body ends early", again=True, error="IncompleteRead")
        self.finish()
        return b"".join(parts)

    def _of_length(self, length: int) -> bytes:
        """A body of a declared length, in one piece: no copy, and memory is touched only as bytes arrive."""
        before = self.connection.received
        try:
            body = self.response.read(length)
        finally:
            self.received = self.connection.received - before
        if len(body) < length:
            raise http.client.IncompleteRead(b"", length - len(body))
        self.received = length
        self.finish()
        return body

    def drain(self) -> None:
        """Read a short body that nobody wants, so that the connection can be used again; give up quietly."""
        length = self.response.length
        if length is None or length > 16 * 1024:
            return
        self.connection.hurry(min(self.limits.deadline, time.monotonic() + 1.0))
        with contextlib.suppress(OSError, http.client.HTTPException, FetchFailed):
            self.response.read(length)
            self.finish()

    def finish(self) -> None:
        """Mark the connection as free for another exchange, when this one was read to its end."""
        ended = self.response.isclosed() or self.response.length == 0
        self.connection.reusable = ended and not self.response.will_close
        self.connection.idle_since = time.monotonic()


def _inflater(encoding: str) -> zlib._Decompress | None:
    """A decompressor for a body that was compressed although we asked for identity."""
    encoding = encoding.strip().lower()
    if encoding in ("", "identity", "none"):
        return None
    if encoding in ("gzip", "x-gzip", "deflate"):
        return zlib.decompressobj(wbits=47 if encoding != "deflate" else 15)
    raise FetchFailed(Reason.BAD_RESPONSE, f"content encoding {encoding[:20]!r}, asked for identity")


def _inflate(inflate: zlib._Decompress, part: bytes, allowance: int) -> bytes:
    try:
        return inflate.decompress(inflate.unconsumed_tail + part, max(1, allowance))
    except zlib.error as error:
        raise FetchFailed(Reason.BAD_RESPONSE, "compressed body cannot be read", error="zlib.error") from error


def _connect(target: Target, address: Address, limits: Limits, context: ssl.SSLContext | None) -> socket.socket:
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    sock = socket.socket(family, socket.SOCK_STREAM)
    until = time.monotonic() + min(limits.connect_s, limits.left_s())
    try:
        sock.settimeout(max(0.001, until - time.monotonic()))
        sock.connect((str(address), target.port))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if context is not None:
            sock.settimeout(max(0.001, until - time.monotonic()))
            sock = context.wrap_socket(sock, server_hostname=target.host)
    except TimeoutError as error:
        sock.close()
        raise FetchFailed(
            Reason.CONNECT, f"{address}: no connection in time", again=True, host_fault=True, error="TimeoutError"
        ) from error
    except ssl.SSLError as error:
        sock.close()
        if isinstance(error, ssl.SSLCertVerificationError):
            detail = f"certificate: {error.verify_message}"
        else:
            detail = f"handshake: {error.reason}"
        raise FetchFailed(Reason.TLS, detail, host_fault=True, error=type(error).__name__) from error
    except OSError as error:
        sock.close()
        detail = f"{address}: {type(error).__name__}"
        raise FetchFailed(Reason.CONNECT, detail, again=True, host_fault=True, error=type(error).__name__) from error
    return sock
