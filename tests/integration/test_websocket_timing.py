"""What connections do in which second, against a real server on a clock that is stepped."""

import asyncio
from http import HTTPStatus
from itertools import pairwise

import pytest

from core.domain.units import TokenId
from data_ingestion.streamer.websocket_client.websocket_client import Layout
from tests.support.market_ear import Ear, now, on_stepped_time, running
from tests.support.stepped_loop import run_stepped
from tests.support.venue_socket import VenueSocket, book, change, venue_socket

ONE = TokenId("1")
TOP = ("0.5", "0.54")
EVERY = 0.5  # seconds between two pieces of news


async def tell(venue: VenueSocket, copies: slice, seconds: float) -> None:
    """News on these connections for so long, each with a later timestamp."""
    for number in range(int(seconds / EVERY)):
        news = change("1", "0.5", "10", "BUY", TOP)
        news["timestamp"] = str(int(now() * 1000) + 1_790_000_000_000 + number)
        for socket in venue.connections[copies]:
            await venue.say_on(socket, news)
        await asyncio.sleep(EVERY)


@on_stepped_time
async def test_a_copy_that_hears_nothing_while_the_other_does_is_replaced_in_three_seconds() -> (
    None
):
    ear, layout = Ear(), Layout(copies=2)
    async with venue_socket() as venue, running(venue, ear, layout=layout) as client:
        await client.subscribe_markets([ONE])
        await venue.until(lambda: venue.carried() == [{"1"}, {"1"}])
        await tell(venue, slice(None), 6.0)
        good, frozen = venue.connections
        began = now()
        await tell(venue, slice(0, 1), 3.0)
        await venue.until(lambda: frozen not in venue.connections)
        assert now() - began <= 4.0
        await venue.until(lambda: venue.opened == 3)
        assert good in venue.connections
        assert ear.lost == []


@on_stepped_time
async def test_copies_that_hear_the_same_are_both_kept_however_quiet_it_is() -> None:
    layout = Layout(copies=2)
    async with venue_socket() as venue, running(venue, Ear(), layout=layout, ping=99) as client:
        await client.subscribe_markets([ONE])
        await venue.until(lambda: venue.carried() == [{"1"}, {"1"}])
        await tell(venue, slice(None), 6.0)
        await asyncio.sleep(20)
        await tell(venue, slice(None), 6.0)
        assert venue.opened == 2


@on_stepped_time
async def test_connections_are_opened_one_after_the_other_also_after_a_mass_loss() -> None:
    moments: list[float] = []
    layout = Layout(tokens=2)

    def note(venue: VenueSocket) -> bool:
        if len(moments) < venue.asked:
            moments.append(now())
        return sum(map(len, venue.carried())) == 10

    async with venue_socket() as venue, running(venue, Ear(), layout=layout) as client:
        await client.subscribe_markets([TokenId(str(number)) for number in range(10)])
        await venue.until(lambda: note(venue))
        await venue.hang_up(1012)
        await venue.until(lambda: len(venue.connections) < 5)
        await venue.until(lambda: note(venue) and venue.opened == 10)
    gaps = [later - earlier for earlier, later in pairwise(moments)]
    assert len(moments) == 10
    assert min(gaps) > 0.1


@pytest.mark.parametrize("after", ["3", ""])
def test_after_a_429_everybody_waits_as_long_as_the_venue_says(after: str) -> None:
    async def scene() -> None:
        layout = Layout(tokens=1)
        async with venue_socket() as venue, running(venue, Ear(), layout=layout) as client:
            venue.refusals.append((HTTPStatus.TOO_MANY_REQUESTS, after))
            began = now()
            await client.subscribe_markets([ONE, TokenId("2"), TokenId("3")])
            await venue.until(lambda: len(venue.connections) > 0)
            assert (now() - began >= 3) is bool(after)
            await venue.until(lambda: len(venue.connections) == 3)

    run_stepped(scene())


@on_stepped_time
async def test_a_token_is_asked_for_in_a_tenth_of_a_second_and_let_go_within_one() -> None:
    async with venue_socket() as venue, running(venue, Ear()) as client:
        await client.subscribe_markets([ONE])
        await venue.until(lambda: venue.carried() == [{"1"}])
        began = now()
        await client.subscribe_markets([TokenId("2")])
        await venue.until(lambda: venue.carried() == [{"1", "2"}])
        assert now() - began <= 0.1
        await client.unsubscribe_markets([TokenId("2")])
        await venue.until(lambda: venue.carried() == [{"1"}])
        assert now() - began <= 1.0


@on_stepped_time
async def test_a_peer_of_whom_not_a_byte_comes_is_dead_after_three_heartbeats() -> None:
    ear = Ear()
    async with venue_socket() as venue, running(venue, ear, ping=1.0) as client:
        await client.subscribe_markets([ONE])
        await venue.until(lambda: venue.carried() == [{"1"}])
        await venue.say(book("1"))
        began = now()
        await ear.lose(1)
        assert 3.0 <= now() - began <= 5.5
