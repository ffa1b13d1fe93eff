"""Where trials happen one after the other: a venue, a Telegram and a zygote of their own."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import aiohttp
import msgspec

from infrastructure.sandbox_process import SandboxParts, sandbox_process
from tests.crash.runs import Zygote, zygote
from tests.support.person import LocalTelegram, local_telegram
from tests.support.program import ROOT

TOKEN: Final = "1000001:crash-harness-token-that-opens-nothing"
RELAYER_KEY: Final = "relayer-key-of-the-crash-harness-that-opens-nothing"
CALM: Final = 0.05  # seconds between the steps of a trade on the sandbox's chain
PATIENCE: Final = 30.0  # seconds for one answer of the sandbox


@dataclass(frozen=True)
class Venue:
    """The sandbox's exchange from above."""

    url: str
    http: aiohttp.ClientSession

    async def order(self, command: str, **body: object) -> Any:
        async with self.http.post(f"/control/{command}", json=body) as answer:
            assert answer.status == 200, await answer.text()
            return msgspec.json.decode(await answer.read())

    async def ask(self, what: str, **query: str | list[str]) -> Any:
        async with self.http.get(f"/control/{what}", params=query) as answer:
            assert answer.status == 200, await answer.text()
            return msgspec.json.decode(await answer.read())

    async def calm(self) -> None:
        """Nothing goes wrong any more, and trades settle soon."""
        await self.order("heal")
        await self.order("trades", settle="auto", delay=CALM, failing=0)
        await self.order("relayer", delay=CALM, failing=0, busy=0)


@dataclass(frozen=True)
class Lane:
    number: int
    venue: Venue
    telegram: LocalTelegram
    telegram_url: str
    zygote: Zygote

    @property
    def addresses(self) -> dict[str, str]:
        """Settings by which the program finds all this."""
        url = self.venue.url
        sockets = url.replace("http", "ws", 1) + "/ws"
        return {
            "VENUE": "polymarket",
            "CLOB_API_URL": url,
            "GAMMA_API_URL": url,
            "CLOB_WSS_URL": f"{sockets}/market",
            "CLOB_USER_WSS_URL": f"{sockets}/user",
            "DATA_API_URL": f"{url}/data-api",
            "RELAYER_API_URL": f"{url}/relayer",
            "RELAYER_API_KEY": RELAYER_KEY,
            "RELAYER_API_KEY_ADDRESS": f"0x{1:040x}",
            "GEOBLOCK_URL": f"{url}/api/geoblock",
            "TELEGRAM_API_BASE_URL": self.telegram_url,
            "TELEGRAM_BOT_TOKEN": TOKEN,
        }


@asynccontextmanager
async def open_lane(number: int) -> AsyncIterator[Lane]:
    """Two trials at a time must not feel each other's faults, so each lane has all its own."""
    parts = SandboxParts("127.0.0.1", 0, 0, TOKEN, seed=1, extra=("--rate", "0"))
    limit = aiohttp.ClientTimeout(total=PATIENCE)
    async with AsyncExitStack() as stack:
        sandbox = await stack.enter_async_context(sandbox_process(parts, ROOT))
        assert sandbox.exchange is not None
        assert sandbox.telegram is not None
        http = await stack.enter_async_context(
            aiohttp.ClientSession(sandbox.exchange, timeout=limit)
        )
        telegram = await stack.enter_async_context(local_telegram(sandbox.telegram))
        forks = await stack.enter_async_context(zygote())
        venue = Venue(sandbox.exchange, http)
        yield Lane(number, venue, telegram, sandbox.telegram, forks)
