"""Sentinels: what counts every packet that would have left, and lets none of them leave the machine."""

from __future__ import annotations

import ipaddress
import socket
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field


@dataclass
class Watch:
    """Attempts to connect or to look a name up, as the interpreter reports them (PEP 578)."""

    on: bool = False
    connects: list[str] = field(default_factory=list)
    lookups: list[str] = field(default_factory=list)

    def __call__(self, event: str, args: tuple[object, ...]) -> None:
        if not self.on:
            return
        if event == "socket.connect" and isinstance(args[1], tuple):
            host = str(args[1][0])
            self.connects.append(host)
            if not _loopback(host):
                raise PermissionError(f"a test may not connect to {host}")
        elif event == "socket.getaddrinfo":
            host = args[0].decode() if isinstance(args[0], bytes) else str(args[0])
            self.lookups.append(host)
            if not _loopback(host) and not _numeric(host):
                raise PermissionError(f"a test may not look up {host}")


def _loopback(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host in ("localhost", "")
    mapped = getattr(address, "ipv4_mapped", None)
    return address.is_loopback or bool(mapped and mapped.is_loopback)


def _numeric(host: str) -> bool:
    """Whether the system would read the host as an address without asking anybody."""
    try:
        socket.inet_aton(host)
    except (OSError, UnicodeError):
        return ":" in host
    return True


_WATCH = Watch()
_ARMED: list[bool] = []


@contextmanager
def watch() -> Iterator[Watch]:
    """Count connects and look-ups while the block runs; those that would leave the machine raise."""
    if not _ARMED:  # an audit hook stays for the life of the process
        sys.addaudithook(_WATCH)
        _ARMED.append(True)
    _WATCH.connects.clear()
    _WATCH.lookups.clear()
    _WATCH.on = True
    try:
        yield _WATCH
    finally:
        _WATCH.on = False


class Listener:
    """A listener that counts who connects, answers with a harmless 200 and hangs up."""

    def __init__(self, host: str = "127.0.0.1", port: int = 0) -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.create_server((host, port), family=family)
        self.port: int = self._socket.getsockname()[1]
        self.hits = 0
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                peer, _ = self._socket.accept()
            except OSError:
                return
            self.hits += 1
            with peer:
                peer.settimeout(2)
                try:
                    peer.recv(4096)
                    peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\nsecret")
                except OSError:
                    continue

    def close(self) -> None:
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)  # wakes the thread that accepts
        self._socket.close()


class LyingResolver:
    """Answers each question for a name with the next of its answers; the last one stays."""

    def __init__(self, answers: Sequence[Sequence[str]]) -> None:
        self._answers = list(answers)
        self.asked = 0

    def __call__(self, host: str) -> Sequence[str]:
        answer = self._answers[min(self.asked, len(self._answers) - 1)]
        self.asked += 1
        return answer
