"""Who holds which key: a pure, in-memory index of claims."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Protocol

from curation.dedup.keys import Claim, KeyKind

_BANDS = 16
_BAND_BITS = 256 // _BANDS
_BAND_MASK = (1 << _BAND_BITS) - 1


class Claims(Protocol):
    """Where stages claim keys."""

    def claim(self, claims: Sequence[Claim]) -> list[str | None]:
        """For each claim: None when its owner now holds the key, else who held it before."""


class ClaimIndex:
    """Claims of one run and of what earlier runs accepted; first come, first served.

    Memory: about 200 bytes a key, and about 2 kB a PDQ hash. Not safe to call from several threads.
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

    Multi-index hashing (Norouzi, Punjani, Fleet 2012): cut the hash into 16 bands of 16 bits. If two hashes
    differ in at most 31 bits, some band differs in at most 31 // 16 = 1 bit, so looking up each band and its
    neighbours at that radius finds every candidate; the full distance then decides.
    """

    def __init__(self, max_bits: int) -> None:
        self._max_bits = max_bits
        self._flips = _masks_within(max_bits // _BANDS)
        self._bands: list[dict[int, list[int]]] = [defaultdict(list) for _ in range(_BANDS)]
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
        for band, found in enumerate(self._bands):
            part = (value >> (band * _BAND_BITS)) & _BAND_MASK
            for flip in self._flips:
                for index in found.get(part ^ flip, ()):
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
        for band, found in enumerate(self._bands):
            found[(value >> (band * _BAND_BITS)) & _BAND_MASK].append(index)


def _masks_within(radius: int) -> list[int]:
    """Every 16-bit mask with at most `radius` bits set (radius is at most 3, since max_bits is at most 63)."""
    masks = [0]
    for _ in range(radius):
        masks = list(dict.fromkeys(masks + [mask | 1 << bit for mask in masks for bit in range(_BAND_BITS)]))
    return masks
