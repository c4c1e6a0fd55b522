"""A whole run with a judge at an endpoint of its own, and an evaluation of what it wrote."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from rich.console import Console

from curation.evaluate.command import evaluate
from curation.evaluate.dialogues import DatasetError
from curation.evaluate.figures import Rate
from curation.pipeline import run
from curation.recipe import load_recipe
from tests.servers.openai import Call, LlmServer, Reply
from tests.world import world


def _dislikes_houses(call: Call) -> Reply:
    """Calls every turn about a house unknowable, and gives no answer at all about chairs."""
    if call.probe:
        return Reply("y")
    if "chair" in call.last:
        return Reply("I would rather not say.")
    turns = json.loads(call.last)["turns"]
    verdicts = [{"verdict": "unknowable" if "house" in turn["answer"] else "supported", "score": 1.0} for turn in turns]
    return Reply(json.dumps({"verdicts": verdicts}))


def test_a_judge_at_its_own_endpoint_decides_what_is_accepted(tmp_path: Path) -> None:
    with LlmServer(_dislikes_houses, model="judge") as judge:
        section = {"endpoints": [{"url": judge.url, "model": "judge"}]}
        with world(tmp_path, judge=section) as made:
            made.add_rows("a.parquet", 0, 24)
            recipe = load_recipe(made.recipe)
            assert run(recipe, Console(quiet=True)).complete
            rows = made.table.table(["caption", "reason", "turns", "prompt_tokens"]).to_pylist()
            assert not any("verdicts" in str(call.body) for call in made.llm.calls)  # the writer was not asked to judge
    reached = [row for row in rows if row["reason"] != "http_404"]
    assert len(reached) == 20
    for row in reached:
        wanted = (
            "judge_failed" if "chair" in row["caption"] else "judged_unsupported" if "house" in row["caption"] else None
        )
        assert row["reason"] == wanted, row["caption"]
    assert {turn["verdict"] for row in reached if row["reason"] is None for turn in row["turns"]} <= {"supported"}
    assert {row["reason"] for row in reached} == {None, "judge_failed", "judged_unsupported"}


def test_a_table_is_evaluated_by_its_checks_and_by_the_judge_of_a_recipe(tmp_path: Path) -> None:
    with LlmServer(_dislikes_houses, model="judge") as judge, world(tmp_path) as made:
        with pytest.raises(DatasetError, match="no accepted row"):
            evaluate(made.table, 10)
        made.add_rows("a.parquet", 0, 24)
        plain = load_recipe(made.recipe)
        assert run(plain, Console(quiet=True)).complete
        made.recipe.write_text(
            f"{made.recipe.read_text()}\njudge: {{endpoints: [{{url: '{judge.url}', model: judge}}]}}\n"
        )
        (whole,) = evaluate(made.table, 500, recipe=load_recipe(made.recipe))
        (part,) = evaluate(made.table, 4)
    assert whole.acceptance == Rate(20, 24)
    assert (whole.sampled, whole.types, whole.supported) == (20, {"detailed_description": 1.0}, Rate(20, 20))
    assert whole.unjudged == 10  # those that show a chair
    assert whole.judged == Rate(5, 10)  # and of the others, houses
    assert (part.sampled, part.rows, part.judged) == (4, 20, None)


def test_without_an_endpoint_of_its_own_the_judge_asks_the_writer_s(tmp_path: Path) -> None:
    with world(tmp_path, judge={"on_failure": "keep"}) as made:
        write = made.llm.script
        made.llm.script = lambda call: _dislikes_houses(call) if '"evidence"' in call.last else write(call)
        made.add_rows("a.parquet", 12, 10)
        assert run(load_recipe(made.recipe), Console(quiet=True)).complete
        outcomes = made.outcomes()
    assert {outcomes[made.site.url(f"{number}.jpg")] for number in (12, 13)} == {"judged_unsupported"}
    assert {outcomes[made.site.url(f"{number}.jpg")] for number in (18, 20, 21)} == {"accepted"}
