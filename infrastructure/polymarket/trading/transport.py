"""One request, one answer; and where there is none, whether anything had left this machine."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

import httpx

from core.domain.errors import OutcomeUnknown, Unavailable
from core.domain.sentences import mark
from infrastructure.polymarket.http import CONNECTIONS, MAX_ANSWER, Params
from infrastructure.polymarket.trading.clock import VenueClock

KEPT: Final = 60.0  # seconds that an idle connection is kept: an order should find one open
LEFT: Final = "http11.send_request_headers.started"  # from here on bytes may be on the wire

UNREACHABLE: Final = mark("The venue cannot be reached right now. Nothing was sent.")
UNCLEAR: Final = mark(
    "The connection to the venue broke before its answer came, so it is not known what became of "
    "this. It is being checked; do not repeat it."
)


def open_trading_client(
    timeout: float = 10.0, connect_timeout: float = 5.0, queue_timeout: float = 2.0
) -> httpx.AsyncClient:
    """The one client of all that is signed; whoever opens it closes it.

    It goes straight to the venue: no proxy that the environment happens to name sees our headers.
    Units: seconds; `timeout` is for each read and write, `queue_timeout` for a free connection of
    the pool: short, or an order would leave at the very end of its time and its answer be missed.
    """
    return httpx.AsyncClient(
        timeout=httpx.Timeout(timeout, connect=connect_timeout, pool=queue_timeout),
        limits=httpx.Limits(
            max_connections=CONNECTIONS,
            max_keepalive_connections=CONNECTIONS,
            keepalive_expiry=KEPT,
        ),
        headers={"Accept": "application/json", "User-Agent": "polycool"},
        follow_redirects=False,
        http2=False,
        trust_env=False,
    )


@dataclass(frozen=True, slots=True)
class Reply:
    """Whatever the venue answered, whole; what it means depends on the question."""

    status: int
    body: bytes = field(repr=False)  # may hold API credentials
    headers: Mapping[str, str] = field(repr=False)

    @property
    def retry_after(self) -> float:
        """Seconds; 0 if the venue does not say, or says it as a date."""
        text = self.headers.get("Retry-After", "")
        return float(text) if text.isascii() and text.isdigit() else 0.0

    @property
    def is_server_error(self) -> bool:
        return self.status >= HTTPStatus.INTERNAL_SERVER_ERROR

    @property
    def is_passing(self) -> bool:
        """The venue's own "not now"; nothing behind its door has seen the request."""
        return self.status in {HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}


class Transport:
    """One host of the venue, over the client that all share."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        base_url: str,
        clock: VenueClock,
        *,
        deadline: float = 10.0,
    ) -> None:
        """`deadline`: seconds from the wish to the last byte of the answer."""
        self._client = client
        self._base = base_url.rstrip("/")
        self._clock = clock
        self.deadline = deadline

    async def send(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        *,
        params: Params = (),
        body: bytes = b"",
    ) -> Reply:
        """Sends it once, exactly as given.

        Raises: Unavailable if not a byte of the request has left, OutcomeUnknown if some may have.
        Which of the two, the library tells as it goes: the kind of its error alone does not say
        whether a timeout struck in the queue for a connection, while connecting, or later.
        """
        request = self._request(method, path, headers, params, body)
        departure = _Departure()
        request.extensions["trace"] = departure
        sent = self._clock.local()
        try:
            async with asyncio.timeout(self.deadline):
                reply = await self._exchanged(request)
        except (httpx.RequestError, TimeoutError) as error:
            if departure.has_left:
                raise OutcomeUnknown(UNCLEAR) from error
            raise Unavailable(UNREACHABLE) from error
        self._clock.observe_date(reply.headers.get("Date", ""), sent, self._clock.local())
        return reply

    def _request(
        self, method: str, path: str, headers: Mapping[str, str], params: Params, body: bytes
    ) -> httpx.Request:
        stated = dict(headers) | ({"Content-Type": "application/json"} if body else {})
        url = httpx.URL(self._base + path)
        whole = url.copy_merge_params(list(params)) if params else url
        return self._client.build_request(method, whole, content=body or None, headers=stated)

    async def _exchanged(self, request: httpx.Request) -> Reply:
        response = await self._client.send(request, stream=True)
        try:
            return Reply(response.status_code, await _whole(response), response.headers)
        finally:
            await response.aclose()


class _Departure:
    """Told by the library what it does; remembers whether the request began to leave."""

    def __init__(self) -> None:
        self.has_left = False

    async def __call__(self, event: str, _info: object) -> None:
        self.has_left = self.has_left or event == LEFT


async def _whole(response: httpx.Response) -> bytes:
    """Raises: OutcomeUnknown for an answer without end; httpx.RequestError for one cut short."""
    parts, length = list[bytes](), 0
    async for part in response.aiter_bytes():
        length += len(part)
        if length > MAX_ANSWER:
            raise OutcomeUnknown("The venue's answer is too large to be one. It is being checked.")
        parts.append(part)
    return b"".join(parts)
