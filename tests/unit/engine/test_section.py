"""What the recipe's engine section comes to for the stages."""

from __future__ import annotations

from curation.engine.section import EngineSection


def test_the_partitions_of_one_actor_share_its_rate_and_do_not_divide_it_once_more() -> None:
    pools = {"fetch": {"max": 20, "partitions_at_once": 4}}
    assert EngineSection.model_validate({"pools": pools}).fetching == 20
    assert EngineSection.model_validate({"pools": pools, "kind": "local"}).fetching == 1
