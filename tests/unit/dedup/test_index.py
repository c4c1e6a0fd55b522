"""Claims: who holds a key, and that no near-duplicate within reach is missed or made up."""

from __future__ import annotations

import random

import pytest

from curation.dedup.index import ClaimIndex, NearIndex
from curation.dedup.keys import Claim, KeyKind

EXACT = [KeyKind.SAMPLE, KeyKind.IMAGE, KeyKind.DIALOGUE]


def flipped(value: int, bits: int, chance: random.Random) -> int:
    """The hash with exactly so many bits changed."""
    for bit in chance.sample(range(256), bits):
        value ^= 1 << bit
    return value


@pytest.mark.parametrize("kind", EXACT)
def test_the_first_to_claim_a_key_holds_it_and_later_ones_learn_who(kind: KeyKind) -> None:
    index = ClaimIndex(31)
    assert index.claim([Claim("p#1", kind, "k")]) == [None]
    assert index.claim([Claim("p#2", kind, "k"), Claim("p#2", kind, "other")]) == ["p#1", None]


@pytest.mark.parametrize("kind", [*EXACT, KeyKind.PDQ])
def test_who_claims_again_meets_itself_and_not_a_rival(kind: KeyKind) -> None:
    index = ClaimIndex(31)
    claims = [Claim(f"p#{row}", kind, f"{row:064x}"[::-1]) for row in range(5)]
    first = index.claim(claims)
    assert index.claim(claims) == first


def test_claims_of_one_call_are_served_in_order() -> None:
    assert ClaimIndex(31).claim([Claim(f"p#{row}", KeyKind.IMAGE, "k") for row in range(3)]) == [None, "p#0", "p#0"]


def test_a_key_of_one_kind_is_no_key_of_another() -> None:
    index = ClaimIndex(31)
    assert index.claim([Claim(f"p#{kind}", kind, "ab" * 32) for kind in KeyKind]) == [None] * len(KeyKind)


@pytest.mark.parametrize("reach", [0, 1, 15, 16, 31, 32, 47, 48, 63])
def test_a_hash_at_the_reach_is_found_and_one_bit_further_is_not(reach: int) -> None:
    chance = random.Random(reach)
    for _ in range(40):
        index = NearIndex(reach)
        value = chance.getrandbits(256)
        assert index.claim("first", value) is None
        assert index.claim("near", flipped(value, reach, chance)) == "first"
        assert index.claim("far", flipped(value, reach + 1, chance)) is None


@pytest.mark.parametrize("spread", ["one band", "even"])
def test_the_worst_spreads_of_31_bits_over_the_hash_are_found(spread: str) -> None:
    index = NearIndex(31)
    index.claim("first", 0)
    mask = (1 << 31) - 1 if spread == "one band" else sum(1 << (bit * 8) for bit in range(31))
    assert mask.bit_count() == 31
    assert index.claim("near", mask) == "first"


def test_whoever_is_within_reach_is_found_as_by_comparing_all_with_all() -> None:
    chance = random.Random(5)
    centres = [chance.getrandbits(256) for _ in range(40)]
    values = [flipped(chance.choice(centres), chance.randint(0, 40), chance) for _ in range(600)]
    index, held, near = NearIndex(31), [], 0
    for number, value in enumerate(values):
        rivals = {owner for owner, other in held if (value ^ other).bit_count() <= 31}
        found = index.claim(str(number), value)
        assert (found in rivals) if rivals else (found is None)
        near += bool(rivals)
        if not rivals:
            held.append((str(number), value))
    assert 100 < near < 560


def test_a_rejected_hash_is_not_held_so_that_likeness_does_not_chain() -> None:
    first, step = 0, (1 << 31) - 1
    index = NearIndex(31)
    assert index.claim("a", first) is None
    assert index.claim("b", step) == "a"
    assert index.claim("c", step << 31 | step) is None  # 31 bits from b, 62 from a


def test_an_owner_may_claim_two_hashes_and_hold_both() -> None:
    index = NearIndex(31)
    assert [index.claim("a", 0), index.claim("a", (1 << 256) - 1)] == [None, None]
    assert index.claim("b", 1) == index.claim("b", (1 << 256) - 2) == "a"
