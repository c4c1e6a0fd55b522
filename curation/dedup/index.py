"""Who holds which key: a pure, in-memory index of claims."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Protocol

from curation.dedup.keys import Claim, KeyKind

_BITS = 256
_FEWEST_BANDS = 11  # of 23 or 24 bits each: with 10 million hashes, a value of such a band has but one or two of them
_MOST_FLIPS = 2  # in one band: 277 values to look up for a band of 23 bits


class Claims(Protocol):
    """Where stages claim keys."""

    def claim(self, claims: Sequence[Claim]) -> list[str | None]:
        """For each claim: None when its owner now holds the key, else who held it before."""


class ClaimIndex:
    """Claims of one run and of what earlier runs accepted; first come, first served.

    Memory: about 200 bytes a key, and about 1 kB a PDQ hash. Not safe to call from several threads.
    """

    def __init__(self, near_image_bits: int) -> None:
        self._held: dict[str, str] = {}
        self._near = NearIndex(near_image_bits)

    def claim(self, claims: Sequence[Claim]) -> list[str | None]:
        """See `Claims.claim`. Claims of one call are served in order."""
        return [self._claim_one(claim) for claim in claims]

    def _claim_one(self, claim: Claim) -> str | None:
        if claim.kind is KeyKind.PDQ:
            return self._near.claim(claim.owner, int(claim.key, 16))
        holder = self._held.setdefault(f"{claim.kind}:{claim.key}", claim.owner)
        return None if holder == claim.owner else holder


class NearIndex:
    """256-bit hashes found again within `max_bits` differing bits, exactly (no near-duplicate is missed).

    Multi-index hashing (Norouzi, Punjani, Fleet 2012): cut the hash into b bands. If two hashes differ in at
    most m bits, some band differs in at most m // b bits, so looking up each band and its neighbours at that
    radius finds every candidate; the full distance then decides. For 31 bits there are 11 bands and the radius is
    2: about 3,000 look-ups, which cost the same however many hashes there are, and then 1 candidate in 2,800.
    """

    def __init__(self, max_bits: int) -> None:
        self._max_bits = max_bits
        count = max(_FEWEST_BANDS, max_bits // (_MOST_FLIPS + 1) + 1)
        edges = [_BITS * band // count for band in range(count + 1)]
        self._cuts = [(low, (1 << high - low) - 1) for low, high in pairwise(edges)]  # shift and mask of each band
        widest = max(high - low for low, high in pairwise(edges))
        flips = _masks_within(max_bits // count, widest)
        self._flips = [[flip for flip in flips if flip <= mask] for _, mask in self._cuts]
        # Most values of a band occur once: a list for each would double the memory.
        self._bands: list[dict[int, int | list[int]]] = [{} for _ in range(count)]
        self._hashes: list[int] = []
        self._owners: list[str] = []

    def claim(self, owner: str, value: int) -> str | None:
        """The nearest-first-found other holder within reach, or None when `owner` now holds `value`."""
        rival, known = self._find(owner, value)
        if rival is None and not known:
            self._add(owner, value)
        return rival

    def _find(self, owner: str, value: int) -> tuple[str | None, bool]:
        known = False
        for (shift, mask), flips, found in zip(self._cuts, self._flips, self._bands, strict=True):
            part = (value >> shift) & mask
            for flip in flips:
                hit = found.get(part ^ flip)
                if hit is None:
                    continue
                for index in hit if isinstance(hit, list) else (hit,):
                    if (self._hashes[index] ^ value).bit_count() > self._max_bits:
                        continue
                    if self._owners[index] != owner:
                        return self._owners[index], known
                    known = True
        return None, known

    def _add(self, owner: str, value: int) -> None:
        index = len(self._hashes)
        self._hashes.append(value)
        self._owners.append(owner)
        for (shift, mask), found in zip(self._cuts, self._bands, strict=True):
            held = found.setdefault((value >> shift) & mask, index)
            if isinstance(held, list):
                held.append(index)
            elif held is not index:
                found[(value >> shift) & mask] = [held, index]


def _masks_within(radius: int, bits: int) -> list[int]:
    """Every mask of `bits` bits with at most `radius` of them set."""
    masks = [0]
    for _ in range(radius):
        masks = list(dict.fromkeys(masks + [mask | 1 << bit for mask in masks for bit in range(bits)]))
    return masks
