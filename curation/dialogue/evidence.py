"""What is known of an image: facts, each with its source, in the language of the dialogue.

Every fact but the OCR's is a text that somebody wrote beside the image or that a model says of it. All pass one door
(`_clean`): sanitised, without personal data, without sentences that command a model or a reader.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence

from curation.captions.injection import find_instruction
from curation.captions.sanitize import sanitize
from curation.dialogue.lexicon import WORD, Lexicon, lexicon
from curation.dialogue.model import Evidence, Fact
from curation.dialogue.pii import mask

SENTENCE = re.compile(r"(?<=[.!?;|])\s+|\s+[-–—]{1,2}\s+|\s*[\n]+\s*")
MEDIUM_WORDS = 4
BLACK_AND_WHITE = ({"black", "and", "white"}, {"black", "white"}, {"schwarz", "weiß"}, {"blanco", "y", "negro"})
LONGEST_FACT = 400  # characters
ALT_TEXT = "alt_text"
METADATA = "metadata"  # metadata.title: the source's column `title`
OCR = "ocr"
DESCRIPTION = "description"
TRANSLATION = "translation"


def gather(text: str | None, language: str | None, more: Iterable[Fact] = ()) -> Evidence | None:
    """The evidence of one sample: its repaired alt-text as the first fact, without a last part that names the kind of
    picture, then `more` facts in the same language.

    None when nothing is left, there is no text, or no lexicon of its language, since then no answer could be checked.
    """
    words = lexicon(language or "en")
    if words is None:
        return None
    told = (text or "").strip()
    if words.commands.search(told):
        told = " ".join(sentence for sentence in SENTENCE.split(told) if not words.commands.search(sentence))
    facts = [Fact(ALT_TEXT, mask(_without_medium(told, words))[0])]
    facts += [Fact(fact.source, _clean(fact.text, words)) for fact in more]
    known: dict[str, Fact] = {}
    for fact in facts:
        if fact.text:
            known.setdefault(fact.text.casefold(), fact)
    return Evidence(tuple(known.values()), words) if known else None


def metadata_facts(metadata: str | None, columns: Sequence[str]) -> list[Fact]:
    """The text of some of the source's columns (lists of text are joined by commas), as facts."""
    values = json.loads(metadata or "{}") if columns else {}
    found = []
    for name in columns:
        value = values.get(name)
        if isinstance(value, list):
            value = ", ".join(part for part in value if isinstance(part, str))
        if isinstance(value, str) and value.strip():
            found.append(Fact(f"{METADATA}.{name}", value))
    return found


def _clean(text: str, words: Lexicon) -> str:
    """A fact's text as it may reach a prompt; "" when it gives orders."""
    plain = sanitize(text)
    if len(plain) > LONGEST_FACT:
        plain = plain[:LONGEST_FACT].rpartition(" ")[0]
    if find_instruction(plain) or words.commands.search(plain):
        return ""
    return mask(plain)[0]


def _without_medium(text: str, words: Lexicon) -> str:
    """The text without a last part that names the picture's kind (", black and white photograph"): it is no part of
    what the picture shows, and small models take it for a thing in it."""
    told, comma, last = text.rpartition(",")
    named = WORD.findall(last)
    if comma and told.strip() and 0 < len(named) <= MEDIUM_WORDS:
        medium = words.stem(named[-1].lower()) in words.depictions
        if medium or {word.lower() for word in named} in BLACK_AND_WHITE:
            return told.strip()
    return text


def from_rows(facts: list[dict[str, str]] | None, language: str | None) -> Evidence | None:
    """The evidence that the `evidence` column holds. `language` is the text's; a source that ends in a colon and a code
    ("translation:en") says that the dialogue is in another. None when it holds none or there is no lexicon."""
    tongues = [fact["source"].partition(":")[2] for fact in facts or ()]
    words = lexicon(next((tongue for tongue in tongues if tongue), language or "en"))
    if not facts or words is None:
        return None
    return Evidence(tuple(Fact(fact["source"], fact["text"]) for fact in facts), words)
