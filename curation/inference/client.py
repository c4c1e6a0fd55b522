"""The LLM client: keeps every endpoint full, and outlives any of them."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from curation.errors import PoolError
from curation.inference.chat import ChatAnswer, ChatRequest, Endpoint
from curation.inference.client_section import ClientSection
from curation.meter import Meter

if TYPE_CHECKING:
    from curation.inference.session import ChatSession

T = TypeVar("T")
CLOSE_S = 10.0


class Client:
    """Asks OpenAI-compatible endpoints. Several threads may ask at once: they share the endpoints' slots, so
    that the last answers of one partition and the first of the next are in flight together.

    Least loaded endpoint first. An endpoint that stops generating is ejected, whatever its `/health` says, and
    readmitted when a one-token probe is answered; where requests had failed, one alone is sent until one is answered.
    Counts `requests`, `answers`, `retries`, `prompt_tokens` and `completion_tokens` on the meter under "rewrite".
    Holds a thread: build it in the process that asks.
    Raises `RecipeError` when an endpoint's key is not in the environment. Errors name `where`, the recipe's key under
    which the endpoints stand.
    """

    def __init__(
        self, section: ClientSection, endpoints: Sequence[Endpoint], meter: Meter, where: str = "inference"
    ) -> None:
        # openai takes half a second to import, which a recipe that is merely read should not pay.
        from curation.inference.session import ChatSession

        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="llm-client", daemon=True)
        self._thread.start()
        self._closed = False
        try:
            self._session: ChatSession = self._run(ChatSession.open(section, tuple(endpoints), meter, where))
        except BaseException:
            self._stop()
            raise

    def ask(self, requests: Sequence[ChatRequest]) -> list[ChatAnswer]:
        """One answer a request, in the same order. What is wrong with one request is its answer's `failure`:
        `llm_truncated` (its text is kept), `llm_invalid` (an empty or withheld answer), `llm_bad_request` (the
        server refused it) or `llm_failed` (attempts or time are used up).

        Raises `PoolError` when no endpoint has answered for `patience_s`, and `EndpointError` when none can: a wrong
        URL, key or model name.
        """
        return self._run(self._session.ask(requests))

    def wait_ready(self, timeout_s: float, every: bool = False) -> None:
        """Return when an endpoint has generated a token, or `every` one of them. Raises `PoolError` after `timeout_s`,
        with each endpoint's cause, and `EndpointError` at once when none can answer ever."""
        self._run(self._session.wait_ready(timeout_s, every))

    def state(self) -> str:
        """One line for a person: each endpoint's status, requests in flight, and what ails it."""
        return self._session.state()

    def waiting_for(self) -> str:
        """For a person, of each endpoint that does not answer: its URL, and why."""
        return self._session.causes()

    def close(self) -> None:
        """Give up what is in flight and free the connections and the thread."""
        if self._closed:
            return
        self._closed = True
        try:
            asyncio.run_coroutine_threadsafe(self._session.close(), self._loop).result(CLOSE_S)
        finally:
            self._stop()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        if self._closed:
            work.close()
            raise PoolError("the LLM client is closed")
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()  # of use on Ctrl-C alone: nothing is sent any more for a caller who has left
            raise

    def _stop(self) -> None:
        self._closed = True
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(CLOSE_S)
        if not self._thread.is_alive():
            self._loop.close()
