from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from curation.cli import app
from curation.inference.chat import ChatAnswer, ChatRequest
from curation.report.prompt import Example, attempt, measured_yields, render, show
from curation.stages.captions import CaptionsSection
from curation.stages.quality import QualitySection
from curation.stages.rewrite import Rewrite, RewriteSection
from tests.unit.report.samples import accepted, committed, rejected, turn

CAPTION = "Two men in red coats holding umbrellas in the snow | Stock Photo"
DESCRIBE_ONLY = RewriteSection(mix={"detailed_description": 1.0})


class Scripted:
    """A chat with the same answer to all, which keeps what it was asked."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.asked: list[ChatRequest] = []

    def ask(self, requests: list[ChatRequest]) -> list[ChatAnswer]:
        self.asked += requests
        return [ChatAnswer(self.text, "stop", 9, 9, "served", 0.1, 1) for _ in requests]

    def close(self) -> None:
        pass


def test_show_tells_facts_plan_and_why_a_type_is_not_carried() -> None:
    told = show(Example("Red vase on a shelf"), CaptionsSection(), RewriteSection())
    assert told["evidence"] == [{"source": "alt_text", "text": "Red vase on a shelf"}]
    whys = {each["response_type"]: each["why"] for each in told["types"]}
    assert whys["complex_reasoning"] == "nothing told is a cue for an inference"
    assert len(told["requests"]) == len(told["plan"]) > 0
    assert "Red vase on a shelf" in render(told)


def test_the_requests_shown_are_those_that_a_run_sends() -> None:
    from curation.samples import make_table, sample_id

    example = Example(CAPTION, url="https://a.example/1.jpg")
    told = show(example, CaptionsSection(), RewriteSection())
    chat = Scripted("{}")
    table = make_table({"sample_id": [sample_id(example.url, CAPTION)], "text": [told["text"]], "language": ["en"]})
    Rewrite(RewriteSection(attempts=1), chat)(table)
    sent = {json.dumps(request.messages) for request in chat.asked}
    assert {json.dumps(request["messages"]) for request in told["requests"]} <= sent


def test_a_caption_that_the_filters_reject_is_shown_all_the_same() -> None:
    told = show(Example("vase"), CaptionsSection(), RewriteSection())
    assert told["filtered"].startswith("short_caption")
    assert told["requests"]


def test_try_tells_each_attempt_with_its_problems_and_the_last_word() -> None:
    chat = Scripted('{"answer": "A green frog sits there."}')
    told = attempt(Example("Red vase on a shelf"), CaptionsSection(), DESCRIBE_ONLY, QualitySection(), chat)
    assert len(told["attempts"]) == DESCRIBE_ONLY.attempts == len(chat.asked)
    assert any("frog" in problem for problem in told["attempts"][0]["problems"])
    assert told["outcome"].startswith("rejected: unsupported")
    assert "dropped" in render(told)
    good = attempt(
        Example("Red vase on a shelf"), CaptionsSection(), DESCRIBE_ONLY, QualitySection(),
        Scripted('{"answer": "The photo shows a red vase on a shelf."}'),
    )  # fmt: skip
    assert good["outcome"] == "accepted"
    assert [each["problems"] for each in good["attempts"]] == [[]]


def test_the_command_prints_json_and_refuses_what_is_no_picture(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["prompt", "show", CAPTION, "--json"])
    assert json.loads(done.output)["text"] == "Two men in red coats holding umbrellas in the snow"
    (tmp_path / "x.jpg").write_bytes(b"no picture")
    done = CliRunner().invoke(app, ["prompt", "show", CAPTION, "--image", str(tmp_path / "x.jpg")])
    assert "not a picture" in str(done.exception)


@pytest.mark.parametrize("metadata", ["{", "[]", "3"])
def test_metadata_must_be_an_object(metadata: str) -> None:
    done = CliRunner().invoke(app, ["prompt", "show", CAPTION, "--metadata", metadata])
    assert "JSON object" in str(done.exception)


def test_mix_counts_the_recipes_own_source_and_prints_what_to_paste(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    from tests.captions import web_captions

    captions = [text for text in web_captions(300) if len(text.split()) > 3]
    urls = [f"https://a.example/{at}.jpg" for at in range(len(captions))]
    pq.write_table(pa.table({"url": urls, "caption": captions}), tmp_path / "pairs.parquet")
    recipe = tmp_path / "r.yaml"
    recipe.write_text(
        f"name: r\nsource: {{paths: ['{tmp_path}/*.parquet'], partition_rows: 50}}\noutput: {{table: '{tmp_path}/t'}}\n"
        "inference: {endpoints: [{url: 'http://127.0.0.1:1/v1', model: m}]}\n"
    )
    told = json.loads(CliRunner().invoke(app, ["prompt", "mix", str(recipe), "--json"]).output)
    assert told["rows"] == len(captions)
    assert set(told["lean"]) == set(RewriteSection().mix)
    assert told["largest_miss"] < 0.01
    assert "lean: {" in CliRunner().invoke(app, ["prompt", "mix", str(recipe)]).output
    done = CliRunner().invoke(app, ["prompt", "mix", str(recipe), "--measured"])
    assert "too few turns" in str(done.exception)


def test_yields_are_the_share_of_written_turns_that_stand_in_accepted_rows(tmp_path: Path) -> None:
    rows = [accepted(number) for number in range(50)]  # of two conversation turns one was dropped
    rows += [rejected(number, "unsupported", turns=rows[0]["turns"][1:2]) for number in range(50)]
    rows += [rejected(99, "unsupported", turns=[turn("false_premise", "Is it?", "No.")])]
    assert measured_yields(committed(tmp_path, rows)) == {"conversation": 0.5, "detailed_description": 0.5}
