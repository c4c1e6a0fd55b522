"""The base class of every section of a recipe."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """One section of the recipe: strict (an unknown key is an error), frozen and documented key by key.

    A section lives beside the code it steers, so that a threshold, its source and its use are read together;
    `recipe.py` puts the sections together. Sections cross process borders, so they hold plain values alone.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)
