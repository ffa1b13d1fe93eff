"""The sandbox's user channel: what happens to one's orders and trades, and what can be wrong."""

import asyncio
import json
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from infrastructure.sandbox.exchange.exchange import ExchangeSandbox
from infrastructure.tls import trusted
from tests.support.sandbox_accounts import Person, event, neg_risk_tokens, person, tokens_of
from tests.support.sandbox_exchange import LIMIT, hear, order, serving, still_exchange

FEES = Decimal("0.05") * Decimal("0.51") * Decimal("0.49")  # a share of the market at 0.51


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
    """Bids at 0.49 and below, asks at 0.51 and above, 100 shares each; trades wait."""
    first, _ = tokens_of(exchange)
    await order(venue, "price", token=first, price="0.5", levels=3, size="100")
    await order(venue, "trades", settle="hold")
    return first


@pytest.fixture
async def anna(exchange: ExchangeSandbox, venue: httpx.AsyncClient) -> Person:
    return await person(exchange, venue)


def recorded(name: str, examples: Path) -> set[str]:
    return set(json.loads((examples / f"{name}.json").read_text()))


@pytest.fixture
def examples(fixtures_dir: Path) -> Path:
    return fixtures_dir.parent / "reference" / "wire_examples"


async def test_an_orders_life_is_told_in_the_recorded_shapes(
    venue: httpx.AsyncClient, anna: Person, token: str, examples: Path
) -> None:
    async with anna.listening() as socket:
        told = await anna.place(token, "BUY", "0.5", size="30")
        placed = await event(socket, "PLACEMENT")
        await order(venue, "order", token=token, side="SELL", size="12")
        partial = await event(socket, "UPDATE")
        await anna.cancel(told["orderID"])
        ended = await event(socket, "CANCELLATION")
    assert {each["id"] for each in (placed, partial, ended)} == {told["orderID"]}
    assert set(placed) == recorded("ws_user_order_placement", examples)
    assert set(partial) == recorded("ws_user_order_update_partial", examples)
    assert (placed["status"], placed["size_matched"], len(placed["timestamp"])) == ("LIVE", "0", 10)
    assert (partial["status"], partial["size_matched"]) == ("LIVE", "12")
    assert len(partial["timestamp"]) == 13  # milliseconds, as recorded
    assert (ended["status"], ended["size_matched"]) == ("CANCELED", "12")


async def test_a_killed_fok_is_told_as_it_was_recorded(
    anna: Person, token: str, examples: Path
) -> None:
    async with anna.listening() as socket:
        await anna.refused(token, "BUY", "0.51", spend="60", kind="FOK")
        killed = await event(socket, "CANCELLATION")
    assert set(killed) == recorded("ws_user_order_fok_killed", examples)
    assert (killed["size_matched"], killed["created_at"], killed["outcome"]) == ("", "", "")
    expected = "CANCELED_order couldn't be fully filled. FOK orders are fully filled or killed."
    assert killed["status"] == expected


async def test_a_cancellation_by_the_venue_has_its_own_words(
    venue: httpx.AsyncClient, anna: Person, token: str
) -> None:
    async with anna.listening() as socket:
        told = await anna.place(token, "BUY", "0.4", size="10")
        await order(venue, "cancel", id=told["orderID"], status="INVALID")
        ended = await event(socket, "CANCELLATION")
    assert (ended["status"], len(ended["timestamp"])) == ("INVALID", 13)


async def test_a_trade_goes_from_matched_to_mined_to_confirmed_under_one_id(
    venue: httpx.AsyncClient, anna: Person, token: str, examples: Path
) -> None:
    await order(venue, "trades", settle="auto", delay=0.01)
    async with anna.listening() as socket:
        told = await anna.place(token, "BUY", "0.51", spend="10", kind="FAK")
        trades = [await event(socket, "trade") for _ in range(3)]
    assert [each["status"] for each in trades] == ["MATCHED", "MINED", "CONFIRMED"]
    assert [each["id"] for each in trades] == told["tradeIDs"] * 3
    assert set(trades[0]) == recorded("ws_user_trade_matched", examples)
    assert trades[0]["transaction_hash"] == ""
    assert trades[2]["transaction_hash"].startswith("0x")
    assert trades[0]["trader_side"] == "TAKER"


async def test_a_trade_that_fails_gives_everything_back_to_the_cent(
    exchange: ExchangeSandbox, venue: httpx.AsyncClient, anna: Person, token: str
) -> None:
    ben = await person(exchange, venue, 2, shares={token: "40"})
    await ben.place(token, "SELL", "0.5", size="40")
    before = await anna.money(), await ben.money()
    await order(venue, "trades", settle="fail", delay=0.01)
    async with anna.listening() as socket:
        told = await anna.place(token, "BUY", "0.5", spend="13.37", kind="FAK")
        statuses = [(await event(socket, "trade"))["status"] for _ in range(3)]
    assert statuses == ["MATCHED", "RETRYING", "FAILED"]
    after = await anna.money(), await ben.money()
    for one, other in zip(before, after, strict=True):
        assert (one["cash"], one["shares"]) == (other["cash"], other["shares"])
    row = await anna.read(f"/data/order/{told['orderID']}")
    assert row["size_matched"] == "26.74"


async def test_trades_wait_until_the_control_moves_them_and_final_ones_stay(
    venue: httpx.AsyncClient, anna: Person, token: str
) -> None:
    told = await anna.place(token, "BUY", "0.51", spend="10", kind="FAK")
    (trade,) = told["tradeIDs"]
    for status in ("RETRYING", "MINED", "CONFIRMED"):
        assert (await order(venue, "trades", id=trade, status=status))["status"] == status
    assert (await order(venue, "trades", id=trade, status="FAILED"))["status"] == "CONFIRMED"
    assert (await anna.money())["shares"] == {token: "19.607843"}


async def test_the_same_seed_makes_the_same_trades(token: str) -> None:
    async def ids() -> list[str]:
        exchange = still_exchange()
        async with (
            serving(exchange) as host,
            httpx.AsyncClient(verify=trusted(), base_url=f"http://{host}", timeout=LIMIT) as client,
        ):
            someone = await person(exchange, client)
            await order(client, "price", token=token, price="0.5", levels=3, size="100")
            told = await someone.place(token, "BUY", "0.53", spend="120", kind="FAK")
            return list(told["tradeIDs"])

    first = await ids()
    assert len(first) == 3
    assert first == await ids()


async def test_each_side_hears_of_a_match_in_its_own_role(
    exchange: ExchangeSandbox, venue: httpx.AsyncClient, anna: Person, token: str
) -> None:
    ben = await person(exchange, venue, 2)
    await anna.place(token, "BUY", "0.5", size="10")
    async with anna.listening() as hers, ben.listening() as his:
        await order(venue, "wallet", address=ben.key.address, shares={token: "10"})
        await ben.place(token, "SELL", "0.5", size="10", kind="FAK")
        maker, taker = await event(hers, "trade"), await event(his, "trade")
    assert maker["id"] == taker["id"]
    assert (maker["trader_side"], taker["trader_side"]) == ("MAKER", "TAKER")
    assert maker["owner"] == taker["owner"] == ben.api_key
    assert [part["owner"] for part in maker["maker_orders"]] == [anna.api_key]


async def test_only_the_markets_that_were_asked_for_are_told(
    exchange: ExchangeSandbox, anna: Person, token: str
) -> None:
    other, _ = neg_risk_tokens(exchange)
    market = exchange.catalogue.by_token[other][0]
    tick = exchange.states[market.condition_id].tick / 1_000_000
    async with anna.listening(market.condition_id) as socket:
        await anna.place(token, "BUY", "0.4", size="10")
        wanted = await anna.place(other, "BUY", f"{tick:g}", size="10")
        assert (await hear(socket))["id"] == wanted["orderID"]
        here = exchange.catalogue.by_token[token][0].condition_id
        await socket.send(json.dumps({"operation": "subscribe", "markets": [here]}))
        await socket.send("PING")
        assert await hear(socket) == "PONG"
        also = await anna.place(token, "BUY", "0.4", size="10")
        assert (await hear(socket))["id"] == also["orderID"]


@pytest.mark.parametrize(
    "first",
    [
        "PING",
        '{"type":"user"}',
        '{"auth":{"apiKey":"x","secret":"y","passphrase":"z"},"type":"user"}',
    ],
)
async def test_whoever_proves_nothing_is_dropped_without_a_word(
    venue: httpx.AsyncClient, first: str
) -> None:
    url = f"ws://{venue.base_url.netloc.decode()}/ws/user"
    async with connect(url) as socket:
        await socket.send(first)
        with pytest.raises(ConnectionClosed) as ended:
            async with asyncio.timeout(LIMIT):
                await socket.recv()
    assert ended.value.rcvd is None  # not even a close frame


async def test_a_frozen_channel_still_answers_pings_and_what_it_missed_is_lost(
    venue: httpx.AsyncClient, anna: Person, token: str
) -> None:
    async with anna.listening() as socket:
        await order(venue, "user-channel", kind="freeze")
        await anna.place(token, "BUY", "0.4", size="10")
        await socket.send("PING")
        assert await hear(socket) == "PONG"
        await order(venue, "heal")
        later = await anna.place(token, "BUY", "0.4", size="10")
        assert (await hear(socket))["id"] == later["orderID"]


async def test_a_silent_channel_answers_nothing_at_all(
    venue: httpx.AsyncClient, anna: Person, token: str
) -> None:
    async with anna.listening() as socket:
        await order(venue, "user-channel", kind="silent")
        await socket.send("PING")
        await order(venue, "user-channel", kind="clear")
        told = await anna.place(token, "BUY", "0.4", size="10")
        assert (await hear(socket))["id"] == told["orderID"]


async def test_events_can_come_twice_and_out_of_order(
    venue: httpx.AsyncClient, anna: Person, token: str
) -> None:
    async with anna.listening() as socket:
        await order(venue, "user-channel", kind="duplicate", count=1)
        told = await anna.place(token, "BUY", "0.4", size="10")
        assert [(await hear(socket))["id"] for _ in range(2)] == [told["orderID"]] * 2
        await order(venue, "user-channel", kind="reorder", count=1)
        both = [await anna.place(token, "BUY", "0.4", size="10") for _ in range(2)]
        heard = [(await hear(socket))["id"] for _ in range(2)]
    assert heard == [each["orderID"] for each in reversed(both)]


async def test_a_drop_ends_every_connection_without_a_word(
    venue: httpx.AsyncClient, anna: Person
) -> None:
    async with anna.listening() as socket:
        assert (await order(venue, "user-channel", kind="drop"))["dropped"] == 1
        with pytest.raises(ConnectionClosed):
            async with asyncio.timeout(LIMIT):
                await socket.recv()


async def test_times_can_be_all_of_one_kind(
    venue: httpx.AsyncClient, anna: Person, token: str
) -> None:
    async with anna.listening() as socket:
        for times, digits in (("ms", 13), ("seconds", 10)):
            await order(venue, "user-channel", times=times)
            told = await anna.place(token, "BUY", "0.4", size="10")
            await anna.cancel(told["orderID"])
            for _ in range(2):
                heard = await hear(socket)
                assert {len(heard["timestamp"]), len(heard["created_at"])} == {digits}
