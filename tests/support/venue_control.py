"""The sandbox's exchange from above: prices, connections, faults."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import aiohttp
import msgspec

PATIENCE: Final = 20.0  # seconds


class Connection(msgspec.Struct, frozen=True):
    id: int
    closed_at: float | None
    tokens: list[str]


class _Connections(msgspec.Struct, frozen=True):
    connections: list[Connection]


class _Done(msgspec.Struct, frozen=True):
    ok: bool


class VenueControl:
    def __init__(self, http: aiohttp.ClientSession) -> None:
        self._http = http

    async def set_price(self, token: str, price: str) -> None:
        """A deep book, two ticks wide, with `price` in its middle; a trade moves it little."""
        await self.control("price", token=token, price=price, size="5000")

    async def stand_still(self) -> None:
        """No price moves by itself any more."""
        await self.control("flow", rate=0)

    async def is_subscribed(self, token: str, *, wanted: bool = True) -> bool:
        """Whether it comes to that in time."""
        query = {"token": token, "subscribed": str(wanted).lower(), "timeout": str(PATIENCE)}
        async with self._http.get("/control/wait", params=query) as answer:
            body = await answer.read()
        assert answer.status == 200, body
        return msgspec.json.decode(body, type=_Done).ok

    async def connections(self) -> list[Connection]:
        """The open ones."""
        async with self._http.get("/control/connections") as answer:
            body = msgspec.json.decode(await answer.read(), type=_Connections)
        return [each for each in body.connections if each.closed_at is None]

    async def control(self, command: str, **body: object) -> None:
        async with self._http.post(f"/control/{command}", json=body) as answer:
            assert answer.status == 200, await answer.text()


@asynccontextmanager
async def venue_control(url: str) -> AsyncIterator[VenueControl]:
    timeout = aiohttp.ClientTimeout(total=2 * PATIENCE)
    async with aiohttp.ClientSession(url, timeout=timeout) as http:
        yield VenueControl(http)
