"""The recipe: one strict model of the YAML file that a run executes.

Each section is defined beside the code it steers; this page only puts them together, reads the file and turns
what is wrong with it into an error that names the key, the line, the nearest valid key and what was expected.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

import yaml
from pydantic import BaseModel, Field, ValidationError
from pydantic_core import ErrorDetails

from curation.dedup.section import DedupSection
from curation.engine.section import EngineSection
from curation.errors import RecipeError
from curation.fetch.section import DownloadSection
from curation.inference.section import InferenceSection
from curation.report.section import ReportSection
from curation.section import Section
from curation.source import SourceSection
from curation.stages.captions import CaptionsSection
from curation.stages.images import ImagesSection
from curation.stages.judge import JudgeSection
from curation.stages.quality import QualitySection
from curation.stages.rewrite import RewriteSection
from curation.table.storage import OutputSection

_VARIABLE = re.compile(r"\$\{(\w+)(?::-([^}]*))?\}")


class Recipe(Section):
    """Everything that decides what a run does. Read it top to bottom: it is in the order of the pipeline."""

    name: str = Field(pattern=r"^[\w.-]+$", max_length=80)
    """A short name for logs, reports and commits."""
    source: SourceSection
    captions: CaptionsSection = CaptionsSection()
    download: DownloadSection = DownloadSection()
    images: ImagesSection = ImagesSection()
    dedup: DedupSection = DedupSection()
    rewrite: RewriteSection = RewriteSection()
    quality: QualitySection = QualitySection()
    judge: JudgeSection | None = None
    output: OutputSection
    inference: InferenceSection
    engine: EngineSection = EngineSection()
    report: ReportSection = ReportSection()

    @property
    def fingerprint(self) -> str:
        """12 hex digits over every value that was in force, defaults included."""
        canonical = json.dumps(self.model_dump(mode="json"), sort_keys=True)
        return hashlib.sha256(canonical.encode()).hexdigest()[:12]


def load_recipe(path: str | Path, environment: Mapping[str, str] = os.environ) -> Recipe:
    """The recipe in a YAML file, `${VAR}` and `${VAR:-default}` filled from the environment.

    Raises `RecipeError` with one line a problem: file, line, key, what was found, what was expected.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise RecipeError(f"{path}: cannot be read ({error}). Expected a YAML file.") from error
    try:
        tree = yaml.compose(text, Loader=yaml.SafeLoader)
        values = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # a month 13 is a ValueError
        raise RecipeError(f"{path}: not YAML: {error}") from error
    if tree is None or not isinstance(values, dict):
        raise RecipeError(
            f"{path}: expected a mapping of sections ({', '.join(Recipe.model_fields)}), found {values!r:.60}"
        )
    problems: list[str] = []
    try:
        problems += [f":{line}: key `{key}` stands there twice" for key, line in _repeated(tree)]
        values = _expand(values, environment, problems)
    except RecursionError as error:
        raise RecipeError(f"{path}: an alias contains itself") from error
    if problems:
        raise RecipeError("\n".join(f"{path}{problem}" for problem in dict.fromkeys(problems)))
    try:
        return Recipe.model_validate(values)
    except ValidationError as error:
        lines = [_explain(path, tree, problem) for problem in error.errors()]
        raise RecipeError("\n".join(dict.fromkeys(lines))) from error


def _repeated(node: yaml.Node) -> Iterator[tuple[str, int]]:
    """Keys that a mapping has twice, and their lines: YAML itself would keep the last and say nothing."""
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in seen:
                    yield key.value, key.start_mark.line + 1
                seen.add(key.value)
            yield from _repeated(value)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _repeated(item)


def _expand(value: Any, environment: Mapping[str, str], problems: list[str]) -> Any:
    """The value with `${VAR}` and `${VAR:-default}` replaced in every string. What a variable holds is text, and
    becomes a number where the recipe wants a number."""
    if isinstance(value, dict):
        return {key: _expand(item, environment, problems) for key, item in value.items()}
    if isinstance(value, list):
        return [_expand(item, environment, problems) for item in value]
    if not isinstance(value, str) or "${" not in value:
        return value
    if "${" in _VARIABLE.sub("", value):
        problems.append(f": {value!r} is neither ${{VAR}} nor ${{VAR:-default}}")

    def replace(match: re.Match[str]) -> str:
        name, default = match.group(1), match.group(2)
        found = environment.get(name, default)
        if found is None:
            problems.append(f": environment variable {name} is not set, and {value!r} has no default for it")
            return ""
        return found

    return _VARIABLE.sub(replace, value)


def _explain(path: str | Path, tree: yaml.Node, problem: ErrorDetails) -> str:
    """One line a person can act on, from one of pydantic's errors."""
    keys, line = _locate(tree, problem["loc"])
    where = f"{path}:{line}: {'.'.join(keys)}" if keys else f"{path}:{line}"
    if problem["type"] == "extra_forbidden":
        wrong = str(problem["loc"][-1])
        known = sorted(_fields_at(Recipe, problem["loc"][:-1]))
        near = difflib.get_close_matches(wrong, known, n=1, cutoff=0.5)
        hint = f" Did you mean `{near[0]}`?" if near else f" Known keys here: {', '.join(known)}."
        return f"{where}: unknown key `{wrong}`.{hint}"
    if problem["type"] == "missing":
        return f"{where}: missing key `{problem['loc'][-1]}`; it has no default."
    return f"{where}: {problem['msg']}; found {problem['input']!r:.80}."


def _locate(tree: yaml.Node, loc: tuple[int | str, ...]) -> tuple[list[str], int]:
    """The keys of `loc` that the file really has (pydantic adds union tags), and the line of the last."""
    node, keys, line = tree, [], tree.start_mark.line + 1
    for part in loc:
        if isinstance(node, yaml.MappingNode):
            pair = next(((k, v) for k, v in node.value if k.value == str(part)), None)
            if pair is not None:
                node, line = pair[1], pair[0].start_mark.line + 1
                keys.append(str(part))
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line + 1
            keys.append(str(part))
    return keys, line


def _fields_at(model: Any, loc: tuple[int | str, ...]) -> set[str]:
    """Names of the keys allowed at `loc`, walking models, lists and unions (a union's tag is its `kind`)."""
    models: list[type[BaseModel]] = [model]
    for part in loc:
        found = [m.model_fields[str(part)].annotation for m in models if str(part) in m.model_fields]
        if found:
            models = [m for annotation in found for m in _models_in(annotation)]
        elif isinstance(part, str):
            tagged = [m for m in models if "kind" in m.model_fields and m.model_fields["kind"].default == part]
            models = tagged or models
    return {name for m in models for name in m.model_fields}


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [m for argument in get_args(annotation) for m in _models_in(argument)]
