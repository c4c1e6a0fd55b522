"""`curation prompt`: what would be sent for a caption, what comes back, and what the checks say of it."""

from __future__ import annotations

import io
import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from curation.dialogue.mix import Solved, solve
from curation.dialogue.plan import supply_of
from curation.dialogue.sources import Known
from curation.dialogue.writing import Attempt, Dialogue
from curation.errors import CurationError, RecipeError
from curation.inference.chat import ChatAnswer, ChatRequest
from curation.samples import make_table, sample_id
from curation.stages.captions import Captions, CaptionsSection
from curation.stages.quality import Quality, QualitySection
from curation.stages.rewrite import Chat, Rewrite, RewriteSection

if TYPE_CHECKING:
    from curation.table.read import SampleTable

URL = "http://example.org/image.jpg"
ENOUGH_TURNS = 50  # written turns of a type, for its yield to be known within some 14 points


@dataclass(frozen=True)
class Example:
    """One sample made by hand."""

    caption: str
    url: str = URL  # with the caption it makes the sample id, on which the plan depends
    metadata: str = "{}"
    image: bytes | None = None


class NoChat:
    """Nobody: requests are shown and not sent."""

    def ask(self, requests: list[ChatRequest]) -> list[ChatAnswer]:
        """Never called with any request."""
        raise AssertionError(f"{len(requests)} requests, though none were to be sent")

    def close(self) -> None:
        """Nothing to close."""


def read_image(path: Path) -> bytes:
    """A picture of the user's own as the JPEG that the table would hold. Raises `CurationError` if it is none."""
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(path) as image:
            out = io.BytesIO()
            image.convert("RGB").save(out, "JPEG", quality=90)
    except (OSError, UnidentifiedImageError) as error:
        raise CurationError(f"{path}: not a picture that can be read ({type(error).__name__})") from error
    return out.getvalue()


def show(example: Example, captions: CaptionsSection, section: RewriteSection) -> dict[str, Any]:
    """Evidence, plan and requests, without asking anybody: passes that need an answer are left out and named."""
    quiet = section.evidence.model_copy(update={"describe": None, "translate": False})
    told, _, _ = _look(example, captions, Rewrite(_taking_all(section, evidence=quiet), NoChat()))
    asked = {
        "describe": section.evidence.describe is not None and example.image,
        "translate": section.evidence.translate,
    }
    told["notes"] += [f"{name}: not asked; `curation prompt try` asks" for name, on in asked.items() if on]
    return told


def attempt(
    example: Example,
    captions: CaptionsSection,
    section: RewriteSection,
    quality: QualitySection,
    chat: Chat,
    seer: Chat | None = None,
) -> dict[str, Any]:
    """As `show`, and each attempt's answer with what the checks say, and the turns with the quality stage's word."""
    attempts: list[Attempt] = []
    rewrite = Rewrite(_taking_all(section), chat, seer, attempts.append)
    told, table, planned = _look(example, captions, rewrite)
    (row,) = Quality(quality)(rewrite.written(table, *planned)).to_pylist()
    told["attempts"] = [
        {
            "response_type": each.slot.planned.response_type,
            "topic": each.slot.planned.focus.topic,
            "temperature": each.request.temperature,
            "answer": each.answer.text,
            "finish_reason": each.answer.finish_reason,
            "problems": list(each.problems),
        }
        for each in attempts
    ]
    told["turns"] = row["turns"] or []
    told["outcome"] = f"rejected: {row['reason']} ({row['detail']})" if row["reason"] else "accepted"
    return told


def solve_mix(table: pa.Table, captions: CaptionsSection, section: RewriteSection) -> tuple[Solved, int]:
    """The `lean` for a source of which `table` is a part, and how many of its samples carry anything.

    Images are not fetched: what OCR or a describe pass would add is not counted.
    """
    quiet = section.evidence.model_copy(update={"describe": None, "translate": False, "ocr": False})
    rewrite = Rewrite(section.model_copy(update={"evidence": quiet}), NoChat())
    carrying = [each for each in rewrite.candidates(Captions(captions)(table)) if any(each.foci.values())]
    solved = solve(section.shares, supply_of(carrying), section.max_turns, section.yields, section.surplus == "reject")
    return solved, len(carrying)


def measured_yields(table: SampleTable) -> dict[str, float]:
    """By response type, the share of the turns written that stand in accepted rows of a table; types of which fewer
    than ENOUGH_TURNS were written are left out. A turn that the LLM did not bring at all counts in neither.

    Raises `RecipeError` when the table tells nothing."""
    written: Counter[str] = Counter()
    kept: Counter[str] = Counter()
    for batch in table.scan(["reason", "turns"]):
        for row in batch.select(["reason", "turns"]).to_pylist():
            for turn in row["turns"] or ():
                written[turn["response_type"]] += 1
                kept[turn["response_type"]] += row["reason"] is None and not turn["checks"]
    found = {name: round(kept[name] / number, 3) for name, number in written.items() if number >= ENOUGH_TURNS}
    if not found:
        raise RecipeError(f"{table.uri} holds too few turns to measure yields by: run the recipe first")
    return found


def _taking_all(section: RewriteSection, **changes: Any) -> RewriteSection:
    """The section as in a run, but for this: no caption that one looks at is set aside to meet the mix."""
    lean = dict(section.mixer().lean)
    return section.model_copy(update={"surplus": "keep", "lean": lean, **changes})


def _look(example: Example, captions: CaptionsSection, rewrite: Rewrite) -> tuple[dict[str, Any], Any, Any]:
    """What is known and planned of the example, its table, and the planned dialogue."""
    looked = Captions(captions)(
        make_table(
            {
                "sample_id": [sample_id(example.url, example.caption)],
                "url": [example.url],
                "caption": [example.caption],
                "metadata": [example.metadata],
                "image": [{"bytes": example.image, "path": None} if example.image else None],
            }
        )
    )
    (row,) = looked.to_pylist()
    told: dict[str, Any] = {"caption": example.caption, "text": row["text"], "language": row["language"]}
    told["filtered"] = f"{row['reason']}: {row['detail']}" if row["reason"] else None
    # a caption that the filters reject is shown all the same: that is what one looks at
    table = make_table({name: looked.column(name) for name in looked.column_names if name not in ("reason", "detail")})
    dialogues, rejects = rewrite.planned(table)
    told["notes"] = [f"no dialogue: {each.detail}" for each in rejects.values()]
    for dialogue in dialogues:
        told |= _plan_of(dialogue, rewrite, told["notes"])
    return told, table, (dialogues, rejects)


def _plan_of(dialogue: Dialogue, rewrite: Rewrite, notes: list[str]) -> dict[str, Any]:
    sample = rewrite.candidate(dialogue.sample_id, Known(dialogue.evidence))
    planned = [slot.planned for slot in dialogue.slots]
    types = []
    for name, share in rewrite.mixer.mix.items():
        foci = sample.foci.get(name, ())
        asked = sum(turn.response_type == name for turn in planned)
        why = sample.refused.get(name) or f"{len(foci)} ways to ask, {asked} planned; the mix wants {share:.0%}"
        types.append({"response_type": name, "topics": [focus.topic for focus in foci], "planned": asked, "why": why})
    requests = [rewrite.writer.request(dialogue, slot) for slot in dialogue.slots]
    return {
        "evidence": [vars(fact) for fact in dialogue.evidence.facts],
        "types": types,
        "plan": [{"response_type": turn.response_type, "topic": turn.focus.topic} for turn in planned],
        "requests": [
            {"messages": each.messages, "schema": each.schema, "max_tokens": each.max_tokens} for each in requests
        ],
        "notes": [*notes, *dialogue.notes],
    }


def render(told: dict[str, Any]) -> str:
    """The same for a person to read."""
    lines = [f"caption    {told['caption']}", f"text       {told['text']} ({told['language']})"]
    lines += [f"filtered   {told['filtered']}"] if told["filtered"] else []
    lines += [f"evidence   {fact['source']}: {fact['text']}" for fact in told.get("evidence", ())]
    lines += [f"note       {note}" for note in told["notes"]]
    for each in told.get("types", ()):
        lines += ["", f"{each['response_type']}: {each['why']}", *(f"  - {topic}" for topic in each["topics"])]
    planned = zip(told.get("plan", ()), told.get("requests", ()), strict=True)
    for number, (turn, request) in enumerate(planned, start=1):
        lines += ["", f"== request {number}: {turn['response_type']}, {turn['topic']}"]
        lines += [f"{message['role']:10} {_shown(message['content'])}" for message in request["messages"]]
        lines += [f"schema     {json.dumps(request['schema'])}", f"max_tokens {request['max_tokens']}"]
    for each in told.get("attempts", ()):
        lines += ["", f"-- {each['response_type']}, {each['topic']} (temperature {each['temperature']:g})"]
        lines += [f"answer     {each['answer']}", *(f"problem    {problem}" for problem in each["problems"])]
    for turn in told.get("turns", ()):
        lines += ["", f"{'dropped' if turn['checks'] else 'kept':10} {turn['question']}", f"{'':10} {turn['answer']}"]
        lines += [f"{'':10} {check}" for check in turn["checks"]]
    return "\n".join([*lines, *(["", told["outcome"]] if "outcome" in told else [])])


def _shown(content: Any) -> str:
    """A message's content; an image by its size alone."""
    parts: list[dict[str, Any]] = [{"type": "text", "text": content}] if isinstance(content, str) else content
    texts = (
        part["text"] if part["type"] == "text" else f"[image, {len(part['image_url']['url'])} characters]"
        for part in parts
    )
    return "\n           ".join(line for text in texts for line in text.split("\n"))
