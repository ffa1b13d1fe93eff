"""The sandbox's controls for what comes all at once, out of time, in part, or not at all."""

import json
from collections.abc import AsyncIterator
from decimal import Decimal

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect

from infrastructure.sandbox.exchange.exchange import ExchangeSandbox
from infrastructure.tls import trusted
from tests.support.sandbox_exchange import (
    LIMIT,
    START,
    hear,
    informed,
    order,
    serving,
    silent,
    socket_url,
    still_exchange,
    subscribe,
)


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
async def socket(venue: httpx.AsyncClient) -> AsyncIterator[ClientConnection]:
    async with connect(socket_url(venue)) as connection:
        yield connection


@pytest.fixture
def tokens(exchange: ExchangeSandbox) -> tuple[str, str]:
    """Of a lively market with a tick of 0.01."""
    title = "Boston vs. Denver"
    return next(m.tokens for m in exchange.catalogue.markets.values() if m.question == title)


async def test_one_frozen_token_disappears_from_the_frames_that_tell_of_both(
    venue: httpx.AsyncClient, socket: ClientConnection, tokens: tuple[str, str]
) -> None:
    await subscribe(socket, *tokens)
    await order(venue, "freeze", tokens=[tokens[0]])
    await order(venue, "price", token=tokens[0], price="0.4")
    frame = await hear(socket)
    assert {entry["asset_id"] for entry in frame["price_changes"]} == {tokens[1]}
    await order(venue, "trade", token=tokens[0], price="0.4", size="1")
    assert (await hear(socket))["asset_id"] == tokens[1]
    await silent(socket)


async def test_a_subscription_can_bring_changes_and_no_first_book(
    venue: httpx.AsyncClient, socket: ClientConnection, tokens: tuple[str, str]
) -> None:
    await order(venue, "bookless", tokens=[tokens[0]])
    first = await subscribe(socket, *tokens)
    assert [book["asset_id"] for book in first] == [tokens[1]]
    await order(venue, "price", token=tokens[0], price="0.4")
    changed = {entry["asset_id"] for entry in (await hear(socket))["price_changes"]}
    assert changed == set(tokens)
    await order(venue, "bookless", tokens=[tokens[0]], on=False)
    await socket.send(json.dumps({"assets_ids": [tokens[0]], "operation": "unsubscribe"}))
    await socket.send(json.dumps({"assets_ids": [tokens[0]], "operation": "subscribe"}))
    assert [book["asset_id"] for book in await hear(socket)] == [tokens[0]]


async def test_an_old_frame_can_come_again_after_newer_ones(
    venue: httpx.AsyncClient, socket: ClientConnection, tokens: tuple[str, str]
) -> None:
    await subscribe(socket, *tokens)
    await order(venue, "corrupt", kind="late", count=1, event="last_trade_price")
    prices = ["0.1", "0.2", "0.3", "0.4", "0.5", "0.6"]
    for price in prices:
        await order(venue, "trade", token=tokens[0], price=price, size="1")
    frames = [await hear(socket) for _ in range(3 * len(prices) + 1)]
    assert [frame["price"] for frame in frames if "price" in frame] == [*prices, "0.1"]


async def test_a_burst_is_a_proven_frame_for_each_order(
    exchange: ExchangeSandbox,
    venue: httpx.AsyncClient,
    socket: ClientConnection,
    tokens: tuple[str, str],
) -> None:
    oracle = informed(exchange, *await subscribe(socket, *tokens))
    await order(venue, "burst", token=tokens[0], orders=200)
    for _ in range(200):
        oracle.hear(await socket.recv())
    await silent(socket)
    assert oracle.verified == 2 + 2 * 200
    refused = await venue.post("/control/burst", json={"token": tokens[0], "orders": 0})
    assert refused.status_code == 400


async def test_a_book_crosses_itself_for_one_frame(
    exchange: ExchangeSandbox,
    venue: httpx.AsyncClient,
    socket: ClientConnection,
    tokens: tuple[str, str],
) -> None:
    oracle = informed(exchange, *await subscribe(socket, *tokens))
    await order(venue, "crossed", token=tokens[0])
    crossed, healthy = [await hear(socket) for _ in range(2)]
    for frame in (crossed, healthy):
        oracle.hear(json.dumps(frame))
    tops = [
        [Decimal(frame["price_changes"][0][best]) for best in ("best_bid", "best_ask")]
        for frame in (crossed, healthy)
    ]
    assert tops[0][0] >= tops[0][1]
    assert tops[1][0] < tops[1][1]


async def test_the_venues_clock_can_be_wrong_until_it_is_healed(
    venue: httpx.AsyncClient, socket: ClientConnection, tokens: tuple[str, str]
) -> None:
    await subscribe(socket, *tokens)
    await order(venue, "clock", shift=-5)
    await order(venue, "price", token=tokens[0], price="0.4")
    assert (await hear(socket))["timestamp"] == str(int((START - 5) * 1000))
    assert (await venue.get("/time")).json() == int(START - 5)
    await order(venue, "heal")
    assert (await venue.get("/time")).json() == int(START)


async def test_faults_that_are_still_to_come_are_listed(venue: httpx.AsyncClient) -> None:
    await order(venue, "faults", path="/time", status=500, count=2)
    assert (await venue.get("/time")).status_code == 500
    left = (await venue.get("/control/faults")).json()
    assert left == {"faults": [{"path": "/time", "left": 1}]}
