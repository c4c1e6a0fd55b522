"""How good a judge a model is, on the labelled turns: `python -m tests.bench.bench_judge URL MODEL [SET]`.

A judge catches a bad turn when it does not call it supported with a score of at least `min_score`. Only turns whose
defect is one of support count as bad: form is the checks' to tell. Each turn is a dialogue of its own.
"""

from __future__ import annotations

import sys

from curation.dialogue.evidence import gather
from curation.dialogue.judge import SUPPORTED, Case
from curation.inference.chat import Endpoint
from curation.inference.client import Client
from curation.inference.client_section import ClientSection
from curation.meter import LocalMeter
from curation.stages.judge import JudgeSection, judge
from tests.bench.bench_quality import DATA, Labelled, labelled

SUPPORT = ("words", "relations", "numbers", "gender", "negation", "presupposition", "cue")


def main() -> None:
    """Ask, and print precision and recall, by language and for a few thresholds."""
    url, model = sys.argv[1:3]
    name = sys.argv[3] if len(sys.argv) > 3 else "turns_fresh"
    cases = [case for case in labelled(DATA / f"{name}.tsv") if case.label in (*SUPPORT, "good")]
    meter = LocalMeter()
    with Client(ClientSection(max_in_flight=32), [Endpoint(url, model)], meter) as client:
        opinions = judge(JudgeSection(), client, [_case(case) for case in cases])
    sys.stdout.write(f"{model} on {name}: {len(cases)} turns, {meter.snapshot()['rewrite']}\n")
    unanswered = sum(opinion.judgements is None for opinion in opinions)
    sys.stdout.write(
        f"{unanswered} without a usable answer\n{'min_score':>9} {'precision':>9} {'recall':>7} {'false':>6}\n"
    )
    for least in (0.0, 0.5, 0.8, 1.0):
        fell = [
            opinion.judgements is None
            or opinion.judgements[0].verdict != SUPPORTED
            or opinion.judgements[0].score < least
            for opinion in opinions
        ]
        right = sum(caught and case.label != "good" for caught, case in zip(fell, cases, strict=True))
        bad = sum(case.label != "good" for case in cases)
        wrong = sum(fell) - right
        line = f"{least:9.1f} {right / max(1, sum(fell)):9.3f} {right / bad:7.3f} {wrong / (len(cases) - bad):6.3f}\n"
        sys.stdout.write(line)


def _case(labelled: Labelled) -> Case:
    evidence = gather(labelled.caption, labelled.language)
    if evidence is None:
        raise LookupError(f"no evidence in {labelled.caption!r}")
    return Case(evidence.facts, (labelled.turn,))


if __name__ == "__main__":
    main()
