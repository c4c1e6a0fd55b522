#!/usr/bin/env bash
# Makes .venv from a lock file: `deploy/install.sh cpu` or `deploy/install.sh gpu`.
#
# The lock names every package that is installed, so nothing is resolved here (--no-deps): that is fast, and it
# keeps out what the machine must not have (see overrides-cpu.txt). Settings of pip on this machine (index,
# wheel folder, certificate) are handed to uv, which reads none of them; if uv cannot do it, pip does.
set -euo pipefail
cd "$(dirname "$0")/.."
kind=${1:?usage: deploy/install.sh cpu|gpu}
lock=deploy/constraints-$kind.txt
python=${PYTHON:-python3.11}
command -v "$python" >/dev/null || python=python3
"$python" -c 'import sys; assert (3, 11) <= sys.version_info < (3, 13), f"Python 3.11 or 3.12 is needed, found {sys.version}"'

echo "installing $(grep -c '==' "$lock") packages from $lock (a few GB; one to three minutes)"
"$python" -m venv .venv
pip() { .venv/bin/python -m pip --disable-pip-version-check -qq "$@"; } # -qq: no word of wheel folders that hold nothing
setting() { .venv/bin/python -m pip config get "$1" 2>/dev/null | tr '\n' ' ' || true; }
find_links=${PIP_FIND_LINKS:-$(setting global.find-links)}
index=${PIP_INDEX_URL:-$(setting global.index-url)}
cert=${PIP_CERT:-$(setting global.cert)}
torch_index=https://download.pytorch.org/whl/$([ "$kind" = cpu ] && echo cpu || echo cu130)

install() { # install ARGS... with uv, then with pip; each first as the machine is set up, then with PyTorch's index
  local links=() uv=(.venv/bin/python -m uv --quiet pip install --python .venv/bin/python)
  for link in $find_links; do links+=(--find-links "$link"); done
  [ -n "${index// /}" ] && uv+=(--default-index "${index// /}")
  [ -n "${cert// /}" ] && export SSL_CERT_FILE="${SSL_CERT_FILE:-${cert// /}}"
  if .venv/bin/python -m uv --version >/dev/null 2>&1; then
    "${uv[@]}" "${links[@]}" "$@" && return
    "${uv[@]}" "${links[@]}" --index "$torch_index" --index-strategy unsafe-best-match "$@" && return
  fi
  pip install "$@" || pip install --extra-index-url "$torch_index" "$@"
}

pip install uv==0.13.9 || echo "uv is not to be had here; pip will do it, more slowly"
install --no-deps -r "$lock"
install --no-deps --no-build-isolation -e .

# Fetching JPEGs costs a fifth less with libjpeg-turbo's own interface, which no wheel brings; OpenCV does without.
turbojpeg() { .venv/bin/python -c 'import ctypes; ctypes.CDLL("libturbojpeg.so.0")' 2>/dev/null; }
apt() { DEBIAN_FRONTEND=noninteractive apt-get "$@" >/dev/null 2>&1; }
if ! turbojpeg && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "installing libturbojpeg0 of this Debian"
  apt install -y --no-install-recommends libturbojpeg0 || { apt update && apt install -y --no-install-recommends libturbojpeg0; } || true
fi
turbojpeg || echo "libturbojpeg.so.0 is not here (Debian: apt-get install libturbojpeg0): JPEGs take a quarter longer"
touch .venv/.ready-"$kind"
