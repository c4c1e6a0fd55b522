"""Which endpoints each stage asks: the writer's, or its own where the recipe names some."""

from __future__ import annotations

from curation.inference.chat import Endpoint
from curation.inference.client import Client
from curation.meter import Meter, Under
from curation.recipe import Recipe
from curation.stages.judge import Judge, JudgeSection
from curation.stages.rewrite import Rewrite

SEER, JUDGE = "rewrite.evidence.describe.endpoints", "judge.endpoints"


def own_endpoints(recipe: Recipe) -> dict[str, tuple[Endpoint, ...]]:
    """By their keys in the recipe, the endpoints that single stages ask instead of the writer's."""
    sections = {SEER: recipe.rewrite.evidence.describe, JUDGE: recipe.judge}
    found = {key: section.endpoints if section else () for key, section in sections.items()}
    return {key: tuple(each.endpoint() for each in named) for key, named in found.items() if named}


def rewrite(recipe: Recipe, endpoints: tuple[Endpoint, ...], meter: Meter) -> Rewrite:
    """The rewrite stage, whose describe pass may have endpoints of its own."""
    own = own_endpoints(recipe)
    seer = Client(recipe.inference.client, own[SEER], meter, SEER) if SEER in own else None
    return Rewrite(recipe.rewrite, Client(recipe.inference.writer, endpoints, meter), seer)


def judge(section: JudgeSection, recipe: Recipe, endpoints: tuple[Endpoint, ...], meter: Meter) -> Judge:
    """The judge stage, which asks the writer where it has no endpoints of its own."""
    own = own_endpoints(recipe).get(JUDGE)
    client, where = (recipe.inference.client, JUDGE) if own else (recipe.inference.writer, "inference")
    return Judge(section, Client(client, own or endpoints, Under(meter, "judge"), where))
