"""What tests share: servers and a Ray that are started once, when the first test asks for them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.servers.s3 import moto_url, s3_url

__all__ = ["moto_url", "ray_cluster", "s3_url"]


@pytest.fixture(scope="session")
def ray_cluster() -> Iterator[None]:
    """A local Ray with eight logical CPUs, as the command line would start it."""
    from curation.engine import ray as on_ray
    from curation.engine.section import EngineSection

    started = on_ray.connect(EngineSection(local_cpus=8), 0)
    yield
    if started:
        on_ray.disconnect()
