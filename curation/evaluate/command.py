"""What `curation evaluate` does."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from curation.errors import RecipeError
from curation.evaluate.dialogues import of_llava, of_table
from curation.evaluate.figures import Figures, answer_words, measure
from curation.inference.client import Client
from curation.inference.open import open_endpoints
from curation.meter import LocalMeter

if TYPE_CHECKING:
    from curation.recipe import Recipe
    from curation.table.read import SampleTable


def evaluate(table: SampleTable, size: int, against: Path | None = None, recipe: Recipe | None = None) -> list[Figures]:
    """The figures of a table, and of a LLaVA-format file beside it; by the recipe's judge too, if one is given.

    Raises `DatasetError` for what cannot be read, `RecipeError` for a recipe without a judge and `PoolError` when the
    judge does not answer.
    """
    if recipe is not None and recipe.judge is None:
        raise RecipeError(f"recipe {recipe.name} has no `judge` section; add `judge: {{}}`, or leave --recipe out")
    found = [of_table(table, size), *([of_llava(against, size)] if against else [])]
    words = min(len(answer_words(each)) for each in found)
    with ExitStack() as opened:
        client = None
        if recipe is not None and recipe.judge is not None:
            own = tuple(each.endpoint() for each in recipe.judge.endpoints)
            endpoints = own or opened.enter_context(open_endpoints(recipe.inference)).endpoints
            where = "judge.endpoints" if own else "inference"
            client = opened.enter_context(Client(recipe.inference.client, endpoints, LocalMeter(), where))
        return [measure(each, words, recipe.judge if recipe else None, client) for each in found]
