"""Which URLs may be fetched: their syntax, their scheme, their port, and the addresses behind their name.

Python's `ipaddress.is_global` alone is no guard: on 3.11 it is true for NAT64- and 6to4-embedded private
addresses, for multicast and for cloud metadata addresses, so the networks are named here one by one
(IANA special-purpose registries, RFC 6890 and later; 168.63.129.16 is Azure's host agent).
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from curation.fetch.record import FetchFailed
from curation.samples import Reason

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_REFUSED_V4 = tuple(
    ipaddress.IPv4Network(text)
    for text in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "168.63.129.16/32", "169.254.0.0/16",
        "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24",
        "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4",
        "240.0.0.0/4",
    )
)  # fmt: skip
_GLOBAL_V6 = ipaddress.IPv6Network("2000::/3")  # the only range that IANA gives out
_REFUSED_V6 = tuple(
    ipaddress.IPv6Network(text)
    for text in ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20", "3ffe::/16")
)
_INSIDE_SUFFIXES = ("localhost", "local", "internal", "intranet", "lan", "home", "corp", "home.arpa", "localdomain")
_HOST_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f\\]")
_SAFE = "/:?#[]@!$&'()*+,;=%-._~|{}^`\"<>"
_PATH_SAFE = "/:@!$&'()*+,;=%-._~"


@dataclass(frozen=True)
class Target:
    """One URL that may be asked for, taken apart. `literal` is set when the host is an address."""

    scheme: str
    host: str
    port: int
    path: str
    literal: Address | None = None

    @property
    def host_header(self) -> str:
        """The Host header's value."""
        name = f"[{self.host}]" if isinstance(self.literal, ipaddress.IPv6Address) else self.host
        default = 443 if self.scheme == "https" else 80
        return name if self.port == default else f"{name}:{self.port}"

    @property
    def url(self) -> str:
        """The URL as it is asked for."""
        return f"{self.scheme}://{self.host_header}{self.path}"


class AddressPolicy:
    """Decides from the recipe which targets and addresses may be connected to. Holds no state, sends nothing."""

    def __init__(self, allow_networks: Sequence[str], ports: Sequence[int]) -> None:
        # No ports named means every port.
        self._allowed: tuple[Network, ...] = tuple(ipaddress.ip_network(text) for text in allow_networks)
        self._ports = frozenset(ports)

    def target(self, url: str) -> Target:
        """The URL taken apart. Raises `FetchFailed` with malformed_url, refused_scheme or refused_address."""
        scheme, separator, rest = url.strip(" \t\r\n").partition(":")
        scheme = scheme.lower()
        if not separator or not re.fullmatch(r"[a-z][a-z0-9+.-]*", scheme):
            raise FetchFailed(Reason.MALFORMED_URL, "the URL has no scheme")
        if scheme not in ("http", "https"):
            raise FetchFailed(Reason.REFUSED_SCHEME, f"scheme {scheme[:20]!r}, expected http or https")
        if not rest.startswith("//"):
            raise FetchFailed(Reason.MALFORMED_URL, "no // after the scheme")
        if _FORBIDDEN.search(rest.rstrip(" ").replace(" ", "%20")):
            raise FetchFailed(Reason.MALFORMED_URL, "control character or backslash in the URL")
        try:
            parts = urlsplit(f"{scheme}:{rest}")
            port = parts.port
        except ValueError as error:
            raise FetchFailed(Reason.MALFORMED_URL, "host or port cannot be read") from error
        if parts.username is not None or parts.password is not None or "@" in parts.netloc:
            raise FetchFailed(Reason.REFUSED_ADDRESS, "user information before the host")
        if port is None:
            port = 443 if scheme == "https" else 80
        host, literal = self._host(parts.netloc)
        if self._ports and port not in self._ports:
            raise FetchFailed(Reason.REFUSED_ADDRESS, f"port {port} is not one of {sorted(self._ports)}")
        path = quote(parts.path, safe=_PATH_SAFE) or "/"
        if parts.query:
            path += "?" + quote(parts.query, safe=_SAFE.replace("#", "").replace('"', "").replace("<", ""))
        return Target(scheme, host, port, path if path.startswith("/") else "/" + path, literal)

    def _host(self, netloc: str) -> tuple[str, Address | None]:
        if netloc.startswith("["):
            return self._literal_v6(netloc)
        host = _ascii_host(netloc.rpartition(":")[0] if ":" in netloc else netloc)
        if host.endswith("."):
            host = host[:-1]
        if not host:
            raise FetchFailed(Reason.MALFORMED_URL, "no host")
        labels = host.split(".")
        if _NUMBER.fullmatch(labels[-1]):
            return self._literal_v4(host)
        if len(host) > 253 or not all(_HOST_LABEL.fullmatch(label) for label in labels):
            raise FetchFailed(Reason.MALFORMED_URL, "the host is not a host name")
        inside = len(labels) == 1 or any(host == name or host.endswith("." + name) for name in _INSIDE_SUFFIXES)
        if inside and not self._allowed:
            # Even the question to the name server would be a packet that a stranger chose.
            raise FetchFailed(Reason.REFUSED_ADDRESS, f"{host} is a name of the inside")
        return host, None

    def _literal_v6(self, netloc: str) -> tuple[str, Address]:
        text = netloc[1:].partition("]")[0]
        try:
            address = ipaddress.IPv6Address(text)
        except ValueError as error:
            raise FetchFailed(Reason.REFUSED_ADDRESS, "brackets around what is no IPv6 address") from error
        if address.scope_id is not None:
            raise FetchFailed(Reason.REFUSED_ADDRESS, "IPv6 address with a zone")
        self.check(address)
        return str(address), address

    def _literal_v4(self, host: str) -> tuple[str, Address]:
        try:
            # Strict: four decimal numbers without leading zeros. Short, octal and hex forms mean different
            # addresses to different programs, so none of them is fetched.
            address = ipaddress.IPv4Address(host)
        except ValueError as error:
            raise FetchFailed(Reason.REFUSED_ADDRESS, "a number as host that is no plain IPv4 address") from error
        self.check(address)
        return host, address

    def check(self, address: Address) -> None:
        """Raise `FetchFailed` with refused_address unless the address is public or allowed by the recipe."""
        why = self.refusal(address)
        if why is not None:
            raise FetchFailed(Reason.REFUSED_ADDRESS, f"{address} is {why}")

    def refusal(self, address: Address) -> str | None:
        """Why an address may not be connected to; None when it may."""
        if any(address in network for network in self._allowed if network.version == address.version):
            return None
        if isinstance(address, ipaddress.IPv4Address):
            for network in _REFUSED_V4:
                if address in network:
                    return f"in {network}, which is not public"
            return None if address.is_global else "not public"
        if address not in _GLOBAL_V6:
            return "not in 2000::/3, the public range"
        for block in _REFUSED_V6:
            if address in block:
                return f"in {block}, which is not public or embeds another address"
        if int(address) >> 32 & 0xFFFFFFFF in (0x5EFE, 0x02005EFE):
            return "an ISATAP address, which embeds another address"
        return None if address.is_global else "not public"


def _ascii_host(host: str) -> str:
    if host.isascii():
        if "%" in host:
            raise FetchFailed(Reason.REFUSED_ADDRESS, "percent sign in the host")
        return host.lower()
    import idna  # 60 ms of tables that few URLs need

    try:
        return idna.encode(host, uts46=True).decode("ascii").lower()
    except idna.IDNAError as error:
        raise FetchFailed(Reason.MALFORMED_URL, "the host is no internationalised name") from error
