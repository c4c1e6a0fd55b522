"""What tests share: servers and a Ray that are started once, when the first test asks for them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.s3 import moto_url, s3_url

__all__ = ["moto_url", "ray_cluster", "s3_url"]


@pytest.fixture(scope="session")
def ray_cluster() -> Iterator[None]:
    """A local Ray with four logical CPUs, as the command line would start it."""
    from curation.engine import ray as on_ray
    from curation.engine.section import EngineSection

    os.environ["PYTHONPATH"] = str(Path(__file__).parents[1])  # Ray's processes find the tests' own stages by it
    started = on_ray.connect(EngineSection(local_cpus=4), 0)
    yield
    if started:
        on_ray.disconnect()
