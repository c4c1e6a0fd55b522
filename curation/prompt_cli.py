"""`curation prompt show|try|mix`: look at evidence, plan and requests before a run is paid for."""

from __future__ import annotations

import json
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from curation.errors import RecipeError, SourceError

if TYPE_CHECKING:
    import pyarrow as pa

    from curation.recipe import Recipe
    from curation.report.prompt import Example
    from curation.source import SourceSection

app = typer.Typer(no_args_is_help=True, help="Look at what is asked of the LLM, and at what comes back.")
MIX_SAMPLES = 2_000

Caption = Annotated[str, typer.Argument(help="An alt-text.", show_default=False)]
RecipeOption = Annotated[Path | None, typer.Option("--recipe", "-r", help="The recipe; without one, its defaults.")]
Url = Annotated[str | None, typer.Option(help="The image's URL: the plan depends on it and the caption.")]
Metadata = Annotated[str, typer.Option(help="The source's other columns, a JSON object.")]
ImageFile = Annotated[Path | None, typer.Option("--image", help="A picture, for OCR, describe and vision.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]


@app.command()
def show(
    caption: Caption,
    recipe: RecipeOption = None,
    url: Url = None,
    metadata: Metadata = "{}",
    image: ImageFile = None,
    as_json: AsJson = False,
) -> None:
    """Print the evidence of a caption, the plan of turns, and each request exactly as it would be sent. Asks nobody."""
    from curation.report.prompt import show as show_prompt
    from curation.stages.captions import CaptionsSection
    from curation.stages.rewrite import RewriteSection

    loaded = _load(recipe) if recipe else None
    captions, rewrite = (loaded.captions, loaded.rewrite) if loaded else (CaptionsSection(), RewriteSection())
    _tell(show_prompt(_example(caption, url, metadata, image), captions, rewrite), as_json)


@app.command("try")
def try_(
    caption: Caption,
    recipe: Annotated[Path, typer.Option("--recipe", "-r", help="The recipe whose endpoints are asked.")],
    url: Url = None,
    metadata: Metadata = "{}",
    image: ImageFile = None,
    endpoint: Annotated[str | None, typer.Option(help="Ask this server instead (with --model).")] = None,
    model: Annotated[str | None, typer.Option(help="The model to ask for there.")] = None,
    as_json: AsJson = False,
) -> None:
    """As `show`, then ask, and print each answer and what the checks say of it."""
    from curation.inference.client import Client
    from curation.inference.open import open_endpoints
    from curation.inference.section import EndpointSection, InferenceSection
    from curation.meter import LocalMeter
    from curation.report.prompt import attempt

    loaded = _load(recipe)
    inference = loaded.inference
    if endpoint or model:
        if not endpoint or not model:
            raise RecipeError("--endpoint and --model go together")
        inference = InferenceSection(endpoints=(EndpointSection(url=endpoint, model=model),), client=inference.client)
    if inference.pool is not None:
        raise RecipeError(
            f"{recipe}: `prompt try` starts no pool; give the URL of one that is up with --endpoint and --model "
            "(`curation serve` keeps one up)"
        )
    with ExitStack() as opened:
        endpoints = opened.enter_context(open_endpoints(inference)).endpoints
        chat = opened.enter_context(Client(inference.client, endpoints, LocalMeter()))
        describe = loaded.rewrite.evidence.describe
        own = tuple(each.endpoint() for each in describe.endpoints) if describe else ()
        seer = opened.enter_context(Client(inference.client, own, LocalMeter())) if own else None
        example = _example(caption, url, metadata, image)
        _tell(attempt(example, loaded.captions, loaded.rewrite, loaded.quality, chat, seer), as_json)


@app.command()
def mix(
    recipe: Annotated[Path, typer.Argument(help="The recipe.", show_default=False)],
    samples: Annotated[int, typer.Option(min=1, help="Rows to read.")] = MIX_SAMPLES,
    measured: Annotated[bool, typer.Option("--measured", help="Take `yields` from the recipe's table.")] = False,
    as_json: AsJson = False,
) -> None:
    """Count what captions of the recipe's source can carry, and solve `rewrite.lean` for its mix. Fetches no image."""
    from curation.report.prompt import measured_yields, solve_mix
    from curation.table.read import SampleTable

    loaded = _load(recipe)
    rewrite = loaded.rewrite
    if measured:
        yields = measured_yields(SampleTable(loaded.output))
        rewrite = rewrite.model_copy(update={"yields": rewrite.yields | yields})
    table = _some_rows(loaded.source, samples)
    solved, carrying = solve_mix(table, loaded.captions, rewrite)
    found: dict[str, Any] = {
        "rows": len(table),
        "samples": carrying,
        "yields": rewrite.yields,
        "lean": dict(solved.lean),
        "expected_shares": {name: round(value, 3) for name, value in solved.shares.items()},
        "spread_of_1000": {name: round(value, 4) for name, value in solved.spread.items()},
        "turns_per_sample": round(solved.turns, 2),
        "surplus": round(solved.spared, 3),
        "largest_miss": round(solved.misses(rewrite.shares), 3),
    }
    if as_json:
        sys.stdout.write(json.dumps(found, indent=2) + "\n")
        return
    keys = {"yields": rewrite.yields, "lean": solved.lean} if measured else {"lean": solved.lean}
    lines = (
        f"{key}: {{{', '.join(f'{name}: {value}' for name, value in each.items())}}}" for key, each in keys.items()
    )
    shares = ", ".join(
        f"{name} {value:.1%} (± {solved.spread[name]:.1%} in a thousand)" for name, value in solved.shares.items()
    )
    sys.stdout.write(
        f"{len(table):,} rows, {carrying:,} carry a dialogue\nexpected   {shares}; {solved.turns:.2f} turns a sample\n"
        f"surplus    {solved.spared:.1%} of the samples are asked nothing, to meet the mix\n"
        f"recipe     rewrite: {{{', '.join(lines)}}}\n"
    )


def _some_rows(source: SourceSection, count: int) -> pa.Table:
    """About `count` rows of a source, from all over it. Raises `SourceError` when it has none."""
    import pyarrow as pa

    from curation.plan import make_plan
    from curation.source_rows import read_partition

    partitions = make_plan(source, _Nothing()).pending
    if not partitions:
        raise SourceError(f"{', '.join(source.paths)}: the source has no rows")
    step = max(1, len(partitions) * source.partition_rows // count)
    table = pa.concat_tables(read_partition(source, each) for each in partitions[::step])
    return table.take(pa.array(range(0, len(table), max(1, len(table) // count))))


class _Nothing:
    """What has landed where nobody asks the table: the source is looked at whole."""

    def file(self, file_id: str) -> bool:
        """No file has landed whole."""
        return False

    def partition(self, partition_id: str) -> bool:
        """No partition has."""
        return False


def _load(path: Path) -> Recipe:
    from curation.recipe import load_recipe

    return load_recipe(path)


def _example(caption: str, url: str | None, metadata: str, image: Path | None) -> Example:
    from curation.report.prompt import URL, Example, read_image

    try:
        columns = json.loads(metadata)
    except ValueError as error:
        raise RecipeError(f"--metadata {metadata!r:.80}: expected a JSON object ({error})") from error
    if not isinstance(columns, dict):
        raise RecipeError(f"--metadata {metadata!r:.80}: expected a JSON object")
    return Example(caption, url or URL, metadata, read_image(image) if image else None)


def _tell(told: dict[str, Any], as_json: bool) -> None:
    from curation.report.prompt import render

    text = json.dumps(told, indent=2, ensure_ascii=False) if as_json else render(told)
    sys.stdout.write(text + "\n")
