"""What a library writes to standard error is kept from the console, unless it goes wrong."""

from __future__ import annotations

import os

import pytest

from curation.engine.hush import hushed


def test_what_is_written_within_is_not_seen_and_what_follows_is(capfd: pytest.CaptureFixture[str]) -> None:
    with hushed():
        os.write(2, b"chatter\n")
    os.write(2, b"news\n")
    assert capfd.readouterr().err == "news\n"


def test_when_an_error_leaves_all_is_told(capfd: pytest.CaptureFixture[str]) -> None:
    def start() -> None:
        with hushed():
            os.write(2, b"the cause\n")
            raise ValueError("boom")

    with pytest.raises(ValueError, match="boom"):
        start()
    assert capfd.readouterr().err == "the cause\n"
