#!/usr/bin/env bash
# Writes the lock files from pyproject.toml. uv resolves; the overrides name what must stay out.
set -euo pipefail
cd "$(dirname "$0")/.."
uv=${UV:-.venv/bin/python -m uv}
links=()
for link in ${PIP_FIND_LINKS:-}; do links+=(--find-links "$link"); done
common=(--quiet --no-header --no-annotate --python-version 3.11 --python-platform x86_64-manylinux_2_28 --no-emit-find-links)
head() { printf '# Every package of a machine of kind %s, with its version. Made by deploy/lock.sh; do not edit.\n' "$1"; }

{ head cpu; $uv pip compile pyproject.toml "${common[@]}" "${links[@]}" --override deploy/overrides-cpu.txt \
    --extra cpu --extra nsfw --extra ocr --extra demo --extra test --extra lint; } > deploy/constraints-cpu.txt
{ head gpu; $uv pip compile pyproject.toml "${common[@]}" --override deploy/overrides-gpu.txt \
    --extra gpu --extra nsfw --extra ocr --extra demo --extra test --extra lint; } > deploy/constraints-gpu.txt
