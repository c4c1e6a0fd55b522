"""`/.well-known/tdmrep.json`: what a site reserves for all of its files at once (TDM Reservation Protocol)."""

from __future__ import annotations

import json

from curation.fetch.address import Target
from curation.fetch.origins import Ask, PerOrigin
from curation.fetch.record import FetchFailed
from curation.samples import Reason

PATH = "/.well-known/tdmrep.json"
_MAX_RULES = 1000


class TdmRep:
    """Says whether a site reserves the rights of text and data mining in a target. Asks once a host and partition."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._rules = PerOrigin[list[tuple[str, bool]]]("tdmrep.json", self._read, otherwise=[])

    def check(self, target: Target, timeout_s: float) -> None:
        """Raise `FetchFailed` (opted_out) when the first location that matches the target's path is reserved.

        Locations are patterns as in robots.txt (RFC 9309, 2.2.3). A site without the file, or with one that
        cannot be read, reserves nothing by it.
        """
        for location, reserved in self._rules.get(target, timeout_s):
            if _matches(location, target.path):
                if reserved:
                    raise FetchFailed(Reason.OPTED_OUT, f"{PATH}: {location[:100]}")
                return

    def _read(self, target: Target) -> list[tuple[str, bool]]:
        status, text = self._ask(target, PATH)
        if status != 200:
            return []
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            return []
        rules = [rule for rule in found if isinstance(rule, dict)] if isinstance(found, list) else []
        named = [(rule.get("location"), rule.get("tdm-reservation")) for rule in rules[:_MAX_RULES]]
        return [(location, reserved in (1, "1")) for location, reserved in named if isinstance(location, str)]


def _matches(pattern: str, path: str) -> bool:
    """Whether a path starts as the pattern says; `*` stands for anything, `$` at the end for the path's end.

    By plain search, in linear time: a stranger's pattern never becomes a regular expression.
    """
    ends = pattern.endswith("$")
    first, *rest = pattern.removesuffix("$").split("*")
    if not path.startswith(first):
        return False
    at = len(first)
    for part in rest:
        at = path.find(part, at)
        if at < 0:
            return False
        at += len(part)
    if not ends:
        return True
    return path.endswith(rest[-1]) if rest else path == first
