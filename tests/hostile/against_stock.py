"""Which tests fail when a guard is taken away, or when stock img2dataset stands in its place.

`python -m tests.hostile.against_stock [GUARD ...]` runs the tests of each guard of `without.py` and prints a table: the
test, its cases, how many failed. A case that takes too long has failed.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

from tests.hostile.without import GUARDS

RUN_S = 900


def main() -> None:
    for guard in sys.argv[1:] or GUARDS:
        cases, failed = outcomes(guard, GUARDS[guard][1])
        show(f"without {guard}" if guard != "stock" else "stock img2dataset", sum(cases.values()), sum(failed.values()))
        for name in sorted(failed):
            show("  " + name, cases[name], failed[name])


def outcomes(guard: str, paths: tuple[str, ...]) -> tuple[Counter[str], Counter[str]]:
    """Cases and failed cases of each test."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [
            sys.executable, "-m", "pytest", "-q", "-p", "tests.hostile.without", "-p", "no:cacheprovider", "-n", "3",
            "--tb", "no", "--junitxml", str(report), "-m", "not fuzz", *paths,
        ]  # fmt: skip
        environment = os.environ | {"CURATION_WITHOUT": guard}
        subprocess.run(command, env=environment, capture_output=True, check=False, timeout=RUN_S)
        cases: Counter[str] = Counter()
        failed: Counter[str] = Counter()
        for case in ElementTree.parse(report).iter("testcase"):
            name = f"{case.get('classname', '').rpartition('.')[2]}::{case.get('name', '').partition('[')[0]}"
            cases[name] += 1
            if case.find("failure") is not None or case.find("error") is not None:
                failed[name] += 1
    return cases, failed


def show(name: str, cases: int, failed: int) -> None:
    print(f"{name:<100}{failed:>5} of {cases} failed", flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
