"""The sandbox's market socket, spoken to by a real client."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from core.domain.book import Side
from core.domain.units import MICROS
from infrastructure.sandbox.exchange.exchange import ExchangeSandbox
from infrastructure.sandbox.exchange.frames import Audience, Frame
from infrastructure.sandbox.exchange.trading import TradedMarket
from tests.support.sandbox_exchange import drained, oracle_of, serving, still_exchange

LIMIT = 30.0  # seconds for anything
CENT = 10_000


@asynccontextmanager
async def client(host: str) -> AsyncIterator[ClientConnection]:
    async with (
        asyncio.timeout(LIMIT),
        connect(f"ws://{host}/ws/market", max_size=None, compression=None) as socket,
    ):
        yield socket


async def say(socket: ClientConnection, **message: Any) -> None:
    await socket.send(json.dumps(message))


async def hear(socket: ClientConnection) -> Any:
    return json.loads(await socket.recv())


async def answered(socket: ClientConnection) -> None:
    """Everything said before has been acted on; nothing else came meanwhile."""
    await socket.send("PING")
    assert await socket.recv() == "PONG"


def markets_of(exchange: ExchangeSandbox) -> list[TradedMarket]:
    return [market for market in exchange.traded.values() if market.state.accepts_orders]


async def test_the_first_message_brings_one_array_with_a_book_for_each_known_token() -> None:
    exchange = still_exchange()
    first, second = (market.state.listed.tokens[0] for market in markets_of(exchange)[:2])
    async with serving(exchange) as host, client(host) as socket:
        await say(socket, assets_ids=[second, "123", first], type="market")
        dump = await hear(socket)
        assert [book["asset_id"] for book in dump] == [second, first]
        assert {book["event_type"] for book in dump} == {"book"}
        oracle = oracle_of(exchange)
        oracle.hear(json.dumps(dump))
        assert oracle.verified == 2


async def test_without_initial_dump_and_for_unknown_tokens_nothing_comes() -> None:
    exchange = still_exchange()
    token = markets_of(exchange)[0].state.listed.tokens[0]
    async with serving(exchange) as host, client(host) as socket:
        await say(socket, assets_ids=["123"], type="market")
        await say(socket, assets_ids=[token], operation="subscribe", initial_dump=False)
        await answered(socket)
        assert exchange.hub.subscribed() == {"123", token}


async def test_subscriptions_change_on_the_live_connection() -> None:
    exchange = still_exchange()
    first, second = (market.state.listed.tokens[0] for market in markets_of(exchange)[:2])
    async with serving(exchange) as host, client(host) as socket:
        await say(socket, assets_ids=[first], type="market")
        await hear(socket)
        await say(socket, assets_ids=[first, second], operation="subscribe")
        assert [book["asset_id"] for book in await hear(socket)] == [second]
        await say(socket, assets_ids=[first], operation="unsubscribe")
        await answered(socket)
        assert exchange.hub.subscribed() == {second}


async def test_repetitions_and_nonsense_are_answered_with_bare_text() -> None:
    exchange = still_exchange()
    token = markets_of(exchange)[0].state.listed.tokens[0]
    async with serving(exchange) as host, client(host) as socket:
        await say(socket, assets_ids=[token], operation="subscribe")  # before the first form
        assert await socket.recv() == "INVALID OPERATION"
        await say(socket, assets_ids=[token], type="market")
        await hear(socket)
        await say(socket, assets_ids=[token], type="market")
        assert await socket.recv() == "INVALID OPERATION"
        await say(socket, assets_ids=[token], operation="subscribe")
        assert await socket.recv() == "NO NEW ASSETS"
        await socket.send("hello")
        assert await socket.recv() == "INVALID OPERATION"


async def test_one_token_brings_the_changes_of_both_and_only_its_own_trades() -> None:
    exchange = still_exchange()
    market = markets_of(exchange)[0]
    first, second = market.state.listed.tokens
    async with serving(exchange) as host, client(host) as socket:
        await say(socket, assets_ids=[first], type="market")
        await hear(socket)
        exchange.broadcast(market.limit(1, Side.BUY, CENT, 5 * MICROS, exchange.now_ms()).frames)
        change = await hear(socket)
        assert {entry["asset_id"] for entry in change["price_changes"]} == {first, second}
        exchange.broadcast(market.market(1, Side.BUY, MICROS, exchange.now_ms()).frames)
        assert (await hear(socket))["asset_id"] == first  # the book; the trade was the other's
        await answered(socket)


async def test_custom_features_can_be_switched_by_a_duplicate_subscription() -> None:
    exchange = still_exchange()
    market = markets_of(exchange)[0]
    (token, _) = market.state.listed.tokens
    async with serving(exchange) as host, client(host) as socket:
        await say(socket, assets_ids=[token], type="market")
        await hear(socket)
        await say(socket, assets_ids=[token], operation="subscribe", custom_feature_enabled=True)
        assert await socket.recv() == "NO NEW ASSETS"
        tick, ask = market.state.tick, market.engine.best_ask
        assert ask is not None
        frames = market.rewrite({ask - tick: MICROS}, {ask: MICROS}, exchange.now_ms())
        exchange.broadcast(frames)
        told = [await hear(socket), await hear(socket)]
        assert [message["event_type"] for message in told] == ["price_change", "best_bid_ask"]
        assert told[1]["best_ask"] == told[0]["price_changes"][-2]["best_ask"]


async def test_a_lively_flow_is_followed_by_an_unbelieving_client() -> None:
    exchange = still_exchange()
    tokens = [token for market in markets_of(exchange) for token in market.state.listed.tokens]
    oracle = oracle_of(exchange)
    async with serving(exchange) as host, client(host) as socket:
        await say(socket, assets_ids=tokens, type="market", custom_feature_enabled=True)
        oracle.hear(await socket.recv())
        exchange.set_rate(2_000.0)
        while oracle.verified < 2_000:
            oracle.hear(await socket.recv())
        exchange.set_rate(0.0)
        await socket.send("PING")
        while await socket.recv() != "PONG":  # a client that closes with a backlog waits long
            pass


async def test_who_does_not_read_is_disconnected_and_disturbs_nobody() -> None:
    exchange = still_exchange(queue_limit=1024 * 1024)
    token = markets_of(exchange)[0].state.listed.tokens[0]
    frame = Frame((token,), b'{"event_type":"' + b"x" * 60_000 + b'"}')
    async with serving(exchange) as host, client(host) as slow, client(host) as quick:
        for socket in (slow, quick):
            await say(socket, assets_ids=[token], type="market")
            await hear(socket)
        sent = 0
        while len(exchange.hub.open) > 1:
            exchange.broadcast([frame])
            sent += 1
            await quick.recv()
        assert exchange.hub.closed[-1].was_slow
        assert sent * len(frame.data) > 1024 * 1024
        with pytest.raises(ConnectionClosed):
            await drained(slow)
        await answered(quick)


async def test_thousands_of_ids_in_one_frame_end_the_connection() -> None:
    exchange = still_exchange()
    async with serving(exchange) as host, client(host) as socket:
        await say(socket, assets_ids=[str(number) for number in range(3_000)], type="market")
        with pytest.raises(ConnectionClosed):
            await socket.recv()


def test_frames_know_their_audience() -> None:
    market = markets_of(still_exchange())[0]
    now, tick = 1, market.state.tick
    frames = market.rewrite({40 * tick: MICROS}, {41 * tick: MICROS}, now)
    assert {frame.audience for frame in frames} >= {Audience.SUBSCRIBERS, Audience.CURIOUS}
