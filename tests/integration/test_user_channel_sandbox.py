"""The user channel against the sandbox's exchange, which checks credentials and matches orders."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal

import httpx
import pytest

from core.domain.ledger import Settlement
from core.domain.order import OrderStatus
from core.domain.reports import LiquidityRole, OrderReport, TradeReport
from data_ingestion.streamer.websocket_client.dialing import ReconnectPolicy
from data_ingestion.streamer.websocket_client.turns import Turns
from data_ingestion.user_channel.line import Line
from data_ingestion.user_channel.user_channel import ChannelState, UserChannel
from infrastructure.sandbox.exchange.exchange import ExchangeSandbox
from infrastructure.tls import trusted
from tests.support.sandbox_accounts import Person, person, tokens_of
from tests.support.sandbox_exchange import LIMIT, order, serving, still_exchange
from tests.support.user_socket import USER, Keeper, News


@pytest.fixture
def exchange() -> ExchangeSandbox:
    return still_exchange()


@pytest.fixture
async def venue(exchange: ExchangeSandbox) -> AsyncIterator[httpx.AsyncClient]:
    async with (
        serving(exchange) as host,
        httpx.AsyncClient(verify=trusted(), base_url=f"http://{host}", timeout=LIMIT) as client,
    ):
        yield client


@pytest.fixture
async def token(exchange: ExchangeSandbox, venue: httpx.AsyncClient) -> str:
    first, _ = tokens_of(exchange)
    await order(venue, "price", token=first, price="0.5", levels=3, size="100")
    await order(venue, "trades", settle="hold")
    return first


@pytest.fixture
async def anna(exchange: ExchangeSandbox, venue: httpx.AsyncClient) -> Person:
    return await person(exchange, venue)


@asynccontextmanager
async def listening(who: Person, keeper: Keeper, secret: str = "") -> AsyncIterator[UserChannel]:
    """A channel of ours; `secret` instead of the right one."""
    proofs = who.credentials
    assert proofs is not None

    async def auth() -> bytes:
        named = {"apiKey": proofs.key, "secret": secret or proofs.secret}
        frame = {"auth": named | {"passphrase": proofs.passphrase}, "type": "user"}
        return json.dumps(frame).encode()

    line = Line(
        f"ws://{who.venue.base_url.netloc.decode()}/ws/user",
        policy=ReconnectPolicy(jitter=lambda: 0.01),
        turns=Turns(gap=0.01),
    )
    channel = UserChannel(USER, line, auth, keeper, keeper.reconcile)
    running = asyncio.create_task(channel.run())
    try:
        yield channel
    finally:
        running.cancel()
        await asyncio.wait([running])


async def test_the_life_of_an_order_and_its_trade_is_told(
    venue: httpx.AsyncClient, anna: Person, token: str
) -> None:
    news = News()
    keeper = Keeper(news)
    keeper.gate.set()
    async with listening(anna, keeper):
        await venue.get("/control/user-channel", params={"listeners": "1"})
        placed = await anna.place(token, "BUY", "0.5", size="30")
        await order(venue, "order", token=token, side="SELL", size="12")
        await news.until(lambda: any(isinstance(each, TradeReport) for each in keeper.told))
        await anna.cancel(placed["orderID"])
        await news.until(lambda: OrderStatus.CANCELLED in states_of(keeper))
    assert states_of(keeper) == [OrderStatus.LIVE, OrderStatus.PARTIAL, OrderStatus.CANCELLED]
    assert {each.hash for each in keeper.told} == {placed["orderID"]}
    (trade,) = (each for each in keeper.told if isinstance(each, TradeReport))
    assert (trade.size, trade.price) == (Decimal(12), Decimal("0.5"))
    assert (trade.role, trade.settlement) == (LiquidityRole.MAKER, Settlement.PROVISIONAL)


async def test_a_wrong_secret_is_known_as_refused(anna: Person) -> None:
    keeper = Keeper(News())
    wrong = "d3Jvbmctd3Jvbmctd3Jvbmctd3Jvbmctd3Jvbmctd3I="
    async with listening(anna, keeper, wrong) as channel, asyncio.timeout(LIMIT):
        while channel.state is not ChannelState.REFUSED:
            await anna.venue.get("/time")
    assert keeper.asked == 0


def states_of(keeper: Keeper) -> list[OrderStatus]:
    return [each.status for each in keeper.told if isinstance(each, OrderReport)]
