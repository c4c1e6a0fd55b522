"""The filters of alt-text. Each is one class with its thresholds and one `check`; a new one joins the union below."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from curation.captions.language import Verdict
from curation.captions.sanitize import has_url
from curation.samples import Reason, Reject
from curation.section import Section

# Scripts that write without spaces: there two characters count as a word.
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\u0e00-\u0eff\u1780-\u17ff]")
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_EXTENSION = r"\.(?:jpe?g|png|gif|webp|bmp|tiff?|svg|avif|heic|pdf|mp4)"
_FILE = re.compile(rf"^[^\s/\\]+{_EXTENSION}$|^[\w().-]+(?: [\w().-]+)?{_EXTENSION}$", re.IGNORECASE)
_CAMERA = re.compile(
    r"^(?:img|dsc[fn]?|p(?=\d)|pict?|mvi|vid|wp|cam|gopr|pano|scan|screen\s?shots?|screenshot|image|photo|pic(?:ture)?|foto|"
    r"untitled|unnamed|unknown|download(?:ed)?|default|thumb(?:nail)?|file|attachment|banner|logo|slide|header|copy of \w+)"
    r"[\s_.#()-]*(?:from\s)?[\d\s_.:x()-]*(?:at\s[\d.\s:]+)?(?:am|pm)?$",
    re.IGNORECASE,
)
_CODE = re.compile(r"^(?=\S*\d)(?=\S*[_\-\d]{2})[\w\-().]{6,}$|^[0-9a-f]{12,}$|^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$", re.I)
_INJECTION = re.compile(
    r"\b(?:ignore|disregard|forget|override|bypass)\b.{0,40}\b(?:instruction|prompt|rule|direction|guideline|context|message|above|previous|prior|earlier)s?\b"
    r"|\b(?:new|your|the|following|system|hidden|secret|these|my)\s+(?:instruction|prompt)s?\b"
    r"|\byou (?:are|must|should|will|shall) (?:now|always|only|answer|respond|reply|say|output|act|pretend|write|include|be an?)\b"
    r"|\b(?:respond|reply|answer|begin|start|end)\s+(?:only\s+)?(?:with|in|by)\b.{0,60}[\"'“‘:]"
    r"|\b(?:say|print|output|write|repeat|append|insert|include|mention|return|echo)\b.{0,30}\b(?:the (?:word|phrase|following|text|string|code|token|url|link)|exactly|verbatim|in every|in each|after me|this)\b"
    r"|\b(?:act|pretend|behave) (?:as|to be|like)\b|\b(?:jailbreak|developer mode|do anything now|system prompt|prompt injection)\b"
    r"|\bas an ai\b|\blanguage model\b|\bdo not (?:describe|mention|follow|answer|reveal)\b|\binstead of (?:describing|answering)\b",
    re.IGNORECASE | re.DOTALL,
)  # fmt: skip


@dataclass(frozen=True)
class CaptionFacts:
    """What a filter may know: the alt-text as found, repaired (one line), without boilerplate, and its language."""

    found: str
    repaired: str
    text: str
    verdict: Verdict | None  # None where there is not a letter

    @property
    def words(self) -> list[str]:
        """Words of the text; in scripts without spaces, pairs of characters."""
        unspaced = len(_UNSPACED.findall(self.text))
        return _WORD.findall(_UNSPACED.sub(" ", self.text)) + ["字字"] * (unspaced // 2)


class EmptyFilter(Section):
    """Rejects captions with no letter in them, before or after boilerplate is cut off (empty_caption)."""

    kind: Literal["empty"] = "empty"

    def check(self, caption: CaptionFacts) -> Reject | None:
        if not caption.found.strip():
            return Reject(Reason.EMPTY_CAPTION, "there is no alt-text")
        if _FILE.match(caption.repaired) or _CAMERA.match(caption.repaired):
            return None  # the file name filter says it better
        if not any(char.isalpha() for char in caption.text):
            if not any(char.isalpha() for char in caption.repaired) and not caption.repaired == "":
                return Reject(Reason.FEW_LETTERS, f"no letter in {caption.found!r:.80}")
            if has_url(caption.found):
                return Reject(Reason.URL_CAPTION, f"nothing but a link: {caption.found!r:.80}")
            return Reject(Reason.EMPTY_CAPTION, f"nothing but boilerplate or markup: {caption.found!r:.80}")
        return None


class FileNameFilter(Section):
    """Rejects names of files and of cameras' pictures (file_name)."""

    kind: Literal["file_name"] = "file_name"

    def check(self, caption: CaptionFacts) -> Reject | None:
        for text in (caption.repaired, caption.text):
            if _FILE.match(text) or _CAMERA.match(text) or _CODE.match(text):
                return Reject(Reason.FILE_NAME, f"looks like the name of a file: {text!r:.80}")
        return None


class UrlFilter(Section):
    """Rejects captions that are a link with little beside it (url_caption)."""

    kind: Literal["url"] = "url"
    min_words_beside: int = Field(3, ge=0)
    """Words that a caption must have besides its link."""

    def check(self, caption: CaptionFacts) -> Reject | None:
        bare = re.fullmatch(r"(?:[\w-]+\.)+[a-z]{2,}(?:/\S*)?", caption.found.strip(), re.IGNORECASE)
        if bare or (has_url(caption.found) and len(caption.words) < self.min_words_beside):
            return Reject(Reason.URL_CAPTION, f"a link and {len(caption.words)} words, at least {self.min_words_beside}")
        return None


class InjectionFilter(Section):
    """Rejects captions that instruct a model instead of describing an image (injection)."""

    kind: Literal["injection"] = "injection"

    def check(self, caption: CaptionFacts) -> Reject | None:
        for text in (caption.repaired, caption.text):
            match = _INJECTION.search(text)
            if match:
                return Reject(Reason.INJECTION, f"instructs the model: {match.group(0)!r:.80}")
        return None


class LengthFilter(Section):
    """Rejects captions too short to ask anything about, and those that are articles (short_caption, long_caption)."""

    kind: Literal["length"] = "length"
    min_words: int = Field(3, ge=1)
    """Least words. Two words name a thing; three begin to say something about it."""
    max_words: int = Field(80, ge=1)
    """Most words. CLIP, whose similarity picked the pairs, read no more than 77 tokens."""

    def check(self, caption: CaptionFacts) -> Reject | None:
        words = len(caption.words)
        if words < self.min_words:
            return Reject(Reason.SHORT_CAPTION, f"{words} words in {caption.text!r:.60}, at least {self.min_words}")
        if words > self.max_words:
            return Reject(Reason.LONG_CAPTION, f"{words} words, at most {self.max_words}")
        return None


class LettersFilter(Section):
    """Rejects part numbers, scores and other text that is mostly not letters (few_letters)."""

    kind: Literal["letters"] = "letters"
    min_share: float = Field(0.6, ge=0, le=1)
    """Least share of letters (and their marks) among the characters that are not spaces."""

    def check(self, caption: CaptionFacts) -> Reject | None:
        shown = [char for char in caption.text if not char.isspace()]
        letters = sum(char.isalpha() or 0x0300 <= ord(char) <= 0x0E7F and not char.isascii() for char in shown)
        share = letters / max(len(shown), 1)
        if share < self.min_share:
            return Reject(Reason.FEW_LETTERS, f"{share:.0%} letters in {caption.text!r:.60}, at least {self.min_share:.0%}")
        return None


class RepeatedWordsFilter(Section):
    """Rejects keyword stuffing (repeated_words)."""

    kind: Literal["repeated_words"] = "repeated_words"
    max_share: float = Field(0.35, gt=0, le=1)
    """Most of the words that one word (of three letters or more) may be, when it stands there three times or more."""
    min_distinct: float = Field(0.5, ge=0, le=1)
    """Least share of different words, in captions of eight words or more."""

    def check(self, caption: CaptionFacts) -> Reject | None:
        words = [word.casefold() for word in _WORD.findall(caption.text)]
        if not words:
            return None
        word, times = max(Counter(w for w in words if len(w) > 2).items(), key=lambda item: item[1], default=("", 0))
        if times >= 3 and times / len(words) > self.max_share:
            return Reject(Reason.REPEATED_WORDS, f"{word!r} is {times} of {len(words)} words, at most {self.max_share:.0%}")
        if len(words) >= 8 and len(set(words)) / len(words) < self.min_distinct:
            return Reject(
                Reason.REPEATED_WORDS, f"{len(set(words))} different of {len(words)} words, at least {self.min_distinct:.0%}"
            )
        return None


class LanguageFilter(Section):
    """Rejects captions in other languages than those wanted (language)."""

    kind: Literal["language"] = "language"
    keep: list[str] = Field(["en"], min_length=1)
    """ISO 639-1 codes of the languages to keep."""

    def check(self, caption: CaptionFacts) -> Reject | None:
        verdict = caption.verdict
        if verdict is None or verdict.among(self.keep):
            return None
        return Reject(
            Reason.LANGUAGE, f"{verdict.language} ({verdict.probability:.0%} sure), expected {', '.join(self.keep)}"
        )


CaptionFilter = Annotated[
    EmptyFilter
    | FileNameFilter
    | UrlFilter
    | InjectionFilter
    | LettersFilter
    | LengthFilter
    | RepeatedWordsFilter
    | LanguageFilter,
    Field(discriminator="kind"),
]
# In the order in which a reader would give the reason.
DEFAULT_FILTERS: tuple[CaptionFilter, ...] = (
    EmptyFilter(),
    FileNameFilter(),
    UrlFilter(),
    InjectionFilter(),
    LettersFilter(),
    RepeatedWordsFilter(),
    LanguageFilter(),
    LengthFilter(),
)
