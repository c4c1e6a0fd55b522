"""The rules that hold the house together, read from the source itself."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "curation"
MODULES = {str(path.relative_to(PACKAGE)): path for path in sorted(PACKAGE.rglob("*.py"))}

# replica.py is the pool's: it runs inside the replicas of Ray Serve, and nothing else imports it.
MAY_IMPORT_RAY = {"engine/ray.py", "inference/pool.py", "inference/replica.py", "dedup/actors.py"}
# Where everything is caught on purpose: the partition's boundary, and a Rust library whose panic is no Exception.
BOUNDARIES = {"engine/base.py", "engine/actor.py", "engine/local.py", "fetch/png.py"}
HEAVY = (
    "ray", "torch", "vllm", "cv2", "img2dataset", "openai", "datasets", "transformers", "deltalake", "s3fs",
    "aiohttp", "botocore", "pandas", "sklearn",
)  # fmt: skip
TOP_LEVEL = {"pyproject.toml", "README.md", "curation", "deploy", "configs", "tests", "Makefile", "LICENSE"}


def tree(module: str) -> ast.Module:
    return ast.parse(MODULES[module].read_text(encoding="utf-8"), module)


def imports(node: ast.AST) -> Iterator[str]:
    """Every module that is imported anywhere within, lazily or not, by its full name."""
    for found in ast.walk(node):
        if isinstance(found, ast.Import):
            yield from (name.name for name in found.names)
        elif isinstance(found, ast.ImportFrom) and found.module and not found.level:
            yield from (f"{found.module}.{name.name}" for name in found.names)
        elif isinstance(found, ast.Call) and getattr(found.func, "attr", getattr(found.func, "id", "")) in (
            "import_module",
            "__import__",
        ):
            yield from (str(word.value) for word in found.args if isinstance(word, ast.Constant))


def at_run_time(module: str) -> ast.Module:
    """The module without what stands under `if TYPE_CHECKING`."""
    found = tree(module)
    for node in ast.walk(found):
        if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING":
            node.body = [ast.Pass()]
    return found


def is_of(name: str, package: str) -> bool:
    return name == package or name.startswith(package + ".")


def catches_all(handler: ast.ExceptHandler) -> bool:
    names = {getattr(node, "id", "") for node in ast.walk(handler.type)} if handler.type else {"Exception"}
    return bool(names & {"Exception", "BaseException"})


def raises_again(handler: ast.ExceptHandler) -> bool:
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


def test_only_the_engine_the_pool_and_the_claim_actor_import_ray() -> None:
    guilty = {module for module in MODULES if any(is_of(name, "ray") for name in imports(tree(module)))}
    assert guilty == MAY_IMPORT_RAY


@pytest.mark.parametrize("module", [name for name in MODULES if name.startswith("stages/")])
def test_a_stage_knows_neither_the_engine_nor_the_pipeline(module: str) -> None:
    far = ("curation.engine", "curation.pipeline", "curation.plan", "curation.recipe", "curation.cli", "curation.watch")
    assert not [name for name in imports(at_run_time(module)) if any(is_of(name, other) for other in far)]


@pytest.mark.parametrize("module", MODULES)
def test_nothing_below_the_engine_imports_it_but_the_pages_that_put_the_whole_together(module: str) -> None:
    together = ("engine/", "pipeline.py", "recipe.py", "cli.py", "watch.py")
    if not module.startswith(together):
        assert not [name for name in imports(at_run_time(module)) if is_of(name, "curation.engine")]


@pytest.mark.parametrize("module", MODULES)
def test_exceptions_are_caught_by_the_class_that_is_meant(module: str) -> None:
    handlers = [node for node in ast.walk(tree(module)) if isinstance(node, ast.ExceptHandler)]
    broad = [handler.lineno for handler in handlers if catches_all(handler) and not raises_again(handler)]
    assert not broad or module in BOUNDARIES, f"curation/{module} catches everything in lines {broad}"


@pytest.mark.parametrize("module", MODULES)
def test_nothing_is_printed_but_by_consoles(module: str) -> None:
    calls = [node for node in ast.walk(tree(module)) if isinstance(node, ast.Call)]
    assert not [call.lineno for call in calls if getattr(call.func, "id", "") in ("print", "breakpoint")]


@pytest.mark.parametrize("module", MODULES)
def test_files_are_small_and_say_what_they_are_for(module: str) -> None:
    text = MODULES[module].read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 350, "about 300 lines a file"
    assert not text.strip() or ast.get_docstring(ast.parse(text))


@pytest.mark.parametrize("module", MODULES)
def test_public_names_have_docstrings(module: str) -> None:
    named = [node for node in tree(module).body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    bare = [node.name for node in named if not node.name.startswith("_") and not ast.get_docstring(node)]
    assert not bare


def test_the_top_level_is_what_it_is_meant_to_be() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    names = {line.split("/")[0] for line in listed.stdout.splitlines()}
    assert {name for name in names if not name.startswith(".")} <= TOP_LEVEL


def test_importing_the_recipe_and_the_command_line_starts_nothing_heavy() -> None:
    code = "import sys, curation.recipe, curation.cli; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert not set(done.stdout.split()) & set(HEAVY)
