"""The sandbox's scripted faults, as a real client of the venue sees them."""

import json
from collections.abc import AsyncIterator

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from infrastructure.sandbox.exchange.exchange import ExchangeSandbox
from infrastructure.tls import trusted
from tests.support.sandbox_exchange import (
    LIMIT,
    drained,
    hear,
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


async def test_a_frozen_feed_still_answers_heartbeats(
    venue: httpx.AsyncClient, socket: ClientConnection, tokens: tuple[str, str]
) -> None:
    await subscribe(socket, *tokens)
    await order(venue, "freeze")
    await order(venue, "price", token=tokens[0], price="0.4")
    await silent(socket)
    await order(venue, "freeze", frozen=False)
    await order(venue, "price", token=tokens[0], price="0.45")
    assert (await hear(socket))["event_type"] == "price_change"


async def test_frozen_tokens_get_no_first_book_and_no_change(
    exchange: ExchangeSandbox,
    venue: httpx.AsyncClient,
    socket: ClientConnection,
    tokens: tuple[str, str],
) -> None:
    other = next(m.tokens[0] for m in exchange.catalogue.markets.values() if m.neg_risk)
    await order(venue, "freeze", tokens=list(tokens))
    assert [book["asset_id"] for book in await subscribe(socket, *tokens, other)] == [other]
    await order(venue, "price", token=tokens[0], price="0.4")
    await silent(socket)


async def test_every_kth_frame_can_be_lost_doubled_swapped_or_wrongly_hashed(
    venue: httpx.AsyncClient, socket: ClientConnection, tokens: tuple[str, str]
) -> None:
    await subscribe(socket, *tokens)

    async def heard(count: int, prices: list[str]) -> list[str]:
        for price in prices:
            await order(venue, "trade", token=tokens[0], price=price, size="1")
        frames = [await hear(socket) for _ in range(count)]
        return [frame["price"] for frame in frames if "price" in frame]

    only_trades = {"tokens": [tokens[0]], "every": 2}  # the first token has a book and a trade
    await order(venue, "corrupt", kind="skip", **only_trades)
    assert await heard(4, ["0.1", "0.2"]) == []
    await order(venue, "heal")
    await order(venue, "corrupt", kind="duplicate", count=1, **only_trades)
    assert await heard(7, ["0.1", "0.2"]) == ["0.1", "0.1", "0.2"]
    await order(venue, "heal")
    await order(venue, "corrupt", kind="wrong_hash", count=1, tokens=[tokens[1]])
    await order(venue, "trade", token=tokens[0], price="0.3", size="1")
    sent = [await hear(socket) for _ in range(3)]
    true = (await venue.get("/book", params={"token_id": tokens[1]})).json()["hash"]
    assert sent[1]["hash"][1:] == true[1:]
    assert sent[1]["hash"] != true


async def test_frames_can_change_places(
    venue: httpx.AsyncClient, socket: ClientConnection, tokens: tuple[str, str]
) -> None:
    await subscribe(socket, *tokens)
    await order(venue, "corrupt", kind="reorder", count=1)
    await order(venue, "trade", token=tokens[0], price="0.3", size="1")
    sent = [await hear(socket) for _ in range(3)]
    assert [frame["asset_id"] for frame in sent[:2]] == [tokens[1], tokens[0]]


async def test_frames_can_come_some_frames_late_or_by_half(
    venue: httpx.AsyncClient, socket: ClientConnection, tokens: tuple[str, str]
) -> None:
    await subscribe(socket, *tokens)
    await order(venue, "corrupt", kind="lag", every=1, event="last_trade_price")
    for price in ("0.1", "0.2"):
        await order(venue, "trade", token=tokens[0], price=price, size="1")
    sent = [await hear(socket) for _ in range(5)]
    assert [frame["price"] for frame in sent if "price" in frame] == ["0.1"]
    await order(venue, "heal")
    await order(venue, "corrupt", kind="cut", event="last_trade_price")
    await order(venue, "trade", token=tokens[0], price="0.3", size="1")
    half = [await socket.recv() for _ in range(3)][-1]
    with pytest.raises(ValueError, match="Unterminated"):
        json.loads(half)


async def test_a_reader_who_lags_behind_the_squeezed_queue_is_hung_up_on_until_all_is_healed(
    exchange: ExchangeSandbox,
    venue: httpx.AsyncClient,
    socket: ClientConnection,
    tokens: tuple[str, str],
) -> None:
    await subscribe(socket, *tokens)
    await order(venue, "squeeze", bytes=1)
    await order(venue, "burst", token=tokens[0], orders=100)
    with pytest.raises(ConnectionClosed):
        await drained(socket)
    assert [each.was_slow for each in exchange.hub.closed] == [True]
    await order(venue, "heal")
    async with connect(socket_url(venue), max_size=None) as another:
        await subscribe(another, *tokens)
        await order(venue, "burst", token=tokens[0], orders=10)
        assert (await hear(another))["event_type"] == "price_change"
        assert len(exchange.hub.open) == 1


async def test_garbage_giants_and_bare_texts_are_sent_at_once(
    venue: httpx.AsyncClient, socket: ClientConnection, tokens: tuple[str, str]
) -> None:
    await subscribe(socket, *tokens)
    await order(venue, "corrupt", kind="garbage")
    await order(venue, "corrupt", kind="text", text="NO NEW ASSETS")
    await order(venue, "corrupt", kind="giant", megabytes=2)
    garbage, text, giant = [await socket.recv() for _ in range(3)]
    with pytest.raises(ValueError, match="Unterminated"):
        json.loads(garbage)
    assert text == "NO NEW ASSETS"
    assert len(giant) > 2 * 1024 * 1024


async def test_connections_are_dropped_with_a_code_or_broken_off(
    venue: httpx.AsyncClient, socket: ClientConnection, tokens: tuple[str, str]
) -> None:
    await subscribe(socket, *tokens)
    async with connect(socket_url(venue)) as other:
        await subscribe(other, *tokens)
        first, second = [
            c["id"] for c in (await venue.get("/control/connections")).json()["connections"]
        ]
        await order(venue, "drop", connections=[second], code=4000)
        with pytest.raises(ConnectionClosed) as told:
            await other.recv()
        assert told.value.rcvd is not None
        assert told.value.rcvd.code == 4000
    await order(venue, "drop", connections=[first])
    with pytest.raises(ConnectionClosed) as broken:
        await socket.recv()
    assert broken.value.rcvd is None


async def test_the_deaf_and_the_mute_hear_and_say_nothing(
    exchange: ExchangeSandbox,
    venue: httpx.AsyncClient,
    socket: ClientConnection,
    tokens: tuple[str, str],
) -> None:
    await order(venue, "deaf")
    await socket.send(json.dumps({"assets_ids": tokens, "type": "market"}))
    await silent(socket)
    assert exchange.hub.subscribed() == set()
    await order(venue, "deaf", on=False)
    await order(venue, "mute")
    await socket.send("PING")
    assert isinstance(await subscribe(socket, *tokens), list)  # no PONG came before


async def test_rest_fails_as_scripted_and_then_works_again(
    venue: httpx.AsyncClient, tokens: tuple[str, str]
) -> None:
    await order(venue, "faults", path="/book*", count=2, status=429, retry_after=3)
    await order(venue, "faults", path="/time", garbage=True)
    query = {"token_id": tokens[0]}
    limited = [await venue.get("/book", params=query) for _ in range(3)]
    assert [answer.status_code for answer in limited] == [429, 429, 200]
    assert limited[0].headers["Retry-After"] == "3"
    assert b"502" in (await venue.get("/time")).content
    await order(venue, "faults", path="/time", hang=30)
    with pytest.raises(httpx.ReadTimeout):
        await venue.get("/time", timeout=0.2)


async def test_the_handshake_can_be_refused(venue: httpx.AsyncClient) -> None:
    await order(venue, "faults", path="/ws/market", status=429)
    with pytest.raises(InvalidStatus) as refused:
        await connect(socket_url(venue))
    assert refused.value.response.status_code == 429
