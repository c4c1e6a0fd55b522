"""A JPEG that was cut short is rejected though it has an end marker; harmless faults cost nothing."""

from __future__ import annotations

import pytest
from PIL import Image

from curation.fetch import sniff
from curation.fetch.decoder import DecodeLimits, Decoder, Undecodable
from tests.hostile.images import encoded, photograph

DECODER = Decoder(DecodeLimits(shortest_side_px=128))
KINDS: dict[str, tuple[str, dict[str, object]]] = {
    "baseline": ("RGB", {}),
    "full colour": ("RGB", {"subsampling": 0}),
    "restart markers": ("RGB", {"restart_marker_rows": 2}),
    "progressive": ("RGB", {"progressive": True}),
    "grey": ("L", {}),
    "CMYK": ("CMYK", {}),
}


def file(kind: str) -> bytes:
    mode, options = KINDS[kind]
    return encoded(photograph(601, 403).convert(mode), **options)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("share", [0.02, 0.3, 0.45])
def test_a_file_cut_short_and_ended_anew_is_rejected(kind: str, share: float) -> None:
    whole = file(kind)
    start = sniff.sniff(whole).scan + 16
    cut = whole[: start + int((len(whole) - start) * share)].rstrip(b"\xff") + b"\xff\xd9"
    with pytest.raises(Undecodable, match="truncated") as refused:
        DECODER(cut)
    assert refused.value.reason == "decode"


def test_the_last_row_alone_may_be_lacking() -> None:
    whole = file("baseline")
    with pytest.raises(Undecodable, match="truncated"):
        DECODER(whole[:-300].rstrip(b"\xff") + b"\xff\xd9")


@pytest.mark.parametrize("kind", KINDS)
def test_bytes_between_the_picture_and_its_end_cost_nothing(kind: str) -> None:
    whole = file(kind)
    assert DECODER(whole[:-2] + bytes(50) + whole[-2:]) == DECODER(whole)


@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_that_ends_in_grey_is_no_cut_one(kind: str) -> None:
    mode, options = KINDS[kind]
    picture = photograph(601, 403)
    picture.paste((128, 128, 128), (300, 200, 601, 403))
    assert DECODER(encoded(picture.convert(mode), **options)).original_width == 601


def test_a_progressive_file_of_thousands_of_scans_is_rejected_before_decoding() -> None:
    whole = encoded(Image.new("RGB", (64, 64), (9, 99, 200)), progressive=True)
    first = sniff.sniff(whole).scan
    scan = whole[first : whole.index(b"\xff", first + 2)]
    with pytest.raises(sniff.Broken, match="scans"):
        sniff.sniff(whole[:first] + scan * 1000 + whole[first:])
