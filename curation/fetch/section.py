"""The recipe's `download` section."""

from __future__ import annotations

import ipaddress
from typing import Annotated

from pydantic import Field, field_validator

from curation.section import Section

PositiveSeconds = Annotated[float, Field(gt=0, le=3600)]
Port = Annotated[int, Field(ge=1, le=65535)]


class DownloadSection(Section):
    """How images are fetched and decoded. Every limit is per URL unless it says otherwise.

    The defaults suit a cluster that fetches URLs chosen by strangers: nothing inside the network is reachable.
    """

    user_agent: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,40}(/[\x21-\x7e]+)?( [\x20-\x7e]+)?$")] = "curation/0.1"
    """Who we say we are. Put a URL with a contact in it before you crawl: `curation/0.1 (+https://...)`. Its first
    word, without the version, is the token by which X-Robots-Tag and robots.txt address us."""
    allow_networks: tuple[str, ...] = ()
    """Networks (CIDR) that may be fetched from although they are not public: an intranet, or 127.0.0.0/8 in tests."""
    ports: tuple[Port, ...] = (80, 443)
    """TCP ports that may be connected to. An empty list allows every port, for tests and demonstrations."""
    ca_file: str | None = None
    """PEM file of certificate authorities to trust in place of the system's."""

    in_flight: Annotated[int, Field(ge=1, le=1024)] = 64
    """URLs in flight at once in one actor. Memory is bounded by twice this times `max_bytes`."""
    host_in_flight: Annotated[int, Field(ge=1)] = 8
    """Requests in flight at once to one host, from one actor."""
    host_per_s: Annotated[float, Field(gt=0)] = 20.0
    """Requests started a second to one host, from one actor. Actors do not speak to each other about hosts: a host
    sees at most this and `host_in_flight` times the number of actors that fetch."""
    run_host_per_s: Annotated[float, Field(gt=0)] | None = None
    """Requests started a second to one host, from all actors together, those for robots.txt and tdmrep.json included.
    Each actor may start its share, by the number that the pool may grow to, so a host of few partitions is
    asked more slowly than that. A partition gets about
    `host_queue_s` * `run_host_per_s` / (`fetch.max` * `fetch.partitions_at_once`)
    URLs of one host; the rest is rejected as transient and comes back with `run --retry`."""
    host_queue_s: PositiveSeconds = 300.0
    """Longest wait for a host's turn. A host that keeps somebody waiting longer, or would have to (thousands of URLs of
    one host, a slow `Crawl-delay`), is set aside for the rest of the partition, and its rows are rejected as
    transient."""
    host_failures: Annotated[int, Field(ge=1)] = 5
    """Failures in a row (no address, no connection, time-out, 429, 5xx) after which a host is set aside for the
    rest of the partition."""

    deadline_s: PositiveSeconds = 20.0
    """Total time for one URL: redirects, retries, body and waits for its server included. Time in our own queue for a
    host's turn does not count, or politeness would reject what it only delays; `host_queue_s` bounds that."""
    connect_s: PositiveSeconds = 5.0
    """Time for one TCP connection and TLS handshake."""
    max_bytes: Annotated[int, Field(ge=1024)] = 20_000_000
    """Bytes of one body, as sent and as decompressed."""
    max_header_bytes: Annotated[int, Field(ge=1024)] = 65_536
    """Bytes of status line and headers of one response."""
    max_redirects: Annotated[int, Field(ge=0, le=20)] = 5
    """Redirects followed."""
    retries: Annotated[int, Field(ge=0, le=10)] = 2
    """Further attempts after a transient failure."""
    backoff_s: PositiveSeconds = 0.5
    """Longest wait before the first retry; it doubles each time, and the wait is drawn between 0 and it."""
    max_retry_after_s: PositiveSeconds = 10.0
    """Longest `Retry-After` that is honoured by waiting; a longer one ends the fetch."""
    dns_cache_s: Annotated[float, Field(ge=0)] = 60.0
    """How long a name's checked addresses are used again."""

    opt_out_directives: tuple[str, ...] = ("noai", "noimageai", "noindex", "noimageindex")
    """X-Robots-Tag directives that end a fetch. The default is img2dataset's; `none` counts as noindex."""
    tdm_reservation: bool = True
    """Whether `tdm-reservation: 1` (TDM Reservation Protocol) ends a fetch."""
    tdmrep_json: bool = False
    """Whether `/.well-known/tdmrep.json` of each host (TDM Reservation Protocol) is fetched and obeyed."""
    robots_txt: bool = False
    """Whether robots.txt of each host is fetched and obeyed (RFC 9309), its `Crawl-delay` and `Request-rate` included.
    Needs the extra `robots`."""

    verify_hash: bool = True
    """Whether the body must match `metadata.hash` (md5 or sha256, told by its length) where a row has one."""
    deny_md5: tuple[str, ...] = ()
    """Files with an md5 in hex a line; a body that matches is dropped before it is decoded."""
    deny_sha256: tuple[str, ...] = ()
    """Files with a sha256 in hex a line; a body that matches is dropped before it is decoded."""
    deny_pdq: tuple[str, ...] = ()
    """Files with a PDQ hash in hex a line; an image near one is dropped before any other stage sees it."""
    deny_pdq_distance: Annotated[int, Field(ge=0, le=128)] = 31
    """Bits of 256 by which a near PDQ hash may differ. 31 is the distance that PDQ's authors recommend."""

    shortest_side_px: Annotated[int, Field(ge=16, le=4096)] = 384
    """Images are scaled down so that their shortest side is this; smaller ones keep their size."""
    quality: Annotated[int, Field(ge=50, le=100)] = 90
    """JPEG quality of what is kept."""
    max_pixels: Annotated[int, Field(ge=1)] = 64_000_000
    """Declared width times height above which an image is not decoded."""
    max_side_px: Annotated[int, Field(ge=1)] = 30_000
    """Declared width or height above which an image is not decoded."""
    max_frames: Annotated[int, Field(ge=1)] = 1000
    """Frames of an animation above which not even the first is decoded."""
    decode_s: PositiveSeconds = 20.0
    """Time to decode one image; past it the decoder is killed and the sample quarantined."""
    decode_memory_bytes: Annotated[int, Field(ge=256_000_000)] = 1_500_000_000
    """Address space of the decoder process; past it the sample is quarantined."""
    isolate_decoder: bool = True
    """Whether images are decoded in a child process, so that a crash costs one sample and not the actor."""

    @field_validator("allow_networks")
    @classmethod
    def _are_networks(cls, networks: tuple[str, ...]) -> tuple[str, ...]:
        for network in networks:
            ipaddress.ip_network(network)
        return networks

    @property
    def agent(self) -> str:
        """The product token of `user_agent`."""
        return self.user_agent.partition(" ")[0].partition("/")[0]
