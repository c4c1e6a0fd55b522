"""The filters of alt-text. Each is one class with its thresholds and one `check`; a new one joins the union below."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field

from curation.captions.depicts import names_something_visible, speaks_of_text
from curation.captions.filenames import is_file_name
from curation.captions.injection import find_instruction
from curation.captions.language import Verdict
from curation.captions.repair import MAX_CHARS
from curation.captions.sanitize import has_template, has_url
from curation.samples import Reason, Reject
from curation.section import Section

# Scripts that write without spaces: there two characters count as a word.
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\u0e00-\u0eff\u1780-\u17ff]")
_WORD = re.compile(r"(?:[^\W\d_]|[\u0300-\u036f\u0900-\u0dff])+(?:['’-](?:[^\W\d_]|[\u0300-\u036f])+)*")
# What editors and content systems leave where an alt-text was to be.
_PLACEHOLDER = re.compile(
    r"\W*(?:null|none|nil|undefined|nan|n/?a|tbd|todo|empty|alt(?:[ -](?:text|tag|attribute))?|(?:image |photo "
    r"|picture )?"
    r"(?:caption|description|title|name|alt)(?: (?:here|goes here))?|no (?:alt|caption|title|image"
    r"|description)(?: text)?"
    r"(?: available)?|(?:enter|add|insert) (?:an? )?\w+(?: text)?(?: here)?|object object|decorative(?: image)?|"
    r"(?:image |photo )?(?:coming soon|not available|not found|unavailable)|lorem ipsum.*|test(?:ing)?|loading)\W*",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True)
class CaptionFacts:
    """What a filter may know: the alt-text as found; repaired, on one line; sanitised; without boilerplate too; and
    its language."""

    found: str
    repaired: str
    plain: str
    text: str
    verdict: Verdict | None  # None where there is not a letter

    @cached_property
    def words(self) -> list[str]:
        """Words of the text; in scripts without spaces, pairs of characters."""
        unspaced = len(_UNSPACED.findall(self.text))
        return _WORD.findall(_UNSPACED.sub(" ", self.text)) + ["字字"] * (unspaced // 2)


class BaseFilter(Section):
    """A filter of alt-text. Needs a `kind` and its thresholds, and joins the union `CaptionFilter`."""

    def check(self, caption: CaptionFacts) -> Reject | None:
        """None when the caption is kept; else the reason, and in the detail what was found and what is asked for."""
        raise NotImplementedError


class EmptyFilter(BaseFilter):
    """Rejects captions of which nothing is left without markup and boilerplate, and placeholders (empty_caption).

    What it was tells the reason apart: a link (url_caption), digits and signs (few_letters), a chat template's turn
    (injection).
    """

    kind: Literal["empty"] = "empty"

    def check(self, caption: CaptionFacts) -> Reject | None:
        shown = _shown(caption.found)
        if not caption.repaired:
            return Reject(Reason.EMPTY_CAPTION, "there is no alt-text")
        if _PLACEHOLDER.fullmatch(caption.repaired):
            return Reject(Reason.EMPTY_CAPTION, f"a placeholder: {shown}")
        if any(char.isalpha() for char in caption.text):
            return None
        if has_template(caption.found):
            return Reject(Reason.INJECTION, f"nothing but a turn of a chat template: {shown}")
        if has_url(caption.repaired):
            return Reject(Reason.URL_CAPTION, f"nothing but a link: {shown}")
        if not any(char.isalpha() for char in caption.repaired):
            return Reject(Reason.FEW_LETTERS, f"no letter in {shown}")
        return Reject(Reason.EMPTY_CAPTION, f"nothing but boilerplate or markup: {shown}")


class FileNameFilter(BaseFilter):
    """Rejects names of files, paths, and what cameras, phones and content systems call pictures (file_name)."""

    kind: Literal["file_name"] = "file_name"

    def check(self, caption: CaptionFacts) -> Reject | None:
        for text in (caption.repaired, caption.text):
            if is_file_name(text):
                return Reject(Reason.FILE_NAME, f"looks like the name of a file: {_shown(text)}")
        return None


class UrlFilter(BaseFilter):
    """Rejects captions that are a link with little beside it (url_caption)."""

    kind: Literal["url"] = "url"
    min_words_beside: int = Field(3, ge=0)
    """Words that a caption must have besides its link."""

    def check(self, caption: CaptionFacts) -> Reject | None:
        if has_url(caption.repaired) and len(caption.words) < self.min_words_beside:
            return Reject(
                Reason.URL_CAPTION,
                f"a link and {_count(len(caption.words), 'word')}, at least {self.min_words_beside} beside a link:"
                f" {_shown(caption.repaired)}",
            )
        return None


class InjectionFilter(BaseFilter):
    """Rejects captions that instruct a language model instead of describing an image (injection)."""

    kind: Literal["injection"] = "injection"

    def check(self, caption: CaptionFacts) -> Reject | None:
        for text in (caption.plain, caption.text):
            found = find_instruction(text)
            if found:
                return Reject(Reason.INJECTION, f"instructs a model: {_shown(found)}")
        return None


class LettersFilter(BaseFilter):
    """Rejects part numbers, scores and other text that is mostly not letters (few_letters)."""

    kind: Literal["letters"] = "letters"
    min_share: float = Field(0.6, ge=0, le=1)
    """Least share of letters (and their marks) among the characters that are not spaces."""

    def check(self, caption: CaptionFacts) -> Reject | None:
        shown = [char for char in caption.text if not char.isspace()]
        letters = sum(char.isalpha() or 0x0300 <= ord(char) <= 0x0E7F for char in shown)
        share = letters / max(len(shown), 1)
        if share < self.min_share:
            return Reject(
                Reason.FEW_LETTERS, f"{share:.0%} letters in {_shown(caption.text)}, at least {self.min_share:.0%}"
            )
        return None


class RepeatedWordsFilter(BaseFilter):
    """Rejects keyword stuffing (repeated_words)."""

    kind: Literal["repeated_words"] = "repeated_words"
    max_share: float = Field(0.4, gt=0, le=1)
    """Most of the words that one word (of three letters or more) may be, when it stands there three times or more."""
    max_pair: int = Field(2, ge=1)
    """How often the same two words (of three letters or more) may follow each other."""
    min_distinct: float = Field(0.55, ge=0, le=1)
    """Least share of different words, in captions of eight words or more."""

    def check(self, caption: CaptionFacts) -> Reject | None:
        words = [word.casefold() for word in _WORD.findall(caption.text)]
        long = [word for word in words if len(word) > 2]
        word, times = max(Counter(long).items(), key=lambda item: item[1], default=("", 0))
        if times >= 3 and times / len(words) > self.max_share:
            return Reject(
                Reason.REPEATED_WORDS, f"{word!r} is {times} of {len(words)} words, at most {self.max_share:.0%}"
            )
        pair, times = max(Counter(pairwise(long)).items(), key=lambda item: item[1], default=(("", ""), 0))
        if times > self.max_pair:
            return Reject(Reason.REPEATED_WORDS, f"{' '.join(pair)!r} is there {times} times, at most {self.max_pair}")
        distinct = len(set(words))
        if len(words) >= 8 and distinct / len(words) < self.min_distinct:
            return Reject(
                Reason.REPEATED_WORDS, f"{distinct} of {len(words)} words differ, at least {self.min_distinct:.0%}"
            )
        return None


class LanguageFilter(BaseFilter):
    """Rejects captions in other languages than those wanted (language)."""

    kind: Literal["language"] = "language"
    keep: tuple[str, ...] = Field(("en",), min_length=1)
    """ISO 639-1 codes of the languages to keep."""

    def check(self, caption: CaptionFacts) -> Reject | None:
        verdict = caption.verdict
        if verdict is None or verdict.language in self.keep:
            return None
        return Reject(
            Reason.LANGUAGE,
            f"{verdict.language} ({verdict.probability:.0%} sure), expected {' or '.join(self.keep)}:"
            f" {_shown(caption.text)}",
        )


class DepictsFilter(BaseFilter):
    """Rejects English captions that tell of nothing to be seen: headlines, offers, titles of songs (not_depicting).

    In the manner of Conceptual Captions (Sharma et al. 2018), which keeps what has the make of a description. Of 4,600
    alt-texts of LAION-400M that pass the other filters it rejects 13 %; of 40 of them read, 3 might have stayed.
    """

    kind: Literal["depicts"] = "depicts"

    def check(self, caption: CaptionFacts) -> Reject | None:
        if caption.verdict is None or caption.verdict.language != "en":
            return None
        found = speaks_of_text(caption.text)
        if found is not None:
            return Reject(Reason.NOT_DEPICTING, f"a text about something, by {_shown(found)}: {_shown(caption.text)}")
        if not names_something_visible(caption.text):
            return Reject(Reason.NOT_DEPICTING, f"no word for anything that can be seen: {_shown(caption.text)}")
        return None


class LengthFilter(BaseFilter):
    """Rejects captions too short to ask anything about, and those that are articles (short_caption, long_caption)."""

    kind: Literal["length"] = "length"
    min_words: int = Field(3, ge=1)
    """Least words: two name a thing, three begin to say something about it. Conceptual 12M's cut as well."""
    max_words: int = Field(80, ge=1)
    """Most words: CLIP, whose similarity picked the pairs, read no more than 77 tokens."""

    def check(self, caption: CaptionFacts) -> Reject | None:
        if len(caption.found) > MAX_CHARS:
            return Reject(Reason.LONG_CAPTION, f"{len(caption.found)} characters, at most {MAX_CHARS}")
        words = len(caption.words)
        if words < self.min_words:
            return Reject(
                Reason.SHORT_CAPTION, f"{_count(words, 'word')} in {_shown(caption.text)}, at least {self.min_words}"
            )
        if words > self.max_words:
            return Reject(Reason.LONG_CAPTION, f"{words} words, at most {self.max_words}")
        return None


def _shown(text: str) -> str:
    """Text as a detail quotes it: what is invisible escaped, and not much of it."""
    return repr(text if len(text) <= 80 else text[:79] + "…")


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


CaptionFilter = Annotated[
    EmptyFilter
    | FileNameFilter
    | UrlFilter
    | InjectionFilter
    | LettersFilter
    | RepeatedWordsFilter
    | LanguageFilter
    | LengthFilter
    | DepictsFilter,
    Field(discriminator="kind"),
]
# In the order in which a reader would give the reason: what the text is, before how long it is.
DEFAULT_FILTERS: tuple[CaptionFilter, ...] = (
    FileNameFilter(),
    EmptyFilter(),
    UrlFilter(),
    InjectionFilter(),
    LettersFilter(),
    RepeatedWordsFilter(),
    LanguageFilter(),
    LengthFilter(),
    DepictsFilter(),
)
