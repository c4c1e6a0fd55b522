# Two commands do everything on a fresh machine: `make demo` and `make test`.
.DEFAULT_GOAL := help
SHELL := /bin/bash
KIND ?= $(shell command -v nvidia-smi >/dev/null 2>&1 && echo gpu || echo cpu)
VENV := .venv/.ready-$(KIND)
PY := .venv/bin/python
DEMO ?= out/demo

help: ## this list
	@grep -E '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "make %-12s %s\n", $$1, $$2}'

$(VENV): deploy/constraints-$(KIND).txt pyproject.toml deploy/install.sh
	@deploy/install.sh $(KIND)

venv: $(VENV) ## the environment, in .venv

demo: $(VENV) ## the whole way on real photographs with a real LLM, ending in a report
	@$(PY) -m curation.demo run --root $(DEMO) configs/demo.yaml

demo-s3: $(VENV) ## the same, with the table on an S3 server that it starts
	@$(PY) -m curation.demo run --root $(DEMO)-s3 --s3 configs/demo-s3.yaml

demo-rows: $(VENV) ## add a file of new rows to the demo's source; the next `make demo` does only those
	@$(PY) -m curation.demo add-rows --root $(DEMO)

# Two at a time: what starts a Ray or the LLM on one side (tests/conftest.py), all else on the other.
TWO := -n 2 --dist loadscope --no-loadscope-reorder

test: $(VENV) ## the tests: units, integration on loopback servers, end to end with the real LLM
	@$(PY) -m pytest $(TWO) -m "not gpu and not fuzz"

test-fast: $(VENV) ## the tests without the real LLM
	@$(PY) -m pytest $(TWO) -m "not gpu and not fuzz and not e2e"

fuzz: $(VENV) ## long loops of hostile input, engines that hang or die in mid-run (an hour on two idle cores)
	@$(PY) -m pip install -q --no-deps $$($(PY) -c "import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))['project']['optional-dependencies']['fuzz'])")
	@$(PY) -m pytest -m fuzz --timeout 7200 -rA
	@$(PY) -m tests.hostile.fuzz 120

promises: $(VENV) ## the promises under faults, at their full counts, with what was measured (half an hour to an hour)
	@CURATION_PROMISES=full $(PY) -m pytest tests/integration tests/unit/fetch/test_hostile_server.py --timeout 7200 -rA

bench: $(VENV) ## speed and quality, as ratios against a peer in the same run (a quarter of an hour)
	@$(PY) -m tests.bench

lint: $(VENV) ## ruff and mypy
	@$(PY) -m ruff check . && $(PY) -m ruff format --check . && $(PY) -m mypy

lock: ## make the lock files again from pyproject.toml (needs uv)
	@deploy/lock.sh

clean: ## remove the demo's data and table; keeps .venv
	rm -rf out

.PHONY: help venv demo demo-s3 demo-rows test test-fast fuzz promises bench lint lock clean
