"""robots.txt (RFC 9309), fetched once a host and partition, and obeyed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from curation.errors import RecipeError
from curation.fetch.address import Target
from curation.fetch.origins import Ask, PerOrigin
from curation.fetch.record import FetchFailed
from curation.samples import Reason

MAX_BYTES = 500 * 1024  # RFC 9309, 2.5: parsers must read at least so much


class Robots:
    """Says whether a target may be fetched, and how long to wait between two requests to its host."""

    def __init__(self, agent: str, ask: Ask) -> None:
        try:
            from protego import Protego
        except ImportError as error:
            raise RecipeError("download.robots_txt needs protego: pip install 'curation[robots]'.") from error
        self._parse: Callable[[str], Any] = Protego.parse
        self._agent = agent
        self._ask = ask
        self._rules = PerOrigin[Any]("robots.txt", self._judged, otherwise=False)

    def check(self, target: Target, timeout_s: float) -> float:
        """Seconds of `Crawl-delay` or `Request-rate`, 0 when the site asks for none.

        Raises `FetchFailed` (robots_txt) when the site's robots.txt forbids the target to our agent.
        """
        rules = self._rules.get(target, timeout_s)
        if rules is True:
            return 0.0
        if rules is False:
            raise FetchFailed(Reason.ROBOTS_TXT, f"{target.host} did not answer for its robots.txt")
        if not rules.can_fetch(target.url, self._agent):
            raise FetchFailed(Reason.ROBOTS_TXT, f"{target.host}/robots.txt disallows {target.path[:100]}")
        rate = rules.request_rate(self._agent)
        between_s = rate.seconds / rate.requests if rate is not None and rate.requests else 0.0
        return max(float(rules.crawl_delay(self._agent) or 0.0), between_s)

    def _judged(self, target: Target) -> Any:
        """Parsed rules; True when everything is allowed, False when nothing is.

        RFC 9309, 2.3.1: a site without a robots.txt (4xx) allows everything, one that cannot say nothing.
        """
        status, text = self._ask(target, "/robots.txt")
        if status == 200:
            return self._parse(text)
        return status is not None and 400 <= status < 500
