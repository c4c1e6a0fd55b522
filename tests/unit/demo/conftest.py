"""The demo's world for tests: made once, on a port of its own, so that a demo may run meanwhile."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from curation.demo.world import DemoWorld, prepare
from tests.servers.s3 import free_port


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> DemoWorld:
    """A world that no test changes."""
    return prepare(tmp_path_factory.mktemp("demo"), free_port())


@pytest.fixture
def own_world(world: DemoWorld, tmp_path: Path) -> DemoWorld:
    """A copy to change."""
    shutil.copytree(world.root, tmp_path / "demo")
    return replace(world, root=tmp_path / "demo")
