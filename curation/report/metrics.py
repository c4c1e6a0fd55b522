"""Prometheus metrics in its text format, from the meter's totals and from a table's status.

Format: https://prometheus.io/docs/instrumenting/exposition_formats/ (version 0.0.4). Write it to a file for the node
exporter's textfile collector, or serve it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from curation.table.read import Status

# Meter key -> metric name and help. Keys that are not here are not exported.
_COUNTERS = {
    "rows": ("curation_stage_rows_total", "Rows that a stage has handled."),
    "seconds": ("curation_stage_busy_seconds_total", "Seconds that a stage was busy, over all processes."),
    "requests": ("curation_llm_requests_total", "Requests to the LLM."),
    "answers": ("curation_llm_answers_total", "Requests that the LLM answered."),
    "retries": ("curation_llm_retries_total", "Attempts at a request after the first."),
    "prompt_tokens": ("curation_llm_prompt_tokens_total", "Tokens that went to the LLM."),
    "completion_tokens": ("curation_llm_completion_tokens_total", "Tokens that came back."),
}
_REJECTED = ("curation_stage_rejected_total", "Rows that a stage has rejected, by reason.")


@dataclass(frozen=True)
class _Value:
    name: str
    help: str
    kind: str  # counter or gauge
    labels: Mapping[str, str]
    value: float


def render_metrics(snapshot: Mapping[str, Mapping[str, float]], labels: Mapping[str, str]) -> str:
    """The meter's totals as counters. `labels` (run, recipe) go on every line, `stage` and `reason` as well."""
    found: list[_Value] = []
    for stage, counts in snapshot.items():
        here = {**labels, "stage": stage}
        for key, value in counts.items():
            if key in _COUNTERS:
                found.append(_Value(*_COUNTERS[key], "counter", here, value))
            elif key.startswith("rejected."):
                reason = key.removeprefix("rejected.")
                found.append(_Value(*_REJECTED, "counter", {**here, "reason": reason}, value))
    return _text(found)


def render_status_metrics(status: Status, labels: Mapping[str, str]) -> str:
    """What a table holds as gauges. `labels` (table) go on every line; `curation_table_balanced` is 1 or 0."""
    rows = "Rows of the table by outcome."
    found = [
        _Value("curation_table_planned_rows", "Rows of all committed partitions.", "gauge", labels, status.planned),
        _Value("curation_table_rows", rows, "gauge", {**labels, "outcome": "accepted"}, status.accepted),
        _Value("curation_table_rows", rows, "gauge", {**labels, "outcome": "rejected"}, status.rejected),
        _Value("curation_table_partitions", "Committed partitions.", "gauge", labels, status.partitions),
        _Value("curation_table_bytes", "Bytes of the table's files.", "gauge", labels, status.bytes),
        _Value(
            "curation_table_balanced", "Whether planned = accepted + rejected.", "gauge", labels, float(status.balanced)
        ),
    ]
    name, text = "curation_table_rejected_rows", "Rejected rows of the table by reason."
    found += [
        _Value(name, text, "gauge", {**labels, "reason": reason}, count) for reason, count in status.reasons.items()
    ]
    return _text(found)


def _text(values: Iterable[_Value]) -> str:
    """All lines of a metric stand together under its help and type, as the format demands."""
    by_name: dict[str, list[_Value]] = {}
    for value in values:
        by_name.setdefault(value.name, []).append(value)
    lines: list[str] = []
    for name, group in by_name.items():
        lines += [f"# HELP {name} {group[0].help}", f"# TYPE {name} {group[0].kind}"]
        lines += [f"{name}{_labels(value.labels)} {_number(value.value)}" for value in group]
    return "\n".join(lines) + "\n" if lines else ""


def _labels(labels: Mapping[str, str]) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{key}="{_escape(value)}"' for key, value in labels.items()) + "}"


def _escape(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


def _number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else repr(float(value))
