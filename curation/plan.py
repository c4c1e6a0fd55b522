"""The plan: what the source holds, what the table holds already, and what is left to do.

Resume = plan - committed. There is no other state: the nightly increment, the run after a crash and the same
command given twice are this one subtraction.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from curation.errors import SourceError
from curation.partition import Partition
from curation.source import BadFile, SourceFile, SourceSection, inspect_files


class Landed(Protocol):
    """What the table knows to be committed."""

    def file(self, file_id: str) -> bool:
        """Every partition of this source file has landed."""

    def partition(self, partition_id: str) -> bool:
        """This partition has landed."""


@dataclass(frozen=True)
class FilePlan:
    """One source file and how much of it is left."""

    path: str
    file_id: str
    rows: int
    partitions: int
    pending: int


@dataclass(frozen=True)
class Plan:
    """The whole source, file by file, and the partitions that are left."""

    files: tuple[FilePlan, ...]
    bad_files: tuple[BadFile, ...]
    pending: tuple[Partition, ...]

    @property
    def rows(self) -> int:
        """Rows of all usable files."""
        return sum(file.rows for file in self.files)

    @property
    def partitions(self) -> int:
        """Partitions of all usable files."""
        return sum(file.partitions for file in self.files)

    @property
    def pending_rows(self) -> int:
        """Rows that are left to do."""
        return sum(partition.rows for partition in self.pending)


def make_plan(source: SourceSection, landed: Landed) -> Plan:
    """The plan of a source against what has landed. Raises `SourceError` for what cannot be planned."""
    good, bad = inspect_files(source)
    if not good:
        raise SourceError(f"none of the {len(bad)} source files can be used; {bad[0].path}: {bad[0].problem}")
    files, pending = [], []
    for file in good:
        left = _left(file, source.partition_rows, landed)
        pending.extend(left)
        count = -(-file.rows // source.partition_rows)
        files.append(FilePlan(file.path, file.file_id, file.rows, count, len(left)))
    return Plan(tuple(files), tuple(bad), tuple(pending))


def _left(file: SourceFile, partition_rows: int, landed: Landed) -> list[Partition]:
    if landed.file(file.file_id):
        return []
    return [part for part in file.partitions(partition_rows) if not landed.partition(part.id)]
