"""What a newcomer copies from the README works: its recipe loads, its commands, targets, files and keys are there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
import typer

from curation.cli import app
from curation.recipe import load_recipe

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = {path: (ROOT / path).read_text(encoding="utf-8") for path in ("README.md", "curation/table/readers.md")}


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def test_the_recipes_of_the_readme_load_as_one_recipe(tmp_path: Path) -> None:
    recipe = tmp_path / "mine.yaml"
    recipe.write_text("".join(blocks(README, "yaml")), encoding="utf-8")
    assert load_recipe(recipe).name == "mine"


@pytest.mark.parametrize("page", PAGES)
def test_the_code_of_the_pages_is_python(page: str) -> None:
    assert all(ast.parse(code) for code in blocks(PAGES[page], "python"))


def test_every_command_of_the_readme_exists() -> None:
    named = set(re.findall(r"(?:^|`)(?:python -m )?curation (\w+)", README, re.MULTILINE))
    assert {"plan", "run", "status", "recipe"} <= named <= set(typer.main.get_group(app).commands)


def test_every_make_target_and_path_of_the_readme_exists() -> None:
    targets = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(re.findall(r"(?:^|`)make ([a-z0-9-]+)", README, re.MULTILINE)) <= targets
    paths = set(re.findall(r"\b(?:curation|tests|configs|deploy)/[\w./]*\w", README))
    assert len(paths) > 10
    assert not [path for path in paths if not (ROOT / path).exists()]
