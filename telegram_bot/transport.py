"""How requests reach Telegram: a transport for the library that stays quick with many at once.

The library's own looks through its whole pool for each request: the more are under way, the slower
each gets. Addresses hold the bot's token, so no error that leaves here quotes one or has a cause.
"""

import io
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
import msgspec
from telegram.error import NetworkError, TelegramError, TimedOut
from telegram.request import BaseRequest, RequestData

from infrastructure.errors import CannotStart
from infrastructure.tls import trusted

KEPT: Final = 30.0  # seconds that an idle connection is kept; Telegram keeps them longer
JSON: Final = {"Content-Type": "application/json"}
PROXY_KINDS: Final = ("http", "https")


class AnswerLost(NetworkError):
    """The connection broke when the request may have arrived already."""


class NotConnected(TimedOut):
    """No connection could be had in time: nothing has left this machine."""


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds. `queue`: for a free connection of the pool; `upload`: to write a file."""

    connect: float = 10.0
    read: float = 10.0
    write: float = 10.0
    queue: float = 10.0
    upload: float = 20.0


class TelegramTransport(BaseRequest):
    """A pool of connections, opened by `initialize` and closed by `shutdown`, any number of times.

    Certificates are checked. Proxies are those of the environment: HTTPS_PROXY, HTTP_PROXY,
    ALL_PROXY and NO_PROXY.
    """

    def __init__(self, connections: int, patience: Patience | None = None) -> None:
        """Raises: CannotStart for a proxy of a kind that cannot be used."""
        self._connections = connections
        self._patience = patience or Patience()
        self._proxies = _proxies()
        self._tls = trusted()
        self._session: aiohttp.ClientSession | None = None

    @property
    def read_timeout(self) -> float:
        return self._patience.read

    async def initialize(self) -> None:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=self._connections, keepalive_timeout=KEPT, ssl=self._tls
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"User-Agent": self.USER_AGENT},
            )

    async def shutdown(self) -> None:
        """Close the pool; whoever waits for an answer gets a NetworkError."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: Any = BaseRequest.DEFAULT_NONE,
        write_timeout: Any = BaseRequest.DEFAULT_NONE,
        connect_timeout: Any = BaseRequest.DEFAULT_NONE,
        pool_timeout: Any = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """Status and body. Raises: TimedOut, NetworkError."""
        has_files = request_data is not None and request_data.contains_files
        ours = self._patience
        timeout = _timeout(
            _seconds(connect_timeout, ours.connect),
            _seconds(read_timeout, ours.read),
            _seconds(write_timeout, ours.upload if has_files else ours.write),
            _seconds(pool_timeout, ours.queue),
        )
        try:
            return await self._exchanged(method, url, request_data, timeout)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            fault = _fault(error)
        raise fault  # here, so that it has no context: aiohttp's texts may quote the address

    @staticmethod
    def parse_json_payload(payload: bytes) -> Any:
        """Raises: TelegramError for what is no JSON object, a gateway's page for instance."""
        try:
            return msgspec.json.decode(payload, type=dict[str, Any])
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise TelegramError("Invalid server response") from None

    async def _exchanged(
        self, method: str, url: str, data: RequestData | None, patience: aiohttp.ClientTimeout
    ) -> tuple[int, bytes]:
        if self._session is None:
            raise NetworkError("the transport is not open")
        body, headers = _body(data)
        async with self._session.request(
            method,
            url,
            data=body,
            headers=headers,
            timeout=patience,
            proxy=self._proxy(url),
            allow_redirects=False,
        ) as response:
            return response.status, await response.read()

    def _proxy(self, url: str) -> str | None:
        if not self._proxies:
            return None
        address = urlsplit(url)
        if proxy_bypass(address.netloc):
            return None
        return self._proxies.get(address.scheme, self._proxies.get("all"))


def _proxies() -> dict[str, str]:
    found = {kind: url for kind, url in getproxies().items() if kind in {*PROXY_KINDS, "all"}}
    for kind, url in found.items():
        if "://" in url and urlsplit(url).scheme not in PROXY_KINDS:
            raise CannotStart(
                f"{kind.upper()}_PROXY: Telegram is reached through HTTP proxies only; "
                "name one that begins with http://"
            )
    return {kind: url if "://" in url else f"http://{url}" for kind, url in found.items()}


def _body(data: RequestData | None) -> tuple[bytes | aiohttp.FormData | None, dict[str, str]]:
    if data is None:
        return None, {}
    if not data.contains_files:
        return msgspec.json.encode(data.parameters), JSON
    form = aiohttp.FormData(quote_fields=False)
    for name, value in data.json_parameters.items():
        form.add_field(name, value)
    for name, (filename, content, kind) in data.multipart_data.items():
        # Written piece by piece, with turns for others between them; bytes would go in one.
        pieces = io.BytesIO(content) if isinstance(content, bytes) else content
        form.add_field(name, pieces, filename=filename, content_type=kind)
    return form, {}


def _seconds(asked: Any, ours: float) -> float:
    """What the caller asks for; neither the default nor "for ever" is more than `ours`."""
    return float(asked) if isinstance(asked, int | float) else ours


def _timeout(connect: float, read: float, write: float, queue: float) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(
        total=queue + connect + write + read,
        connect=queue + connect,
        sock_connect=connect,
        sock_read=read,
    )


def _fault(error: Exception) -> NetworkError:
    """What the library expects instead, named for what happened and without its words."""
    name = type(error).__name__
    match error:
        case aiohttp.ConnectionTimeoutError():
            return NotConnected("No connection in time; the request was not sent")
        case TimeoutError():
            return TimedOut()
        case aiohttp.ClientConnectorError() | aiohttp.InvalidURL():
            return NetworkError(f"aiohttp.{name}; the request was not sent")
        case _:
            return AnswerLost(f"aiohttp.{name}")
