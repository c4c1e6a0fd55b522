"""The command line: what it prints, for people and for scripts, and its exit codes."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

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


@dataclass(frozen=True)
class Done:
    """What a command came to."""

    code: int
    out: str
    err: str


def ask(*words: object) -> Done:
    """The command in this process, by the door that the shell uses."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err), pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["curation", *(str(word) for word in words)])
        with pytest.raises(SystemExit) as left:
            cli.main()
    return Done(int(left.value.code or 0), out.getvalue(), err.getvalue())


def shell(*words: object) -> Done:
    """The command in a process of its own."""
    command = [sys.executable, "-m", "curation", *(str(word) for word in words)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    return Done(done.returncode, done.stdout, done.stderr)


def test_a_recipe_with_a_typo_exits_2_with_one_line_and_no_traceback(recipe: Path) -> None:
    recipe.write_text(recipe.read_text() + "captionz: {}\n")
    done = shell("plan", recipe)
    assert done.code == 2
    assert done.out == ""
    assert done.err == f"error: {recipe}:7: captionz: unknown key `captionz`. Did you mean `captions`?\n"


def test_a_source_that_matches_nothing_exits_2_for_run_and_plan(recipe: Path) -> None:
    (recipe.parent / "source" / "a.parquet").unlink()
    for command in ("plan", "run"):
        done = ask(command, recipe)
        assert done.code == 2
        assert "matches no file" in done.err
        assert "Traceback" not in done.err


def test_plan_tells_scripts_what_is_pending(recipe: Path) -> None:
    told = json.loads(ask("plan", recipe, "--json").out)
    assert (told["rows"], told["partitions"], told["pending_rows"], told["pending_partitions"]) == (25, 3, 25, 3)
    (file,) = told["files"]
    assert file["path"].endswith("source/a.parquet")
    assert told["bad_files"] == []


def test_plan_tells_people_the_same(recipe: Path) -> None:
    done = ask("plan", recipe)
    assert done.code == 0
    assert "a.parquet" in "".join(done.out.split())  # a long path is folded
    assert "25" in done.out


def test_run_commits_every_row_with_its_reason_and_the_next_run_finds_nothing_to_do(recipe: Path) -> None:
    # Every address is on loopback, which is refused, so no row asks for the LLM that is not there.
    done = ask("run", recipe, "--json", "--report", recipe.with_name("page.html"))
    assert done.code == 0, done.err
    told = json.loads(done.out)
    assert (told["complete"], told["pending_partitions"], told["failures"]) == (True, 0, [])
    assert told["committed_partitions"] == 3
    assert told["landed"]["reasons"] == {"duplicate_sample": 24, "refused_address": 1}
    assert told["landed"]["balanced"] is True
    assert recipe.with_name("page.html").exists()
    again = ask("run", recipe)
    assert again.code == 0
    assert "Nothing to do: all 25 rows in 3 partitions are committed." in again.out
    assert "Traceback" not in done.err + again.err


def test_files_that_were_skipped_are_told_at_the_end_of_a_run(recipe: Path) -> None:
    recipe.write_text(recipe.read_text().replace("partition_rows: 10", "partition_rows: 10, on_bad_file: skip"))
    (recipe.parent / "source" / "b.parquet").write_bytes(b"<html>")
    done = ask("run", recipe)
    assert done.code == 0, done.err
    assert "b.parquet: not a Parquet file" in done.out


def test_status_balances_from_the_table_alone(table: str) -> None:
    done = ask("status", table, "--json")
    assert done.code == 0
    told = json.loads(done.out)
    assert told["planned"] == told["accepted"] + told["rejected"] == 12
    assert told["balanced"] is True
    assert ask("status", table).code == 0


def test_status_takes_a_recipe_for_its_table(recipe: Path, table: str) -> None:
    assert json.loads(ask("status", recipe, "--json").out)["planned"] == 12


def test_status_exits_1_when_rows_are_missing(table: str) -> None:
    from deltalake import DeltaTable

    DeltaTable(table).delete("row = 3")
    done = ask("status", table, "--json")
    assert done.code == 1
    assert json.loads(done.out)["balanced"] is False
    words = ask("status", table).out
    assert "≠" in words  # the sum is off
    assert "✗ partition" in words


def test_status_of_a_place_without_a_table_exits_2_and_names_it(tmp_path: Path) -> None:
    done = ask("status", tmp_path / "typo")
    assert done.code == 2
    assert f"{tmp_path}/typo holds no table yet" in done.err


def test_a_source_of_which_no_file_can_be_used_exits_2_also_when_bad_files_are_skipped(recipe: Path) -> None:
    recipe.write_text(recipe.read_text().replace("partition_rows: 10", "partition_rows: 10, on_bad_file: skip"))
    (recipe.parent / "source" / "a.parquet").write_bytes(b"<html>")
    done = ask("run", recipe)
    assert done.code == 2
    assert "none of the 1 source files can be used" in done.err
    assert "a.parquet: not a Parquet file" in done.err


def test_show_finds_a_sample_by_its_first_digits(table: str) -> None:
    sample = SampleTable(OutputSection(table=table)).table(["sample_id"]).column(0)[0].as_py()
    told = json.loads(ask("show", table, sample[:12], "--json").out)
    assert told["sample_id"] == sample
    assert ask("show", table, sample).code == 0
    done = ask("show", table, "zzz")
    assert done.code == 1
    assert "no sample whose id begins with 'zzz'" in done.err


def test_compact_tells_what_became_of_how_many_files(table: str) -> None:
    assert re.fullmatch(r"4 files of \S+ kB became 2 of \S+ kB\n", ask("compact", table).out)
    assert ask("compact", table).out == "nothing to merge\n"


def test_report_writes_one_page_that_needs_nothing_else(table: str, tmp_path: Path) -> None:
    out = tmp_path / "page.html"
    assert ask("report", table, "--out", out).code == 0
    assert out.read_text().startswith("<!")


def test_the_schema_is_json_and_describes_keys() -> None:
    schema = json.loads(ask("recipe", "schema").out)
    assert set(schema["properties"]) == set(Recipe.model_fields)


def test_check_prints_a_recipe_whole_and_what_it_prints_is_a_recipe(recipe: Path) -> None:
    printed = ask("recipe", "check", recipe).out
    assert yaml.safe_load(printed)["engine"]["pools"]["fetch"]["max_retries"] == 20
    fingerprint = printed.split("fingerprint ")[1].split()[0]
    again = recipe.with_name("again.yaml")
    again.write_text(printed)
    assert f"fingerprint {fingerprint}" in ask("recipe", "check", again).out


def test_an_engine_that_does_not_exist_exits_2(recipe: Path) -> None:
    done = ask("run", recipe, "--engine", "spark")
    assert done.code == 2
    assert "expected ray or local" in done.err


def test_serve_needs_a_pool_of_ours(recipe: Path) -> None:
    done = ask("serve", recipe)
    assert done.code == 2
    assert "inference.pool" in done.err


def test_without_arguments_it_says_what_it_can_do() -> None:
    done = ask("--help")
    assert done.code == 0
    for command in ("run", "plan", "status", "show", "report", "serve", "recipe"):
        assert command in done.out
