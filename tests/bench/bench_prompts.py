"""Our prompts beside LLaVA's three published ones, on the same captions and model.

`python -m tests.bench.bench_prompts --endpoint http://127.0.0.1:8000/v1 --model NAME [--captions FILE] [-n 60]`.

It needs an LLM that is up, and so is not part of `make bench`. LLaVA's prompts want five captions of people and boxes;
a web image has one alt-text, which is what both get. Every turn is held to the same checks. `supported` counts turns
that fail no check of support (the one that wants a cue for an inference is left out, since LLaVA never asks for one),
`passes` those that fail no check at all. From a vLLM server it also prints how many prompt tokens its prefix cache had.
"""

from __future__ import annotations

import argparse
import re
import statistics
import sys
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from curation.dialogue.checks import default_checks, failures
from curation.dialogue.evidence import gather
from curation.dialogue.model import Turn
from curation.inference.chat import ChatAnswer, ChatRequest, Endpoint
from curation.inference.client import Client
from curation.inference.client_section import ClientSection
from curation.meter import LocalMeter
from curation.samples import Reason, make_table, sample_id
from curation.stages.quality import Quality, QualitySection
from curation.stages.rewrite import Rewrite, RewriteSection
from tests.captions import web_captions

PROMPTS = Path(__file__).parents[1] / "data" / "llava_prompts"
LLAVA = {
    "conversation": "conversation",
    "detail_description": "detailed_description",
    "complex_reasoning": "complex_reasoning",
}
MAX_TOKENS = 512


@dataclass(frozen=True)
class Told:
    """One turn, and the caption it was made of."""

    caption: str
    turn: Turn


@dataclass(frozen=True)
class Written:
    """What a recipe wrote of all captions, the completion tokens it took, and the samples accepted."""

    told: Sequence[Told] = ()
    tokens: int = 0
    accepted: int = 0


def llava_messages(name: str, caption: str) -> tuple[dict[str, str], ...]:
    """The chat that LLaVA's recipe sends for one image."""
    folder = PROMPTS / name
    messages = [{"role": "system", "content": (folder / "system_message.txt").read_text("utf-8")}]
    for given in sorted(folder.glob("*_caps.txt")):
        wanted = given.with_name(given.name.replace("_caps", "_conv"))
        messages.append({"role": "user", "content": given.read_text("utf-8")})
        messages.append({"role": "assistant", "content": wanted.read_text("utf-8")})
    return (*messages, {"role": "user", "content": caption})


def llava_turns(name: str, text: str) -> list[Turn]:
    """The turns in an answer in LLaVA's format; a description is one turn."""
    kind = LLAVA[name]
    if kind == "detailed_description":
        return [Turn(kind, "Describe the image.", text.strip())] if text.strip() else []
    parts = [part.strip() for part in text.split("===")]
    pairs = zip(parts[::2], parts[1::2], strict=False)
    return [
        Turn(kind, question.removeprefix("Question:").strip(), answer.removeprefix("Answer:").strip())
        for question, answer in pairs
        if question.startswith("Question:") and answer.startswith("Answer:")
    ]


def write_llava(captions: Sequence[str], chat: Client) -> Written:
    """Every turn of LLaVA's three prompts."""
    asked = [(name, caption) for name in LLAVA for caption in captions]
    requests = [ChatRequest(llava_messages(*pair), MAX_TOKENS, 0.0) for pair in asked]
    answers: list[ChatAnswer] = chat.ask(requests)
    told = [
        Told(caption, turn)
        for (name, caption), answer in zip(asked, answers, strict=True)
        for turn in llava_turns(name, answer.text)
    ]
    return Written(told, sum(answer.completion_tokens for answer in answers))


def write_ours(captions: Sequence[str], chat: Client, section: RewriteSection) -> Written:
    """Every turn that the quality stage keeps."""
    ids = [sample_id(f"http://a.example/{at}", caption) for at, caption in enumerate(captions)]
    table = make_table({"sample_id": ids, "text": list(captions), "language": ["en"] * len(captions)})
    rows = Quality(QualitySection())(Rewrite(section, chat)(table)).to_pylist()
    kept = [Told(row["text"], Turn.from_row(turn)) for row in rows for turn in row["turns"] or () if not turn["checks"]]
    tokens = sum(row["completion_tokens"] or 0 for row in rows)
    return Written(kept, tokens, sum(row["reason"] is None for row in rows))


def verdict(told: Told, earlier: Sequence[Turn]) -> tuple[bool, bool]:
    """Whether the turn is supported, and whether it passes every check after the good turns of its image so far."""
    evidence = gather(told.caption, "en")
    assert evidence is not None
    found = failures(default_checks(), told.turn, evidence, earlier)
    unsupported = [kind for kind, reject in found if reject.reason is Reason.UNSUPPORTED and kind != "cue"]
    return not unsupported, not found


def prefix_cache(endpoint: str) -> tuple[float, float] | None:
    """Prompt tokens that vLLM's prefix cache had, and all that were looked up, since the server is up."""
    try:
        with urllib.request.urlopen(endpoint.removesuffix("/v1") + "/metrics", timeout=10) as answer:
            text = answer.read().decode("utf-8", "replace")
    except OSError:
        return None
    found = [re.search(rf"^vllm:prefix_cache_{what}_total\S* (\S+)$", text, re.M) for what in ("hits", "queries")]
    return (float(found[0].group(1)), float(found[1].group(1))) if found[0] and found[1] else None


def verdicts_of(told: Sequence[Told]) -> list[tuple[bool, bool]]:
    """The verdict of each turn, image by image."""
    good: dict[str, list[Turn]] = {}
    found = []
    for each in told:
        earlier = good.setdefault(each.caption, [])
        found.append(verdict(each, earlier))
        if found[-1][1]:
            earlier.append(each.turn)
    return found


def line(name: str, told: Sequence[Told], captions: int, tokens: int | None = None) -> str:
    """One line of the table."""
    verdicts = verdicts_of(told)
    supported, passes = (sum(pair[at] for pair in verdicts) for at in (0, 1))
    number = max(1, len(told))
    words = statistics.mean([len(each.turn.answer.split()) for each in told] or [0])
    cost = f"{tokens / supported:9.0f}" if tokens and supported else f"{'-':>9}"
    return (
        f"{name:28} {len(told):6d} {len(told) / captions:7.2f} {words:6.1f} {supported / number:9.1%} "
        f"{passes / number:8.1%} {supported / captions:10.2f} {cost}\n"
    )


def main() -> None:
    """Run both on the same captions and print yield and support of each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--endpoint", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--captions", type=Path, help="one a line; else made by tests/captions.py")
    parser.add_argument("-n", type=int, default=60)
    parser.add_argument("--in-flight", type=int, default=32)
    parser.add_argument("--no-steer", action="store_true", help="for models above about 1B parameters")
    parser.add_argument("--only", choices=("ours", "llava"), help="one of the two")
    parser.add_argument("--write", type=Path, help="a file for every turn, to be read by eye: who, caption, Q, A")
    given = parser.parse_args()
    captions = given.captions.read_text("utf-8").splitlines() if given.captions else web_captions(given.n, seed=3)
    captions = [caption.strip() for caption in captions if caption.strip()][: given.n]
    client = ClientSection(max_in_flight=given.in_flight)
    with Client(client, [Endpoint(given.endpoint, given.model)], LocalMeter()) as chat:
        before = prefix_cache(given.endpoint)
        section, ours, theirs = RewriteSection(steer_questions=not given.no_steer), Written(), Written()
        if given.only != "llava":
            ours = write_ours(captions, chat, section)
        after = prefix_cache(given.endpoint)
        if given.only != "ours":
            theirs = write_llava(captions, chat)
    if before and after and after[1] > before[1]:
        hits, queries = after[0] - before[0], after[1] - before[1]
        sys.stdout.write(f"prefix cache: {hits / queries:.1%} of {queries:,.0f} prompt tokens of ours\n")
    sys.stdout.write(f"{len(captions)} captions, model {given.model}; {ours.accepted} samples accepted by ours\n")
    sys.stdout.write(
        f"{'':28} {'turns':>6} {'/sample':>7} {'words':>6} {'supported':>9} {'passes':>8} {'supp./smp':>10} "
        f"{'tok/supp':>9}\n"
    )
    for name, written in (("ours, kept", ours), ("LLaVA's, all", theirs)):
        sys.stdout.write(line(name, written.told, len(captions), written.tokens))
        for kind in LLAVA.values():
            some = [each for each in written.told if each.turn.response_type == kind]
            sys.stdout.write(line(f"  {kind}", some, len(captions)))
    if given.write:
        rows = [
            f"{who}\t{each.caption}\t{each.turn.question}\t{each.turn.answer}".replace("\n", " ")
            for who, written in (("ours", ours), ("llava", theirs))
            for each in written.told
        ]
        given.write.write_text("\n".join(rows) + "\n", "utf-8")


if __name__ == "__main__":
    main()
