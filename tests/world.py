"""A small world on loopback for tests of whole runs: a site with pictures, an LLM stand-in, a source, a recipe."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import yaml
from PIL import Image

from curation.recipe import load_recipe
from curation.table.read import SampleTable
from tests.hostile.site import Page, Site
from tests.servers.openai import Call, LlmServer, Reply

_COLOURS = ("red", "green", "blue", "yellow", "white", "black")
_THINGS = ("boat", "chair", "house", "bicycle", "horse", "basket", "ladder", "lamp", "kettle", "wagon")
_PLACES = ("on a beach", "in a garden", "near a river", "in a kitchen", "on a road")


@dataclass
class World:
    """Where everything of one test is."""

    root: Path
    site: Site
    llms: tuple[LlmServer, ...]
    recipe: Path

    @property
    def llm(self) -> LlmServer:
        """The first of the LLM endpoints."""
        return self.llms[0]

    @property
    def table(self) -> SampleTable:
        """The table that runs commit to."""
        return SampleTable(load_recipe(self.recipe).output)

    def add_rows(self, name: str, first: int, rows: int) -> None:
        """One more source file, of pictures and captions that no other file has, and every fifth a dead link."""
        urls, texts = [], []
        for number in range(first, first + rows):
            path = f"{number}.jpg"
            if number % 5 != 4:
                self.site.pages[path] = Page(picture(number), headers={"Content-Type": "image/jpeg"})
            urls.append(self.site.url(path))
            texts.append(caption(number))
        (self.root / "source").mkdir(exist_ok=True)
        pq.write_table(pa.table({"URL": urls, "TEXT": texts, "extra": [1.5] * rows}), self.root / "source" / name)

    def outcomes(self) -> dict[str, str]:
        """url -> "accepted" or the reason, of every row in the table; fails when a row is there twice."""
        rows = self.table.table(["url", "reason"]).to_pylist()
        found = {row["url"]: row["reason"] or "accepted" for row in rows}
        assert len(found) == len(rows), "a row is in the table twice"
        return found

    def expected(self, first: int, rows: int) -> dict[str, str]:
        """What `outcomes` must be for rows of `add_rows`."""
        return {
            self.site.url(f"{number}.jpg"): "http_404" if number % 5 == 4 else "accepted"
            for number in range(first, first + rows)
        }


@contextmanager
def world(
    root: Path, delay_s: float = 0.0, replicas: int = 1, client: dict[str, Any] | None = None, **sections: Any
) -> Iterator[World]:
    """A world under `root`, whose LLMs take `delay_s` an answer; `client` goes into `inference.client`, `sections`
    replace or add recipe sections."""
    with ExitStack() as up:
        llms = tuple(up.enter_context(LlmServer(lambda call: answer(call, delay_s))) for _ in range(replicas))
        endpoints = [{"url": llm.url, "model": llm.model} for llm in llms]
        site = Site({})
        recipe = {
            "name": "world",
            "source": {"paths": [str(root / "source" / "*.parquet")], "partition_rows": 10},
            "download": {"allow_networks": ["127.0.0.0/8"], "ports": [], "isolate_decoder": False},
            "rewrite": {"mix": {"conversation": 0, "detailed_description": 1, "complex_reasoning": 0}},
            "inference": {"endpoints": endpoints, "client": client or {}},
            "output": {"table": str(root / "table"), "commit_every_partitions": 1},
            "engine": {"kind": "local"},
        }
        path = root / "recipe.yaml"
        path.write_text(yaml.safe_dump(recipe | sections))
        try:
            yield World(root, site, llms, path)
        finally:
            site.close()


def caption(number: int) -> str:
    """A caption that no other number has."""
    number, colour = divmod(number, len(_COLOURS))
    number, thing = divmod(number, len(_THINGS))
    number, place = divmod(number, len(_PLACES))
    other = _THINGS[(thing + number + 1) % len(_THINGS)]
    return f"A {_COLOURS[colour]} {_THINGS[thing]} and an old {other} {_PLACES[place]}"


def picture(number: int) -> bytes:
    """A JPEG of large random patches: sharp, and far from every other one in PDQ."""
    patches = np.random.default_rng(number).integers(0, 255, (12, 12, 3), dtype=np.uint8)
    image = Image.fromarray(patches).resize((300, 300), Image.Resampling.NEAREST)
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


def answer(call: Call, delay_s: float) -> Reply:
    """What a truthful LLM would write: the caption as a sentence."""
    found = re.search(r'Caption: "(.*?)"', call.last)
    text = found.group(1) if found else ""
    return Reply(json.dumps({"answer": f"The photo shows {text[:1].lower()}{text[1:]}."}), delay_s=delay_s)
