"""Prometheus metrics in its text format, from a table's status.

Format: https://prometheus.io/docs/instrumenting/exposition_formats/ (version 0.0.4). Write it to a file for the node
exporter's textfile collector, or serve it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from curation.table.read import Status


def render_status_metrics(status: Status, labels: Mapping[str, str]) -> str:
    """What a table holds as gauges. `labels` (table) go on every line; `curation_table_balanced` is 1 or 0."""
    rows = [({"outcome": "accepted"}, status.accepted), ({"outcome": "rejected"}, status.rejected)]
    rejected = [({"reason": reason}, count) for reason, count in status.reasons.items()]
    gauges: list[tuple[str, str, list[tuple[dict[str, str], int]]]] = [
        ("planned_rows", "Rows of all committed partitions.", [({}, status.planned)]),
        ("rows", "Rows of the table by outcome.", rows),
        ("partitions", "Committed partitions.", [({}, status.partitions)]),
        ("bytes", "Bytes of the table's files.", [({}, status.bytes)]),
        ("balanced", "Whether planned = accepted + rejected.", [({}, int(status.balanced))]),
        ("rejected_rows", "Rejected rows of the table by reason.", rejected),
    ]
    lines: list[str] = []
    for short, text, values in gauges:
        if values:
            name = f"curation_table_{short}"
            lines += [f"# HELP {name} {text}", f"# TYPE {name} gauge"]
            lines += [f"{name}{_labels({**labels, **own})} {value}" for own, value in values]
    return "\n".join(lines) + "\n"


def _labels(labels: Mapping[str, str]) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{key}="{_escape(value)}"' for key, value in labels.items()) + "}"


def _escape(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
