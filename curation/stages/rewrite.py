"""The rewrite stage: an LLM writes a dialogue about each image from what is known of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

import pyarrow as pa
from pydantic import Field, ValidationInfo, field_validator

from curation.dialogue.mix import MOST_LEAN, Mixer, published, solve
from curation.dialogue.model import Turn
from curation.dialogue.passes import Chat
from curation.dialogue.plan import Candidate, candidate, plan
from curation.dialogue.promptfile import fingerprint
from curation.dialogue.response_types import RESPONSE_TYPES
from curation.dialogue.sources import EvidenceSection, Known, Sample, Sources
from curation.dialogue.vision import data_uri
from curation.dialogue.writing import PLAIN, Attempt, Dialogue, Settings, Slot, Writer, no_turn, seed_of
from curation.inference.spent import add_spent
from curation.samples import Reason, Reject, column, fill, live, reject
from curation.section import Section


class RewriteSection(Section):
    """How dialogues are written."""

    evidence: EvidenceSection = EvidenceSection()
    """What counts as known of an image beside its alt-text."""
    vision: bool = Field(False)
    """Send the image too: the model must see images. The evidence stays what the checks hold it to. The images of a
    partition are held as text meanwhile: 4/3 of their bytes."""
    language: str | None = Field(None, pattern=r"^[a-z]{2}$")
    """Language of every dialogue (ISO 639-1); none means each caption's own. Captions of other languages need
    `evidence.translate` or `evidence.describe`, whose text in this language is then all the evidence there is."""
    mix: dict[str, float] = Field(
        {"conversation": 0.4, "detailed_description": 0.36, "complex_reasoning": 0.18, "false_premise": 0.06}
    )
    """Share of each response type among the accepted turns, as far as captions can carry it; shares are normalised.
    Compare Instructify's 0.37 conversation, 0.15 description, 0.49 reasoning, which a lone alt-text cannot carry."""
    lean: dict[str, float] = Field(default_factory=dict)
    """How strongly each type is favoured (below 0: avoided) when a sample's turns are chosen; `dialogue/mix.py` has the
    formula. Left out, it is solved from the mix for web captions in general; `curation prompt mix RECIPE` solves it for
    the recipe's own source."""
    yields: dict[str, float] = Field({"complex_reasoning": 0.85})
    """Share of a type's planned turns that pass the checks with this model, to solve `lean` with; 1 if left out.
    `curation prompt mix RECIPE --measured` takes them from what the recipe's table holds."""
    surplus: Literal["keep", "reject"] = "keep"
    """What becomes of samples of which the mix wants no more, such as titles of products, which carry a description and
    nothing else and are two thirds of LAION: `keep` takes all and comes as near to the mix as they let it, `reject`
    asks nothing of the LLM for as many as the mix requires (reason `surplus`). `curation prompt mix` solves `lean`
    for either."""
    max_turns: int = Field(4, ge=1, le=12)
    """Most turns of one dialogue."""
    min_words: dict[str, int] = Field({"conversation": 3, "detailed_description": 1, "complex_reasoning": 3})
    """Fewest different content words of evidence that a response type needs."""
    attempts: int = Field(3, ge=1, le=10)
    """How often a turn is asked for until a candidate passes every default check."""
    temperature: float = Field(0.0, ge=0, le=2)
    """Sampling temperature of the first attempt."""
    retry_temperature: float = Field(0.7, ge=0, le=2)
    """Sampling temperature of the attempts after it."""
    max_tokens: int = Field(160, ge=16, le=4096)
    """Most tokens of one answer; one that reaches it counts as truncated."""
    steer_questions: bool = Field(True)
    """Fix how a question begins ("What color are the ...") by the decoding schema. A model below about 1B parameters
    needs it; with a larger one, switch it off for more varied questions."""
    seed: bool = Field(False)
    """Send a seed that is made of the sample id. Leave it off for CPU pools: a seeded request can kill vLLM there."""

    @field_validator("lean", "yields")
    @classmethod
    def _by_type(cls, values: dict[str, float], info: ValidationInfo) -> dict[str, float]:
        least, most = (0.0, 1.0) if info.field_name == "yields" else (-MOST_LEAN, MOST_LEAN)
        for name, value in values.items():
            if name not in RESPONSE_TYPES or not least <= value <= most:
                raise ValueError(
                    f"expected a response type ({', '.join(RESPONSE_TYPES)}) and a number from {least:g} to {most:g}"
                )
        return values

    @field_validator("mix")
    @classmethod
    def _known_types(cls, mix: dict[str, float]) -> dict[str, float]:
        unknown = sorted(set(mix) - set(RESPONSE_TYPES))
        if unknown:
            raise ValueError(f"unknown response type {unknown[0]!r}; known are {', '.join(RESPONSE_TYPES)}")
        if not mix or min(mix.values()) < 0 or sum(mix.values()) <= 0:
            raise ValueError("the shares of a mix must not be negative and must have a positive sum")
        return mix

    @property
    def shares(self) -> dict[str, float]:
        """The mix with shares that add up to 1, without types of none."""
        total = sum(self.mix.values())
        return {name: share / total for name, share in self.mix.items() if share > 0}

    def mixer(self) -> Mixer:
        """What chooses plans, with the recipe's `lean` or the one solved from its mix."""
        spares = self.surplus == "reject"
        lean = self.lean or solve(self.shares, published(), self.max_turns, self.yields, spares).lean
        return Mixer(self.shares, self.yields, self.max_turns, lean, spares)


class Rewrite:
    """Writes a dialogue for each sample that has evidence.

    Reads `sample_id`, `text`, `language`, and as the recipe says `metadata` and `image`. Fills `evidence`, `turns`,
    `messages` (`<image>` in the first question alone), `model`, `prompt`, `seed`, and the columns of
    `inference.spent`. Each planned turn is asked for up to `attempts` times until a candidate passes the default
    checks; the best candidate is kept either way, and the quality stage has the last word. Reasons: no_evidence,
    surplus, llm_failed, llm_truncated, llm_invalid. `seer` answers the describe pass if it has endpoints of its own.
    """

    name = "rewrite"

    def __init__(
        self,
        section: RewriteSection,
        chat: Chat,
        seer: Chat | None = None,
        tell: Callable[[Attempt], None] | None = None,
    ) -> None:
        self._section = section
        self._chats = [chat] if seer is None else [chat, seer]
        self.mixer = section.mixer()
        self._sources = Sources(section.evidence, section.language, chat, seer, section.max_tokens)
        settings = Settings(
            section.attempts,
            section.temperature,
            section.retry_temperature,
            section.max_tokens,
            section.steer_questions,
            section.seed,
        )
        self.writer = Writer(settings, chat, tell)

    def close(self) -> None:
        """Close the clients."""
        for chat in self._chats:
            chat.close()

    def __call__(self, table: pa.Table) -> pa.Table:
        return self.written(table, *self.planned(table))

    def written(self, table: pa.Table, dialogues: Sequence[Dialogue], rejects: dict[int, Reject]) -> pa.Table:
        """The table with what the LLM makes of the planned dialogues."""
        self.writer.write(dialogues, rescue=PLAIN in self.mixer.mix)
        for dialogue in dialogues:
            if not any(slot.turn for slot in dialogue.slots):
                rejects[dialogue.row] = no_turn(dialogue.slots)
        return reject(_filled(table, dialogues, self._section.seed), rejects)

    def known(self, table: pa.Table, rows: Sequence[int]) -> list[Known]:
        """The evidence of some rows."""
        section = self._section
        texts, tongues = (column(table, name, rows) for name in ("text", "language"))
        none: list[Any] = [None] * len(rows)
        metadata = column(table, "metadata", rows) if section.evidence.metadata else none
        images = _images(table, rows) if section.evidence.ocr or section.evidence.describe else none
        return self._sources.gather([Sample(*cells) for cells in zip(texts, tongues, metadata, images, strict=True)])

    def candidates(self, table: pa.Table) -> list[Candidate]:
        """What the live rows can carry of the mix."""
        rows = live(table)
        known = self.known(table, rows)
        return [self.candidate(*pair) for pair in zip(column(table, "sample_id", rows), known, strict=True)]

    def candidate(self, sample_id: str, known: Known) -> Candidate:
        """What a sample can carry of the mix."""
        if known.evidence is None:
            return Candidate(sample_id, {})
        return candidate(sample_id, known.evidence, list(self.mixer.mix), self._section.min_words)

    def planned(self, table: pa.Table) -> tuple[list[Dialogue], dict[int, Reject]]:
        """The dialogues to be written, with the turns to ask for, and the rows of which there is none."""
        rows = live(table)
        dialogues: list[Dialogue] = []
        rejects: dict[int, Reject] = {}
        ids = column(table, "sample_id", rows)
        images = _images(table, rows) if self._section.vision else [None] * len(rows)
        for row, sample_id, known, image in zip(rows, ids, self.known(table, rows), images, strict=True):
            candidate = self.candidate(sample_id, known)
            turns = plan(candidate, self.mixer)
            if known.evidence is None:
                rejects[row] = Reject(Reason.NO_EVIDENCE, known.why)
            elif not turns:
                carried = " and ".join(name for name, foci in candidate.foci.items() if foci)
                rejects[row] = (
                    Reject(
                        Reason.SURPLUS, f"the mix wants no more of {carried} alone; `rewrite.surplus: keep` takes all"
                    )
                    if carried
                    else Reject(Reason.NO_EVIDENCE, "the text carries no response type of the mix")
                )
            else:
                slots = [Slot(turn) for turn in turns]
                uri = data_uri(image) if image else None
                dialogues.append(Dialogue(row, sample_id, known.evidence, slots, uri, None, known.spent, known.notes))
        return dialogues, rejects


def _images(table: pa.Table, rows: Sequence[int]) -> list[bytes | None]:
    return [image["bytes"] if image else None for image in column(table, "image", rows)]


def messages_of(turns: Sequence[Turn]) -> list[dict[str, str]]:
    """The dialogue as trainers read it: user and assistant in turn, `<image>` before the first question alone."""
    messages: list[dict[str, str]] = []
    for at, turn in enumerate(turns):
        question = turn.question if at else f"<image>\n{turn.question}"
        messages.append({"role": "user", "content": question})
        messages.append({"role": "assistant", "content": turn.answer})
    return messages


def _filled(table: pa.Table, dialogues: Sequence[Dialogue], seeded: bool) -> pa.Table:
    columns: dict[str, dict[int, Any]] = {
        name: {} for name in ("evidence", "turns", "messages", "model", "prompt", "seed")
    }
    for each in dialogues:
        turns = [slot.turn for slot in each.slots if slot.turn is not None]
        columns["evidence"][each.row] = [{"source": fact.source, "text": fact.text} for fact in each.evidence.facts]
        columns["turns"][each.row] = [turn.to_row() for turn in turns]
        columns["messages"][each.row] = messages_of(turns)
        columns["model"][each.row] = each.model
        columns["prompt"][each.row] = fingerprint()
        if seeded:
            columns["seed"][each.row] = seed_of(each.sample_id)
    for name, values in columns.items():
        table = fill(table, name, values)
    return add_spent(table, {each.row: each.spent for each in dialogues})


__all__ = ["Chat", "Rewrite", "RewriteSection", "messages_of"]
