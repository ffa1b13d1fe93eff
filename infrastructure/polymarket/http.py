"""Reads from REST hosts, the venue's above all: bounded in time and size, retried, checked."""

import asyncio
import random
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from copy import copy
from datetime import UTC, datetime
from http import HTTPStatus
from statistics import median
from types import MappingProxyType
from typing import Final, TypeVar

import httpx
import msgspec

from core.domain.errors import NotFound, Unavailable
from core.domain.patience import retry_after, with_jitter
from core.domain.sentences import mark, worded
from infrastructure.tls import trusted

MAX_ANSWER: Final = 16 * 1024 * 1024  # bytes, unpacked
AT_FAULT: Final = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY})
ATTEMPTS: Final = 3
BACKOFF: Final = 0.3  # seconds before the second attempt; doubles, and half of it is chance
MAX_RETRY_AFTER: Final = 5.0  # seconds; a venue that wants more is unavailable now
LONGEST_HOLD: Final = 300.0  # seconds; a longer Retry-After is taken for this
CONNECTIONS: Final = 20
MEASURED: Final = 25  # answers whose times are remembered
UNMEASURED: Final = 0.05  # seconds that an answer is thought to take before there was one
THE_VENUE: Final = mark("The venue")
NO_HEADERS: Final = MappingProxyType[str, str]({})

Params = Sequence[tuple[str, str]]
Answer = TypeVar("Answer")


def open_client(timeout: float = 10.0, connect_timeout: float = 5.0) -> httpx.AsyncClient:
    """The one client that all adapters share; whoever opens it closes it.

    Units: seconds; `timeout` is for each read, and for a free connection of the pool.
    """
    return httpx.AsyncClient(
        timeout=httpx.Timeout(timeout, connect=connect_timeout),
        limits=httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS),
        headers={"Accept": "application/json", "User-Agent": "polycool"},
        follow_redirects=False,
        http2=False,
        verify=trusted(),
    )


class Refused(Unavailable):
    """The host finds fault with the question itself (HTTP 400 or 422)."""


class VenueHttp:
    """One host, as a rule of the venue. Reads only: every request may be sent twice."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        base_url: str,
        *,
        deadline: float = 15.0,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        chance: Callable[[], float] = random.random,
        name: str = THE_VENUE,
        headers: Mapping[str, str] = NO_HEADERS,
    ) -> None:
        """`deadline`: seconds for one question with all its attempts; `name` begins sentences."""
        self.name = name
        self._headers = headers
        self._client = client
        self._base = base_url.rstrip("/")
        self._deadline = deadline
        self._sleep = sleep
        self._chance = chance
        self._hold = _Hold()
        self._taken = deque[float](maxlen=MEASURED)
        self.is_patient = False

    def way(self) -> float:
        """Seconds from a question to the beginning of its answer, as usual lately."""
        return median(self._taken) if self._taken else UNMEASURED

    def background(self) -> "VenueHttp":
        """The same host for those who can wait: while it asks for patience they ask nothing.

        Whoever it was that it said so to; a person's tap may pass.
        """
        other = copy(self)
        other.is_patient = True
        return other

    async def get(self, path: str, params: Params = ()) -> bytes:
        """Raises: NotFound for a 404, Unavailable."""
        url = self._url(path, params)
        return await self._ask(httpx.Request("GET", url, headers=dict(self._headers)))

    async def post(self, path: str, body: bytes) -> bytes:
        """A read whose question does not fit a URL. Raises: NotFound for a 404, Unavailable."""
        headers = {**self._headers, "Content-Type": "application/json"}
        return await self._ask(
            httpx.Request("POST", self._url(path, ()), content=body, headers=headers)
        )

    def _url(self, path: str, params: Params) -> httpx.URL:
        url = httpx.URL(self._base + path)
        return url.copy_merge_params(list(params)) if params else url

    async def _ask(self, request: httpx.Request) -> bytes:
        try:
            async with asyncio.timeout(self._deadline):
                await self._wait_out()
                return await self._attempts(request)
        except TimeoutError as error:
            raise Unavailable(worded("{name} takes too long to answer.", name=self.name)) from error

    async def _wait_out(self) -> None:
        """Raises: Unavailable if the venue asked for more patience than we have."""
        seconds = self._hold.seconds() if self.is_patient else 0.0
        if seconds > MAX_RETRY_AFTER:
            raise Unavailable(
                worded("{name} asked to be left alone for a while.", name=self.name), seconds
            )
        if seconds > 0:
            await self._sleep(seconds)

    async def _attempts(self, request: httpx.Request) -> bytes:
        for attempt in range(1, ATTEMPTS):
            try:
                return await self._attempt(request)
            except _Again as again:
                await self._sleep(self._pause(attempt, again))
        try:
            return await self._attempt(request)
        except _Again as again:
            raise Unavailable(again.sentence, again.after) from again

    def _pause(self, attempt: int, again: "_Again") -> float:
        """Seconds. Raises: Unavailable if the venue asks for more patience than we have."""
        if again.after > MAX_RETRY_AFTER:
            raise Unavailable(again.sentence, again.after) from again
        backoff: float = BACKOFF * 2 ** (attempt - 1)
        chance = self._chance()
        return max(with_jitter(again.after, chance), backoff / 2 + backoff / 2 * chance)

    async def _attempt(self, request: httpx.Request) -> bytes:
        clock = asyncio.get_running_loop().time
        asked = clock()
        try:
            response = await self._client.send(request, stream=True)
            try:
                self._check(response)
                self._taken.append(clock() - asked)
                return await self._body(response)
            finally:
                await response.aclose()
        except httpx.RequestError as error:
            raise _Again(worded("{name} cannot be reached right now.", name=self.name)) from error

    def _check(self, response: httpx.Response) -> None:
        status = response.status_code
        if status in {HTTPStatus.OK, HTTPStatus.NO_CONTENT}:
            return
        if status == HTTPStatus.NOT_FOUND:
            raise NotFound(worded("{name} does not know this.", name=self.name))
        sentence = worded(
            "{name} refuses to answer right now (HTTP {status}).", name=self.name, status=status
        )
        if status in {HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS} or status >= 500:  # noqa: PLR2004 - server errors
            after = retry_after(response.headers.get("Retry-After"), datetime.now(UTC)) or 0.0
            self._hold.extend(with_jitter(after, self._chance()))
            raise _Again(sentence, after)
        raise (Refused if status in AT_FAULT else Unavailable)(sentence)

    async def _body(self, response: httpx.Response) -> bytes:
        parts, length = list[bytes](), 0
        async for part in response.aiter_bytes():
            length += len(part)
            if length > MAX_ANSWER:
                raise Unavailable(worded("{name}: the answer is too large.", name=self.name))
            parts.append(part)
        return b"".join(parts)


class _Hold:
    """Until when a host wants to be left alone, on the loop's clock."""

    def __init__(self) -> None:
        self._until = 0.0

    def extend(self, seconds: float) -> None:
        until = asyncio.get_running_loop().time() + min(seconds, LONGEST_HOLD)
        self._until = max(self._until, until)

    def seconds(self) -> float:
        """That are left; 0 or less where there is none."""
        return self._until - asyncio.get_running_loop().time()


class _Again(Exception):
    """Worth another attempt, after so many seconds at least."""

    def __init__(self, sentence: str, after: float = 0.0) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.after = after


def decoded(decoder: "msgspec.json.Decoder[Answer]", body: bytes, name: str = THE_VENUE) -> Answer:
    """Raises: Unavailable for HTML, truncated JSON, or another shape than agreed."""
    try:
        return decoder.decode(body)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise Unavailable(worded("{name}: the answer could not be read.", name=name)) from error
