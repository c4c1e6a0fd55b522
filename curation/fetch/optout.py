"""Opt-outs that a server states in its response headers."""

from __future__ import annotations

from collections.abc import Collection
from email.message import Message

# Directives that carry a value after a colon, so that their name is no user agent (Google's robots meta
# tag reference); a page that states one of them has not thereby addressed somebody else.
_VALUED = frozenset({"max-snippet", "max-image-preview", "max-video-preview", "unavailable_after"})


def opt_out(headers: Message, agent: str, directives: Collection[str], tdm_reservation: bool) -> str | None:
    """The header and value by which a response opts out of our use; None when it does not.

    `X-Robots-Tag: [agent:] directive, ...` may stand several times. A directive counts when it is addressed
    to everybody or to `agent`. `none` means noindex and nofollow. `tdm-reservation: 1` (TDM Reservation
    Protocol, W3C community group) reserves all rights of text and data mining.
    """
    wanted = {directive.strip().lower() for directive in directives}
    if "noindex" in wanted:
        wanted.add("none")
    for value in headers.get_all("X-Robots-Tag", []):
        if _forbids(value, agent.lower(), wanted):
            return f"X-Robots-Tag: {_shown(value)}"
    if tdm_reservation:
        for value in headers.get_all("tdm-reservation", []):
            if any(part.strip().strip('"') == "1" for part in value.split(",")):
                return f"tdm-reservation: {_shown(value)}"
    return None


def _forbids(value: str, agent: str, wanted: Collection[str]) -> bool:
    """Read left to right: a token with a colon names the agent that the directives after it are for."""
    for_us = True
    for part in value.replace(";", ",").split(","):
        directive = part.strip().lower()
        name, colon, rest = directive.partition(":")
        name = name.strip()
        if name in _VALUED:
            continue
        if colon:
            for_us = name in ("*", agent)
            directive = rest.strip()
        if for_us and any(word in wanted for word in directive.split()):
            return True
    return False


def _shown(value: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in value)[:200]
