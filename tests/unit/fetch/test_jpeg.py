"""A JPEG that was cut short is rejected though it has an end marker; harmless faults cost nothing."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from curation.fetch import jpeg, sniff, turbojpeg
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


@pytest.mark.parametrize("told", [{"exif": b"Exif\0\0"}, {"xmp": b"<x:xmpmeta/>"}, {"icc_profile": b"a profile"}])
def test_only_a_file_that_says_nothing_of_its_picture_is_bare(told: dict[str, object]) -> None:
    assert sniff.sniff(file("baseline")).bare
    assert not sniff.sniff(encoded(photograph(), **told)).bare


def with_bytes_before_its_end(whole: bytes) -> bytes:
    return whole[:-2] + bytes(50) + whole[-2:]


@pytest.mark.parametrize("kind", KINDS)
def test_bytes_between_the_picture_and_its_end_cost_nothing(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turbojpeg, "_libturbojpeg", lambda: None)  # it takes the one and leaves the other to OpenCV
    whole = file(kind)
    assert DECODER(with_bytes_before_its_end(whole)) == DECODER(whole)


@pytest.mark.parametrize("kind", KINDS)
def test_bytes_that_libjpeg_warns_of_change_the_decoder_and_not_the_picture(kind: str) -> None:
    whole = file(kind)
    found, plain = DECODER(with_bytes_before_its_end(whole)), DECODER(whole)
    left, right = (np.asarray(Image.open(io.BytesIO(each.jpeg))).astype(int) for each in (found, plain))
    assert np.abs(left - right).mean() < 1.5  # BGR and planes are rounded apart: 1.1 to 1.2 in colour, 0 in grey
    assert found == replace(
        plain,
        jpeg=found.jpeg,
        contrast=pytest.approx(plain.contrast, rel=0.0005),
        sharpness=pytest.approx(plain.sharpness, rel=0.003),
    )


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


def ending_in_grey(**options: Any) -> bytes:
    picture = photograph(601, 403)
    picture.paste((128, 128, 128), (300, 200, 601, 403))
    return encoded(picture, **options)


@pytest.mark.parametrize("fill", [1, 7])
def test_bytes_that_fill_before_a_marker_are_no_cut(fill: int) -> None:
    whole = ending_in_grey(progressive=True)
    marker = whole.index(b"\xff\xc4", sniff.sniff(whole).scan)
    assert DECODER(whole[:marker] + b"\xff" * fill + whole[marker:]) == DECODER(whole)


@pytest.mark.parametrize("progressive", [False, True])
def test_a_component_may_be_named_255(progressive: bool) -> None:
    whole = bytearray(ending_in_grey(progressive=progressive))
    frame = whole.index(b"\xff\xc2" if progressive else b"\xff\xc0")
    whole[frame + 13] = 255  # the second of three in the frame header
    at = whole.find(b"\xff\xda")
    while at >= 0:
        for place in range(at + 5, at + 5 + 2 * whole[at + 4], 2):
            whole[place] = 255 if whole[place] == 2 else whole[place]
        at = whole.find(b"\xff\xda", at + 4)
    assert DECODER(bytes(whole)).original_width == 601


def test_a_progressive_file_of_thousands_of_segments_is_given_up() -> None:
    whole = encoded(Image.new("RGB", (64, 64), (9, 99, 200)), progressive=True)
    first = sniff.sniff(whole).scan
    after = whole.index(b"\xff\xc4", first)
    with pytest.raises(sniff.Broken, match="segments"):
        sniff.sniff(whole[:after] + b"\xff\xe0\x00\x00" * 10_000 + whole[after:])


def test_a_scan_that_names_thousands_of_components_costs_little() -> None:
    """No decoder takes it; what it names past the fourth is not looked at."""
    scan = b"\xff\xda\xff\xfe" + b"\x04" + bytes([9, 0] * 4 + [1, 0] * 32_760) + b"\x00\x3f\x00"
    assert jpeg.missing_scans(scan + bytes(9), 0, b"\x01") is not None
