"""The perceptual hash is the one that others' lists hold, and what has no structure has none."""

from __future__ import annotations

import numpy as np
import pdqhash
import pytest

from curation.fetch.decoder import DecodeLimits, Decoder
from curation.fetch.pdq import pdq
from curation.fetch.sandbox import Sandbox
from tests.hostile.images import encoded, photograph


def reference(luma: np.ndarray) -> str:
    bits, _ = pdqhash.compute(np.repeat(luma[:, :, None], 3, axis=2))
    return np.packbits(bits).tobytes().hex()


@pytest.mark.parametrize("seed", range(8))
def test_its_bits_are_those_of_the_package_pdqhash(seed: int) -> None:
    picture = np.asarray(photograph(64, 64, seed=seed).convert("L"))
    noise = np.random.default_rng(seed).integers(0, 256, (64, 64), np.uint8)
    for luma in (picture, picture[:, ::-1].copy(), 255 - picture, noise):
        assert pdq(luma) == reference(luma)


@pytest.mark.parametrize("stripes", [(40, 40), (40, 220), (220, 90)])
def test_blank_and_striped_pictures_have_no_hash(stripes: tuple[int, int]) -> None:
    luma = np.full((500, 640), stripes[0], np.uint8)
    luma[:, 200:] = stripes[1]
    assert pdq(luma) is None
    assert pdq(luma.T.copy()) is None


def test_a_missing_hash_comes_out_of_the_decoder_process() -> None:
    from PIL import Image

    file = encoded(Image.new("RGB", (400, 400), (200, 10, 10)), "PNG")
    sandbox = Sandbox(DecodeLimits(), timeout_s=60, memory_bytes=1_500_000_000)
    try:
        assert sandbox(file).pdq is None
        assert sandbox(file) == Decoder(DecodeLimits())(file)
    finally:
        sandbox.close()
