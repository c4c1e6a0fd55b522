"""What is known of an image, gathered from a sample."""

from __future__ import annotations

import re

from curation.dialogue.lexicon import WORD, Lexicon, lexicon
from curation.dialogue.model import Evidence, Fact
from curation.dialogue.pii import mask

SENTENCE = re.compile(r"(?<=[.!?;|])\s+|\s+[-–—]{1,2}\s+|\s*[\n]+\s*")
MEDIUM_WORDS = 4
ALT_TEXT = "alt_text"


def gather(text: str | None, language: str | None) -> Evidence | None:
    """The evidence of one sample: its repaired alt-text as the first fact, without personal data, without sentences
    that command a model or a reader, and without a last part that names the kind of picture.

    None when nothing is left, there is no text, or no lexicon of its language, since then no answer could be checked.
    """
    words = lexicon(language or "en")
    if not text or not text.strip() or words is None:
        return None
    told = text.strip()
    if words.commands.search(told):
        told = " ".join(sentence for sentence in SENTENCE.split(told) if not words.commands.search(sentence))
    masked, _ = mask(_without_medium(told, words))
    return Evidence((Fact(ALT_TEXT, masked),), words) if masked else None


def _without_medium(text: str, words: Lexicon) -> str:
    """The text without a last part that names the picture's kind (", black and white photograph"): it is no part of
    what the picture shows, and small models take it for a thing in it."""
    told, comma, last = text.rpartition(",")
    named = WORD.findall(last)
    if comma and told.strip() and 0 < len(named) <= MEDIUM_WORDS:
        medium = words.stem(named[-1].lower()) in words.depictions
        plain = all(words.stem(word.lower()) in words.colours or word.lower() in words.function_words for word in named)
        if medium or plain:
            return told.strip()
    return text


def from_rows(facts: list[dict[str, str]] | None, language: str | None) -> Evidence | None:
    """The evidence that the `evidence` column holds. None when it holds none or there is no lexicon."""
    words = lexicon(language or "en")
    if not facts or words is None:
        return None
    return Evidence(tuple(Fact(fact["source"], fact["text"]) for fact in facts), words)
