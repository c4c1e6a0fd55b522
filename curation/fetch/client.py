"""Fetches one URL as a polite and wary client does: hop by hop, within limits, again when that may help."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import http.client
import math
import random
import ssl
import time
from email.utils import parsedate_to_datetime
from urllib.parse import urljoin

from curation.fetch import robots
from curation.fetch.address import Address, AddressPolicy, Target
from curation.fetch.connection import Connection, Exchange, Limits
from curation.fetch.hosts import Hosts
from curation.fetch.idle import IdleConnections
from curation.fetch.optout import opt_out
from curation.fetch.record import FetchFailed, Outcome
from curation.fetch.resolver import Resolver
from curation.fetch.robots import Robots
from curation.fetch.section import DownloadSection
from curation.fetch.tdmrep import TdmRep
from curation.samples import Reason

_ACCEPT = "image/jpeg,image/png,image/webp,image/avif,image/gif,*/*;q=0.5"
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_NAMED = {401: Reason.HTTP_401, 403: Reason.HTTP_403, 404: Reason.HTTP_404, 410: Reason.HTTP_410, 429: Reason.HTTP_429}
_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})


class Client:
    """Fetches URLs for one partition after another. Safe to use from many threads.

    Sends nothing to an address that `AddressPolicy` has not passed: each name is resolved once per request,
    and the connection goes to an address of that very answer. Holds no cookies, reads no proxy settings,
    sends no credentials and no referrer. `actors` says among how many the run's rate to a host is shared.
    """

    def __init__(self, section: DownloadSection, resolver: Resolver | None = None, actors: int = 1) -> None:
        self.section = section
        self.hosts = Hosts(
            in_flight=section.host_in_flight,
            per_s=min(section.host_per_s, (section.run_host_per_s or math.inf) / actors),
            failures=section.host_failures,
            queue_s=section.host_queue_s,
        )
        self.policy = AddressPolicy(section.allow_networks, section.ports)
        self.resolver = resolver or Resolver(section.dns_cache_s)
        self._idle = IdleConnections(limit=2 * section.in_flight)
        self._fixed = (
            f"User-Agent: {section.user_agent}\r\nAccept: {_ACCEPT}\r\n"
            "Accept-Encoding: identity\r\nConnection: keep-alive\r\n\r\n"
        )
        self.start_partition()

    @functools.cached_property
    def _tls(self) -> ssl.SSLContext:
        """Verifies certificates and names, TLS 1.2 and newer. Made at the first https URL: it costs 30 ms."""
        return ssl.create_default_context(cafile=self.section.ca_file)

    def start_partition(self) -> None:
        """Forget which hosts were set aside and what their robots.txt said, but not when each may next be asked."""
        section = self.section
        self.hosts.forget()
        self._robots = Robots(section.agent, self._site_file) if section.robots_txt else None
        self._tdmrep = TdmRep(self._site_file) if section.tdmrep_json else None

    def close(self) -> None:
        """Close idle connections and let the resolver go."""
        self._idle.close()
        self.resolver.close()

    def fetch(self, url: str) -> tuple[Outcome, bytes | None]:
        """The outcome of one URL, and its body unless the outcome holds a reject. Raises nothing of its own."""
        outcome = Outcome(url)
        start = time.monotonic()
        try:
            body: bytes | None = self._attempts(outcome)
        except FetchFailed as failure:
            body = None
            outcome.reject = failure.reject
            outcome.error = failure.error
        outcome.seconds = time.monotonic() - start
        return outcome, body

    def _attempts(self, outcome: Outcome) -> bytes:
        section = self.section
        target = self.policy.target(outcome.url)
        limits = Limits(
            time.monotonic() + section.deadline_s, section.connect_s, section.max_header_bytes, section.max_bytes
        )
        while True:
            outcome.attempts += 1
            try:
                return self._follow(target, outcome, limits)
            except FetchFailed as failure:
                if not failure.again or outcome.attempts > section.retries:
                    raise
                wait_s = failure.wait_s
                if wait_s is None:
                    wait_s = random.uniform(0, section.backoff_s * 2 ** (outcome.attempts - 1))
                if wait_s > section.max_retry_after_s or time.monotonic() + wait_s >= limits.deadline:
                    raise
                time.sleep(wait_s)

    def _follow(self, target: Target, outcome: Outcome, limits: Limits) -> bytes:
        """One attempt, through its redirects. Time in our own queue moves the deadline."""
        outcome.hops = outcome.bytes = 0
        while True:
            name = f"{target.host}:{target.port}"
            self._ask_the_site(target, name, outcome, limits)
            with self.hosts.turn(name) as waited_s:
                limits.deadline += waited_s
                try:
                    body, location = self._one_hop(target, outcome, limits)
                except FetchFailed as failure:
                    self._judge_host(name, failure)
                    raise
                self.hosts.answered(name)
            if body is not None:
                return body
            if outcome.hops >= self.section.max_redirects:
                raise FetchFailed(Reason.TOO_MANY_REDIRECTS, f"more than {self.section.max_redirects} redirects")
            outcome.hops += 1
            target = _next_target(self.policy, target, location)

    def _ask_the_site(self, target: Target, name: str, outcome: Outcome, limits: Limits) -> None:
        """What the site's own files say of this target, as far as the recipe has them asked for."""
        if self._robots is not None:
            self.hosts.slow_down(name, self._robots.check(target, limits.left_s()))
        if self._tdmrep is not None:
            try:
                self._tdmrep.check(target, limits.left_s())
            except FetchFailed as failure:
                if failure.reject.reason is Reason.OPTED_OUT:
                    outcome.opt_out = f"hop {outcome.hops}: {failure.reject.detail}"
                raise

    def _judge_host(self, name: str, failure: FetchFailed) -> None:
        if failure.host_fault:
            self.hosts.failed(name, failure.reject.reason)
        elif failure.reject.reason.value.startswith("http_"):
            self.hosts.answered(name)
        if failure.wait_s is not None:
            self.hosts.pause(name, min(failure.wait_s, self.section.max_retry_after_s))

    def _one_hop(self, target: Target, outcome: Outcome, limits: Limits) -> tuple[bytes | None, str]:
        """Ask one server once: its body, or where it redirects to."""
        outcome.http_code = None
        connection, exchange = self._ask(target, limits)
        try:
            outcome.http_code = exchange.status
            self._heed_opt_out(exchange, outcome)
            location = exchange.headers.get("Location") if exchange.status in _REDIRECTS else None
            if location is not None:
                exchange.drain()
                return None, location
            if exchange.status != 200:
                exchange.drain()
                raise _status_failure(exchange)
            try:
                return exchange.body(), ""
            finally:
                outcome.bytes = exchange.received
        except http.client.HTTPException as error:
            raise FetchFailed(
                Reason.BAD_RESPONSE, "the body ends early or is malformed", again=True, error=type(error).__name__
            ) from error
        except TimeoutError as error:
            raise FetchFailed(
                Reason.TIMEOUT, "the body took too long", host_fault=True, error="TimeoutError"
            ) from error
        except OSError as error:
            raise FetchFailed(
                Reason.BAD_RESPONSE, "the connection broke", again=True, error=type(error).__name__
            ) from error
        finally:
            self._idle.give_back(target, connection)

    def _ask(self, target: Target, limits: Limits) -> tuple[Connection, Exchange]:
        """Send the request, over an idle connection if one still lives, and read the response's head."""
        request = f"GET {target.path} HTTP/1.1\r\nHost: {target.host_header}\r\n{self._fixed}".encode("ascii")
        connection = self._idle.take(target)
        if connection is not None:
            try:
                return connection, connection.exchange(request, limits)
            except (OSError, http.client.HTTPException, FetchFailed) as error:
                # A server may close an idle connection at any moment: that says nothing about the URL.
                connection.close()
                if isinstance(error, FetchFailed | TimeoutError):
                    raise self._head_failure(error) from error
        connection = Connection.open(
            target, self._addresses(target, limits), limits, self._tls if target.scheme == "https" else None
        )
        try:
            return connection, connection.exchange(request, limits)
        except (OSError, http.client.HTTPException, FetchFailed) as error:
            connection.close()
            raise self._head_failure(error) from error

    @staticmethod
    def _head_failure(error: Exception) -> FetchFailed:
        if isinstance(error, FetchFailed):
            return error
        name = type(error).__name__
        if isinstance(error, TimeoutError):
            return FetchFailed(Reason.TIMEOUT, "no response in time", host_fault=True, error=name)
        if isinstance(error, http.client.RemoteDisconnected | ConnectionError):
            return FetchFailed(
                Reason.BAD_RESPONSE, "closed without a response", again=True, host_fault=True, error=name
            )
        return FetchFailed(Reason.BAD_RESPONSE, "no HTTP response", host_fault=True, error=name)

    def _site_file(self, target: Target, path: str) -> tuple[int | None, str]:
        """The status and text of a site's file, its redirects followed (RFC 9309: at least five)."""
        section = self.section
        limits = Limits(
            time.monotonic() + section.connect_s, section.connect_s, section.max_header_bytes, robots.MAX_BYTES
        )
        at = dataclasses.replace(target, path=path)
        try:
            for _ in range(6):
                self.hosts.count(f"{at.host}:{at.port}")
                connection, exchange = self._ask(at, limits)
                try:
                    location = exchange.headers.get("Location") if exchange.status in _REDIRECTS else None
                    if location is None:
                        return exchange.status, exchange.body().decode("utf-8", "replace")
                finally:
                    self._idle.give_back(at, connection)
                at = _next_target(self.policy, at, location)
        except (FetchFailed, OSError, http.client.HTTPException):
            return None, ""
        return None, ""

    def _addresses(self, target: Target, limits: Limits) -> list[Address]:
        if target.literal is not None:
            return [target.literal]
        found = self.resolver.resolve(target.host, limits.left_s())
        refusals = {address: self.policy.refusal(address) for address in found}
        passed = [address for address, why in refusals.items() if why is None]
        if not passed:
            why = ", ".join(f"{address} is {reason}" for address, reason in list(refusals.items())[:3])
            raise FetchFailed(Reason.REFUSED_ADDRESS, f"{target.host}: {why or 'no address'}")
        return passed

    def _heed_opt_out(self, exchange: Exchange, outcome: Outcome) -> None:
        section = self.section
        found = opt_out(exchange.headers, section.agent, section.opt_out_directives, section.tdm_reservation)
        if found is not None:
            outcome.opt_out = f"hop {outcome.hops}: {found}"
            raise FetchFailed(Reason.OPTED_OUT, outcome.opt_out)


def _status_failure(exchange: Exchange) -> FetchFailed:
    status = exchange.status
    if status < 400:
        # 204, 206, 304 and the like: nothing that a plain GET should get, and no image.
        return FetchFailed(Reason.BAD_RESPONSE, f"HTTP {status}", error="UnexpectedStatus")
    reason = _NAMED.get(status, Reason.HTTP_4XX if status < 500 else Reason.HTTP_5XX)
    wait_s = _retry_after_s(exchange.headers.get("Retry-After")) if status in (429, 503) else None
    again = status in _AGAIN
    return FetchFailed(reason, f"HTTP {status}", again=again, host_fault=status == 429 or status >= 500, wait_s=wait_s)


def _retry_after_s(value: str | None) -> float | None:
    """Seconds that a Retry-After header asks for: a number, or a date (RFC 9110, 10.2.3)."""
    if value is None:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:9]), 86_400.0)
    try:
        when = parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
    return max(0.0, when - time.time())


def _next_target(policy: AddressPolicy, target: Target, location: str) -> Target:
    """Where a Location header leads to: http.client reads headers as Latin-1, servers send UTF-8."""
    with contextlib.suppress(UnicodeError):
        location = location.encode("latin-1").decode("utf-8")
    try:
        url = urljoin(target.url, location)
    except ValueError as error:
        raise FetchFailed(Reason.MALFORMED_URL, "the redirect's host cannot be read") from error
    return policy.target(url)
