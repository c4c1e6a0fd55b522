from __future__ import annotations

import pytest

from tests.bench.bench_quality import DATA, SETS, labelled, scores

# the share of bad turns that must fall at least, and of good ones that may at most, of all checks together
BOUNDS = {
    "turns": (0.97, 0.05),
    "turns_free": (0.97, 0.12),
    "turns_heldout": (0.97, 0.05),
    "turns_fresh": (0.97, 0.05),
    "turns_fourth": (0.97, 0.05),
    "turns_qwen": (0.88, 0.05),
    "turns_sixth": (0.93, 0.05),
    "turns_seventh": (0.92, 0.07),
    "turns_eighth": (0.97, 0.05),
    "turns_ninth": (0.94, 0.72),
    "turns_tenth": (0.95, 0.08),
    "turns_strong": (0.66, 0.09),
    "turns_paraphrased": (0.92, 0.10),
    "turns_premise": (1.0, 0.0),
}
ENGLISH = ("turns_strong", "turns_paraphrased", "turns_premise")  # English alone

# the share of good turns that a single check may lose, where it is not 5 %
WORST = {"turns_free": 0.065, "turns_ninth": 0.47, "turns_strong": 0.065, "turns_paraphrased": 0.07}


@pytest.mark.parametrize("name", SETS)
def test_few_good_turns_fall_and_few_bad_turns_pass(name: str) -> None:
    caught, lost = BOUNDS[name]
    cases = labelled(DATA / f"{name}.tsv")
    assert len(cases) >= 70
    assert name in ENGLISH or len({case.language for case in cases}) >= 3
    found = {score.check: score for score in scores(cases)}
    assert {
        kind: score.false for kind, score in found.items() if kind != "any" and score.false > WORST.get(name, 0.05)
    } == {}
    assert found["any"].recall >= caught
    assert found["any"].false <= lost
