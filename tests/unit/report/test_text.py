"""Text and numbers for a screen."""

from __future__ import annotations

import pytest

from curation.report.text import duration, printable, share, size
from tests.unit.report.samples import ESCAPES


def test_no_control_character_of_a_stranger_reaches_a_terminal() -> None:
    every = "".join(map(chr, range(0x20))) + "".join(map(chr, range(0x7F, 0xA0))) + "\u202e\u2066\ud800" + ESCAPES
    shown = printable(every)
    assert not any(ord(char) < 0x20 or 0x7F <= ord(char) < 0xA0 for char in shown)
    assert not set("\u202e\u2066\ud800") & set(shown)
    assert "red" in shown


def test_letters_of_every_script_stay_as_they_are() -> None:
    text = "Straße, 日本語, नमस्ते, می‌خواهم, 👩‍🚀"
    assert printable(text) == text


def test_text_is_bounded() -> None:
    assert len(printable("x" * 10_000, 50)) == 50
    assert printable("x" * 50, 50) == "x" * 50


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (59.6, "1 min"), (80, "1 min 20 s"), (3600, "1 h"), (7500, "2 h 5 min"), (273_600, "3 d 4 h")],
)
def test_durations_read_as_a_person_says_them(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_a_share_never_rounds_to_nothing_or_to_all() -> None:
    assert (share(1, 100_000), share(99_999, 100_000)) == ("<0.1 %", ">99.9 %")
    assert (share(0, 10), share(10, 10), share(0, 0), share(1, 3)) == ("0 %", "100 %", "–", "33.3 %")


def test_sizes_have_units() -> None:
    assert [size(0), size(999), size(1234), size(5e9)] == ["0 B", "999 B", "1.2 kB", "5.0 GB"]
