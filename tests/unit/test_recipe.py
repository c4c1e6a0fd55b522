"""Recipes: what is wrong is named with its line and what was meant; what is right is documented key by key."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from curation.errors import RecipeError
from curation.recipe import Recipe, load_recipe

BASE = """\
name: x
source:
  paths: [a.parquet]
output: {table: out}
inference:
  endpoints: [{url: "http://127.0.0.1:1/v1", model: m}]
"""
ROOT = Path(__file__).parents[2]

Load = Callable[..., Recipe]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Load a recipe of this text, with these environment variables and no others."""

    def loaded(text: str | bytes, **environment: str) -> Recipe:
        path = tmp_path / "r.yaml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return load_recipe(path, environment)

    return loaded


def error(load: Load, text: str | bytes, **environment: str) -> list[str]:
    """The lines of the error, without the folder in which the file is."""
    with pytest.raises(RecipeError) as caught:
        load(text, **environment)
    assert caught.value.exit_code == 2
    return [re.sub(r"^\S*r\.yaml", "r.yaml", line) for line in str(caught.value).splitlines()]


def test_the_shortest_recipe_has_defaults_for_all_else(load: Load) -> None:
    recipe = load(BASE)
    assert recipe.name == "x"
    assert set(recipe.model_dump()) == set(Recipe.model_fields)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (BASE + "captionz: {}\n", "r.yaml:7: captionz: unknown key `captionz`. Did you mean `captions`?"),
        (BASE.replace("[a.parquet]", "[a]\n  partition_row: 5"),
         "r.yaml:4: source.partition_row: unknown key `partition_row`. Did you mean `partition_rows`?"),
        (BASE + "engine:\n  pools:\n    fetch:\n      cpu: 2\n",
         "r.yaml:10: engine.pools.fetch.cpu: unknown key `cpu`. Did you mean `cpus`?"),
        (BASE + "captions:\n  filters:\n  - kind: letters\n  - kind: language\n    kep: [en]\n",
         "r.yaml:11: captions.filters.1.kep: unknown key `kep`. Did you mean `keep`?"),
        (BASE.replace("model: m", "model: m, modle: n"),
         "r.yaml:6: inference.endpoints.0.modle: unknown key `modle`. Did you mean `model`?"),
    ],
)  # fmt: skip
def test_a_typo_is_named_with_its_line_and_the_nearest_key(load: Load, text: str, expected: str) -> None:
    assert error(load, text) == [expected]


def test_a_key_that_is_near_to_none_is_answered_with_all_that_there_are(load: Load) -> None:
    (line,) = error(load, BASE + "engine:\n  zzzzzz: 1\n")
    assert line.startswith("r.yaml:8: engine.zzzzzz: unknown key `zzzzzz`. Known keys here: address, kind, local_cpus")


def test_an_unknown_kind_is_answered_with_the_kinds_there_are(load: Load) -> None:
    (line,) = error(load, BASE + "captions:\n  filters:\n  - kind: langage\n    keep: [en]\n")
    assert line.startswith("r.yaml:9: captions.filters.0: ")
    assert "'langage'" in line
    assert "'language'" in line


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (BASE + "engine:\n  local_cpus: many\n", "r.yaml:8: engine.local_cpus: .*integer.*; found 'many'"),
        (BASE + "engine:\n  local_cpus: 0\n", "r.yaml:8: engine.local_cpus: .*greater than or equal to 1; found 0"),
        (BASE + "engine:\n  kind: spark\n", "r.yaml:8: engine.kind: .*'ray' or 'local'; found 'spark'"),
        (BASE + "dedup:\n  near_image_bits: 64\n", "r.yaml:8: dedup.near_image_bits: .*less than or equal to 63"),
        (BASE.replace("[a.parquet]", "a.parquet"), "r.yaml:3: source.paths: .*valid list; found 'a.parquet'"),
        (BASE.replace("[a.parquet]", "[]"), "r.yaml:3: source.paths: .*at least 1 item"),
        (BASE.replace("name: x", "name: two words"), "r.yaml:1: name: .*pattern"),
        (BASE + "engine: {pools: {fetch: {min: 3, max: 1}}}\n", r"r.yaml:7: engine.pools.fetch: .*max \(1\) is less"),
        (BASE + "report: null\n", "r.yaml:7: report: .*found None"),
        (BASE + "1: x\n", "r.yaml:7: 1: Keys should be strings"),
    ],
)
def test_a_wrong_value_is_named_with_its_line_what_was_expected_and_what_was_found(
    load: Load, text: str, expected: str
) -> None:
    (line,) = error(load, text)
    assert re.match(expected, line), line


def test_all_problems_are_told_at_once(load: Load) -> None:
    lines = error(load, "name: x\nsource: {pahts: [a]}\noutput: {table: 3}\n")
    assert lines == [
        "r.yaml:2: source: missing key `paths`; it has no default.",
        "r.yaml:2: source.pahts: unknown key `pahts`. Did you mean `paths`?",
        "r.yaml:3: output.table: Input should be a valid string; found 3.",
        "r.yaml:1: missing key `inference`; it has no default.",
    ]


@pytest.mark.parametrize(
    "text",
    [
        b"", b"# nothing\n", b"- a\n", b"words", b"a: [1\n", b"a:\n\tb: 1\n", b"name: caf\xe9\n", b"name: a\x00\n",
        b"a: b\n---\na: b\n", b"? [a]\n: b\n", b"a: !!python/object:os.system {}\n", b"a: 2024-13-45\n",
        b"a: &a [*a]\n", b"a: " + b"[" * 3000 + b"]" * 3000, b"&a ? *a : b", b"a: *b\n", b"%YAML 9.9\n---\na: b",
        b"\xff\xfe", b"<<: 3\n",
    ],
)  # fmt: skip
def test_what_is_not_a_recipe_at_all_is_one_error_that_names_the_file(load: Load, text: bytes) -> None:
    assert error(load, text)[0].startswith("r.yaml")


@pytest.mark.parametrize("path", ["none.yaml", ".", "a\x00b", "/dev/null/x"])
def test_a_recipe_that_cannot_be_read_is_an_error_that_names_it(path: str) -> None:
    with pytest.raises(RecipeError, match="cannot be read"):
        load_recipe(path)


def test_a_key_that_stands_twice_is_an_error_and_not_the_last_one_silently(load: Load) -> None:
    assert error(load, BASE + "name: y\n") == ["r.yaml:7: key `name` stands there twice"]
    nested = BASE + "captions:\n  filters:\n  - kind: letters\n    kind: language\n"
    assert error(load, nested) == ["r.yaml:10: key `kind` stands there twice"]


def test_the_same_key_in_two_places_and_merged_mappings_are_fine(load: Load) -> None:
    pools = (
        "engine:\n  pools:\n    prepare: &few {max: 2, cpus: 0.5}\n    fetch: {<<: *few, max: 3}\n    finish: *few\n"
    )
    recipe = load(BASE + pools)
    assert [recipe.engine.pools.prepare.max, recipe.engine.pools.fetch.max] == [2, 3]
    assert recipe.engine.pools.fetch.cpus == 0.5


def test_variables_are_filled_from_the_environment_anywhere_in_a_text(load: Load) -> None:
    text = BASE.replace("a.parquet", "'${BUCKET}/${DAY:-today}/*.parquet'")
    assert load(text, BUCKET="s3://b").source.paths == ["s3://b/today/*.parquet"]
    assert load(text, BUCKET="s3://b", DAY="").source.paths == ["s3://b//*.parquet"]
    assert load(text, BUCKET="${DAY}", DAY="1").source.paths == ["${DAY}/1/*.parquet"]


def test_what_a_variable_holds_is_a_number_where_one_is_wanted_and_text_elsewhere(load: Load) -> None:
    recipe = load(BASE.replace("x", "${DAY}", 1) + "engine:\n  local_cpus: ${CPUS}\n", DAY="20241205", CPUS="4")
    assert recipe.name == "20241205"
    assert recipe.engine.local_cpus == 4
    (line,) = error(load, BASE + "engine:\n  local_cpus: ${CPUS}\n", CPUS="[4")
    assert line.startswith("r.yaml:8: engine.local_cpus:")


def test_variables_that_are_not_set_or_not_closed_are_named_all_at_once(load: Load) -> None:
    lines = error(load, BASE.replace("name: x", "name: ${N}").replace("a.parquet", '"${M}", "${K"'))
    assert lines == [
        "r.yaml: environment variable N is not set, and '${N}' has no default for it",
        "r.yaml: environment variable M is not set, and '${M}' has no default for it",
        "r.yaml: '${K' is neither ${VAR} nor ${VAR:-default}",
    ]


def test_the_fingerprint_is_of_the_values_and_not_of_how_they_are_written(load: Load) -> None:
    before = load(BASE).fingerprint
    assert re.fullmatch("[0-9a-f]{12}", before)
    assert load("# words\n" + BASE + "engine: {kind: ray}\n").fingerprint == before
    lines = BASE.splitlines(keepends=True)
    assert load("".join(lines[3:] + lines[:3])).fingerprint == before


@pytest.mark.parametrize(
    "changed",
    [
        BASE.replace("name: x", "name: y"),
        BASE.replace("model: m", "model: n"),
        BASE + "engine: {kind: local}\n",
        BASE + "dedup: {near_image_bits: 30}\n",
        BASE + "captions: {filters: []}\n",
    ],
)
def test_the_fingerprint_changes_with_every_value(load: Load, changed: str) -> None:
    assert load(changed).fingerprint != load(BASE).fingerprint


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
        for field in annotation.model_fields.values():
            yield from _models(field.annotation)
    for argument in get_args(annotation):
        yield from _models(argument)


SECTIONS = sorted(set(_models(Recipe)), key=lambda model: model.__qualname__)


@pytest.mark.parametrize("model", SECTIONS, ids=lambda model: model.__name__)
def test_every_section_is_strict_and_frozen_and_every_key_of_it_is_documented(model: type[BaseModel]) -> None:
    assert model.model_config.get("extra") == "forbid"
    assert model.model_config.get("frozen") is True
    assert model.__doc__
    sections = set(SECTIONS)
    for name, field in model.model_fields.items():
        told = field.description or any(found in sections for found in _models(field.annotation)) or name == "kind"
        assert told, f"{model.__name__}.{name} has no description"


def test_the_json_schema_tells_every_key_with_its_description() -> None:
    schema = Recipe.model_json_schema()
    assert schema["additionalProperties"] is False
    assert schema["$defs"]["SourceSection"]["properties"]["partition_rows"]["description"].startswith("Rows in a")
    assert len(schema["$defs"]) >= 15


@pytest.mark.parametrize("path", sorted((ROOT / "configs").glob("*.yaml")), ids=lambda path: path.name)
def test_every_recipe_of_ours_loads(path: Path) -> None:
    recipe = load_recipe(path, {})
    assert recipe.name
    assert Recipe.model_validate(recipe.model_dump(mode="json")).fingerprint == recipe.fingerprint
