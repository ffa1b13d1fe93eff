"""A quiet market stays live, a dead feed does not: whatever PONG says."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from core.domain.book import Book
from core.domain.errors import Unavailable
from core.domain.price import PriceState
from core.domain.units import TokenId
from core.ports import BookSnapshot
from core.services.price_board import PriceBoard
from data_ingestion.streamer.auditor import Auditor, AuditPace
from data_ingestion.streamer.market_updater.market_updater import MarketUpdater
from data_ingestion.streamer.websocket_client import wire

YES, NO = TokenId("1"), TokenId("2")
BEGAN = 1_790_658_674_000  # ms


class Desk:
    """A feed and a venue whose books a test moves apart; the clock stands where it is put."""

    def __init__(self) -> None:
        self.now = 0.0
        self.is_away = False
        self.asked: list[list[TokenId]] = []
        self.recycled = 0
        self.renewed: list[TokenId] = []
        self.board = PriceBoard(lambda: self.now)
        self.updater = MarketUpdater(
            self.board, renew=self.renewed.extend, clock=lambda: self.now, wall=lambda: self.now
        )
        self.venue = {YES: ("0.5", "0.54", 0.0), NO: ("0.46", "0.5", 0.0)}
        self.auditor = Auditor(
            self,
            self.board,
            self.updater,
            followed=lambda: {YES, NO},
            recycle=self.recycle,
            pace=AuditPace(recheck=0.0),
            clock=lambda: self.now,
        )

    async def books(self, tokens: Sequence[TokenId]) -> list[BookSnapshot]:
        self.asked.append(list(tokens))
        if self.is_away:
            raise Unavailable("The venue does not answer")
        return [self._snapshot(token) for token in tokens]

    def _snapshot(self, token: TokenId) -> BookSnapshot:
        bid, ask, at = self.venue[token]
        book = Book(token)
        book.replace([(bid, "10")], [(ask, "10")])
        return BookSnapshot(book, None, None, None, wall(at))

    def recycle(self) -> None:
        self.recycled += 1

    async def stream(self, token: TokenId) -> None:
        """The socket tells the venue's present book."""
        self.updater.follow(token, None)
        bid, ask, at = self.venue[token]
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


class _Source:
    """A price source that is one function."""

    def __init__(self, books: Callable[[Sequence[TokenId]], Awaitable[list[BookSnapshot]]]) -> None:
        self._books = books

    async def books(self, tokens: Sequence[TokenId]) -> list[BookSnapshot]:
        return await self._books(tokens)


def wall(at: float) -> datetime:
    return datetime.fromtimestamp((BEGAN + at * 1000) / 1000, UTC)


@pytest.fixture
async def desk() -> Desk:
    desk = Desk()
    await desk.stream(YES)
    await desk.stream(NO)
    return desk


async def test_a_talkative_token_is_not_asked_about(desk: Desk) -> None:
    for second in range(1, 20):
        desk.now = float(second)
        await desk.stream(YES)
        await desk.stream(NO)
        await desk.auditor.audit()
    assert desk.asked == []


async def test_a_quiet_market_stays_live_however_long_it_is_quiet(desk: Desk) -> None:
    for second in range(1, 121):
        desk.now = float(second)
        await desk.auditor.audit()
    assert desk.board.is_live(YES)
    assert desk.board.is_live(NO)
    assert 10 <= len(desk.asked) <= 20
    assert desk.recycled == 0


async def test_a_frozen_connection_is_found_within_ten_seconds_and_replaced(desk: Desk) -> None:
    desk.now = 0.5
    desk.move(YES, "0.7", "0.74")
    desk.move(NO, "0.26", "0.3")
    while desk.board.is_live(YES) and desk.now < 60:
        desk.now += 1.0
        await desk.auditor.audit()
    assert desk.now <= 10
    assert desk.price(YES) == Decimal("0.72")
    assert desk.board.state(YES) is PriceState.POLLED
    assert desk.recycled == 1


async def test_one_frozen_token_is_found_repaired_and_its_neighbour_left_alone(
    desk: Desk,
) -> None:
    desk.now = 0.5
    desk.move(YES, "0.7", "0.74")
    while desk.board.is_live(YES) and desk.now < 60:
        desk.now += 1.0
        await desk.stream(NO)
        await desk.auditor.audit()
    assert desk.now <= 20
    assert desk.price(YES) == Decimal("0.72")
    assert YES in desk.renewed
    assert desk.board.is_live(NO)
    assert desk.recycled == 0


async def test_news_that_arrives_while_the_venue_is_asked_is_no_loss(desk: Desk) -> None:
    """REST may be a moment ahead of the socket: the second look settles it."""
    desk.now = 7.5
    desk.move(YES, "0.7", "0.74")
    looks = desk.books

    async def books_then_news(tokens: Sequence[TokenId]) -> list[BookSnapshot]:
        told = await looks(tokens)
        await desk.stream(YES)
        return told

    auditor = Auditor(
        _Source(books_then_news),
        desk.board,
        desk.updater,
        followed=lambda: {YES, NO},
        recycle=desk.recycle,
        pace=AuditPace(recheck=0.0),
        clock=lambda: desk.now,
    )
    await auditor.audit()
    assert desk.board.is_live(YES)
    assert auditor.statistics.stale == 0


async def test_a_price_that_nothing_proves_is_not_live_for_longer_than_twenty_seconds(
    desk: Desk,
) -> None:
    desk.is_away = True
    while desk.board.is_live(YES) and desk.now < 60:
        desk.now += 1.0
        await desk.auditor.audit()
    assert 19 <= desk.now <= 22
    assert desk.board.state(YES) is PriceState.SUSPECT
