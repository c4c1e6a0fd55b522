"""An ordinary web site on loopback, for what an honest server may answer."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Headers = Mapping[str, str] | Sequence[tuple[str, str]]


@dataclass
class Page:
    """One answer. A list of pages under one path is played in turn; the last one stays."""

    body: bytes = b""
    status: int = 200
    headers: Headers = field(default_factory=dict)


class Site:
    """Serves pages by path over HTTP/1.1 with keep-alive; counts connections and keeps the requests."""

    def __init__(self, pages: Mapping[str, Page | Sequence[Page]], host: str = "127.0.0.1") -> None:
        self.pages = dict(pages)
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.connections = 0
        self.in_flight_most = 0
        self._in_flight = 0
        self._lock = threading.Lock()
        self._played: Counter[str] = Counter()
        self.on_request: Callable[[str], None] | None = None
        self._server = _Server((host, 0), _handler(self))
        self.host = host
        self.port: int = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def url(self, path: str, host: str | None = None) -> str:
        return f"http://{host or self.host}:{self.port}/{path}"

    def page(self, path: str, headers: dict[str, str]) -> Page:
        with self._lock:
            self.requests.append((path, headers))
            found = self.pages.get(path.partition("?")[0], Page(b"not here", 404))
            if isinstance(found, Page):
                return found
            turn = min(self._played[path], len(found) - 1)
            self._played[path] += 1
            return found[turn]

    def enter(self) -> None:
        with self._lock:
            self._in_flight += 1
            self.in_flight_most = max(self.in_flight_most, self._in_flight)

    def leave(self) -> None:
        with self._lock:
            self._in_flight -= 1

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is no news."""


def _handler(site: Site) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def setup(self) -> None:
            site.connections += 1
            super().setup()

        def log_message(self, *_: object) -> None: ...

        def do_GET(self) -> None:
            site.enter()
            try:
                if site.on_request is not None:
                    site.on_request(self.path)
                page = site.page(self.path.lstrip("/"), dict(self.headers.items()))
                self.send_response(page.status)
                pairs = page.headers.items() if isinstance(page.headers, Mapping) else page.headers
                for name, value in pairs:
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(page.body)))
                self.end_headers()
                self.wfile.write(page.body)
            finally:
                site.leave()

    return Handler
