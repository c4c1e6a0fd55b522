"""Hashes of bodies and images: what the source promised, and what must never be kept."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence

from curation.errors import RecipeError
from curation.fetch.record import Outcome
from curation.samples import Reason, Reject


class DenyList:
    """Hashes of bodies (md5, sha256) and of images (PDQ) that must be dropped. Read once, held in memory.

    A PDQ list of 10,000 costs about 0.1 ms an image. Details of its rejects name the hash and nothing else.
    """

    def __init__(
        self, md5: Sequence[str] = (), sha256: Sequence[str] = (), pdq: Sequence[str] = (), pdq_distance: int = 31
    ) -> None:
        import numpy as np

        self.md5 = frozenset(_hashes(md5, 32))
        self._sha256 = frozenset(_hashes(sha256, 64))
        self._distance = pdq_distance
        rows = sorted(set(_hashes(pdq, 64)))
        self._pdq = np.array([list(bytes.fromhex(row)) for row in rows], np.uint8).reshape(len(rows), 32)

    def body(self, sha256: str, md5: str | None) -> Reject | None:
        """The reject of a body by its hashes."""
        if sha256 in self._sha256:
            return Reject(Reason.DENIED, f"sha256 {sha256}")
        if md5 is not None and md5 in self.md5:
            return Reject(Reason.DENIED, f"md5 {md5}")
        return None

    def image(self, pdq: str | None) -> Reject | None:
        """The reject of an image by its PDQ hash, where it has one."""
        import numpy as np

        if pdq is None or not len(self._pdq):
            return None
        bits = np.bitwise_count(self._pdq ^ np.frombuffer(bytes.fromhex(pdq), np.uint8)).sum(axis=1)
        if int(bits.min()) > self._distance:
            return None
        return Reject(Reason.DENIED, f"pdq {pdq}, {int(bits.min())} bits from a denied hash")


def expected_hash(metadata: str | None) -> str | None:
    """The hash that the source gives for a body (`metadata.hash`), lower case, if it is an md5 or a sha256."""
    if not metadata or '"hash"' not in metadata:
        return None
    try:
        value = json.loads(metadata).get("hash")
    except (ValueError, AttributeError, RecursionError):
        return None
    if not isinstance(value, str):
        return None
    value = value.strip().lower()
    return value if len(value) in (32, 64) and _is_hex(value) else None


def take_hashes(outcome: Outcome, body: bytes, with_md5: bool) -> None:
    """Set sha256, and md5 when it is asked for, of a body as fetched."""
    outcome.sha256 = hashlib.sha256(body).hexdigest()
    if with_md5:
        outcome.md5 = hashlib.md5(body, usedforsecurity=False).hexdigest()


def mismatch(outcome: Outcome, expected: str | None) -> Reject | None:
    """The reject of a row whose source promised another body."""
    if expected is None or outcome.sha256 is None:
        return None
    found = outcome.md5 if len(expected) == 32 else outcome.sha256
    return None if found == expected else Reject(Reason.HASH_MISMATCH, f"{found}, the source says {expected}")


def _hashes(paths: Iterable[str], digits: int) -> Iterable[str]:
    """The first word of each line of each file; empty lines and # comments are skipped."""
    import fsspec

    for path in paths:
        try:
            with fsspec.open(path, "rt", encoding="utf-8") as lines:
                text = lines.read()
        except OSError as error:
            raise RecipeError(f"deny list {path}: {type(error).__name__}. Mend the path in the recipe.") from error
        for number, line in enumerate(text.splitlines(), 1):
            words = line.partition("#")[0].replace(",", " ").split()
            if not words:
                continue
            if len(words[0]) != digits or not _is_hex(words[0].lower()):
                raise RecipeError(f"deny list {path}, line {number}: expected {digits} hex digits.")
            yield words[0].lower()


def _is_hex(text: str) -> bool:
    return all(letter in "0123456789abcdef" for letter in text)
