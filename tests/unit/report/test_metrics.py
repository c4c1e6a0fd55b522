"""Metrics, read back by Prometheus' own parser."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

from curation.report.metrics import render_status_metrics
from curation.table.balance import Unbalanced
from curation.table.read import Status


def samples(text: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    found = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return {(sample.name, frozenset(sample.labels.items())): sample.value for sample in found}


def test_a_label_cannot_break_out_of_its_quotes() -> None:
    path = 'a"b\\nc\nd'
    found = samples(render_status_metrics(Status(planned=1), {"table": path}))
    assert found[("curation_table_planned_rows", frozenset({("table", path)}))] == 1


def test_a_tables_status_is_gauges_and_an_unbalanced_one_shows() -> None:
    status = Status(version=3, partitions=2, planned=10, accepted=6, rejected=4, reasons={"blank": 4}, bytes=10**12)
    found = samples(render_status_metrics(status, {}))
    assert found[("curation_table_rows", frozenset({("outcome", "accepted")}))] == 6
    assert found[("curation_table_rejected_rows", frozenset({("reason", "blank")}))] == 4
    assert found[("curation_table_balanced", frozenset())] == 1
    wrong = Status(planned=1, unbalanced=(Unbalanced("p", 1, 0, 0, 0, True),))
    assert samples(render_status_metrics(wrong, {}))[("curation_table_balanced", frozenset())] == 0
