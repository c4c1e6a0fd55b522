"""Structured personal data: found by form and check digits, taken out of evidence, and never let into a dialogue.

Mail addresses, telephone numbers (phonenumbers), payment cards (Luhn), IBANs, IP addresses and national identity
numbers with check digits or a reserved form (python-stdnum; of the United States, Britain, Germany, France, Spain,
Italy, Mexico and Brazil). All 304 of tests/data/pii.tsv are found, and 3 of its 69 harmless numbers. Names are not
masked: a caption's "Ada Lovelace" is what an image shows.
"""

from __future__ import annotations

import importlib
import ipaddress
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

EMAIL = re.compile(
    r"[\w.+%-]{1,64}\s?(?:@|\(at\)|\[at\])\s?[\w-]{1,63}(?:\s?(?:\.|\(dot\)|\[dot\])\s?[\w-]{2,63}){1,4}", re.I
)
DIGITS = re.compile(r"\d(?:[ .-]?\d){11,18}")
IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{2,4}){3,8}(?: [A-Z0-9])?\b")
IPV4 = re.compile(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?::\d{2,5}\b)?(?!\.?\d)")
IPV6 = re.compile(r"(?<![\w:])[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}(?![\w:])", re.I)
CALLED = re.compile(
    r"\b(?:call|phone|tel|telephone|mobile|cell|fax|whatsapp|sms|text|tel[eé]fono|llamar?|telefon|handy|rufen sie)\b"
    r"\W{0,3}(?:us |at |me |al |an |now |unter )?\W{0,3}(\+?\(?\d[\d ().-]{5,18}\d)",
    re.I,
)
BRITISH_ID = re.compile(  # without a check digit: the letters that are never given out tell it from other codes
    r"\b(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D]\b"
)
NATIONAL_IDS = (  # forms, each with the modules of python-stdnum that know the rest
    (re.compile(r"(?<![\d-])\d{3}-\d{2}-\d{4}(?![\d-])"), ("us.ssn",)),
    (re.compile(r"\b(?:[XYZ]-?\d{7}|\d{8}|\d{2}\.\d{3}\.\d{3})-?[A-Z]\b"), ("es.dni", "es.nie")),
    (re.compile(r"\b[A-Z]{6}\d{2}[A-EHLMPRST]\d{2}[A-Z]\d{3}[A-Z]\b"), ("it.codicefiscale",)),
    (re.compile(r"\b[A-Z]{4}\d{6}[HM][A-Z]{5}[A-Z0-9]\d\b"), ("mx.curp",)),
    (re.compile(r"\b\d{3}\.\d{3}\.\d{3}-\d{2}\b"), ("br.cpf",)),
    (re.compile(r"\b[12] ?\d{2} ?(?:0[1-9]|1[0-2]) ?\d{2} ?\d{3} ?\d{3} ?\d{2}\b"), ("fr.nir",)),
    (re.compile(r"(?<!\d)\d{2} ?\d{3} ?\d{3} ?\d{3}(?!\d)"), ("de.idnr",)),
)
GAPS = re.compile(r"\s*([,;|])(?:\s*[,;|])*(?=\s)")  # commas that nothing stands between any more
REGIONS = ("US", "GB", "DE", "ES", "FR")  # whose national forms of telephone numbers are known; +NN works for all


@dataclass(frozen=True)
class Found:
    """One piece of personal data: its kind and where it stands in the text."""

    kind: str
    start: int
    end: int


def find(text: str) -> list[Found]:
    """All structured personal data in a text, in order, without overlaps (the longest at a place wins)."""
    candidates = sorted(_all(text), key=lambda found: (found.start, -found.end))
    kept: list[Found] = []
    for found in candidates:
        if not kept or found.start >= kept[-1].end:
            kept.append(found)
    return kept


def mask(text: str) -> tuple[str, list[str]]:
    """The text without its personal data, and the kinds that were taken out."""
    found = find(text)
    for piece in reversed(found):
        text = f"{text[: piece.start].rstrip()} {text[piece.end :].lstrip()}"
    if found:
        text = GAPS.sub(r"\1", text).strip(" ,;|:-")
    return text, [piece.kind for piece in found]


def _all(text: str) -> Iterator[Found]:
    yield from (Found("email", *match.span()) for match in EMAIL.finditer(text))
    if not any(char.isdigit() for char in text):
        return
    yield from _checked("iban", IBAN, text, partial(_is_valid, ("iban",)))
    yield from _checked("card", DIGITS, text, _is_card)
    yield from _checked("ip", IPV4, text, _is_ip)
    yield from _checked("ip", IPV6, text, _is_ip)
    for pattern, modules in NATIONAL_IDS:
        yield from _checked("national_id", pattern, text, partial(_is_valid, modules))
    yield from (Found("national_id", *match.span()) for match in BRITISH_ID.finditer(text))
    yield from (Found("phone", *match.span(1)) for match in CALLED.finditer(text))
    yield from _phones(text)


def _checked(kind: str, pattern: re.Pattern[str], text: str, good: Callable[[str], bool]) -> Iterator[Found]:
    for match in pattern.finditer(text):
        if good(match.group()):
            yield Found(kind, *match.span())


def _phones(text: str) -> Iterator[Found]:
    if sum(char.isdigit() for char in text) < 7:
        return
    import phonenumbers  # lazily: its metadata is large

    for region in REGIONS:
        for match in phonenumbers.PhoneNumberMatcher(text, region):
            # eight bare digits are as likely a picture's number: a telephone number is grouped or international
            if not match.raw_string.isdigit():
                yield Found("phone", match.start, match.end)


def _is_card(text: str) -> bool:
    from stdnum import luhn

    digits = re.sub(r"\D", "", text)
    return 13 <= len(digits) <= 19 and digits[0] in "3456" and luhn.is_valid(digits)


def _is_valid(modules: tuple[str, ...], text: str) -> bool:
    """Whether one of these modules of python-stdnum finds the number valid."""
    plain = re.sub(r"[ .]", "", text)
    return any(importlib.import_module(f"stdnum.{module}").is_valid(plain) for module in modules)


def _is_ip(text: str) -> bool:
    try:
        address = ipaddress.ip_address(text.partition(":")[0] if "." in text else text)
    except ValueError:
        return False
    return not address.is_unspecified
