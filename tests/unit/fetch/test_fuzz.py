"""No mutation of an accepted format ends the decoder: every file gives an image or a reason."""

from __future__ import annotations

import os
import random

import pytest

from curation.fetch.decoder import Decoded, DecodeLimits, Decoder, Undecodable
from curation.fetch.sandbox import DecoderDied, Sandbox
from tests.hostile.images import FORMATS, encoded, mutated, photograph
from tests.hostile.parsers import PARSERS
from tests.hostile.parsers import seeds as inputs

REASONS = {"decode", "not_an_image", "too_many_pixels"}
LIMITS = DecodeLimits(max_pixels=4_000_000, shortest_side_px=128)  # so small that the larger seeds are shrunk


def seeds(kind: str) -> list[bytes]:
    picture = photograph(96, 64)
    found = [encoded(picture, kind), encoded(photograph(500, 400), kind)]
    if kind == "JPEG":
        found += [encoded(picture, kind, progressive=True), encoded(picture.convert("CMYK"), kind)]
        found += [encoded(picture.convert("L"), kind), encoded(picture, kind, exif=_exif())]
    if kind == "PNG":
        found += [encoded(picture.convert(mode), kind) for mode in ("P", "1", "LA", "RGBA", "I;16")]
    if kind == "WEBP":
        found += [encoded(picture, kind, lossless=True), encoded(picture.convert("RGBA"), kind, exif=_exif())]
    if kind in ("GIF", "WEBP", "PNG", "AVIF"):
        found.append(encoded(picture, kind, save_all=True, append_images=[picture.rotate(90)] * 3))
    return found


def _exif() -> object:
    from PIL import Image

    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010E] = "a description"
    return exif


def rounds(kind: str, count: int, seed: int) -> dict[str, int]:
    """Decode `count` mutations in a sandbox; how they ended."""
    generator = random.Random(seed)
    originals = seeds(kind)
    sandbox = Sandbox(LIMITS, timeout_s=20, memory_bytes=1_500_000_000)
    ends = {"image": 0, "died": 0}
    try:
        for _ in range(count):
            data = mutated(generator.choice(originals), generator)
            try:
                assert isinstance(sandbox(data), Decoded)
                ends["image"] += 1
            except Undecodable as error:
                ends[error.reason] = ends.get(error.reason, 0) + 1
            except DecoderDied:
                ends["died"] += 1
    finally:
        sandbox.close()
    assert set(ends) <= {"image", "died"} | REASONS
    return ends


@pytest.mark.parametrize("kind", FORMATS)
def test_mutated_files_give_an_image_or_a_reason(kind: str) -> None:
    ends = rounds(kind, 400, seed=20)
    assert ends["died"] == 0
    assert ends.get("decode", 0) > 20
    assert ends["image"] > 20


@pytest.mark.fuzz
@pytest.mark.timeout(0)
@pytest.mark.parametrize("kind", FORMATS)
def test_many_mutated_files_give_an_image_or_a_reason(kind: str) -> None:
    """20,000 a format unless FUZZ_ROUNDS says otherwise."""
    count = int(os.environ.get("FUZZ_ROUNDS", "20000"))
    ends = rounds(kind, count, seed=random.SystemRandom().randrange(1 << 30))
    assert ends["died"] == 0, ends


@pytest.mark.parametrize("name", PARSERS)
def test_no_mutation_breaks_a_parser(name: str) -> None:
    """The search that coverage guides is `python -m tests.hostile.fuzz`."""
    generator = random.Random(21)
    given = inputs(name)
    for text in given:
        PARSERS[name](text)
    for _ in range(300):
        PARSERS[name](mutated(generator.choice(given), generator))


def test_random_bytes_behind_each_magic_are_rejected() -> None:
    decoder = Decoder(LIMITS)
    generator = random.Random(3)
    for kind in FORMATS:
        start = seeds(kind)[0][:12]
        for size in (0, 1, 7, 50, 5000):
            with pytest.raises(Undecodable):
                decoder(start + generator.randbytes(size))
