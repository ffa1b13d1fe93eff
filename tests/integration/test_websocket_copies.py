"""Two connections for the same tokens: the loss of one, its lag or its age costs nothing."""

import asyncio
import random
from collections.abc import Collection

import pytest

from core.domain.units import TokenId
from core.services.price_board import PriceBoard
from data_ingestion.streamer.market_updater.market_updater import MarketUpdater
from data_ingestion.streamer.websocket_client.websocket_client import Layout, WebSocketClient
from tests.support.market_ear import Ear, now, on_stepped_time, running
from tests.support.scripted_venue import TOKEN
from tests.support.stepped_loop import run_stepped
from tests.support.twin_venue import TwinVenue, Watched
from tests.support.venue_socket import VenueSocket, book, change, venue_socket

ONE, TWO = TokenId("1"), TokenId("2")
TWICE = Layout(copies=2)
TOP = ("0.5", "0.54")
PAIRS = [["1"], ["1"], ["2"], ["2"]]
LONG = 4 * 3600.0  # seconds


async def both_carry(
    venue: VenueSocket, client: WebSocketClient, tokens: Collection[TokenId]
) -> None:
    await client.subscribe_markets(tokens)
    await venue.until(lambda: venue.carried() == [set(tokens), set(tokens)])


async def test_the_loss_of_one_of_two_copies_is_no_loss() -> None:
    ear = Ear()
    layout = TWICE
    async with venue_socket() as venue, running(venue, ear, layout=layout) as client:
        await client.subscribe_markets([TokenId("1")])
        await venue.until(lambda: venue.carried() == [{"1"}, {"1"}])
        await venue.say(book("1"))
        await ear.hear(2)
        await venue.connections[0].close(1012)
        await venue.until(lambda: venue.opened == 3 and venue.carried() == [{"1"}, {"1"}])
        assert (ear.opened, ear.lost) == ([{"1"}], [])
        await venue.say(book("1"))
        await ear.hear(4)
        await venue.hang_up()
        await ear.lose(1)
        assert ear.lost == [{"1"}]


async def test_of_two_copies_one_is_recycled_after_the_other_has_brought_something_again() -> None:
    ear = Ear()
    layout = TWICE
    async with venue_socket() as venue, running(venue, ear, layout=layout) as client:
        await client.subscribe_markets([TokenId("1")])
        await venue.until(lambda: venue.carried() == [{"1"}, {"1"}])
        before = list(venue.connections)
        await venue.say(book("1"))
        await ear.hear(2)
        client.recycle([TokenId("1")])
        await venue.until(lambda: venue.opened == 3 and venue.carried() == [{"1"}, {"1"}])
        assert client.statistics.recycled == 1
        assert len([one for one in before if one in venue.connections]) == 1
        await venue.say(book("1"))
        await venue.until(lambda: venue.opened == 4 and venue.carried() == [{"1"}, {"1"}])
        assert not [one for one in before if one in venue.connections]
        assert ear.lost == []


async def test_a_price_stays_live_without_a_gap_when_one_of_two_copies_is_lost() -> None:
    board, layout = PriceBoard(), Layout(copies=2)
    updater = MarketUpdater(board, copies=2, verifies=False)
    updater.follow(TokenId("1"), None)
    changed = asyncio.Event()
    board.listen(lambda _: changed.set())
    async with venue_socket() as venue, running(venue, updater, layout=layout) as client:
        updater.on_renewal(client.renew)
        await client.subscribe_markets([TokenId("1")])
        await venue.until(lambda: venue.carried() == [{"1"}, {"1"}])
        await venue.say(book("1"))
        await venue.connections[0].close(1012)
        await venue.say(change("1", "0.51", "10", "BUY", ("0.51", "0.54")))
        await venue.until(lambda: venue.opened == 3 and venue.carried() == [{"1"}, {"1"}])
        async with asyncio.timeout(20):
            while (quote := board.quote(TokenId("1"))) is None or str(quote.bid) != "0.51":
                changed.clear()
                await changed.wait()
        assert board.is_live(TokenId("1"))
        assert board.gap_figures().opened == {}


async def test_a_copy_that_has_brought_nothing_does_not_stand_in_for_a_lost_one() -> None:
    ear = Ear()
    async with venue_socket() as venue, running(venue, ear, layout=TWICE) as client:
        await both_carry(venue, client, [ONE, TWO])
        speaking, mute = venue.connections
        await venue.say_on(speaking, book("1"), book("2"))
        await venue.say_on(mute, book("1"))
        await ear.hear(3)
        await speaking.close(1012)
        await ear.lose(1)
        assert ear.lost == [{TWO}]
        assert ear.opened == [{ONE, TWO}, {TWO}]  # its first book is waited for anew


@on_stepped_time
async def test_a_copy_is_not_replaced_before_the_other_has_brought_every_book() -> None:
    ear = Ear()
    async with venue_socket() as venue, running(venue, ear, layout=TWICE) as client:
        await both_carry(venue, client, [ONE, TWO])
        await venue.say(book("1"), book("2"))
        await ear.hear(4)
        client.recycle([ONE])
        await venue.until(lambda: venue.opened == 3 and venue.carried() == [{ONE, TWO}] * 2)
        waiting, fresh = venue.connections
        await venue.say_on(fresh, book("1"))
        await ear.hear(5)
        await asyncio.sleep(30)
        assert venue.connections == [waiting, fresh]
        await venue.say_on(fresh, book("2"))
        await venue.until(lambda: waiting not in venue.connections)
        assert ear.lost == []


@pytest.mark.parametrize("first", [[], ["9999999999999"]])
def test_a_copy_that_still_talks_but_two_seconds_late_is_replaced(first: list[str]) -> None:
    """Also where a time from the future came before."""

    async def scene() -> None:
        ear = Ear()
        async with venue_socket() as venue, running(venue, ear, layout=TWICE) as client:
            await both_carry(venue, client, [ONE])
            good, late = venue.connections
            news = change("1", "0.5", "10", "BUY", TOP)
            await venue.say(*[{**news, "timestamp": timestamp} for timestamp in first])
            began = now()
            told: list[dict[str, object]] = []
            while late in venue.connections and now() - began < 30:
                told.append({**news, "timestamp": str(1_790_000_000_000 + int(now() * 1000))})
                await venue.say_on(good, told[-1])
                await venue.say_on(late, told[max(0, len(told) - 6)])  # 2.5 seconds ago
                await asyncio.sleep(0.5)
            assert 5.0 <= now() - began <= 10.0  # it was given its time to warm up
            assert good in venue.connections
            assert ear.lost == []

    run_stepped(scene())


@on_stepped_time
async def test_a_copy_that_is_late_by_less_than_two_seconds_is_kept() -> None:
    async with venue_socket() as venue, running(venue, Ear(), layout=TWICE) as client:
        await both_carry(venue, client, [ONE])
        good, late = venue.connections
        told: list[dict[str, object]] = []
        for _ in range(60):
            news = change("1", "0.5", "10", "BUY", TOP)
            told.append({**news, "timestamp": str(1_790_000_000_000 + int(now() * 1000))})
            await venue.say_on(good, told[-1])
            await venue.say_on(late, told[max(0, len(told) - 4)])  # 1.5 seconds ago
            await asyncio.sleep(0.5)
        assert venue.connections == [good, late]


@on_stepped_time
async def test_old_copies_are_replaced_one_after_the_other_without_a_loss() -> None:
    ear, skipped = Ear(), 0.0
    loop = asyncio.get_running_loop()
    async with (
        venue_socket() as venue,
        running(venue, ear, layout=TWICE, ping=LONG, clock=lambda: loop.time() + skipped) as client,
    ):
        await both_carry(venue, client, [ONE])
        old = list(venue.connections)
        await venue.say(book("1"))
        await ear.hear(2)
        skipped = LONG - 60.0
        await asyncio.sleep(30)
        assert venue.connections == old
        skipped = LONG
        await venue.until(lambda: venue.opened == 3 and venue.carried() == [{"1"}, {"1"}])
        await asyncio.sleep(30)  # until the new one has brought its book, the other one stays
        assert len(set(venue.connections) & set(old)) == 1
        await venue.say(book("1"))
        await venue.until(lambda: venue.opened == 4 and venue.carried() == [{"1"}, {"1"}])
        assert not set(venue.connections) & set(old)
        assert (client.statistics.recycled, ear.lost) == (2, [])


@on_stepped_time
async def test_of_all_old_connections_only_one_is_replaced_at_a_time() -> None:
    ear, skipped = Ear(), 0.0
    loop, layout = asyncio.get_running_loop(), Layout(tokens=1, copies=2)
    async with (
        venue_socket() as venue,
        running(
            venue, ear, layout=layout, ping=LONG, clock=lambda: loop.time() + skipped
        ) as client,
    ):
        await client.subscribe_markets([ONE, TWO])
        await venue.until(lambda: sorted(map(list, venue.carried())) == PAIRS)
        old = list(venue.connections)
        for socket in old:
            await venue.say_on(socket, *map(book, venue.carried_by(socket)))
        await ear.hear(4)
        skipped = LONG
        for number in range(1, 5):
            await venue.until(lambda: venue.opened == 4 + number and all(venue.carried()))  # noqa: B023 - awaited here
            await asyncio.sleep(30)
            assert len(set(venue.connections) - set(old)) == number
            fresh = venue.connections[-1]
            await venue.say_on(fresh, *map(book, venue.carried_by(fresh)))
        assert not set(venue.connections) & set(old)
        assert (client.statistics.recycled, ear.lost) == (4, [])
        assert venue.fewest == 3


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("lags", [(0.0,), (0.0, 0.3, 1.2), (0.0, 3.0)])
def test_whatever_copies_die_or_lag_nothing_is_rolled_back_and_there_is_no_gap(
    seed: int, lags: tuple[float, ...]
) -> None:
    async def scene() -> None:
        chance = random.Random(seed)  # noqa: S311 - a test's choice
        async with venue_socket() as venue:
            twin = TwinVenue(venue, chance, lags)
            ear = Watched(twin)
            async with running(venue, ear, layout=TWICE) as client:
                ear.updater.on_renewal(client.renew)
                await client.subscribe_markets([TOKEN])
                for number in range(400):
                    await asyncio.sleep(0.1)
                    await twin.move()
                    if number % 60 == 59 and twin.settled():
                        await twin.kill(chance.choice(venue.connections))
                await arrive(twin)
                assert ear.shown == twin.truth.levels
                assert ear.board.is_live(TOKEN)
                assert ear.board.gap_figures().opened == {}

    run_stepped(scene())


async def arrive(twin: TwinVenue) -> None:
    async with asyncio.timeout(30):
        while not twin.settled():
            await asyncio.sleep(0.25)
            await twin.deliver()
    await asyncio.sleep(0.25)
