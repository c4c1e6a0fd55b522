"""The demo's web server: photographs, and most of what goes wrong on the web, on one loopback port."""

from __future__ import annotations

import errno
import re
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType

from curation.errors import SourceError

_TYPES = {".jpg": "image/jpeg", ".png": "image/png", ".webp": "image/webp"}
_PLAIN_NAME = re.compile(r"[\w-]+\.(?:jpg|png|webp)")
_PAGE = b"<!doctype html><title>Lighthouse</title><p>This picture has moved to our <a href='/'>new gallery</a>."
_OPT_OUTS = {"opted-out": ("X-Robots-Tag", "noai, noimageai"), "reserved": ("tdm-reservation", "1")}
_STATUS = {"gone": 410, "private": 403, "broken": 500}
_REDIRECTS = {
    "moved": "/photos/{name}",
    "internal": "http://10.0.0.5/{name}",
    "metadata": "http://169.254.169.254/latest/meta-data/{name}",
    "around": "/around/{name}",
}
_DRIP_S, _DRIPS = 0.5, 240  # two minutes for one small picture
_ENDLESS_BYTES = 10_000_000_000


class Site:
    """Serves `<folder>/photos` and `<folder>/mirror` on 127.0.0.1 from a thread, for as long as the context lasts.

    The first folder of a path says what happens: `photos` and `mirror` send files; `moved` redirects to one; `busy`
    answers 503 every other time; `slow` drips for minutes; `opted-out` and `reserved` carry an opt-out header;
    `articles` sends HTML, `endless` declares 10 GB; `gone`, `private` and `broken` are 410, 403 and 500; `internal`
    and `metadata` redirect into private networks and `around` to itself. Everything else is 404.
    """

    def __init__(self, folder: Path, port: int) -> None:
        """Raises `SourceError` when the port is taken."""
        try:
            self._server = _Server(folder, port)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            raise SourceError(
                f"port {port} of 127.0.0.1 is taken, and the demo's URLs name it. Stop what uses it (another demo?),"
                f" or remove {folder.parent} to begin anew on another port."
            ) from error
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    def __enter__(self) -> Site:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._server.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False  # a dripping connection must not hold up the end
    request_queue_size = 256

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.closing = threading.Event()
        self.visits: Counter[str] = Counter()
        self.lock = threading.Lock()
        super().__init__(("127.0.0.1", port), _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "demo-site"
    sys_version = ""
    timeout = 30
    server: _Server

    def do_GET(self) -> None:
        folder, _, name = self.path.partition("?")[0].strip("/").partition("/")
        if folder in _STATUS:
            self._send(_STATUS[folder], b"")
        elif folder in _REDIRECTS:
            self._send(302, b"", {"Location": _REDIRECTS[folder].format(name=name)})
        elif folder == "articles":
            self._send(200, _PAGE, {"Content-Type": "text/html; charset=utf-8"})
        elif folder == "endless":
            self._send_head(200, {"Content-Type": "image/jpeg", "Content-Length": str(_ENDLESS_BYTES)})
            self.close_connection = True
        elif folder == "busy" and self._visit() % 2 == 1:
            self._send(503, b"", {"Retry-After": "1"})
        else:
            self._send_file(folder, name)

    def do_HEAD(self) -> None:
        self.do_GET()

    def _send_file(self, folder: str, name: str) -> None:
        path = self.server.folder / ("mirror" if folder == "mirror" else "photos") / name
        known = {"photos", "mirror", "busy", "slow", *_OPT_OUTS}
        if folder not in known or not _PLAIN_NAME.fullmatch(name) or not path.exists():
            return self._send(404, b"not found")
        headers = {"Content-Type": _TYPES[path.suffix]}
        if folder in _OPT_OUTS:
            header, value = _OPT_OUTS[folder]
            headers[header] = value
        body = path.read_bytes()
        return self._drip(body, headers) if folder == "slow" else self._send(200, body, headers)

    def _drip(self, body: bytes, headers: dict[str, str]) -> None:
        self._send_head(200, headers | {"Content-Length": str(len(body))})
        self.close_connection = True
        for at in range(_DRIPS):
            self.wfile.write(body[at : at + 1])
            if self.server.closing.wait(_DRIP_S):
                return

    def _send(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self._send_head(status, (headers or {}) | {"Content-Length": str(len(body))})
        if self.command != "HEAD":
            self.wfile.write(body)

    def _send_head(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def _visit(self) -> int:
        with self.server.lock:
            self.server.visits[self.path] += 1
            return self.server.visits[self.path]

    def log_message(self, format: str, *args: object) -> None:
        """The run's own console tells what happened."""
