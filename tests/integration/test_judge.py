"""A whole run with a judge at an endpoint of its own, and an evaluation of what it wrote."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest
import yaml
from rich.console import Console

from curation.errors import EndpointError, PoolError
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


@pytest.mark.parametrize("key", ["judge.endpoints", "rewrite.evidence.describe.endpoints"])
def test_a_model_beside_the_writer_that_nobody_serves_ends_the_run_before_anything_is_written(
    tmp_path: Path, key: str
) -> None:
    unknown = LlmServer(lambda _: Reply(status=404, text="The model `typo` does not exist."))
    with unknown, world(tmp_path) as made:
        write = made.llm.script
        made.llm.script = lambda call: write(call) if call.probe else Reply(hang=True)  # no answer would end the run
        made.add_rows("a.parquet", 0, 10)
        named: Any = {"endpoints": [{"url": unknown.url, "model": "typo"}]}
        for part in reversed(key.split(".")[:-1]):
            named = {part: named}
        text = yaml.safe_load(made.recipe.read_text())
        text["rewrite"] |= named.pop("rewrite", {})
        made.recipe.write_text(yaml.safe_dump(text | named))
        with pytest.raises(EndpointError, match=rf"^{key}: no LLM endpoint can be used: .*typo.*Mend") as caught:
            run(load_recipe(made.recipe), Console(quiet=True))
        assert caught.value.exit_code == 2
        assert made.table.status().planned == 0


def test_one_of_two_judges_that_dies_costs_no_row_and_the_last_one_ends_the_run(tmp_path: Path) -> None:
    client = {
        "patience_s": 3, "probe_interval_s": 1, "probe_deadline_s": 2, "backoff_s": 0.05, "max_in_flight": 2,
    }  # fmt: skip
    with LlmServer(_judge_all) as first, LlmServer(_judge_all) as second:
        section = {"endpoints": [{"url": server.url, "model": "stand-in"} for server in (first, second)]}
        with world(tmp_path, client=client, judge=section) as made:
            made.add_rows("a.parquet", 0, 30)
            first.script = lambda call: _last_words(first, call, 4)
            second.script = lambda call: _last_words(second, call, 8)
            recipe = load_recipe(made.recipe)
            with pytest.raises(PoolError, match=r"^judge.endpoints: no LLM endpoint has answered"):
                run(recipe, Console(quiet=True))
            half = made.table.status()
            assert half.balanced
            assert half.planned == 10  # the first partition, though one judge died in it
            second.script = _judge_all
            second.start()
            assert run(recipe, Console(quiet=True)).complete
            assert made.outcomes() == made.expected(0, 30)


def _judge_all(call: Call) -> Reply:
    """Calls every turn supported."""
    turns = [] if call.probe else json.loads(call.last)["turns"]
    return Reply(json.dumps({"verdicts": [{"verdict": "supported", "score": 1.0} for _ in turns]}))


def _last_words(server: LlmServer, call: Call, answers: int) -> Reply:
    """Judges so many dialogues, then its process dies."""
    if len(server.calls) > answers:
        threading.Thread(target=server.kill, daemon=True).start()
        return Reply(hang=True)
    return _judge_all(call)
