"""An opt-out on any hop ends the fetch, and the row keeps the evidence."""

from __future__ import annotations

from email.message import Message

import pytest

from curation.fetch.client import Client
from curation.fetch.optout import opt_out
from curation.fetch.section import DownloadSection
from curation.samples import Reason
from tests.hostile.site import Page, Site

DIRECTIVES = DownloadSection().opt_out_directives
OUT = (
    "noai", "noimageai", "NoAI", " noai ", "noai, noimageai", "noimageai, noindex", "index, noai", "nofollow,noai",
    "curation: noai", "Curation: NoImageAI", "curation:noai", "*: noai", "curation: nofollow, noai", "noindex", "none",
    "noimageindex", "otherbot: nofollow, curation: noai", "noai; noimageai", "max-snippet: 20, noai",
    "max-image-preview:large, noimageai", "unavailable_after: 25 Jun 2010 15:00:00 PST, noai", "noai,", ",noai",
    "otherbot: all, *: noai", "noarchive, noai, nosnippet",
)  # fmt: skip
IN = (
    "", "all", "index, follow", "nofollow", "otherbot: noai", "otherbot: noai, noimageai", "noarchive",
    "max-snippet: 0", "max-image-preview: none", "noaix", "xnoai", "no-ai", "curationbot: noai",
    "googlebot: noindex, nofollow", "nosnippet",
)  # fmt: skip


def headers(*pairs: tuple[str, str]) -> Message:
    message = Message()
    for name, value in pairs:
        message[name] = value
    return message


@pytest.mark.parametrize("value", OUT)
@pytest.mark.parametrize("name", ["X-Robots-Tag", "x-robots-tag"])
def test_a_directive_for_us_or_for_all_opts_out(value: str, name: str) -> None:
    assert opt_out(headers((name, value)), "curation", DIRECTIVES, True) == f"X-Robots-Tag: {value}"


@pytest.mark.parametrize("value", IN)
def test_other_directives_and_other_agents_do_not(value: str) -> None:
    assert opt_out(headers(("X-Robots-Tag", value)), "curation", DIRECTIVES, True) is None


def test_any_of_several_headers_counts() -> None:
    found = opt_out(headers(("X-Robots-Tag", "otherbot: noai"), ("X-Robots-Tag", "noai")), "curation", DIRECTIVES, True)
    assert found == "X-Robots-Tag: noai"


@pytest.mark.parametrize(("value", "out"), [("1", True), (" 1 ", True), ("1, 1", True), ('"1"', True), ("0", False),
                                            ("", False), ("yes", False), ("10", False)])  # fmt: skip
def test_tdm_reservation(value: str, out: bool) -> None:
    found = headers(("tdm-reservation", value), ("tdm-policy", "https://example.org/policy.json"))
    assert (opt_out(found, "curation", DIRECTIVES, True) is not None) is out
    assert opt_out(found, "curation", DIRECTIVES, False) is None


@pytest.mark.parametrize("hop", [0, 1, 2])
@pytest.mark.parametrize("status", [200, 404])
@pytest.mark.parametrize(
    "header", [("X-Robots-Tag", "noai"), ("X-Robots-Tag", "curation: noimageai"), ("TDM-Reservation", "1")]
)
def test_an_opt_out_on_any_hop_ends_the_fetch_with_its_evidence(hop: int, status: int, header: tuple[str, str]) -> None:
    pages = {f"{n}.jpg": Page(b"", 302, {"Location": f"/{n + 1}.jpg"}) for n in range(2)} | {
        "2.jpg": Page(b"image", status)
    }
    opted = pages[f"{hop}.jpg"]
    pages[f"{hop}.jpg"] = Page(opted.body, opted.status, {**dict(opted.headers), header[0]: header[1]})
    site = Site(pages)
    try:
        outcome, body = Client(DownloadSection(allow_networks=("127.0.0.0/8",), ports=())).fetch(site.url("0.jpg"))
    finally:
        site.close()
    assert body is None
    assert outcome.reject is not None
    assert outcome.reject.reason is Reason.OPTED_OUT
    name = "tdm-reservation" if header[0].startswith("TDM") else header[0]
    assert outcome.opt_out == f"hop {hop}: {name}: {header[1]}"
    assert len(site.requests) == hop + 1
