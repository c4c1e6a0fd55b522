"""What is known about the fetch of one URL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from curation.samples import Reason, Reject


@dataclass
class Outcome:
    """The fetch of one URL, filled as it goes; `reject` is set when it ended without a usable body."""

    url: str
    http_code: int | None = None
    hops: int = 0
    attempts: int = 0
    bytes: int = 0
    seconds: float = 0.0
    error: str | None = None
    opt_out: str | None = None
    sha256: str | None = None
    md5: str | None = None
    reject: Reject | None = None

    def row(self, reject: Reject | None = None) -> dict[str, Any]:
        """The value of column `fetch`; `reject` is what befell the image after the fetch."""
        found = self.reject or reject
        return {
            "status": "ok" if found is None else str(found.reason),
            "http_code": self.http_code,
            "hops": self.hops,
            "attempts": self.attempts,
            "bytes": self.bytes,
            "seconds": self.seconds,
            "error": self.error,
            "opt_out": self.opt_out,
        }


class FetchFailed(Exception):
    """One URL cannot be had. Carries the reject; `again` says whether another attempt may help at once.

    `wait_s` is what the server asked for before another attempt. `host_fault` says whether it counts
    against the host.
    """

    def __init__(
        self,
        reason: Reason,
        detail: str,
        *,
        again: bool = False,
        host_fault: bool = False,
        wait_s: float | None = None,
        error: str | None = None,
    ) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reject = Reject(reason, detail)
        self.again = again
        self.host_fault = host_fault
        self.wait_s = wait_s
        self.error = error
