"""`make bench`: every benchmark in turn. Each measures against a peer in the same run and prints ratios."""

from __future__ import annotations

import subprocess
import sys

BENCHMARKS = ("bench_fetch", "bench_client", "bench_pipeline", "bench_quality", "bench_mix")


def main() -> None:
    """Run them one after the other, each in a process of its own, so that one does not warm up the next."""
    for name in BENCHMARKS:
        sys.stdout.write(f"\n== {name} ==\n")
        sys.stdout.flush()
        subprocess.run([sys.executable, "-m", f"tests.bench.{name}"], check=True)


if __name__ == "__main__":
    main()
