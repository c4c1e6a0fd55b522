from __future__ import annotations

from pathlib import Path

import pytest

from curation.dialogue.pii import find, mask
from tests.unit.dialogue.reading import evidence, failed

# Numbers are the published examples of their schemes, or reserved for fiction.
PERSONAL = [
    ("email", "mail jane.doe+x@example.co.uk today"),
    ("email", "jane (at) example (dot) com"),
    ("email", "jane[at]example.com"),
    ("phone", "Call 555-0142-334 now"),
    ("phone", "tel: 555-123-4567"),
    ("phone", "(212) 555-0147"),
    ("phone", "+1 212 555 0147"),
    ("phone", "+44 20 7946 0958"),
    ("phone", "+49 30 901820"),
    ("phone", "+34 912 345 678"),
    ("phone", "+33 1 42 68 53 00"),
    ("phone", "+351 21 342 2000"),
    ("phone", "Llamar al 912 345 678"),
    ("phone", "Rufen Sie an 030 901820"),
    ("card", "4111 1111 1111 1111"),
    ("card", "5500-0000-0000-0004"),
    ("card", "340000000000009"),
    ("card", "6011000000000004"),
    ("iban", "DE89 3704 0044 0532 0130 00"),
    ("iban", "GB29NWBK60161331926819"),
    ("iban", "ES91 2100 0418 4502 0005 1332"),
    ("iban", "FR14 2004 1010 0505 0001 3M02 606"),
    ("ip", "203.0.113.42"),
    ("ip", "2001:db8::8a2e:370:7334"),
    ("national_id", "536-90-4399"),
    ("national_id", "54362315-K"),
    ("national_id", "X-2482300W"),
    ("national_id", "2 95 10 99 126 111 93"),
    ("national_id", "36 574 261 809"),
]
HARMLESS = [
    "1920x1080 wallpaper",
    "Moon landing, 20 July 1969",
    "2023-10-12 18:30",
    "IMG 20231012 183000",
    "Boeing 747-400",
    "ISBN 978-3-16-148410-0",
    "Canon EOS 5D Mark IV 24-70mm f/2.8",
    "Product 12345678",
    "Route 66, mile 1234",
    "Version 10.4.11",
    "Score 3:2 at 16:9",
    "pack of 100 000 000",
    "1234 5678 9012 3456",
    "12.5 x 30.2 x 44.1 cm",
    "1990-2000-2010",
]


@pytest.mark.parametrize(("kind", "text"), PERSONAL)
def test_personal_data_is_found_wherever_it_stands(kind: str, text: str) -> None:
    for around in ("{}", "Plumber {} in Springfield", "{}.", "Red van, {}"):
        assert kind in [found.kind for found in find(around.format(text))]


@pytest.mark.parametrize("text", HARMLESS)
def test_other_numbers_are_left_alone(text: str) -> None:
    assert find(text) == []


def test_what_is_masked_is_gone_and_the_rest_stays() -> None:
    text, kinds = mask("Red van of Bob's Plumbing, jane@example.com, (212) 555-0147, in the rain")
    assert kinds == ["email", "phone"]
    assert text == "Red van of Bob's Plumbing, in the rain"


@pytest.mark.parametrize(("kind", "text"), PERSONAL)
def test_no_personal_data_reaches_the_evidence_or_passes_in_a_turn(kind: str, text: str) -> None:
    assert find(evidence(f"Red van by a house {text}").text) == []
    found = failed("Red van by a house", "What is by the house?", f"A red van is by a house, {text}.")
    assert found["personal_data"] == "personal_data"


def _rows() -> list[tuple[str, str]]:
    path = Path(__file__).parents[2] / "data" / "pii.tsv"
    rows = (line.split("\t") for line in path.read_text("utf-8").splitlines() if not line.startswith("#"))
    return [(kind, text) for kind, text in rows]


def test_ninety_nine_percent_of_structured_personal_data_are_masked_and_few_other_numbers() -> None:
    personal = [(kind, text) for kind, text in _rows() if kind != "harmless"]
    harmless = [text for kind, text in _rows() if kind == "harmless"]
    assert len(personal) >= 300
    assert {kind for kind, _ in personal} == {"email", "phone", "card", "iban", "national_id", "ip"}
    left = []
    for kind, text in personal:
        masked, _ = mask(text)
        told = "@" in masked or "(at)" in masked or "[at]" in masked or sum(char.isdigit() for char in masked) > 2
        if masked == text or told:
            left.append((kind, masked))
    assert len(left) <= 0.01 * len(personal), left
    taken = [text for text in harmless if find(text)]
    assert len(taken) <= 0.05 * len(harmless), taken
