"""A quiet market stays live, a dead feed does not: whatever PONG says."""

import asyncio
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from core.domain.book import Book
from core.domain.errors import Unavailable
from core.domain.health import Doubt, PriceState
from core.domain.units import TokenId
from core.ports import BookSnapshot
from core.services.price_board import PriceBoard
from data_ingestion.streamer.auditor import Auditor, AuditPace
from data_ingestion.streamer.market_updater.market_updater import MarketUpdater
from data_ingestion.streamer.quiet import Quiet
from data_ingestion.streamer.websocket_client import wire
from data_ingestion.streamer.websocket_client.shard import Shard

YES, NO = TokenId("1"), TokenId("2")
BEGAN = 1_790_658_674_000  # ms


class Desk:
    """A feed and a venue whose books a test moves apart; the clock stands where it is put."""

    def __init__(self) -> None:
        self.now = 0.0
        self.asleep = 0.0  # seconds that only another clock shows
        self.behind = 0.0  # seconds that the socket's news is old
        self.is_away = False
        self.is_hanging = False
        self.retry_after = 0.0
        self.news: TokenId | None = None  # told by the socket while REST is asked
        self.canaries = frozenset[TokenId]()
        self.asked: list[list[TokenId]] = []
        self.recycled: list[frozenset[TokenId]] = []
        self.last_data: float | None = None
        self.renewed: list[TokenId] = []
        self.board = PriceBoard(lambda: self.now)
        self.updater = MarketUpdater(
            self.board, renew=self.renewed.extend, clock=lambda: self.now, wall=lambda: self.now
        )
        self.venue = {YES: ("0.5", "0.54", 0.0), NO: ("0.46", "0.5", 0.0)}
        self.auditor = Auditor(
            self,
            self.updater,
            Quiet(self.board, self, lambda: {YES, NO}, lambda: self.now),
            pace=AuditPace(recheck=0.0, deadline=0.05),
            wakefulness=lambda: self.now + self.asleep,
        )

    def shards(self) -> tuple[Shard, ...]:
        both = frozenset({YES, NO})
        return (Shard(0, both, self.canaries, 0.0, self.last_data),)

    def recycle(self, tokens: Collection[TokenId]) -> None:
        self.recycled.append(frozenset(tokens))

    async def second(self) -> None:
        """One second passes, with both looks."""
        self.now += 1.0
        self.auditor.watch()
        await self.auditor.audit()

    async def books(self, tokens: Sequence[TokenId]) -> list[BookSnapshot]:
        self.asked.append(list(tokens))
        if self.is_hanging:
            await asyncio.Event().wait()
        if self.is_away:
            raise Unavailable("The venue does not answer", self.retry_after)
        told = [self.snapshot(token) for token in tokens]
        if self.news is not None:
            self.now += 0.1
            await self.stream(self.news)
        return told

    def snapshot(self, token: TokenId) -> BookSnapshot:
        bid, ask, at = self.venue[token]
        book = Book(token)
        book.replace([(bid, "10")], [(ask, "10")])
        return BookSnapshot(book, None, None, None, wall(at))

    async def stream(self, token: TokenId) -> None:
        """The socket tells the venue's present book."""
        self.updater.follow(token, None)
        self.last_data = self.now
        bid, ask, at = self.venue[token]
        if self.behind and token == YES:
            bid, ask, at = "0.5", "0.54", self.now - self.behind
        levels = [wire.WireLevel(bid, "10")], [wire.WireLevel(ask, "10")]
        stamp = str(BEGAN + int(at * 1000))
        await self.updater.handle_price_update(
            wire.WireBook(token, "0x1", stamp, *levels), self.now
        )

    def move(self, token: TokenId, bid: str, ask: str) -> None:
        """The venue's book changes now."""
        self.venue[token] = (bid, ask, self.now)

    def price(self, token: TokenId) -> Decimal | None:
        quote = self.board.quote(token)
        return quote.price if quote else None


def wall(at: float) -> datetime:
    return datetime.fromtimestamp((BEGAN + at * 1000) / 1000, UTC)


@pytest.fixture
async def desk() -> Desk:
    desk = Desk()
    await desk.stream(YES)
    await desk.stream(NO)
    return desk


async def test_a_talkative_token_is_seldom_asked_about_and_never_doubted(desk: Desk) -> None:
    """REST is always a moment ahead of the socket."""
    desk.news = YES
    for cents in range(60):
        desk.move(YES, f"0.{20 + cents % 30}", "0.6")
        await desk.second()
        await desk.stream(YES)
        await desk.stream(NO)
    assert 3 <= len(desk.asked) <= 8
    assert desk.board.gap_figures().opened == {}
    assert desk.recycled == []


async def test_a_connection_whose_news_is_a_minute_old_is_found_and_replaced(desk: Desk) -> None:
    desk.behind, desk.now, desk.asleep = 60.0, 60.0, -60.0
    desk.news = YES
    while not desk.recycled and desk.now < 120:
        await desk.stream(YES)
        await desk.stream(NO)
        desk.move(YES, "0.7", "0.74")
        await desk.second()
    assert desk.now <= 80
    assert desk.recycled == [{YES}]
    assert desk.board.state(YES) is PriceState.POLLED
    assert desk.price(YES) == Decimal("0.72")
    assert desk.board.is_live(NO)


async def test_a_connection_that_lags_again_and_again_is_believed_for_seconds_of_each_minute(
    desk: Desk,
) -> None:
    believed = 0
    for second in range(180):
        desk.behind = 30.0 if desk.board.is_live(YES) else 0.0  # a new book looks right each time
        desk.move(YES, f"0.{30 + second % 20}", "0.6")
        await desk.stream(YES)
        await desk.second()
        believed += desk.board.is_live(YES)
    assert 0 < believed <= 60


async def test_a_token_whose_time_ran_ahead_before_it_froze_is_found(desk: Desk) -> None:
    desk.venue[YES] = ("0.5", "0.54", 3600.0)
    await desk.stream(YES)
    desk.now = 0.5
    desk.move(YES, "0.7", "0.74")
    while desk.board.is_live(YES) and desk.now < 60:
        await desk.second()
        await desk.stream(NO)
    assert desk.now <= 20


@pytest.mark.parametrize("clock", ["now", "asleep"])
async def test_after_the_program_or_the_machine_stood_still_nothing_is_live(
    desk: Desk, clock: str
) -> None:
    for _ in range(3):
        await desk.second()
    setattr(desk, clock, getattr(desk, clock) + 60.0)
    await desk.stream(YES)  # what had waited in a buffer
    desk.auditor.watch()
    assert desk.board.state(YES) is PriceState.SUSPECT
    assert desk.board.why(YES) is desk.board.why(NO) is Doubt.STALLED
    assert desk.recycled == [{YES, NO}]
    desk.now += 1.0
    desk.auditor.watch()
    assert desk.recycled == [{YES, NO}]


async def test_a_quiet_market_stays_live_however_long_it_is_quiet(desk: Desk) -> None:
    """Its connection is as quiet; REST proves every few seconds that nothing is missing."""
    for _ in range(120):
        await desk.second()
    assert desk.board.gap_figures().opened == {}
    assert desk.board.is_live(YES)
    assert desk.board.is_live(NO)
    assert 20 <= len(desk.asked) <= 40
    assert desk.recycled == []


async def test_a_frozen_connection_is_found_within_ten_seconds_and_replaced(desk: Desk) -> None:
    desk.now = 0.5
    desk.move(YES, "0.7", "0.74")
    desk.move(NO, "0.26", "0.3")
    while desk.board.is_live(YES) and desk.now < 60:
        await desk.second()
    assert desk.now <= 10
    assert desk.price(YES) == Decimal("0.72")
    assert desk.board.state(YES) is PriceState.POLLED
    assert desk.board.why(YES) is Doubt.FROZEN
    assert desk.recycled == [{YES, NO}]


@pytest.mark.parametrize("fault", ["is_away", "is_hanging"])
async def test_a_silent_connection_is_suspect_within_ten_seconds_while_rest_is_down(
    desk: Desk, fault: str
) -> None:
    setattr(desk, fault, True)
    while desk.board.is_live(YES) and desk.now < 60:
        await desk.second()
    assert 9 <= desk.now <= 10
    assert desk.board.state(YES) is PriceState.SUSPECT
    assert desk.board.why(NO) is Doubt.SILENT
    assert desk.recycled == []


async def test_one_frozen_token_is_found_repaired_and_its_neighbour_left_alone(
    desk: Desk,
) -> None:
    desk.now = 0.5
    desk.move(YES, "0.7", "0.74")
    while desk.board.is_live(YES) and desk.now < 60:
        await desk.second()
        await desk.stream(NO)
    assert desk.now <= 20
    assert desk.price(YES) == Decimal("0.72")
    assert YES in desk.renewed
    assert desk.board.is_live(NO)
    assert desk.recycled == []


@pytest.mark.parametrize("fault", ["is_away", "is_hanging"])
async def test_a_price_that_nothing_proves_is_not_live_for_longer_than_twenty_seconds(
    desk: Desk, fault: str
) -> None:
    setattr(desk, fault, True)
    while desk.board.is_live(YES) and desk.now < 60:
        await desk.second()
        await desk.stream(NO)
    assert 19 <= desk.now <= 20
    assert desk.board.state(YES) is PriceState.SUSPECT
    assert desk.board.why(YES) is Doubt.UNPROVEN
    assert desk.board.is_live(NO)


async def test_a_silent_canary_makes_its_connection_suspect_before_a_silent_token_would(
    desk: Desk,
) -> None:
    desk.is_away = True
    desk.canaries = frozenset({NO})
    for _ in range(10):
        await desk.second()
        desk.last_data = desk.now  # something else on the connection goes on
    assert desk.board.why(YES) is Doubt.SILENT
    assert desk.recycled == []


async def test_a_venue_that_asks_for_patience_is_left_alone_so_long(desk: Desk) -> None:
    desk.is_away, desk.retry_after = True, 30.0
    for _ in range(30):
        await desk.second()
        await desk.stream(NO)
    assert len(desk.asked) == 1


async def test_a_connection_that_never_brings_a_book_which_rest_has_is_replaced(
    desk: Desk,
) -> None:
    third = TokenId("3")
    desk.venue[third] = ("0.1", "0.14", 0.0)
    desk.updater.follow(third, None)
    desk.updater.connection_opened([third])
    await desk.second()
    desk.updater.take_polled(desk.snapshot(third), desk.now)
    while not desk.recycled and desk.now < 60:
        await desk.second()
        await desk.stream(YES)
        await desk.stream(NO)
    assert desk.now == 12
    assert desk.recycled == [{third}]
    assert desk.renewed == [third, third]


async def test_news_that_arrives_while_the_venue_is_asked_is_no_loss(desk: Desk) -> None:
    """REST may be a moment ahead of the socket: the second look settles it."""
    desk.now = 7.5
    desk.move(YES, "0.7", "0.74")
    desk.news = YES
    await desk.auditor.audit()
    assert desk.board.is_live(YES)
    assert desk.auditor.statistics.stale == 0


async def test_many_silent_tokens_are_asked_about_a_hundred_at_a_time(desk: Desk) -> None:
    many = [TokenId(str(number)) for number in range(1, 251)]
    for token in many:
        desk.venue[token] = ("0.5", "0.54", 0.0)
        await desk.stream(token)
    desk.canaries = frozenset(many)
    for _ in range(5):
        await desk.second()
    assert [len(asked) for asked in desk.asked] == [100, 100, 50]
    assert {token for asked in desk.asked for token in asked} == set(many)
