"""robots.txt (RFC 9309), fetched once a host and partition, and obeyed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from curation.errors import RecipeError
from curation.fetch.address import Target
from curation.fetch.record import FetchFailed
from curation.samples import Reason

MAX_BYTES = 500 * 1024  # RFC 9309, 2.5: parsers must read at least so much

# Asks a site for its robots.txt: HTTP status (None when no answer came) and text.
Ask = Callable[[Target], tuple[int | None, str]]


class Robots:
    """Says whether a target may be fetched. One question to each origin, whoever asks first; the rest wait for it."""

    def __init__(self, agent: str, ask: Ask) -> None:
        try:
            from protego import Protego
        except ImportError as error:
            raise RecipeError("download.robots_txt needs protego: pip install 'curation[robots]'.") from error
        self._parse: Callable[[str], Any] = Protego.parse
        self._agent = agent
        self._ask = ask
        self._lock = threading.Lock()
        self._known: dict[tuple[str, str, int], Future[Any]] = {}

    def check(self, target: Target, timeout_s: float) -> None:
        """Raise `FetchFailed` (robots_txt) when the site's robots.txt forbids the target to our agent."""
        rules = self._rules(target, timeout_s)
        if rules is False:
            raise FetchFailed(Reason.ROBOTS_TXT, f"{target.host} did not answer for its robots.txt")
        if rules is not True and not rules.can_fetch(target.url, self._agent):
            raise FetchFailed(Reason.ROBOTS_TXT, f"{target.host}/robots.txt disallows {target.path[:100]}")

    def _rules(self, target: Target, timeout_s: float) -> Any:
        """Parsed rules; True when everything is allowed, False when nothing is."""
        key = (target.scheme, target.host, target.port)
        with self._lock:
            future = self._known.get(key)
            mine = future is None
            if future is None:
                future = self._known[key] = Future()
        if mine:
            rules: Any = False
            try:
                rules = self._judged(*self._ask(target))
            finally:
                future.set_result(rules)
        try:
            return future.result(timeout_s)
        except TimeoutError as error:
            raise FetchFailed(Reason.TIMEOUT, f"no robots.txt of {target.host} in time") from error

    def _judged(self, status: int | None, text: str) -> Any:
        """RFC 9309, 2.3.1: a site without a robots.txt (4xx) allows everything, one that cannot say nothing."""
        if status == 200:
            return self._parse(text)
        return status is not None and 400 <= status < 500
