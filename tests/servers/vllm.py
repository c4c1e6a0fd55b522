"""vLLM's own OpenAI-compatible server on loopback, on the CPU."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from curation.inference.chat import Endpoint
from curation.inference.client import Client
from curation.inference.client_section import ClientSection
from curation.meter import LocalMeter
from tests.servers.s3 import free_port

START_S = 600.0
ENVIRONMENT = {"HF_HUB_OFFLINE": "1", "VLLM_CPU_KVCACHE_SPACE": "1", "VLLM_LOGGING_LEVEL": "ERROR"}


class VllmServer:
    """Begins to start when it is made; `wait` until it answers, and `kill` it with its engine."""

    def __init__(self, model: Path, name: str) -> None:
        self.port = free_port()
        self.endpoint = Endpoint(f"http://127.0.0.1:{self.port}/v1", name)
        command = [
            sys.executable, "-m", "vllm.entrypoints.openai.api_server", "--model", str(model), "--enforce-eager",
            "--served-model-name", name, "--host", "127.0.0.1", "--port", str(self.port), "--max-model-len", "2048",
            "--dtype", "bfloat16", "--structured-outputs-config",
            '{"backend": "xgrammar", "disable_any_whitespace": true}',
        ]  # fmt: skip
        quiet = subprocess.DEVNULL
        self.process = subprocess.Popen(
            command, env=os.environ | ENVIRONMENT, stdout=quiet, stderr=quiet, start_new_session=True
        )

    def wait(self) -> None:
        """Until it has generated a token."""
        with Client(ClientSection(first_patience_s=START_S), [self.endpoint], LocalMeter()) as client:
            client.wait_ready(START_S)

    def kill(self) -> None:
        """End it and its engine, if it is still there."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(60)
