"""The command line: what it prints, for people and for scripts, and its exit codes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from typer.testing import CliRunner, Result

from curation import cli
from curation.recipe import Recipe
from curation.table.read import SampleTable
from curation.table.storage import OutputSection
from tests.unit.table.partitions import commit_all, partitions

RECIPE = """\
name: x
source: {{paths: ["{folder}/source/*.parquet"], partition_rows: 10}}
output: {{table: "{folder}/table"}}
engine: {{kind: local}}
inference:
  endpoints: [{{url: "http://127.0.0.1:9/v1", model: m}}]
"""


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    """A recipe over one source file of 25 rows; nothing is committed."""
    (tmp_path / "source").mkdir()
    rows = pa.table({"URL": ["http://127.0.0.1:9/x"] * 25, "TEXT": ["two dogs on a beach"] * 25})
    pq.write_table(rows, tmp_path / "source" / "a.parquet")
    path = tmp_path / "recipe.yaml"
    path.write_text(RECIPE.format(folder=tmp_path))
    return path


@pytest.fixture
def table(tmp_path: Path) -> str:
    """A table with two partitions of six rows."""
    output = OutputSection(table=str(tmp_path / "table"))
    commit_all(output, partitions("f", 2, 6))
    return output.table


def ask(*words: object) -> Result:
    """The command, run in this process; an error of ours ends as it does for the shell."""
    return CliRunner().invoke(cli.app, [str(word) for word in words])


def shell(*words: object) -> subprocess.CompletedProcess[str]:
    """The command, run as a person runs it."""
    command = [sys.executable, "-m", "curation", *(str(word) for word in words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_a_recipe_with_a_typo_exits_2_with_one_line_and_no_traceback(recipe: Path) -> None:
    recipe.write_text(recipe.read_text() + "captionz: {}\n")
    done = shell("plan", recipe)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == f"error: {recipe}:7: captionz: unknown key `captionz`. Did you mean `captions`?\n"


def test_a_source_that_matches_nothing_exits_2_for_run_and_plan(recipe: Path) -> None:
    (recipe.parent / "source" / "a.parquet").unlink()
    for command in ("plan", "run"):
        done = shell(command, recipe)
        assert done.returncode == 2
        assert "matches no file" in done.stderr
        assert "Traceback" not in done.stderr


def test_plan_tells_scripts_what_is_pending(recipe: Path) -> None:
    told = json.loads(ask("plan", recipe, "--json").stdout)
    assert (told["rows"], told["partitions"], told["pending_rows"], told["pending_partitions"]) == (25, 3, 25, 3)
    (file,) = told["files"]
    assert file["path"].endswith("source/a.parquet")
    assert told["bad_files"] == []


def test_plan_tells_people_the_same(recipe: Path) -> None:
    done = ask("plan", recipe)
    assert done.exit_code == 0
    assert "a.parquet" in done.stdout
    assert "25" in done.stdout


def test_status_balances_from_the_table_alone(table: str) -> None:
    done = ask("status", table, "--json")
    assert done.exit_code == 0
    told = json.loads(done.stdout)
    assert told["planned"] == told["accepted"] + told["rejected"] == 12
    assert told["balanced"] is True
    assert ask("status", table).exit_code == 0


def test_status_takes_a_recipe_for_its_table(recipe: Path, table: str) -> None:
    assert json.loads(ask("status", recipe, "--json").stdout)["planned"] == 12


def test_status_exits_1_when_rows_are_missing(table: str) -> None:
    from deltalake import DeltaTable

    DeltaTable(table).delete("row = 3")
    done = ask("status", table, "--json")
    assert done.exit_code == 1
    assert json.loads(done.stdout)["balanced"] is False
    assert "UNBALANCED" in ask("status", table).stdout


def test_show_finds_a_sample_by_its_first_digits(table: str) -> None:
    sample = SampleTable(OutputSection(table=table)).table(["sample_id"]).column(0)[0].as_py()
    told = json.loads(ask("show", table, sample[:12], "--json").stdout)
    assert told["sample_id"] == sample
    assert ask("show", table, sample).exit_code == 0
    done = shell("show", table, "zzz")
    assert done.returncode == 1
    assert "no sample whose id begins with 'zzz'" in done.stderr


def test_report_writes_one_page_that_needs_nothing_else(table: str, tmp_path: Path) -> None:
    out = tmp_path / "page.html"
    assert ask("report", table, "--out", out).exit_code == 0
    assert out.read_text().startswith("<!")


def test_the_schema_is_json_and_describes_keys() -> None:
    schema = json.loads(ask("recipe", "schema").stdout)
    assert set(schema["properties"]) == set(Recipe.model_fields)


def test_check_prints_a_recipe_whole_and_what_it_prints_is_a_recipe(recipe: Path) -> None:
    printed = ask("recipe", "check", recipe).stdout
    assert yaml.safe_load(printed)["engine"]["pools"]["fetch"]["max_retries"] == 8
    fingerprint = printed.split("fingerprint ")[1].split()[0]
    again = recipe.with_name("again.yaml")
    again.write_text(printed)
    assert f"fingerprint {fingerprint}" in ask("recipe", "check", again).stdout


def test_an_engine_that_does_not_exist_exits_2(recipe: Path) -> None:
    done = shell("run", recipe, "--engine", "spark")
    assert done.returncode == 2
    assert "expected ray or local" in done.stderr


def test_serve_needs_a_pool_of_ours(recipe: Path) -> None:
    done = shell("serve", recipe)
    assert done.returncode == 2
    assert "inference.pool" in done.stderr


def test_without_arguments_it_says_what_it_can_do() -> None:
    done = shell("--help")
    assert done.returncode == 0
    for command in ("run", "plan", "status", "show", "report", "serve", "recipe"):
        assert command in done.stdout
