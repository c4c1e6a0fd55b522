"""The language of short text, measured on alt-texts that had no part in choosing its weights."""

from __future__ import annotations

from pathlib import Path

from curation.captions.language import LanguageId


def test_short_alt_texts_are_told_apart() -> None:
    """166 alt-texts of two to six words; "xx" is a language that is no candidate, and must not be read as English."""
    lines = Path(__file__).with_name("languages.tsv").read_text("utf-8").splitlines()
    languages = LanguageId()
    rows = [(*line.split("\t"), languages.identify(line.split("\t")[1]).language) for line in lines]
    english = [found == "en" for wanted, _, found in rows if wanted == "en"]
    others = [found != "en" for wanted, _, found in rows if wanted != "en"]
    exact = [found == wanted for wanted, _, found in rows if wanted not in ("en", "xx")]
    assert sum(english) / len(english) >= 0.9
    assert sum(others) / len(others) >= 0.93
    assert sum(exact) / len(exact) >= 0.85


def test_english_captions_of_names_are_kept() -> None:
    """60 captions that are little but names, and 30 of other languages ("xx") with such names in them."""
    lines = Path(__file__).with_name("names.tsv").read_text("utf-8").splitlines()
    languages = LanguageId()
    rows = [(wanted, languages.identify(text).language) for wanted, text in (line.split("\t") for line in lines)]
    english = [found == "en" for wanted, found in rows if wanted == "en"]
    others = [found != "en" for wanted, found in rows if wanted != "en"]
    assert len(english) == 60
    assert sum(english) / len(english) >= 0.9
    assert sum(others) / len(others) >= 0.55
