"""Where evidence comes from, as the recipe says: alt-text, metadata, text in the image, a model that sees it, a
translation. One call a partition, so that the requests of all its samples are in flight together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import Field

from curation.dialogue.evidence import DESCRIPTION, OCR, TRANSLATION, gather, metadata_facts
from curation.dialogue.lexicon import lexicon
from curation.dialogue.model import Evidence, Fact
from curation.dialogue.ocr import Ocr
from curation.dialogue.passes import Chat, DescribeSection, Found, describe, translate
from curation.inference.spent import Spent
from curation.section import Section


class EvidenceSection(Section):
    """`rewrite.evidence`: what counts as known of an image beside its alt-text. Nothing else by default."""

    metadata: tuple[str, ...] = ()
    """Columns of the source whose text counts (title, tags). They are strangers' text and sanitised as alt-text is."""
    ocr: bool = False
    """Read the text in the image (`pip install curation[ocr]`); about a CPU second an image."""
    ocr_min_confidence: float = Field(0.9, ge=0, le=1)
    """Least confidence of a line that counts."""
    ocr_max_words: int = Field(20, ge=1, le=200)
    """Most words that count: a page of print is not what an image is about."""
    describe: DescribeSection | None = None
    """Ask a vision-language model what each image shows; its sentences count. Absent means no such request."""
    translate: bool = False
    """With `rewrite.language`: have the LLM translate captions of other languages. Their translation then counts."""


@dataclass(frozen=True)
class Sample:
    """What a row brings."""

    text: str | None
    language: str | None
    metadata: str | None = None
    image: bytes | None = None


@dataclass(frozen=True)
class Known:
    """The evidence of one sample, or why there is none, and what it cost to gather."""

    evidence: Evidence | None
    why: str = ""
    spent: Spent = field(default_factory=Spent)
    notes: tuple[str, ...] = ()  # what failed on the way and cost facts, not the row


class Sources:
    """Gathers the evidence of samples.

    `language` is the dialogue's, None for each caption's own. Alt-text and metadata count when they are in it;
    otherwise the translation, and what the describe pass says in it, are all that counts.
    """

    def __init__(
        self,
        section: EvidenceSection,
        language: str | None,
        chat: Chat,
        seer: Chat | None = None,
        max_tokens: int = 160,
    ) -> None:
        self._section = section
        self._language = language
        self._chat = chat
        self._seer = seer or chat
        self._max_tokens = max_tokens
        self._ocr = Ocr(section.ocr_min_confidence, section.ocr_max_words) if section.ocr else None

    def gather(self, samples: Sequence[Sample]) -> list[Known]:
        """One a sample, in order."""
        translated = self._translate(samples)
        described = self._describe(samples)
        return [self._put_together(sample, translated.get(at), described.get(at)) for at, sample in enumerate(samples)]

    def _tongue(self, sample: Sample) -> str:
        return self._language or sample.language or "en"

    def _foreign(self, sample: Sample) -> bool:
        return self._tongue(sample) != (sample.language or "en")

    def _translate(self, samples: Sequence[Sample]) -> Mapping[int, Found]:
        asked = {
            at: (sample.text, self._tongue(sample))
            for at, sample in enumerate(samples)
            if self._section.translate and sample.text and self._foreign(sample)
        }
        found = translate(self._chat, list(asked.values()), self._max_tokens) if asked else []
        return dict(zip(asked, found, strict=True))

    def _describe(self, samples: Sequence[Sample]) -> Mapping[int, Found]:
        section = self._section.describe
        if section is None:
            return {}
        asked = {
            at: (sample.image, sample.text or "", self._tongue(sample))
            for at, sample in enumerate(samples)
            if sample.image and lexicon(self._tongue(sample)) is not None
        }
        found = describe(self._seer, section, list(asked.values())) if asked else []
        return dict(zip(asked, found, strict=True))

    def _put_together(self, sample: Sample, translated: Found | None, described: Found | None) -> Known:
        tongue, foreign = self._tongue(sample), self._foreign(sample)
        if lexicon(tongue) is None:
            return Known(None, f"no lexicon of language {tongue}")
        mark = f":{tongue}" if foreign else ""
        facts = [Fact(TRANSLATION + mark, text) for text in translated.texts] if translated else []
        if not foreign:
            facts += metadata_facts(sample.metadata, self._section.metadata)
        facts += [Fact(DESCRIPTION + mark, text) for text in described.texts] if described else []
        if self._ocr is not None and sample.image:
            facts += [Fact(OCR, _written(text, tongue)) for text in self._ocr.read(sample.image)]
        evidence = gather(None if foreign else sample.text, tongue, facts)
        if evidence is not None and all(fact.source == OCR for fact in evidence.facts):
            evidence = None
        why = "" if evidence else f"no text in {tongue}, the text is {sample.language}" if foreign else "no text"
        passes = {"translate": translated, "describe": described}
        return Known(
            evidence,
            why,
            sum((found.spent for found in passes.values() if found), Spent()),
            tuple(f"{name}: {found.failure}" for name, found in passes.items() if found and found.failure),
        )


def _written(text: str, language: str) -> str:
    """What is written in an image, as a sentence that the checks can read."""
    plain = text.translate(str.maketrans("", "", '"“”'))
    return f"The words “{plain}” are written in the image." if language == "en" else plain
