"""Connections kept open between requests."""

from __future__ import annotations

import threading
from collections import OrderedDict

from curation.fetch.address import Target
from curation.fetch.connection import Connection


class IdleConnections:
    """Connections that wait for their next exchange: a few per origin, the oldest closed when there are too many."""

    def __init__(self, limit: int, per_origin: int = 8) -> None:
        self._limit = limit
        self._per_origin = per_origin
        self._lock = threading.Lock()
        self._origins: OrderedDict[tuple[str, str, int], list[Connection]] = OrderedDict()
        self._count = 0

    def take(self, target: Target) -> Connection | None:
        """An idle connection to the target's origin that still lives, or None."""
        key = (target.scheme, target.host, target.port)
        while True:
            with self._lock:
                waiting = self._origins.get(key)
                if not waiting:
                    return None
                connection = waiting.pop()
                self._count -= 1
                if not waiting:
                    del self._origins[key]
            if connection.alive():
                return connection
            connection.close()

    def give_back(self, target: Target, connection: Connection) -> None:
        """Keep a connection if it can carry another exchange; close it otherwise."""
        key = (target.scheme, target.host, target.port)
        surplus: list[Connection] = []
        with self._lock:
            waiting = self._origins.get(key, [])
            if connection.reusable and len(waiting) < self._per_origin:
                self._origins.setdefault(key, waiting).append(connection)
                self._origins.move_to_end(key)
                self._count += 1
            else:
                surplus.append(connection)
            while self._count > self._limit:
                oldest = next(iter(self._origins))
                surplus.append(self._origins[oldest].pop(0))
                self._count -= 1
                if not self._origins[oldest]:
                    del self._origins[oldest]
        for old in surplus:
            old.close()

    def close(self) -> None:
        """Close them all."""
        with self._lock:
            for waiting in self._origins.values():
                for connection in waiting:
                    connection.close()
            self._origins.clear()
            self._count = 0
