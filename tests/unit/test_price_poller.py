"""The poller asks for what the stream does not carry, when it is due, and no more often."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from decimal import Decimal

import pytest

from core.domain.book import Book
from core.domain.errors import Unavailable
from core.domain.health import Doubt, PriceState
from core.domain.units import TokenId
from core.ports import BookSnapshot
from core.services.price_board import PriceBoard
from data_ingestion.poller.backoff import Backoff
from data_ingestion.poller.price_poller import PollIntervals, PricePoller
from data_ingestion.streamer.market_updater.market_updater import MarketUpdater
from data_ingestion.streamer.websocket_client import wire

YES, NO = TokenId("1"), TokenId("2")


class Venue:
    """REST books of one level a side."""

    def __init__(self) -> None:
        self.asked: list[list[TokenId]] = []
        self.is_away = False
        self.away_after = 1_000_000  # requests
        self.retry_after = 0.0
        self.without: set[TokenId] = set()  # tokens the venue has no book of
        self.news = asyncio.Condition()

    async def books(self, tokens: Sequence[TokenId]) -> list[BookSnapshot]:
        async with self.news:
            self.asked.append(list(tokens))
            self.news.notify_all()
        if self.is_away or len(self.asked) > self.away_after:
            raise Unavailable("The venue does not answer", self.retry_after)
        found = [token for token in tokens if token not in self.without]
        return [BookSnapshot(_book(token), None, None, None, None) for token in found]

    async def until(self, requests: int) -> None:
        async with asyncio.timeout(20), self.news:
            await self.news.wait_for(lambda: len(self.asked) >= requests)


def _book(token: TokenId) -> Book:
    book = Book(token)
    book.replace([("0.4", "10")], [("0.44", "10")])
    return book


class Desk:
    def __init__(self, *, streaming: bool = False) -> None:
        self.now = 0.0
        self.venue = Venue()
        self.wanted = {YES, NO}
        self.board = PriceBoard(lambda: self.now)
        self.updater = MarketUpdater(self.board, clock=lambda: self.now)
        self.poller = PricePoller(
            self.venue,
            self.board,
            self.updater,
            wanted=lambda: self.wanted,
            is_streaming=lambda: streaming,
            intervals=PollIntervals(down=60, streaming=600),
            clock=lambda: self.now,
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        async with asyncio.TaskGroup() as tasks:
            task = tasks.create_task(self.poller.run())
            await asyncio.sleep(0)
            try:
                yield
            finally:
                task.cancel()

    async def stream(self) -> None:
        """Both tokens live by socket, with the books that REST gives."""
        for token in (YES, NO):
            self.updater.follow(token, None)
            bids, asks = [wire.WireLevel("0.4", "10")], [wire.WireLevel("0.44", "10")]
            book = wire.WireBook(token, "0x1", "1790658674035", bids, asks)
            await self.updater.handle_price_update(book, self.now)

    async def at(self, now: float) -> None:
        """Let the poller look again at `now`."""
        self.now = now
        self.poller.wake()
        for _ in range(10):
            await asyncio.sleep(0)


async def test_without_a_stream_wanted_tokens_are_polled_at_once_and_then_every_interval() -> None:
    desk = Desk()
    async with desk.running():
        await desk.venue.until(1)
        assert desk.venue.asked == [[YES, NO]]
        quote = desk.board.quote(YES)
        assert quote is not None
        assert quote.price == Decimal("0.42")
        await desk.at(59.0)
        assert len(desk.venue.asked) == 1
        await desk.at(60.0)
        assert len(desk.venue.asked) == 2


async def test_a_connected_stream_is_given_five_seconds_for_a_first_book() -> None:
    desk = Desk(streaming=True)
    async with desk.running():
        await desk.at(4.9)
        assert not desk.venue.asked
        await desk.at(5.0)
        assert desk.venue.asked == [[YES, NO]]


async def test_a_live_token_is_checked_at_the_long_interval_only() -> None:
    desk = Desk(streaming=True)
    await desk.stream()
    async with desk.running():
        await desk.at(599.0)
        assert not desk.venue.asked
        await desk.at(600.0)
        assert desk.venue.asked == [[YES, NO]]


async def test_a_token_that_stops_being_live_is_polled_at_once() -> None:
    desk = Desk(streaming=True)
    await desk.stream()
    async with desk.running():
        await desk.at(600.0)
        desk.updater.suspect([YES])
        await desk.at(601.0)
        assert desk.venue.asked == [[YES, NO], [YES]]


async def test_a_suspect_token_is_asked_for_at_once_without_being_told_to() -> None:
    desk = Desk(streaming=True)
    await desk.stream()
    states = list[PriceState]()
    desk.board.listen(lambda token: states.append(desk.board.state(token)))
    async with desk.running():
        desk.updater.suspect([YES, NO])
        await desk.venue.until(1)
    assert desk.venue.asked == [[YES, NO]]
    assert states[:4] == [PriceState.SUSPECT] * 2 + [PriceState.RESYNCING] * 2


async def test_a_token_that_is_not_believed_is_asked_for_every_five_seconds() -> None:
    """Its neighbour, which no connection carries any more, every minute."""
    desk = Desk(streaming=True)
    await desk.stream()
    async with desk.running():
        desk.updater.suspect([YES], Doubt.FROZEN)
        desk.updater.connection_lost([NO])
        await desk.at(1.0)
        assert [desk.board.state(token) for token in (YES, NO)] == [PriceState.POLLED] * 2
        for second in range(2, 61):
            await desk.at(float(second))
    assert desk.venue.asked == [[YES, NO]] + [[YES]] * 11


async def test_a_token_repaired_by_the_audit_is_not_asked_for_a_second_time() -> None:
    desk = Desk(streaming=True)
    await desk.stream()
    async with desk.running():
        desk.updater.repair(BookSnapshot(_book(YES), None, None, None, None), desk.now)
        await desk.at(4.9)
        assert desk.venue.asked == []
        await desk.at(5.0)
        assert desk.venue.asked == [[YES]]


async def test_a_token_without_a_book_at_the_venue_is_asked_for_again_and_then_down() -> None:
    desk = Desk(streaming=True)
    await desk.stream()
    desk.venue.without = {YES}
    async with desk.running():
        desk.updater.suspect([YES])
        await desk.venue.until(1)
        await desk.at(1.0)
        await desk.at(2.0)
        await desk.at(6.0)
        assert desk.board.state(YES) is PriceState.DOWN
        asked = len(desk.venue.asked)
        await desk.at(65.0)
        assert len(desk.venue.asked) == asked
        await desk.at(66.0)
        assert len(desk.venue.asked) == asked + 1


async def test_a_batch_without_an_answer_takes_nothing_from_one_that_was_answered() -> None:
    desk = Desk()
    first = [TokenId(f"{number:03d}") for number in range(100)]
    last = TokenId("100")
    desk.wanted = {*first, last}
    desk.venue.away_after = 1
    for token in desk.wanted:
        desk.updater.follow(token, None)
    async with desk.running():
        await desk.venue.until(requests=2)
        await asyncio.sleep(0)
        assert {desk.board.state(token) for token in first} == {PriceState.POLLED}
        assert desk.board.state(last) is PriceState.DOWN


async def test_a_live_token_of_which_rest_knows_a_moment_more_is_not_doubted() -> None:
    desk = Desk()
    await desk.stream()
    ahead = Book(YES)
    ahead.replace([("0.41", "10")], [("0.44", "10")])
    desk.now = 1.0
    desk.updater.take_polled(BookSnapshot(ahead, None, None, None, None), desk.now)
    assert desk.board.is_live(YES)
    desk.now = 2.0
    desk.updater.take_polled(BookSnapshot(ahead, None, None, None, None), desk.now)
    assert desk.board.state(YES) is PriceState.SUSPECT


async def test_tokens_nobody_wants_are_not_asked_for() -> None:
    desk = Desk()
    async with desk.running():
        await desk.venue.until(1)
        desk.wanted = {NO}
        await desk.at(60.0)
        assert desk.venue.asked[1:] == [[NO]]


async def test_many_tokens_are_asked_for_a_hundred_at_a_time() -> None:
    desk = Desk()
    desk.wanted = {TokenId(str(number)) for number in range(250)}
    async with desk.running():
        await desk.venue.until(3)
    assert [len(batch) for batch in desk.venue.asked] == [100, 100, 50]


async def test_a_silent_venue_is_counted_and_does_not_end_the_poller() -> None:
    desk = Desk()
    desk.venue.is_away = True
    async with desk.running():
        await desk.venue.until(1)
        for _ in range(3):
            await asyncio.sleep(0)
        assert desk.poller.statistics.failures == 1
        assert desk.board.quote(YES) is None
        assert desk.board.state(YES) is PriceState.DOWN


def test_a_venue_that_fails_is_left_alone_twice_as_long_each_time() -> None:
    backoff = Backoff()
    pauses = [backoff.after(Unavailable("no"), chance=0.0) for _ in range(7)]
    assert pauses == [1, 2, 4, 8, 16, 30, 30]
    backoff.over()
    assert backoff.after(Unavailable("no"), chance=1.0) == 0.5


@pytest.mark.parametrize(("asked", "pause"), [(12.0, 12.0), (0.2, 1.0), (10_000.0, 300.0)])
def test_a_venue_that_asks_for_patience_gets_it_within_reason(asked: float, pause: float) -> None:
    assert Backoff().after(Unavailable("no", asked), chance=0.0) == pause


def test_those_who_were_asked_for_patience_together_do_not_come_back_together() -> None:
    pauses = [Backoff().after(Unavailable("no", 20.0), chance) for chance in (0.0, 0.5, 1.0)]
    assert pauses == [20.0, 21.0, 22.0]
