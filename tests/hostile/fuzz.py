"""Coverage-guided search for bytes that break a parser: `python -m tests.hostile.fuzz [SECONDS EACH] [PARSER ...]`.

Needs the extra `fuzz` (atheris). What it learns stays in `.cache/fuzz`, so that the next search goes on from
there; bytes that broke something lie beside it. Prints a line a parser, and fails if one was broken.
"""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

CACHE = Path(".cache/fuzz")
_INSTRUMENTED = ["curation.fetch", "protego", "http.client", "urllib.parse", "idna", "email"]


def main() -> int:
    seconds, names = int((sys.argv[1:] or ["60"])[0]), sys.argv[2:]
    if importlib.util.find_spec("atheris") is None:
        raise SystemExit("the search needs atheris: pip install 'curation[fuzz]'")
    broken = 0
    from tests.hostile.parsers import PARSERS, seeds

    for name in names or sorted(PARSERS):
        corpus = CACHE / name
        corpus.mkdir(parents=True, exist_ok=True)
        for number, seed in enumerate(seeds(name)):
            (corpus / f"seed-{number}").write_bytes(seed)
        found = subprocess.run(
            [sys.executable, "-m", "tests.hostile.fuzz", "--one", name, str(corpus), f"-max_total_time={seconds}",
             f"-artifact_prefix={CACHE}/{name}-", "-max_len=8192", "-timeout=10", "-rss_limit_mb=3000",
             "-print_final_stats=1"],
            capture_output=True, text=True, errors="replace", check=False,
        )  # fmt: skip
        runs = re.findall(r"number_of_executed_units: (\d+)", found.stderr)
        edges = re.findall(r"cov: (\d+)", found.stderr)
        verdict = "broken" if found.returncode else "held"
        print(f"{name:<20}{(runs or ['?'])[-1]:>12} inputs{(edges or ['?'])[-1]:>8} edges   {verdict}")  # noqa: T201
        if found.returncode:
            broken += 1
            print(found.stdout[-3000:], found.stderr[-500:])  # noqa: T201
    return broken


def one(name: str, *options: str) -> None:
    """Search for one parser in this process, which ends with the search."""
    import atheris

    with atheris.instrument_imports(include=_INSTRUMENTED):
        import idna  # noqa: F401
        import protego  # noqa: F401

        from tests.hostile.parsers import PARSERS
    atheris.Setup([name, *options], PARSERS[name])
    atheris.Fuzz()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        one(*sys.argv[2:])
    else:
        sys.exit(main())
