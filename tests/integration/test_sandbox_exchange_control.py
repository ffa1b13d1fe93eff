"""The sandbox's controls: each command is seen by a real client of the venue."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect

from infrastructure.sandbox.exchange.exchange import ExchangeSandbox
from infrastructure.tls import trusted
from tests.support.sandbox_exchange import (
    LIMIT,
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
    async with connect(socket_url(venue), max_size=None) as connection:
        yield connection


@pytest.fixture
def tokens(exchange: ExchangeSandbox) -> tuple[str, str]:
    """Of a lively market with a tick of 0.01."""
    title = "Boston vs. Denver"
    return next(m.tokens for m in exchange.catalogue.markets.values() if m.question == title)


async def test_a_set_price_arrives_as_true_deltas_of_both_tokens(
    exchange: ExchangeSandbox,
    venue: httpx.AsyncClient,
    socket: ClientConnection,
    tokens: tuple[str, str],
) -> None:
    dump = await subscribe(socket, *tokens)
    told = await order(venue, "price", token=tokens[1], price="0.3", spread="0.02", size="50")
    oracle = informed(exchange, dump, await hear(socket))
    assert oracle.books[tokens[1]].best() == ("0.29", "0.31")
    assert oracle.books[tokens[0]].best() == ("0.69", "0.71")
    assert told["price"] == "0.3"
    assert told["book"]["bids"][-1] == {"price": "0.29", "size": "50"}


async def test_a_set_book_can_arrive_as_two_books(
    exchange: ExchangeSandbox,
    venue: httpx.AsyncClient,
    socket: ClientConnection,
    tokens: tuple[str, str],
) -> None:
    dump = await subscribe(socket, *tokens)
    bids, asks = [["0.4", "7"]], [["0.5", "8.5"], ["0.6", "1"]]
    await order(venue, "book", token=tokens[0], bids=bids, asks=asks, via="books")
    books = [await hear(socket), await hear(socket)]
    oracle = informed(exchange, dump, *books)
    assert not oracle.pending
    assert [level["price"] for level in books[0]["asks"]] == ["0.6", "0.5"]
    assert oracle.books[tokens[1]].best() == ("0.5", "0.6")


async def test_a_market_order_matches_the_book_and_a_print_does_not(
    exchange: ExchangeSandbox,
    venue: httpx.AsyncClient,
    socket: ClientConnection,
    tokens: tuple[str, str],
) -> None:
    await order(venue, "price", token=tokens[0], price="0.5", levels=2, size="10")
    dump = await subscribe(socket, *tokens)
    done = await order(venue, "order", token=tokens[0], side="BUY", size="12")
    assert done["fills"] == [{"price": "0.51", "size": "10"}, {"price": "0.52", "size": "2"}]
    frames = [await hear(socket) for _ in range(4)]
    kinds = [frame["event_type"] for frame in frames]
    assert kinds == ["book", "book", "last_trade_price", "last_trade_price"]
    oracle = informed(exchange, dump, *frames)
    assert not oracle.pending
    before = oracle.books[tokens[0]].best()
    await order(venue, "trade", token=tokens[0], price="0.55", size="3", side="SELL")
    for _ in range(3):
        oracle.hear(json.dumps(await hear(socket)))
    assert not oracle.pending
    assert oracle.books[tokens[0]].best() == before


async def test_a_resolved_market_is_told_to_the_curious_and_shown_by_gamma(
    exchange: ExchangeSandbox,
    venue: httpx.AsyncClient,
    socket: ClientConnection,
    tokens: tuple[str, str],
) -> None:
    await subscribe(socket, *tokens, curious=True)
    market = exchange.catalogue.by_token[tokens[0]][0]
    await order(venue, "resolve", market=market.slug, payouts=["0", "1"])
    events = [await hear(socket) for _ in range(4)]
    assert [event["event_type"] for event in events] == [
        "price_change",
        "best_bid_ask",
        "best_bid_ask",
        "market_resolved",
    ]
    assert events[-1]["winning_outcome"] == "Denver"
    told = (await venue.get(f"/markets/{market.id}")).json()
    assert (told["closed"], told["umaResolutionStatus"]) == (True, "resolved")
    assert (told["outcomePrices"], told["acceptingOrders"]) == ('["0", "1"]', False)
    assert (await venue.get("/book", params={"token_id": tokens[0]})).status_code == 404


async def test_the_whole_event_ends_with_one_winner(
    exchange: ExchangeSandbox, venue: httpx.AsyncClient
) -> None:
    event = next(each for each in exchange.catalogue.events.values() if each.ladder)
    await order(venue, "resolve", market=event.markets[4].id, whole_event=True)
    told = (await venue.get(f"/events/{event.id}")).json()
    winners = [m["outcomePrices"] == '["1", "0"]' for m in told["markets"]]
    assert (told["closed"], winners.index(True), sum(winners)) == (True, 4, 1)


async def test_paused_and_closed_markets_say_so(
    exchange: ExchangeSandbox, venue: httpx.AsyncClient, tokens: tuple[str, str]
) -> None:
    market = exchange.catalogue.by_token[tokens[0]][0].id
    await order(venue, "pause", market=market)
    assert not (await venue.get(f"/markets/{market}")).json()["acceptingOrders"]
    await order(venue, "pause", market=market, paused=False)
    await order(venue, "close", market=market)
    told = (await venue.get(f"/markets/{market}")).json()
    assert (told["closed"], told["umaResolutionStatus"]) == (True, "proposed")


async def test_a_tick_change_is_told_for_both_tokens_and_stays(
    exchange: ExchangeSandbox,
    venue: httpx.AsyncClient,
    socket: ClientConnection,
    tokens: tuple[str, str],
) -> None:
    dump = await subscribe(socket, *tokens)
    await order(venue, "tick", market=tokens[0], tick="0.001")
    oracle = informed(exchange, dump, await hear(socket), await hear(socket))
    assert oracle.ticks == dict.fromkeys(tokens, "0.001")
    await order(venue, "price", token=tokens[0], price="0.512", spread="0.002")
    oracle.hear(json.dumps(await hear(socket)))
    await silent(socket)


async def test_a_new_market_is_announced_and_listed(
    venue: httpx.AsyncClient, socket: ClientConnection, tokens: tuple[str, str]
) -> None:
    await subscribe(socket, *tokens, curious=True)
    made = await order(venue, "new-market", question="Will it snow?", chance=0.25)
    announced = await hear(socket)
    assert (announced["event_type"], announced["question"]) == ("new_market", "Will it snow?")
    listed = (await venue.get(f"/markets/{made['market']}")).json()
    assert json.loads(listed["clobTokenIds"]) == made["tokens"] == announced["clob_token_ids"]
    assert (await venue.get("/book", params={"token_id": made["tokens"][0]})).status_code == 200


async def test_connections_tell_what_they_were_asked(
    exchange: ExchangeSandbox,
    venue: httpx.AsyncClient,
    socket: ClientConnection,
    tokens: tuple[str, str],
) -> None:
    waiting = asyncio.create_task(venue.get("/control/wait", params={"token": tokens[0]}))
    await subscribe(socket, *tokens)
    assert (await waiting).json() == {"ok": True}
    (connection,) = (await venue.get("/control/connections")).json()["connections"]
    assert connection["tokens"] == list(tokens)
    assert json.loads(connection["received"][0]["text"])["type"] == "market"
    assert connection["received"][0]["at"] == exchange.clock()
    gone = {"token": tokens[0], "subscribed": "false", "timeout": "0"}
    assert (await venue.get("/control/wait", params=gone)).json() == {"ok": False}


@pytest.mark.parametrize(
    "headers",
    [{"Host": "evil.example"}, {"Origin": "https://evil.example"}, {"Origin": "null"}],
)
async def test_control_is_for_this_machine_only(
    venue: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    answer = await venue.post("/control/flow", json={"rate": 1}, headers=headers)
    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("command", "body"),
    [
        ("price", {"token": "1", "price": "0.5"}),
        ("price", {"token": "FIRST", "price": "nan"}),
        ("price", {"token": "FIRST", "price": "0.5", "colour": "red"}),
        ("price", {"token": "FIRST", "price": "0.5", "spread": "0.003"}),
        ("book", {"token": "FIRST", "bids": [["0.6", "1"]], "asks": [["0.5", "1"]]}),
        ("order", {"token": "FIRST", "side": "BUY", "size": "0"}),
        ("flow", {"rate": -1}),
        ("resolve", {"market": "FIRST", "payouts": ["1", "1"]}),
        ("resolve", {"market": "nowhere"}),
        ("tick", {"market": "FIRST", "tick": "0"}),
        ("corrupt", {"kind": "colour"}),
        ("faults", {"path": "/book"}),
        ("replay/start", {}),
    ],
)
async def test_senseless_commands_are_refused_with_a_sentence(
    venue: httpx.AsyncClient, tokens: tuple[str, str], command: str, body: dict[str, Any]
) -> None:
    meant = {key: tokens[0] if value == "FIRST" else value for key, value in body.items()}
    answer = await venue.post(f"/control/{command}", json=meant)
    assert answer.status_code == 400
    assert len(answer.json()["error"]) > 5
