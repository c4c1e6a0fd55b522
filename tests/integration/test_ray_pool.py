"""The pool's eye on Ray Serve: what ends a run, and what does not. A real Serve, whose replicas hold no model."""

from __future__ import annotations

import os
import signal
import threading
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
import ray
from ray import serve
from ray.serve.api import RunTarget

from curation.errors import PoolError
from curation.inference.pool import PATIENCE, ServePool
from curation.inference.pool_section import PoolSection
from tests.servers.s3 import free_port

pytestmark = pytest.mark.timeout(600)

SECTION = PoolSection(model="tiny", kind="cpu", replicas_min=2)
BROKEN = PoolSection(model="broken", kind="cpu")
LONG_S = 120.0


class Server:
    def __call__(self) -> int:
        return os.getpid()


class Broken:
    def __init__(self) -> None:
        raise RuntimeError("no such model")


class Door:
    def __init__(self, server: Any) -> None:
        self._server = server

    async def __call__(self, _: object) -> int:
        return int(await self._server.remote())


@pytest.fixture(scope="module")
def port(ray_cluster: None) -> Iterator[int]:
    port = free_port()
    serve.start(
        proxy_location="HeadOnly",
        http_options={"host": "127.0.0.1", "port": port},
        controller_options={"runtime_env": {"env_vars": PATIENCE}},
    )
    yield port
    for actor in ray.util.list_named_actors(all_namespaces=True):
        if actor["namespace"] == "serve":  # its controller, which would do this, is dead at the end
            ray.kill(ray.get_actor(actor["name"], namespace="serve"))


@pytest.fixture(scope="module")
def pool(port: int) -> Iterator[ServePool]:
    # Of two, the second has no place on the four CPUs that the tests' Ray has.
    deploy(SECTION, Server, cpus=3, num_replicas=2, health_check_period_s=1)
    with ServePool(SECTION) as pool:
        yield pool


def deploy(section: PoolSection, server: type, cpus: int, **more: Any) -> None:
    # Ray 2.60 pickles a deployment by a register of the process, and so does a pool's thread when it looks at Serve:
    # of two at once one fails.
    target = next(target for _ in range(9) if (target := built(section, server, cpus, **more)) is not None)
    serve.run_many([target], wait_for_ingress_deployment_creation=False, wait_for_applications_running=False)


def built(section: PoolSection, server: type, cpus: int, **more: Any) -> RunTarget | None:
    """A pool's application; None when another thread was at the same."""
    deployment: Any = serve.deployment  # of which Ray 2.60 says the wrong type
    try:
        door = deployment(Door).options(ray_actor_options={"num_cpus": 0})
        named = deployment(server).options(name=f"Server:{section.model}", ray_actor_options={"num_cpus": cpus}, **more)
    except ValueError:
        return None
    return RunTarget(door.bind(named.bind()), name=section.app, route_prefix=f"/{section.app}")


def replica(port: int) -> int:
    """The process that answers a request; 0 when none does."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/{SECTION.app}", timeout=LONG_S) as answer:
            return int(answer.read())
    except OSError:
        return 0


def until(held: Callable[[], bool], pool: ServePool) -> None:
    """Returns when it holds. Fails at once when the pool is given up."""
    end = monotonic() + LONG_S
    while not held():
        pool.check()
        assert monotonic() < end, pool.state()
        threading.Event().wait(0.1)


def test_a_pool_is_ready_as_soon_as_one_replica_answers_though_the_cluster_lacks_room_for_the_others(
    pool: ServePool, port: int
) -> None:
    pool.wait_ready(LONG_S)
    assert pool.state() == "ready, 1 of 2 replicas"
    assert replica(port) > 0


def test_a_replica_that_dies_before_all_have_been_up_is_replaced_and_ends_nothing(pool: ServePool, port: int) -> None:
    pool.wait_ready(LONG_S)
    lost = replica(port)
    os.kill(lost, signal.SIGKILL)
    until(lambda: replica(port) not in (0, lost), pool)
    until(lambda: pool.state() == "ready, 1 of 2 replicas", pool)


def test_a_model_that_cannot_be_loaded_fails_the_pool_with_its_cause(port: int) -> None:
    deploy(BROKEN, Broken, cpus=0, max_constructor_retry_count=1)
    with ServePool(BROKEN) as broken, pytest.raises(PoolError, match=r"pool broken cannot start: .*no such model"):
        broken.wait_ready(LONG_S)


def test_a_pool_that_somebody_else_takes_down_is_deployed_again(port: int, tmp_path: Path) -> None:
    section = PoolSection(model="taken", source=str(tmp_path), kind="cpu")
    deploy(section, Server, cpus=0)
    with ServePool(section) as taken:
        taken.wait_ready(LONG_S)
        serve.delete(section.app)
        with pytest.raises(PoolError, match="no folder of a model"):  # which is as far as it gets without one
            until(lambda: False, taken)


def test_a_pool_that_cannot_be_looked_at_is_not_given_up_while_it_answers(pool: ServePool, port: int) -> None:
    pool.wait_ready(LONG_S)
    ray.kill(ray.get_actor("SERVE_CONTROLLER_ACTOR", namespace="serve"))
    until(lambda: pool.state().startswith("cannot be looked at: "), pool)
    assert replica(port) > 0
    pool.stop()
