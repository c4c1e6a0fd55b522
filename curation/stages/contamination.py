"""The contamination stage: images of evaluation sets fall before an LLM is paid for them."""

from __future__ import annotations

import pyarrow as pa

from curation.dialogue.contamination import ContaminationSection, EvaluationImages
from curation.samples import column, live, reject


class Contamination:
    """Rejects a row whose image stands in an evaluation set of the recipe.

    Reads `sha256`, `pdq`, `metadata` (its hash, where the source gives one). Fills nothing. Reason: contaminated_image,
    whose detail names the set and the hash. Questions of the sets are the quality stage's matter.
    """

    name = "contamination"

    def __init__(self, section: ContaminationSection) -> None:
        self._contaminated = EvaluationImages(section)

    def __call__(self, table: pa.Table) -> pa.Table:
        rows = live(table)
        known = zip(*(column(table, name, rows) for name in ("sha256", "pdq", "metadata")), strict=True)
        found = zip(rows, (self._contaminated(*hashes) for hashes in known), strict=True)
        return reject(table, {row: each for row, each in found if each is not None})
