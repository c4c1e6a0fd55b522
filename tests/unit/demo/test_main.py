"""The demo's commands, as `make` calls them."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
from typer.testing import CliRunner

from curation.demo.__main__ import app
from curation.demo.world import prepare


def test_add_rows_adds_as_many_rows_as_it_was_asked_for(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["add-rows", "--root", str(tmp_path), "--rows", "4"])
    assert done.exit_code == 0, done.output
    assert [pq.read_metadata(path).num_rows for path in tmp_path.glob("source/added-*.parquet")] == [4]


def test_run_serves_the_site_sets_the_folder_and_exits_as_the_run_does(tmp_path: Path) -> None:
    """The recipe is none, so that the run ends at once; what it was told stands in its error."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        world = prepare(tmp_path / "demo", probe.getsockname()[1])
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text("name: ${CURATION_DEMO}\nsauce: {}\n")
    done = subprocess.run(
        [sys.executable, "-m", "curation.demo", "run", "--root", str(world.root), str(recipe)],
        env=os.environ, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "sauce" in done.stderr
    with world.site() as site:  # its port is free again
        assert site.url.endswith(str(world.port))


def test_run_says_that_the_sites_port_is_taken(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        probe.listen()
        world = prepare(tmp_path, probe.getsockname()[1])
        done = subprocess.run(
            [sys.executable, "-m", "curation.demo", "run", "--root", str(world.root), "configs/demo.yaml"],
            env=os.environ, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
    assert done.returncode == 2
    assert f"port {world.port} of 127.0.0.1 is taken" in done.stderr
    assert "Traceback" not in done.stderr
