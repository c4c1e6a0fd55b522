"""Erasure: rows that someone may ask to have removed, by URL, by domain, or by the hash of the image.

An erased row becomes a rejected one that keeps its place in its partition and nothing else, so the table still
balances. The request is kept beside the log (URLs as hashes), and the write stage asks it: what was erased does
not come back with another source file.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

import pyarrow as pa
import pyarrow.compute as pc

from curation.samples import SCHEMA, Reason
from curation.table.maintain import Rewrite, active_files, commit_rewrite, read_columns, read_shard, upkeep, write_shard
from curation.table.read import SampleTable
from curation.table.receipt import ShardFile
from curation.table.shard import OUTCOMES, REJECTED
from curation.table.storage import Storage

FOLDER = "_erased"  # vacuum and readers pass over names that begin with an underscore
KEPT = ("sample_id", "partition", "row", "recipe", "run", "created")


@dataclass(frozen=True)
class Erased:
    """What an erasure did: rows that were erased, and files that were rewritten."""

    rows: int = 0
    files: int = 0


@dataclass(frozen=True)
class Erasures:
    """What has been asked to be erased: SHA-256 of URLs, domains with all that is under them, SHA-256 of images."""

    urls: frozenset[str] = frozenset()
    domains: frozenset[str] = frozenset()
    images: frozenset[str] = frozenset()

    @classmethod
    def load(cls, storage: Storage) -> Erasures:
        """Every request that a table keeps."""
        requests = [json.loads(data) for data in storage.read_many([file.path for file in storage.list(FOLDER)])]
        parts = {name: frozenset(value for request in requests for value in request[name]) for name in cls.names()}
        return cls(**parts)

    @staticmethod
    def names() -> tuple[str, ...]:
        """Kinds of values in a request."""
        return ("urls", "domains", "images")

    def __bool__(self) -> bool:
        return bool(self.urls or self.domains or self.images)

    def hits(self, rows: pa.Table) -> pa.BooleanArray:
        """Which rows are meant, as a mask. Reads `url` and `sha256`."""
        urls, images = rows.column("url").to_pylist(), rows.column("sha256").to_pylist()
        pairs = zip(urls, images, strict=True)
        return pa.array([self._means(url or "", image) for url, image in pairs], pa.bool_())

    def _means(self, url: str, image: str | None) -> bool:
        return image in self.images or _digest(url) in self.urls or bool(self.domains & _domains_of(url))


def erase(
    table: SampleTable, urls: Iterable[str] = (), domains: Iterable[str] = (), images: Iterable[str] = ()
) -> Erased:
    """Erase every row with one of these URLs, domains (subdomains too) or SHA-256 hashes of the image as fetched.

    The bytes are gone once `vacuum` has removed the files that were rewritten. A run that is active may still
    commit rows that it wrote before the request: erase again when it has ended. Raises `CommitFailed` if other
    upkeep was faster, or the store stays away; what was not erased then is erased by the next call.
    """
    request = Erasures(
        frozenset(_digest(url) for url in urls),
        frozenset(domain.lower().strip(".") for domain in domains),
        frozenset(image.lower() for image in images),
    )
    body = {name: sorted(getattr(request, name)) for name in Erasures.names()}
    table.storage.write_new(f"{FOLDER}/{uuid.uuid4().hex}.json", json.dumps(body).encode())
    delta = table.open()
    if delta is None:
        return Erased()
    rows = files = 0
    for file in [file for outcome in OUTCOMES for file in active_files(delta, outcome)]:
        with upkeep(table):
            erased = _erase_from(table, file, request)
        rows, files = rows + erased, files + bool(erased)
    return Erased(rows, files)


def tombstones(rows: pa.Table) -> pa.Table:
    """The rows as rejected ones that say nothing of what they were."""
    for index, field in enumerate(SCHEMA):
        if field.name not in KEPT:
            value = str(Reason.ERASED) if field.name == "reason" else None
            rows = rows.set_column(index, field, pa.repeat(pa.scalar(value, field.type), len(rows)))
    return rows


def _erase_from(table: SampleTable, file: ShardFile, request: Erasures) -> int:
    # The images are read of files that hold such a row alone.
    seen = read_columns(table.storage, file.path, ["url", "sha256", "reason"])
    if not pc.any(_fresh_hits(seen, request)).as_py():
        return 0
    rows = read_shard(table, file)
    hits = _fresh_hits(rows, request)
    gone, kept = rows.filter(hits), rows.filter(pc.invert(hits))
    added = [write_shard(table, REJECTED, tombstones(gone), "erased")]
    if len(kept):
        added.append(write_shard(table, file.outcome, kept, "rewritten"))
    commit_rewrite(table, Rewrite((file,), tuple(added)), {"upkeep": "erase", "rows": len(gone)}, data_change=True)
    return len(gone)


def _fresh_hits(rows: pa.Table, request: Erasures) -> pa.BooleanArray:
    """The rows that are meant and not erased already."""
    reasons = rows.column("reason").to_pylist()
    meant = zip(request.hits(rows).to_pylist(), reasons, strict=True)
    return pa.array([hit and reason != Reason.ERASED for hit, reason in meant], pa.bool_())


def _digest(url: str) -> str:
    return hashlib.sha256(url.encode("utf-8", "surrogatepass")).hexdigest()


def _domains_of(url: str) -> frozenset[str]:
    """The URL's host and every domain above it."""
    try:
        host = (urlsplit(url).hostname or "").strip(".")
    except ValueError:
        return frozenset()
    labels = host.split(".")
    return frozenset(".".join(labels[index:]) for index in range(len(labels)))
