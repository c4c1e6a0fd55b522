"""A pytest plugin that takes a guard away, or puts stock img2dataset in its place: it shows what the tests see.

`CURATION_WITHOUT=deadline pytest -p tests.hostile.without ...`; `against_stock.py` runs them all and prints a table.
"""

from __future__ import annotations

import contextlib
import dataclasses
import io
import os
import resource
from collections.abc import Callable

import pytest

from curation.fetch import client, colour, connection, decoder, hashes, hosts, jpeg, optout, robots, sniff, tdmrep
from curation.fetch.address import AddressPolicy
from curation.fetch.record import FetchFailed, Outcome
from curation.samples import Reason, Reject

MEMORY_BYTES = 3 * 1024**3  # what nobody guards must not fill the machine
CASE_S = 10  # img2dataset's own fetch has no deadline
FRESH_S = 90  # a test that measures the memory of a fresh process waits for img2dataset's import


def stock() -> None:
    """img2dataset's own fetch, opt-out and resizer. What it refuses counts as refused for the right reason."""
    from img2dataset.downloader import download_image, is_disallowed
    from img2dataset.resizer import Resizer

    resizer = Resizer(384, "keep_ratio", True, encode_quality=90, encode_format="jpg")
    ours, our_opt_out = decoder.Decoder.__call__, optout.opt_out

    def fetch(self: client.Client, url: str) -> tuple[Outcome, bytes | None]:
        outcome = Outcome(url)
        wanted = set(self.section.opt_out_directives)
        _, stream, error = download_image((0, url), self.section.deadline_s, None, wanted)
        if stream is not None:
            outcome.bytes = len(stream.getvalue())
            return outcome, stream.getvalue()
        outcome.reject = Reject(Reason.BAD_RESPONSE, str(error))
        try:
            self.policy.target(url)
        except FetchFailed as failure:
            outcome.reject = failure.reject
        return outcome, None

    def decode(self: decoder.Decoder, data: bytes) -> decoder.Decoded:
        image, width, height, original_width, original_height, error = resizer(io.BytesIO(data))
        if error:
            ours(self, data)
            raise decoder.Undecodable("decode", str(error))
        found = dataclasses.replace(ours(self, image), jpeg=image, width=width, height=height)
        return dataclasses.replace(found, original_width=original_width, original_height=original_height)

    def opt_out(headers: object, agent: str, directives: object, tdm: bool) -> str | None:
        out = is_disallowed(headers, agent, {str(each).lower() for each in directives})  # type: ignore[attr-defined]
        return (our_opt_out(headers, agent, directives, tdm) or "refused") if out else None  # type: ignore[arg-type]

    client.Client.fetch = fetch  # type: ignore[method-assign]
    decoder.Decoder.__call__ = decode  # type: ignore[method-assign]
    optout.opt_out = opt_out  # type: ignore[assignment]


def address() -> None:
    AddressPolicy.refusal = lambda self, address: None  # type: ignore[method-assign]


def redirects() -> None:
    trusting = AddressPolicy(("0.0.0.0/0", "::/0"), ())
    ours = client._next_target
    client._next_target = lambda policy, target, location: ours(trusting, target, location)


def deadline() -> None:
    connection.Limits.left_s = lambda self: 20.0  # type: ignore[method-assign]


def caps() -> None:
    ours = connection.Limits.__init__

    def start(self: connection.Limits, *values: float, **named: float) -> None:
        ours(self, *values, **named)  # type: ignore[arg-type]
        self.max_bytes = self.max_header_bytes = 1 << 40

    connection.Limits.__init__ = start  # type: ignore[method-assign, assignment]


def opt_outs() -> None:
    client.opt_out = optout.opt_out = lambda *_: None
    robots.Robots.check = lambda self, target, timeout_s: 0.0  # type: ignore[method-assign]
    tdmrep.TdmRep.check = lambda self, target, timeout_s: None  # type: ignore[method-assign]


def politeness() -> None:
    def turn(self: hosts.Hosts, name: str) -> object:
        return contextlib.nullcontext(0.0)

    hosts.Hosts.turn = turn  # type: ignore[method-assign, assignment]
    time_of = client._retry_after_s
    client._retry_after_s = lambda value: None if time_of(value) is None else 0.0


def hash_checks() -> None:
    hashes.mismatch = lambda outcome, expected: None
    hashes.DenyList.body = lambda self, sha256, md5: None  # type: ignore[method-assign]
    hashes.DenyList.image = lambda self, pdq: None  # type: ignore[method-assign]


def declared_sizes() -> None:
    decoder.Decoder._declared = lambda self, data: sniff.sniff(data)  # type: ignore[method-assign]


def ends_of_jpegs() -> None:
    jpeg.may_be_cut_short = lambda corner: False
    jpeg.is_cut_short = lambda data, scan: False
    sniff.missing_scans = lambda data, at, components: None


def new_bytes() -> None:
    ours = decoder.Decoder.__call__
    decoder.Decoder.__call__ = lambda self, data: dataclasses.replace(ours(self, data), jpeg=data)  # type: ignore[method-assign]


def colours() -> None:
    colour.upright = lambda pixels, orientation: pixels
    colour.by_profile = lambda pixels, icc: pixels


UNIT = "tests/unit/fetch/test_"
# What is taken away, and the tests that must notice.
GUARDS: dict[str, tuple[Callable[[], None], tuple[str, ...]]] = {
    "stock": (
        stock,
        tuple(f"{UNIT}{name}.py" for name in ("hostile_server", "address", "optout", "tdmrep", "decoder", "jpeg")),
    ),
    "address": (address, (f"{UNIT}address.py", f"{UNIT}client.py")),
    "redirects": (redirects, (f"{UNIT}client.py",)),
    "deadline": (deadline, (f"{UNIT}hostile_server.py",)),
    "caps": (caps, (f"{UNIT}hostile_server.py", f"{UNIT}client.py")),
    "opt_outs": (opt_outs, (f"{UNIT}optout.py", f"{UNIT}tdmrep.py", f"{UNIT}robots.py")),
    "politeness": (politeness, (f"{UNIT}client.py", f"{UNIT}robots.py")),
    "hash_checks": (hash_checks, ("tests/unit/stages/test_download.py",)),
    "declared_sizes": (declared_sizes, (f"{UNIT}decoder.py",)),
    "ends_of_jpegs": (ends_of_jpegs, (f"{UNIT}jpeg.py",)),
    "new_bytes": (new_bytes, (f"{UNIT}decoder.py",)),
    "colours": (colours, (f"{UNIT}decoder.py",)),
}  # fmt: skip


def apply() -> None:
    """Take away what the environment says; nothing when it says nothing."""
    name = os.environ.get("CURATION_WITHOUT")
    if name:
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_BYTES, MEMORY_BYTES))
        os.environ["NO_ALBUMENTATIONS_UPDATE"] = "1"
        GUARDS[name][0]()


def pytest_configure(config: object) -> None:
    apply()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        item.add_marker(pytest.mark.timeout(FRESH_S if "bomb" in item.name and "decoder" in item.nodeid else CASE_S))
