"""The command line. Exit codes: 0 done, 1 incomplete or failed, 2 a recipe or source that cannot be used."""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.logging import RichHandler

from curation.errors import CurationError, RecipeError
from curation.prompt_cli import app as prompt_app

if TYPE_CHECKING:
    from curation.recipe import Recipe
    from curation.table.read import SampleTable

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
recipe_app = typer.Typer(no_args_is_help=True, help="Look at recipes.")
app.add_typer(recipe_app, name="recipe")
app.add_typer(prompt_app, name="prompt")

RecipeFile = Annotated[Path, typer.Argument(help="The recipe, a YAML file.", show_default=False)]
Target = Annotated[str, typer.Argument(help="A recipe (*.yaml), or a table's folder or s3:// URL.", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]


def main() -> None:
    """Run the command line; an error of ours is printed without a traceback and sets the exit code."""
    try:
        app()
    except CurationError as error:
        Console(stderr=True).print(f"error: {error}", style="red", markup=False, highlight=False, soft_wrap=True)
        sys.exit(error.exit_code)


@app.command()
def run(
    recipe: RecipeFile,
    engine: Annotated[str | None, typer.Option(help="`ray` or `local`, instead of the recipe's.")] = None,
    report: Annotated[Path | None, typer.Option(help="Write the HTML report here when done.")] = None,
    again: Annotated[bool, typer.Option("--retry", help="Do again rows rejected for a reason that may pass.")] = False,
    as_json: AsJson = False,
) -> None:
    """Process every partition that is not yet committed, and commit it."""
    from curation.pipeline import retry
    from curation.pipeline import run as run_pipeline
    from curation.report.ending import tell

    loaded = _with_engine(_load(recipe), engine)
    console = Console(stderr=as_json)
    # Through the same console, so that a warning does not tear the live table.
    logging.basicConfig(
        level=logging.WARNING, handlers=[RichHandler(console=console, show_path=False)], format="%(message)s"
    )
    result = (retry if again else run_pipeline)(loaded, console)
    table = _table(str(recipe))
    summary = table.status(None if again else result.run)
    if as_json:
        _print_json({
            "run": result.run, "complete": result.complete, "committed_partitions": result.committed,
            "landed_elsewhere": result.elsewhere, "pending_partitions": result.left, "accepted": result.accepted,
            "rejected": result.rejected, "failures": [vars(failure) for failure in result.failures],
            "landed": summary.to_dict(),
        })  # fmt: skip
    else:
        tell(result, recipe, summary, table.uri, console, again)
    path = report or (Path(loaded.report.path) if loaded.report.path else None)
    if path is not None and result.committed:
        _write_report(loaded, path, console)
    raise typer.Exit(0 if result.complete and summary.balanced else 1)


@app.command()
def plan(recipe: RecipeFile, as_json: AsJson = False) -> None:
    """Show files, rows and partitions: what is committed and what is pending. Reads footers only."""
    from curation.plan import make_plan
    from curation.report.plan import render_plan
    from curation.table.read import SampleTable

    loaded = _load(recipe)
    made = make_plan(loaded.source, SampleTable(loaded.output).landed())
    if as_json:
        _print_json({
            "files": [vars(file) for file in made.files], "bad_files": [vars(file) for file in made.bad_files],
            "rows": made.rows, "partitions": made.partitions,
            "pending_rows": made.pending_rows, "pending_partitions": len(made.pending),
        })  # fmt: skip
    else:
        Console().print(render_plan(made))


@app.command()
def status(
    target: Target,
    as_json: AsJson = False,
    prometheus: Annotated[bool, typer.Option("--prometheus", help="Print metrics for Prometheus.")] = False,
) -> None:
    """Prove from the table alone that planned = accepted + rejected. Exit code 1 if it is not, 2 without a table."""
    from curation.report.metrics import render_status_metrics
    from curation.report.status import render_status

    table = _table(target)
    found = table.status()
    if found.version < 0:
        raise RecipeError(f"{table.uri} holds no table yet: nothing has been committed there")
    if as_json:
        _print_json(found.to_dict())
    elif prometheus:
        sys.stdout.write(render_status_metrics(found, {"table": table.uri}))
    else:
        Console().print(render_status(found, table.uri))
    raise typer.Exit(0 if found.balanced else 1)


@app.command()
def show(
    target: Target,
    sample: Annotated[str, typer.Argument(help="A sample id, or its first digits.", show_default=False)],
    as_json: AsJson = False,
) -> None:
    """Show one sample: its image, alt-text, dialogue, checks, and how it was fetched."""
    from curation.report.show import render_sample

    found = _table(target).sample(sample)
    if not found:
        raise CurationError(f"no sample whose id begins with {sample!r} in {_table(target).uri}")
    for row in found:
        if as_json:
            row["image"] = None
            row["preview"] = None
            _print_json(row)
        else:
            Console().print(render_sample(row))


@app.command()
def report(
    target: Target,
    out: Annotated[Path, typer.Option("--out", "-o", help="The HTML file to write.")] = Path("report.html"),
) -> None:
    """Write a self-contained HTML report of a table."""
    from curation.report.html import build_report
    from curation.report.section import ReportSection

    section = _load(Path(target)).report if _is_recipe(target) else ReportSection()
    build_report(_table(target), out, section)
    Console().print(f"report {out.absolute()}", highlight=False, soft_wrap=True)


@app.command()
def evaluate(
    target: Target,
    against: Annotated[Path | None, typer.Option(help="A JSON file in LLaVA's format, for a second column.")] = None,
    size: Annotated[int, typer.Option("-n", min=1, help="Accepted rows to look at.")] = 500,
    recipe: Annotated[Path | None, typer.Option(help="Ask this recipe's `judge` too.")] = None,
    as_json: AsJson = False,
) -> None:
    """Measure a table's dialogues: acceptance, support, types, lengths, variety; beside another data set's."""
    from curation.evaluate.command import evaluate as measure
    from curation.evaluate.render import render

    found = measure(_table(target), size, against, _load(recipe) if recipe else None)
    if as_json:
        _print_json([each.to_dict() for each in found])
    else:
        Console().print(render(found))


@app.command()
def vacuum(
    target: Target,
    retention_h: Annotated[int, typer.Option(help="Keep files younger than this many hours.")] = 7 * 24,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only name the files.")] = False,
) -> None:
    """Delete files that no reader can need: replaced ones, and those of attempts that were never committed."""
    from curation.table.maintain import vacuum as vacuum_table

    for path in vacuum_table(_table(target), retention_h=retention_h, dry_run=dry_run):
        sys.stdout.write(f"{path}\n")


@app.command()
def erase(
    target: Target,
    url: Annotated[list[str] | None, typer.Option(help="Erase samples of this URL.")] = None,
    domain: Annotated[list[str] | None, typer.Option(help="Erase samples of this domain and its subdomains.")] = None,
    image: Annotated[list[str] | None, typer.Option(help="Erase samples of the image with this sha256.")] = None,
) -> None:
    """Erase samples and keep them from coming back; `vacuum` then removes their bytes."""
    from curation.table.erase import erase as erase_rows

    sys.stdout.write(f"{erase_rows(_table(target), url or (), domain or (), image or ())}\n")


@app.command()
def compact(target: Target) -> None:
    """Merge small files; readers keep a consistent snapshot meanwhile."""
    from curation.report.text import plural, size
    from curation.table.maintain import compact as compact_table

    done = compact_table(_table(target))
    before, after = size(done.bytes_before), size(done.bytes_after)
    told = f"{plural(done.files_before, 'file')} of {before} became {done.files_after} of {after}"
    sys.stdout.write(f"{told if done.files_before else 'nothing to merge'}\n")


@app.command()
def serve(recipe: RecipeFile) -> None:
    """Keep the recipe's LLM pool up, for several runs, until Ctrl-C."""
    from curation.engine.ray import serve_pool

    loaded = _load(recipe)
    if loaded.inference.pool is None:
        raise RecipeError(f"{recipe}: `serve` needs inference.pool; this recipe names endpoints that are up elsewhere")
    serve_pool(loaded.engine, loaded.inference.pool, Console())


@recipe_app.command("schema")
def recipe_schema() -> None:
    """Print the JSON schema of recipes, for editors and for reading: every key with its description."""
    from curation.recipe import Recipe

    _print_json(Recipe.model_json_schema())


@recipe_app.command("check")
def recipe_check(recipe: RecipeFile) -> None:
    """Check a recipe and print it whole, with every default filled in."""
    import yaml

    loaded = _load(recipe)
    sys.stdout.write(f"# {recipe}: valid, fingerprint {loaded.fingerprint}\n")
    sys.stdout.write(yaml.safe_dump(loaded.model_dump(mode="json"), sort_keys=False, allow_unicode=True))


def _load(path: Path) -> Recipe:
    from curation.recipe import load_recipe

    return load_recipe(path)


def _with_engine(recipe: Recipe, kind: str | None) -> Recipe:
    if kind is None:
        return recipe
    if kind not in ("ray", "local"):
        raise RecipeError(f"--engine {kind}: expected ray or local")
    return recipe.model_copy(update={"engine": recipe.engine.model_copy(update={"kind": kind})})


def _is_recipe(target: str) -> bool:
    return target.endswith((".yaml", ".yml"))


def _table(target: str) -> SampleTable:
    from curation.table.read import SampleTable
    from curation.table.storage import OutputSection

    output = _load(Path(target)).output if _is_recipe(target) else OutputSection(table=target)
    return SampleTable(output)


def _write_report(recipe: Recipe, path: Path, console: Console) -> None:
    from curation.report.html import build_report
    from curation.table.read import SampleTable

    build_report(SampleTable(recipe.output), path, recipe.report)
    console.print(f"report  {path.absolute()}", highlight=False, soft_wrap=True, markup=False)


def _print_json(values: Any) -> None:
    sys.stdout.write(json.dumps(values, indent=2, default=str, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
