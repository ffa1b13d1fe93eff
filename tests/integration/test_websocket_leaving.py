"""What a connection still says when it is left, replaced or closed is not believed."""

import asyncio

from data_ingestion.streamer.websocket_client.websocket_client import (
    Layout,
    ReconnectPolicy,
    WebSocketClient,
)
from data_ingestion.streamer.websocket_client.wire import WireBook, WirePriceChange
from tests.support.market_ear import Ear, now, on_stepped_time, running
from tests.support.rows import market
from tests.support.venue_socket import book, change, venue_socket

ONE, TWO, THREE = market(1), market(2), market(3)
TOKEN, OTHER = ONE.tokens
SMALL = Layout(tokens=4, canaries=2)


async def test_a_canary_is_lost_with_the_last_wanted_token_of_its_connection() -> None:
    ear = Ear()
    async with venue_socket() as venue, running(venue, ear, layout=SMALL) as client:
        await client.subscribe_markets(ONE.tokens)
        client.carry_canaries({0: frozenset(TWO.tokens)})
        await venue.until(lambda: venue.carried() == [{*ONE.tokens, *TWO.tokens}])
        await client.unsubscribe_markets(ONE.tokens)
        assert ear.lost == [{*ONE.tokens, *TWO.tokens}]


async def test_a_canary_that_becomes_wanted_elsewhere_is_heard_there_only() -> None:
    ear = Ear()
    layout = Layout(tokens=3, canaries=1)
    async with venue_socket() as venue, running(venue, ear, layout=layout) as client:
        client.describe(TWO)
        await client.subscribe_markets(ONE.tokens)
        client.carry_canaries({0: frozenset(TWO.tokens[:1])})
        await venue.until(lambda: venue.carried() == [{*ONE.tokens, TWO.tokens[0]}])
        (old,) = venue.connections
        await client.subscribe_markets(TWO.tokens)
        await venue.until(lambda: venue.carried() == [set(ONE.tokens), set(TWO.tokens)])
        late = change(TWO.tokens[0], "0.5", "1", "BUY", ("0.5", "0.54"))
        await venue.say_on(old, book(TWO.tokens[0]), late, book(TOKEN))
        await ear.hear(2)
        changes, news = ear.messages
        assert isinstance(changes, WirePriceChange)
        assert list(changes.entries()) == []
        assert isinstance(news, WireBook)
        assert news.asset_id == TOKEN
        assert ear.lost == [{TWO.tokens[0]}]


async def test_a_market_takes_the_place_of_the_last_one_on_the_same_connection() -> None:
    async with venue_socket() as venue, running(venue, Ear()) as client:
        await client.subscribe_markets(ONE.tokens)
        await venue.until(lambda: venue.carried() == [set(ONE.tokens)])
        await client.exchange_markets(ONE.tokens, TWO.tokens)
        await venue.until(lambda: venue.carried() == [set(TWO.tokens)])
        assert venue.opened == 1


async def test_a_token_let_go_and_wanted_again_at_once_is_asked_for_anew() -> None:
    ear = Ear()
    async with venue_socket() as venue, running(venue, ear) as client:
        await client.subscribe_markets(ONE.tokens)
        await venue.until(lambda: venue.carried() == [set(ONE.tokens)])
        await venue.say(book(TOKEN))
        await ear.hear(1)
        await client.unsubscribe_markets([TOKEN])
        await client.subscribe_markets([TOKEN])
        await venue.until(lambda: len(venue.frames) == 3)
        assert [frame.get("operation") for frame in venue.frames[1:]] == [
            "unsubscribe",
            "subscribe",
        ]
        assert [frame["assets_ids"] for frame in venue.frames[1:]] == [[TOKEN], [TOKEN]]


@on_stepped_time
async def test_a_replaced_connection_is_lost_before_its_peer_has_said_goodbye() -> None:
    ear = Ear()
    async with venue_socket() as venue, running(venue, ear) as client:
        await client.subscribe_markets([TOKEN])
        await venue.until(lambda: venue.carried() == [{TOKEN}])
        (old,) = venue.connections
        old.transport.pause_reading()  # it never hears that we go
        began = now()
        client.recycle([TOKEN])
        await ear.lose(1)
        assert now() - began < 0.1
        await venue.say_on(old, book(TOKEN))
        await venue.until(lambda: venue.opened == 2)
        assert ear.messages == []
        old.transport.abort()


@on_stepped_time
async def test_replacing_a_connection_counts_as_no_failure_and_waits_for_nothing() -> None:
    policy = ReconnectPolicy(enabled=False, jitter=lambda: 1.0)
    async with venue_socket() as venue, running(venue, Ear(), policy) as client:
        await client.subscribe_markets([TOKEN])
        await venue.until(lambda: venue.carried() == [{TOKEN}])
        began = now()
        client.recycle([TOKEN])
        await venue.until(lambda: venue.opened == 2 and venue.carried() == [{TOKEN}])
        assert now() - began < 1.0
        assert not client.gave_up.is_set()


async def test_a_wish_while_the_connections_are_closing_waits_for_the_next_run() -> None:
    ear = Ear()
    async with venue_socket() as venue:
        client = WebSocketClient(venue.url, ear)
        await client.subscribe_markets(ONE.tokens)
        for count in (2, 4):
            running_client = asyncio.create_task(client.run())
            await venue.until(lambda: sum(map(len, venue.carried())) == count)  # noqa: B023 - now
            for socket in venue.connections:
                socket.transport.pause_reading()
            running_client.cancel()
            await ear.lose(count // 2)
            await client.subscribe_markets(TWO.tokens)
            for socket in venue.connections:
                socket.transport.resume_reading()
            await asyncio.wait([running_client])
            assert running_client.cancelled()
