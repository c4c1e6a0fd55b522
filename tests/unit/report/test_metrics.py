"""Metrics, read back by Prometheus' own parser."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

from curation.report.metrics import render_metrics, render_status_metrics
from curation.table.balance import Unbalanced
from curation.table.read import Status


def samples(text: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    found = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return {(sample.name, frozenset(sample.labels.items())): sample.value for sample in found}


def test_the_meters_totals_are_counters_with_stage_and_reason() -> None:
    snapshot = {
        "download": {"rows": 10, "seconds": 1.5, "rejected": 3, "rejected.http_404": 3, "later": 1},
        "rewrite": {"rows": 7, "completion_tokens": 900},
    }
    found = samples(render_metrics(snapshot, {"run": "r1"}))
    assert found[("curation_stage_rows_total", frozenset({("run", "r1"), ("stage", "download")}))] == 10
    reason = frozenset({("run", "r1"), ("stage", "download"), ("reason", "http_404")})
    assert found[("curation_stage_rejected_total", reason)] == 3
    assert found[("curation_stage_busy_seconds_total", frozenset({("run", "r1"), ("stage", "download")}))] == 1.5
    assert len(found) == 5


def test_a_label_cannot_break_out_of_its_quotes() -> None:
    path = 'a"b\\nc\nd'
    (name, labels), value = next(iter(samples(render_metrics({"captions": {"rows": 1}}, {"table": path})).items()))
    assert (name, dict(labels)["table"], value) == ("curation_stage_rows_total", path, 1)


def test_a_tables_status_is_gauges_and_an_unbalanced_one_shows() -> None:
    status = Status(version=3, partitions=2, planned=10, accepted=6, rejected=4, reasons={"blank": 4}, bytes=10**12)
    found = samples(render_status_metrics(status, {}))
    assert found[("curation_table_rows", frozenset({("outcome", "accepted")}))] == 6
    assert found[("curation_table_rejected_rows", frozenset({("reason", "blank")}))] == 4
    assert found[("curation_table_balanced", frozenset())] == 1
    wrong = Status(planned=1, unbalanced=(Unbalanced("p", 1, 0, 0, 0, True),))
    assert samples(render_status_metrics(wrong, {}))[("curation_table_balanced", frozenset())] == 0


def test_nothing_counted_is_no_text() -> None:
    assert render_metrics({}, {}) == ""
