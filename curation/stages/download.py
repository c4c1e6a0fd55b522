"""Stage `download`: fetches each live row's URL and keeps a re-encoded image and its measures."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pyarrow as pa

from curation import samples
from curation.fetch.boundary import download, downloader_class, interleaved
from curation.fetch.client import Client
from curation.fetch.decoder import Decoded, DecodeLimits, Decoder, Undecodable
from curation.fetch.hashes import DenyList, expected_hash, mismatch, take_hashes
from curation.fetch.record import FetchFailed, Outcome
from curation.fetch.resolver import Resolver
from curation.fetch.sandbox import DecoderDied, Sandbox
from curation.fetch.section import DownloadSection
from curation.samples import Reason, Reject

# What the decoder says of an image, in columns of the same names.
MEASURED = ("width", "height", "original_width", "original_height", "pdq", "contrast", "sharpness")
_DECODER_REASONS = {str(reason): reason for reason in (Reason.NOT_AN_IMAGE, Reason.DECODE, Reason.TOO_MANY_PIXELS)}


@dataclass
class _Unique:
    """One distinct URL of a partition: who wants it, what they expect, and what came of it."""

    url: str
    rows: list[int] = field(default_factory=list)
    expected: list[str | None] = field(default_factory=list)
    outcome: Outcome | None = None
    decoded: Decoded | None = None
    reject: Reject | None = None


class Download:
    """Fetches, verifies, decodes and re-encodes images; each distinct URL of a partition once.

    Reads url, metadata (`hash`). Fills fetch, image, width, height, original_width, original_height, sha256,
    pdq, contrast, sharpness. Rejects with every reason of stage download, malformed_url, and quarantined for
    an image that killed the decoder. `actors` fetch for the run together. Raises `PartitionError` only when the decoder
    cannot be started at all.
    """

    name = "download"

    def __init__(self, section: DownloadSection, resolver: Resolver | None = None, actors: int = 1) -> None:
        self._section = section
        self._client = Client(section, resolver, actors)
        self._deny = DenyList(section.deny_md5, section.deny_sha256, section.deny_pdq, section.deny_pdq_distance)
        limits = DecodeLimits(
            section.shortest_side_px, section.quality, section.max_pixels, section.max_side_px, section.max_frames
        )
        self._decoding = threading.Lock()  # the decoder takes one image at a time, partitions may come several at once
        self._decode: Decoder | Sandbox = Decoder(limits)
        if section.isolate_decoder:
            self._decode = Sandbox(limits, timeout_s=section.decode_s, memory_bytes=section.decode_memory_bytes)
            self._decode.start()
        downloader_class()

    def __call__(self, table: pa.Table) -> pa.Table:
        uniques = _uniques(table, self._section.verify_hash)
        self._client.start_partition()

        def fetch(index: int) -> bytes:
            return self._fetch(uniques[index])

        def use(index: int, body: bytes) -> None:
            self._use(uniques[index], body)

        order = interleaved([_host(unique.url) for unique in uniques])
        download(len(uniques), fetch, use, in_flight=self._section.in_flight, order=order)
        return _filled(table, uniques)

    def close(self) -> None:
        """End the decoder process and close idle connections."""
        self._client.close()
        if isinstance(self._decode, Sandbox):
            self._decode.close()

    def _fetch(self, unique: _Unique) -> bytes:
        """On a fetching thread: the body, unless it is refused before anybody decodes it."""
        outcome, body = self._client.fetch(unique.url)
        unique.outcome = outcome
        if body is not None:
            with_md5 = bool(self._deny.md5) or any(text and len(text) == 32 for text in unique.expected)
            take_hashes(outcome, body, with_md5)
            outcome.reject = self._deny.body(str(outcome.sha256), outcome.md5)
            mismatches = [mismatch(outcome, text) for text in unique.expected]
            if outcome.reject is None and all(mismatches):
                outcome.reject = mismatches[0]
        if outcome.reject is not None or body is None:
            raise FetchFailed(Reason.BAD_RESPONSE, "refused")  # ends it in img2dataset; the outcome says why
        return body

    def _use(self, unique: _Unique, body: bytes) -> None:
        """On the partition's decoding thread: the image, or why there is none."""
        try:
            with self._decoding:
                decoded = self._decode(body)
        except Undecodable as error:
            unique.reject = Reject(_DECODER_REASONS.get(error.reason, Reason.DECODE), error.detail)
        except DecoderDied as error:
            unique.reject = Reject(Reason.QUARANTINED, f"the decoder {error}")
        else:
            unique.reject = self._deny.image(decoded.pdq)
            if unique.reject is None:
                unique.decoded = decoded


def _uniques(table: pa.Table, verify_hash: bool) -> list[_Unique]:
    found: dict[str, _Unique] = {}
    rows = samples.live(table)
    urls = samples.column(table, "url", rows)
    metadata = samples.column(table, "metadata", rows)
    for row, url, text in zip(rows, urls, metadata, strict=True):
        unique = found.setdefault(url or "", _Unique(url or ""))
        unique.rows.append(row)
        unique.expected.append(expected_hash(text) if verify_hash else None)
    return list(found.values())


def _host(url: str) -> str:
    try:
        return urlsplit(url).netloc
    except ValueError:
        return ""


def _filled(table: pa.Table, uniques: list[_Unique]) -> pa.Table:
    """The table with every result in its rows."""
    columns: dict[str, dict[int, Any]] = {name: {} for name in ("fetch", "image", "sha256", *MEASURED)}
    rejects: dict[int, Reject] = {}
    ids = table.column("sample_id")
    for unique in uniques:
        outcome = unique.outcome or Outcome(unique.url)
        for row, expected in zip(unique.rows, unique.expected, strict=True):
            reject = outcome.reject or mismatch(outcome, expected) or unique.reject
            if reject is None and unique.decoded is None:
                reject = Reject(Reason.QUARANTINED, "img2dataset lost this sample")
            columns["fetch"][row] = outcome.row(reject)
            columns["sha256"][row] = outcome.sha256
            if reject is not None or unique.decoded is None:
                rejects[row] = reject  # type: ignore[assignment]
                continue
            decoded = unique.decoded
            columns["image"][row] = {"bytes": decoded.jpeg, "path": f"{ids[row].as_py()}.jpg"}
            for name in MEASURED:
                columns[name][row] = getattr(decoded, name)
    for name, values in columns.items():
        table = samples.fill(table, name, values)
    return samples.reject(table, rejects)
