from __future__ import annotations

from tests.bench.bench_quality import labelled, scores


def test_no_check_fails_more_than_five_percent_of_good_turns_and_few_bad_turns_pass() -> None:
    cases = labelled()
    assert len(cases) >= 300
    assert len({case.language for case in cases}) >= 3
    found = {score.check: score for score in scores(cases)}
    assert {name: score.false for name, score in found.items() if score.false > 0.05} == {}
    assert found["any"].recall > 0.97
    assert found["any"].precision > 0.97
