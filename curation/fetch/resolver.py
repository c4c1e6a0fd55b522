"""Names to addresses: within a deadline, through a bounded cache."""

from __future__ import annotations

import ipaddress
import socket
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from curation.fetch.address import Address
from curation.fetch.record import FetchFailed
from curation.samples import Reason

Lookup = Callable[[str], Sequence[str]]
_NEGATIVE_S = 10.0


def system_lookup(host: str) -> list[str]:
    """All addresses of a name, by the system's resolver. Raises `socket.gaierror`."""
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


class Resolver:
    """Resolves names with a deadline, one question at a time per name, and remembers answers.

    The system's resolver gives no time to live, so answers are kept for `cache_s`, failures for at most 10 s,
    and at most `max_entries` names. A question that hangs holds one of `threads` threads until the system's
    own time-out, never a caller past its deadline.
    """

    def __init__(
        self, cache_s: float, *, lookup: Lookup = system_lookup, threads: int = 32, max_entries: int = 20_000
    ) -> None:
        self._cache_s = cache_s
        self._lookup = lookup
        self._max_entries = max_entries
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="dns")
        self._lock = threading.Lock()
        self._cache: OrderedDict[str, tuple[float, Future[tuple[Address, ...]]]] = OrderedDict()

    def resolve(self, host: str, timeout_s: float) -> tuple[Address, ...]:
        """The addresses of a name, in the resolver's order. Raises `FetchFailed` (dns, timeout)."""
        future = self._question(host)
        try:
            return future.result(timeout=timeout_s)
        except TimeoutError as error:
            raise FetchFailed(Reason.TIMEOUT, f"no answer for {host} in time", host_fault=True) from error
        except socket.gaierror as error:
            again = error.errno == socket.EAI_AGAIN
            raise FetchFailed(
                Reason.DNS, f"{host} has no address", again=again, host_fault=True, error="gaierror"
            ) from error
        except (OSError, UnicodeError, ValueError) as error:
            raise FetchFailed(Reason.DNS, f"{host} cannot be looked up", error=type(error).__name__) from error

    def _question(self, host: str) -> Future[tuple[Address, ...]]:
        now = time.monotonic()
        with self._lock:
            expires, future = self._cache.get(host, (0.0, None))
            if future is not None:
                failed = future.done() and future.exception() is not None
                limit = expires - self._cache_s + min(_NEGATIVE_S, self._cache_s) if failed else expires
                if now < limit or not future.done():
                    return future
            future = self._executor.submit(self._ask, host)
            self._cache[host] = (now + self._cache_s, future)
            self._cache.move_to_end(host)
            while len(self._cache) > self._max_entries:
                self._cache.popitem(last=False)
            return future

    def _ask(self, host: str) -> tuple[Address, ...]:
        unique = dict.fromkeys(text.partition("%")[0] for text in self._lookup(host))
        return tuple(ipaddress.ip_address(text) for text in unique)

    def close(self) -> None:
        """Let go of the threads without waiting for questions that hang."""
        self._executor.shutdown(wait=False, cancel_futures=True)
