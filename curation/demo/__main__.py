"""`python -m curation.demo`: prepare the demo's world, serve it, add rows to it, run a recipe on it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Annotated

import typer

from curation.demo.world import add_rows, prepare
from curation.errors import CurationError

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
Root = Annotated[Path, typer.Option(help="Folder of the demo's data.")]
RecipeFile = Annotated[Path, typer.Argument(help="The recipe, a YAML file.", show_default=False)]
_ROOT = Path("out/demo")


@app.command()
def run(
    recipe: RecipeFile,
    root: Root = _ROOT,
    s3: Annotated[bool, typer.Option("--s3", help="Start an S3 server for the table.")] = False,
) -> None:
    """Prepare the data, serve it, and run the recipe on it; exits as `curation run` does."""
    world = prepare(root)
    environment = os.environ | {"CURATION_DEMO": str(root)}
    with contextlib.ExitStack() as servers:
        servers.enter_context(world.site())
        if s3:
            from curation.demo.s3 import ObjectStore

            environment |= servers.enter_context(ObjectStore(root / "s3")).environment
        status = _curation_run(recipe, environment)
    raise typer.Exit(status)


@app.command()
def serve(root: Root = _ROOT) -> None:
    """Serve the demo's site until interrupted, for runs in other processes."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    with prepare(root).site() as site, contextlib.suppress(KeyboardInterrupt):
        typer.echo(f"serving {root}/site on {site.url}; Ctrl-C ends it")
        stop.wait()


@app.command("prepare")
def prepare_only(root: Root = _ROOT) -> None:
    """Make the demo's data without running anything."""
    world = prepare(root)
    typer.echo(f"{world.rows} rows in {world.source}")


@app.command("add-rows")
def add(root: Root = _ROOT, rows: Annotated[int, typer.Option(min=1, help="How many.")] = 5) -> None:
    """Add a Parquet file of new good pairs to the source; the next run processes only those."""
    typer.echo(f"{add_rows(root, rows)} rows added to {root}/source; run the demo again to process them")


def _curation_run(recipe: Path, environment: dict[str, str]) -> int:
    """The exit status of `curation run` in a process of its own, so that the site outlives its last fetch."""
    process = subprocess.Popen([sys.executable, "-m", "curation", "run", str(recipe)], env=environment)
    signal.signal(signal.SIGTERM, lambda *_: process.terminate())
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal sends it to both; the run winds down, then so do we
    status = process.wait()
    return status if status >= 0 else 128 - status


def main() -> None:
    """Run the command line; an error of ours is printed without a traceback and sets the exit code."""
    try:
        app()
    except CurationError as error:
        typer.secho(f"error: {error}", fg="red", err=True)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
