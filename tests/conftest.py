"""What tests share: servers and a Ray that are started once, when the first test asks for them."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.servers.s3 import moto_url, s3_url

if TYPE_CHECKING:
    from xdist.scheduler import LoadScopeScheduling

# Two Rays, or two models, starve each other on a small machine.
ON_RAY = ("tests/e2e/", "tests/integration/test_ray_")

__all__ = ["moto_url", "ray_cluster", "s3_url"]


def pytest_configure() -> None:
    """A test run that is told to end does so as by Ctrl-C: the servers that it started end with it."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, signal.default_int_handler)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """With several processes, files go to whichever is free, and all that starts a Ray goes to the same one."""
    from xdist.scheduler import LoadScopeScheduling

    class ByFile(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return "on ray" if nodeid.startswith(ON_RAY) else nodeid.partition("::")[0]

    return ByFile(config, log)


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
