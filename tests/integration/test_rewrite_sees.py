"""The rewrite stage with models that see: the stand-in decodes the image of each request and tells its colour."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pytest
from PIL import Image

from curation.inference.chat import Endpoint
from curation.inference.client import Client
from curation.inference.client_section import ClientSection
from curation.meter import LocalMeter
from curation.samples import make_table, sample_id
from curation.stages.quality import Quality, QualitySection
from curation.stages.rewrite import Rewrite, RewriteSection
from tests.servers.openai import Call, LlmServer, Reply

COLOURS = {"red": (200, 20, 20), "blue": (20, 20, 200), "green": (20, 160, 20)}
DESCRIBE = {"describe": {}}


def jpeg(colour: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 48), COLOURS[colour]).save(out, "JPEG")
    return out.getvalue()


def seen(call: Call) -> tuple[str | None, str]:
    """The colour of the image in a request's last message, if there is one, and its text."""
    content: Any = call.body["messages"][-1]["content"]
    if isinstance(content, str):
        return None, content
    images = [part["image_url"]["url"] for part in content if part["type"] == "image_url"]
    head, _, data = images[0].partition(",")
    assert head == "data:image/jpeg;base64"
    pixel = Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB").resize((1, 1)).getpixel((0, 0))
    nearest = min(COLOURS, key=lambda name: sum(abs(a - b) for a, b in zip(COLOURS[name], pixel, strict=True)))
    return nearest, next(part["text"] for part in content if part["type"] == "text")


def caption_of(text: str) -> str:
    return str(json.loads(text.split("\n")[0].removeprefix("Caption: ")))


TURNS = {
    "what item is shown": ("What item is shown?", "It is a vase."),
    "where the vase is": ("Where is the vase?", "The vase is on the shelf."),
    "made of": ("What is the shelf made of?", "The shelf is made of wood."),
}


def answers(call: Call) -> Reply:
    if call.probe:
        return Reply()
    colour, text = seen(call)
    schema = call.body["response_format"]["json_schema"]["schema"]["properties"]
    if "facts" in schema:
        return Reply(text=json.dumps({"facts": [f"There is a {colour} vase on the shelf."]}))
    if "question" in schema:
        for topic, (question, answer) in TURNS.items():
            if topic in text:
                return Reply(text=json.dumps({"question": question, "answer": answer}))
        colour = caption_of(text).split(" vase")[0].split()[-1]
        return Reply(text=json.dumps({"question": "What color is the vase?", "answer": f"The vase is {colour}."}))
    if "translate into" in text:
        return Reply(text=json.dumps({"answer": "A blue vase on a wooden shelf"}))
    return Reply(text=json.dumps({"answer": f"The photo shows a {colour or 'clay'} vase on a shelf."}))


@pytest.fixture
def server() -> Iterator[LlmServer]:
    with LlmServer(answers) as up:
        yield up


def rewritten(server: LlmServer, section: RewriteSection, rows: list[tuple[str, str, str]]) -> list[dict[str, Any]]:
    """Rows of (text, language, colour of the image) after the rewrite and quality stages."""
    table = make_table(
        {
            "sample_id": [sample_id(f"http://a.example/{at}", row[0]) for at, row in enumerate(rows)],
            "text": [text for text, _, _ in rows],
            "language": [language for _, language, _ in rows],
            "image": [{"bytes": jpeg(colour), "path": None} for _, _, colour in rows],
        }
    )
    client = ClientSection(timeout_s=20, total_s=40, attempts=2, backoff_s=0.01, patience_s=30, first_patience_s=30)
    with Client(client, [Endpoint(server.url, "stand-in")], LocalMeter()) as chat:
        after: pa.Table = Quality(QualitySection())(Rewrite(section, chat)(table))
    return after.to_pylist()


def told(rows: list[dict[str, Any]]) -> set[str]:
    """What the assistant says of rows in which it says something of the vase beside that it is one."""
    assert [row["reason"] for row in rows] == [None] * len(rows)
    each = [{message["content"] for message in row["messages"][1::2]} - {"It is a vase."} for row in rows]
    assert all(each)
    return set.union(*each)


def test_vision_mode_sends_the_image_and_the_checks_hold_the_answer_to_the_evidence(server: LlmServer) -> None:
    section = RewriteSection(mix={"detailed_description": 1.0}, vision=True, attempts=1)
    caption = "Blue vase on a shelf"
    blue, red = rewritten(server, section, [(caption, "en", "blue"), (caption, "en", "red")])
    assert blue["reason"] is None
    assert "blue vase" in blue["messages"][1]["content"]
    assert red["reason"] == "unsupported"  # the model saw red, which the caption does not tell
    assert all(seen(call)[0] for call in server.calls)
    assert "You also see the photo" in server.calls[0].body["messages"][0]["content"]


def test_without_vision_no_image_leaves_the_stage(server: LlmServer) -> None:
    rewritten(server, RewriteSection(), [("Blue vase on a shelf", "en", "blue")])
    assert server.calls
    assert not any(seen(call)[0] for call in server.calls)


def test_a_describe_pass_gives_facts_with_their_source_and_turns_about_them(server: LlmServer) -> None:
    section = RewriteSection(evidence=DESCRIBE, mix={"conversation": 1.0}, min_words={})
    rows = rewritten(server, section, [("Vase from the Mori collection", "en", "green")] * 8)
    assert [row["evidence"] for row in rows] == 8 * [
        [
            {"source": "alt_text", "text": "Vase from the Mori collection"},
            {"source": "description", "text": "There is a green vase on the shelf."},
        ]
    ]
    assert told(rows) == {"The vase is green.", "The vase is on the shelf."}  # which of them, a sample's id chooses
    assert len([call for call in server.calls if seen(call)[0]]) == 8
    assert sum(row["prompt_tokens"] for row in rows) == 7 * len(server.calls)


def test_a_describe_pass_that_fails_costs_its_facts_and_not_the_row(server: LlmServer) -> None:
    blind = Reply(status=400, text="no images here")
    server.script = lambda call: answers(call) if seen(call)[0] is None else blind
    section = RewriteSection(evidence=DESCRIBE, mix={"conversation": 1.0}, min_words={})
    rows = rewritten(server, section, [("Green vase on a shelf", "en", "green")] * 8)
    assert [[fact["source"] for fact in row["evidence"]] for row in rows] == [["alt_text"]] * 8
    assert told(rows) == {"The vase is Green.", "The vase is on the shelf."}


def test_a_target_language_is_reached_by_way_of_a_translation_that_is_the_evidence(server: LlmServer) -> None:
    given = [("Blaue Vase auf einem Holzregal", "de", "blue")]
    section = RewriteSection(evidence={"translate": True}, language="en", mix={"conversation": 1.0}, min_words={})
    rows = rewritten(server, section, given * 8)
    evidence = [{"source": "translation:en", "text": "A blue vase on a wooden shelf"}]
    assert [row["evidence"] for row in rows] == [evidence] * 8
    assert told(rows) == {"The vase is blue.", "The vase is on the shelf.", "The shelf is made of wood."}
    (row,) = rewritten(server, RewriteSection(language="en"), given)
    assert (row["reason"], row["detail"]) == ("no_evidence", "no text in en, the text is de")
    described = RewriteSection(evidence=DESCRIBE, language="en", mix={"conversation": 1.0}, min_words={})
    (row,) = rewritten(server, described, given)
    assert [fact["source"] for fact in row["evidence"]] == ["description:en"]
    assert row["reason"] is None


@pytest.mark.parametrize("answer", ["A vase of 1955", "A vase", "Vase " * 30])
def test_a_translation_with_other_digits_or_of_another_length_is_none(server: LlmServer, answer: str) -> None:
    server.script = lambda call: Reply() if call.probe else Reply(text=json.dumps({"answer": answer}))
    section = RewriteSection(evidence={"translate": True}, language="en")
    (row,) = rewritten(server, section, [("Blaue Vase von 1954 auf einem Holzregal in der Stadt", "de", "blue")])
    assert row["reason"] == "no_evidence"
