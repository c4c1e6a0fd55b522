"""The lines that a report tells people to copy do what they say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from curation.report.reading import snippets
from tests.unit.report.samples import accepted, committed, rejected


@pytest.mark.parametrize("place", [0, 1])
def test_the_lines_for_readers_run_as_they_are(tmp_path: Path, place: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path / "cache"))
    table = committed(tmp_path, [accepted(1), accepted(2), rejected(1, "blank")])
    lines = snippets(table.uri)[place].code.rstrip().splitlines()
    names: dict[str, Any] = {}
    exec("\n".join(lines[:-1]), names)
    result = eval(lines[-1], names)
    if place == 0:
        image, messages = result
        assert (image.size, messages[0]["role"], len(names["data"])) == ((64, 64), "user", 2)
    else:
        assert sorted(result.rows(), key=str) == [("accepted", None, 2), ("rejected", "blank", 1)]
