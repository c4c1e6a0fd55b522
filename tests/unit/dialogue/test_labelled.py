from __future__ import annotations

import pytest

from tests.bench.bench_quality import DATA, SETS, labelled, scores


@pytest.mark.parametrize("name", SETS[:3])
def test_no_check_fails_more_than_five_percent_of_good_turns_and_few_bad_turns_pass(name: str) -> None:
    cases = labelled(DATA / f"{name}.tsv")
    assert len(cases) >= 130
    assert len({case.language for case in cases}) >= 3
    found = {score.check: score for score in scores(cases)}
    assert {kind: score.false for kind, score in found.items() if kind != "any" and score.false > 0.05} == {}
    assert found["any"].recall > 0.97
    assert found["any"].false < 0.07
    assert found["any"].precision > 0.93
