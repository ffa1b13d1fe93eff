"""Many connections for many tokens, against a real server: nobody is disturbed for another."""

from dataclasses import replace
from functools import partial

import pytest

from core.domain.market import Event, Market
from core.domain.units import EventId, TokenId
from data_ingestion.streamer.websocket_client.websocket_client import Layout
from tests.support.market_ear import Ear, running
from tests.support.rows import market
from tests.support.venue_socket import VenueSocket, amount, book, venue_socket

SMALL = Layout(tokens=4)


def tokens(*markets: Market) -> list[TokenId]:
    return [token for one in markets for token in one.tokens]


def is_carried(venue: VenueSocket, wanted: Market, opened: int) -> bool:
    """By that connection, the only one."""
    return venue.opened == opened and venue.carried() == [set(wanted.tokens)]


def of_event(number: int, event: str) -> Market:
    return replace(market(number), event=Event(EventId(event), event, event))


async def test_450_tokens_travel_on_three_connections_each_market_on_one() -> None:
    markets = [market(number) for number in range(1, 226)]
    async with venue_socket() as venue, running(venue, Ear()) as client:
        for one in markets:
            client.describe(one)
        await client.subscribe_markets(tokens(*markets))
        await venue.until(lambda: sum(map(len, venue.carried())) == 450)
        assert sorted(map(len, venue.carried())) == [50, 200, 200]
        assert all(any(set(one.tokens) <= each for each in venue.carried()) for one in markets)
        assert client.subscribed == set(tokens(*markets))
        assert [len(shard.tokens) for shard in client.shards()] == [200, 200, 50]
        frames = [frame for heard in venue.heard.values() for frame in heard]
        assert all(len(amount([frame])) <= 100 for frame in frames)


async def test_growing_and_shrinking_says_nothing_on_other_connections() -> None:
    first, second, third = market(1), market(2), market(3)
    async with venue_socket() as venue, running(venue, Ear(), layout=SMALL) as client:
        for one in (first, second, third):
            client.describe(one)
        await client.subscribe_markets(tokens(first, second))
        await venue.until(lambda: sum(map(len, venue.carried())) == 4)
        (full,) = venue.connections
        await client.subscribe_markets(third.tokens)
        await venue.until(lambda: sum(map(len, venue.carried())) == 6)
        await client.unsubscribe_markets(third.tokens)
        await venue.until(lambda: venue.connections == [full])
        assert len(venue.heard[full]) == 1
        assert venue.opened == 2


async def test_only_the_connection_that_carries_the_tokens_is_recycled() -> None:
    first, second, third = market(1), market(2), market(3)
    ear = Ear()
    async with venue_socket() as venue, running(venue, ear, layout=SMALL) as client:
        await client.subscribe_markets(tokens(first, second, third))
        await venue.until(lambda: sum(map(len, venue.carried())) == 6)
        worn, kept = sorted(venue.connections, key=lambda one: len(amount(venue.heard[one])))
        client.recycle(third.tokens)
        await venue.until(lambda: venue.opened == 3 and sum(map(len, venue.carried())) == 6)
        assert kept in venue.connections
        assert worn not in venue.connections
        assert ear.lost == [set(third.tokens)]
        assert client.statistics.recycled == 1


async def test_a_connection_is_replaced_once_a_minute_unless_it_brings_nothing() -> None:
    one, ear = market(1), Ear()
    async with venue_socket() as venue, running(venue, ear) as client:
        await client.subscribe_markets(one.tokens)
        for opened in (2, 3):  # nothing came on either
            await venue.until(partial(is_carried, venue, one, opened - 1))
            client.recycle(one.tokens)
            await venue.until(partial(is_carried, venue, one, opened))
            assert client.statistics.recycled == opened - 1
        await venue.say_on(venue.connections[0], book(one.tokens[0]))
        await ear.hear(1)
        client.recycle(one.tokens)
        assert client.statistics.recycled == 2


async def test_an_event_that_outgrows_its_connection_moves_whole_and_alone() -> None:
    one, other, more = of_event(1, "a"), of_event(2, "b"), of_event(3, "a")
    ear = Ear()
    async with venue_socket() as venue, running(venue, ear, layout=SMALL) as client:
        for each in (one, other, more):
            client.describe(each)
        await client.subscribe_markets(tokens(one, other))
        await venue.until(lambda: sum(map(len, venue.carried())) == 4)
        await client.subscribe_markets(more.tokens)
        await venue.until(
            lambda: venue.carried() == [set(other.tokens), {*one.tokens, *more.tokens}]
        )
        assert ear.lost == [set(one.tokens)]
        assert ear.opened[-1] == {*one.tokens, *more.tokens}


async def test_a_loss_is_told_for_the_tokens_of_that_connection_only() -> None:
    first, second, third = market(1), market(2), market(3)
    ear = Ear()
    async with venue_socket() as venue, running(venue, ear, layout=SMALL) as client:
        await client.subscribe_markets(tokens(first, second, third))
        await venue.until(lambda: sum(map(len, venue.carried())) == 6)
        await venue.connections[0].close(1011)
        await venue.until(lambda: venue.opened == 3 and sum(map(len, venue.carried())) == 6)
        assert ear.lost == [{*first.tokens, *second.tokens}]
        assert client.connected.is_set()


async def test_data_and_opening_are_told_by_shard() -> None:
    ear = Ear()
    async with venue_socket() as venue, running(venue, ear, layout=SMALL) as client:
        await client.subscribe_markets([TokenId(str(number)) for number in range(6)])
        await venue.until(lambda: sum(map(len, venue.carried())) == 6)
        assert [shard.last_data for shard in client.shards()] == [None, None]
        assert all(shard.opened_at is not None for shard in client.shards())
        await venue.say_on(venue.connections[0], "PONG", book("0"))
        await ear.hear(1)
        assert sum(shard.last_data is None for shard in client.shards()) == 1


@pytest.mark.parametrize("copies", [1, 2])
async def test_without_wishes_all_connections_close(copies: int) -> None:
    layout = Layout(tokens=2, copies=copies)
    async with venue_socket() as venue, running(venue, Ear(), layout=layout) as client:
        await client.subscribe_markets(tokens(market(1), market(2)))
        await venue.until(lambda: sum(map(len, venue.carried())) == 4 * copies)
        await client.unsubscribe_markets(tokens(market(1), market(2)))
        await venue.until(lambda: not venue.connections)
        assert (client.shards(), client.subscribed) == ((), frozenset())
