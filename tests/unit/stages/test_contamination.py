"""The contamination stage: images of evaluation sets fall, and do so before they cost anything."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

from curation.dialogue.contamination import ContaminationSection
from curation.pipeline import Ends, production_line, stages_of
from curation.recipe import Recipe
from curation.samples import make_table, sample_id
from curation.source_rows import read_partition
from curation.stages.base import check_rows
from curation.stages.contamination import Contamination
from curation.stages.write import Write
from curation.table.commit import Committer


def section(tmp_path: Path) -> ContaminationSection:
    (tmp_path / "h.txt").write_text("a" * 64)
    (tmp_path / "p.txt").write_text("0" * 64)
    known = {"name": "bench", "sha256": [str(tmp_path / "h.txt")], "pdq": [str(tmp_path / "p.txt")]}
    return ContaminationSection.model_validate({"sets": [known]})


def test_an_image_of_an_evaluation_set_falls_with_the_set_and_the_hash_and_its_neighbours_stay(tmp_path: Path) -> None:
    far = "f" * 64
    given = make_table(
        {
            "sample_id": [sample_id("u", str(at)) for at in range(4)],
            "sha256": ["a" * 64, "b" * 64, "b" * 64, None],
            "pdq": [far, "3" + "0" * 63, far, None],
            "metadata": [None, None, json.dumps({"hash": "c" * 32}), None],
            "image": [{"bytes": b"jpeg", "path": "x.jpg"}] * 4,
        }
    )
    after = Contamination(section(tmp_path))(given)
    check_rows("contamination", given, after)
    rows = after.to_pylist()
    assert [row["reason"] for row in rows] == ["contaminated_image", "contaminated_image", None, None]
    assert rows[0]["detail"] == f"bench: sha256 {'a' * 64}"
    assert rows[1]["detail"].startswith(f"bench: pdq 3{'0' * 63}, 2 bits from")
    assert [row["image"] is None for row in rows] == [True, True, False, False]


def test_the_stage_runs_between_images_and_dedup_before_the_llm_is_asked_and_only_where_sets_are_named(
    tmp_path: Path,
) -> None:
    plain = Recipe.model_validate(
        {
            "name": "x",
            "source": {"paths": ["x.parquet"]},
            "output": {"table": str(tmp_path)},
            "inference": {"endpoints": [{"url": "http://127.0.0.1:9/v1", "model": "m"}]},
        }
    )
    quality = plain.quality.model_copy(update={"contamination": section(tmp_path)})
    named = plain.model_copy(update={"quality": quality})
    assert "contamination" not in stages_of(plain)
    stages = stages_of(named)
    assert stages[stages.index("contamination") - 1 :][:3] == ("images", "contamination", "dedup_images")
    for recipe, wanted in ((plain, []), (named, ["Contamination"])):
        ends = Ends(partial(read_partition, recipe.source), Write, Committer)
        line = production_line(recipe, "run", None, (), None, ends)  # type: ignore[arg-type]
        fetch = next(pool for pool in line.pools if pool.name == "fetch")
        built = [builder.func.__name__ for builder in fetch.stages]  # type: ignore[attr-defined]
        assert [name for name in built if name == "Contamination"] == wanted
