"""Books and prices from news: exact where it is whole, distrusted where it is not."""

from collections.abc import Collection
from decimal import Decimal
from pathlib import Path

import pytest

from core.domain.book import Book
from core.domain.market import Source
from core.domain.price import PriceState
from core.domain.units import Price, TokenId
from core.ports import BookSnapshot
from core.services.price_board import PriceBoard
from data_ingestion.streamer.market_updater.market_updater import MarketUpdater
from data_ingestion.streamer.websocket_client import wire
from tests.support.recorded_venue import RecordedVenue, long_recording

YES, NO = TokenId("1"), TokenId("2")
AT = "1790658674035"


class Desk:
    """An updater with its board, a clock that stands where it is put, and who was asked again."""

    def __init__(self) -> None:
        self.now = 100.0
        self.renewed: list[TokenId] = []
        self.board = PriceBoard(lambda: self.now)
        self.updater = MarketUpdater(self.board, renew=self._renew, clock=lambda: self.now)
        self.updater.follow(YES, NO)
        self.updater.follow(NO, YES)

    def _renew(self, tokens: Collection[TokenId]) -> None:
        self.renewed.extend(tokens)

    async def hear(self, message: wire.Message) -> None:
        await self.updater.handle_price_update(message, self.now)

    async def snapshot(
        self, bids: dict[str, str], asks: dict[str, str], token: TokenId = YES, last: str = ""
    ) -> None:
        await self.hear(
            wire.WireBook(
                asset_id=token,
                market="0x1",
                timestamp=AT,
                bids=[wire.WireLevel(*level) for level in bids.items()],
                asks=[wire.WireLevel(*level) for level in asks.items()],
                last_trade_price=last,
            )
        )

    async def change(
        self,
        side: str,
        price: str,
        size: str,
        bid: str | None = None,
        ask: str | None = None,
        timestamp: str = AT,
    ) -> None:
        entry = wire.WireChange(YES, price, size, side, "", bid, ask)
        await self.hear(wire.WirePriceChange("0x1", timestamp, [entry]))

    def price(self, token: TokenId = YES) -> Decimal | None:
        quote = self.board.quote(token)
        return quote.price if quote else None


@pytest.fixture
def desk() -> Desk:
    return Desk()


async def test_a_snapshot_makes_its_token_live_at_the_midpoint(desk: Desk) -> None:
    await desk.snapshot({"0.48": "10", "0.5": "5"}, {"0.6": "1", "0.54": "3"})
    assert desk.price() == Decimal("0.52")
    assert desk.board.is_live(YES)
    assert not desk.board.is_live(NO)


async def test_a_change_moves_the_price_and_a_level_of_nothing_goes(desk: Desk) -> None:
    await desk.snapshot({"0.5": "5"}, {"0.54": "3", "0.56": "1"})
    await desk.change("SELL", "0.54", "0", "0.5", "0.56")
    assert desk.price() == Decimal("0.53")
    await desk.change("BUY", "0.52", "7.5", "0.52", "0.56")
    assert desk.price() == Decimal("0.54")


async def test_a_wide_spread_shows_the_last_trade(desk: Desk) -> None:
    await desk.snapshot({"0.2": "5"}, {"0.6": "3"}, last="0.31")
    assert desk.price() == Decimal("0.31")
    await desk.hear(wire.WireTrade(YES, "0x1", "0.35", AT))
    assert desk.price() == Decimal("0.35")


async def test_without_an_own_trade_the_complements_counts(desk: Desk) -> None:
    await desk.snapshot({"0.3": "5"}, {"0.8": "3"}, token=NO, last="0.4")
    await desk.snapshot({"0.2": "5"}, {"0.7": "3"})
    assert desk.price() == Decimal("0.6")


async def test_an_emptied_book_keeps_the_last_price(desk: Desk) -> None:
    await desk.snapshot({"0.5": "5"}, {"0.54": "3"})
    await desk.snapshot({}, {})
    assert desk.price() == Decimal("0.52")


async def test_changes_before_the_first_snapshot_mean_nothing(desk: Desk) -> None:
    await desk.change("BUY", "0.5", "10", "0.5", "0.6")
    assert desk.price() is None
    assert desk.board.state(YES) is PriceState.DOWN


async def test_a_top_that_disagrees_with_the_venue_is_distrusted_and_asked_for_again(
    desk: Desk,
) -> None:
    await desk.snapshot({"0.5": "5"}, {"0.54": "3"})
    desk.now += 10
    await desk.change("BUY", "0.3", "1", "0.51", "0.54")
    assert desk.board.state(YES) is PriceState.SUSPECT
    assert desk.renewed == [YES]
    assert desk.price() == Decimal("0.52")
    await desk.snapshot({"0.51": "5"}, {"0.53": "3"})
    assert desk.board.is_live(YES)
    assert desk.price() == Decimal("0.52")


async def test_a_snapshot_that_does_not_come_is_asked_for_again_every_five_seconds(
    desk: Desk,
) -> None:
    desk.updater.connection_opened([YES, NO])
    desk.now += 4.9
    desk.updater.check()
    assert desk.renewed == []
    desk.now += 0.2
    desk.updater.check()
    desk.updater.check()
    assert desk.renewed == [YES, NO]


async def test_a_lost_connection_makes_every_live_token_suspect(desk: Desk) -> None:
    await desk.snapshot({"0.5": "5"}, {"0.54": "3"})
    desk.updater.connection_lost([YES, NO])
    assert desk.board.state(YES) is PriceState.SUSPECT
    await desk.change("BUY", "0.53", "5", "0.53", "0.54")
    assert desk.price() == Decimal("0.52")


async def test_a_dropped_token_is_heard_no_more_and_its_price_stays(desk: Desk) -> None:
    await desk.snapshot({"0.5": "5"}, {"0.54": "3"})
    desk.updater.drop(YES)
    await desk.snapshot({"0.1": "5"}, {"0.12": "3"})
    assert desk.price() == Decimal("0.52")
    assert desk.board.state(YES) is PriceState.DOWN
    desk.now += 30
    reading = desk.board.reading(YES)
    assert reading is not None
    assert reading.age == 30


async def test_news_that_changes_nothing_makes_the_price_younger(desk: Desk) -> None:
    told: list[TokenId] = []
    await desk.snapshot({"0.5": "5"}, {"0.54": "3"})
    desk.board.listen(told.append)
    desk.now += 30
    await desk.change("BUY", "0.4", "9", "0.5", "0.54")
    reading = desk.board.reading(YES)
    assert reading is not None
    assert reading.age == 0
    assert told == []


@pytest.mark.parametrize(
    ("side", "price", "size"),
    [
        ("BUY", "NaN", "1"),
        ("BUY", "1.2", "1"),
        ("BUY", "-0.1", "1"),
        ("BUY", "0.5", "-1"),
        ("BUY", "0.5", "NaN"),
        ("BUY", "0.5", "Infinity"),
        ("BUY", "0.5", ""),
        ("BUY", "0.5", "1e3"),
        ("BUY", "0.5", "1_0"),
        ("BUY", "", "1"),
        ("MAYBE", "0.5", "1"),
    ],
)
async def test_an_absurd_change_is_counted_and_its_token_distrusted(
    desk: Desk, side: str, price: str, size: str
) -> None:
    await desk.snapshot({"0.5": "5"}, {"0.54": "3"})
    await desk.change(side, price, size)
    assert desk.updater.dropped == {"invalid_entry": 1}
    assert desk.board.state(YES) is PriceState.SUSPECT
    assert desk.price() == Decimal("0.52")


@pytest.mark.parametrize("timestamp", ["", "0", "-1", "1790658674", "9" * 40, "NaN"])
async def test_an_impossible_time_is_counted_and_changes_nothing(
    desk: Desk, timestamp: str
) -> None:
    await desk.snapshot({"0.5": "5"}, {"0.54": "3"})
    await desk.change("BUY", "0.52", "1", "0.52", "0.54", timestamp=timestamp)
    assert desk.updater.dropped == {"timestamp": 1}
    assert desk.price() == Decimal("0.52")


async def test_a_polled_book_is_shown_while_the_stream_is_not_live(desk: Desk) -> None:
    book = Book(YES)
    book.replace([("0.4", "1")], [("0.44", "1")])
    desk.updater.take_polled(BookSnapshot(book, None, None, None, None), desk.now)
    quote = desk.board.quote(YES)
    assert quote is not None
    assert (quote.price, quote.source) == (Decimal("0.42"), Source.POLL)
    assert quote.book is not None, "what a sale would bring is known from it"
    assert [level.price for level in quote.book.bids()] == [Decimal("0.4")]
    assert desk.board.state(YES) is PriceState.POLLED


async def test_a_polled_book_that_differs_from_a_live_one_asks_for_a_new_snapshot(
    desk: Desk,
) -> None:
    await desk.snapshot({"0.5": "5"}, {"0.54": "3"})
    desk.now += 10
    book = Book(YES)
    book.replace([("0.4", "1")], [("0.44", "1")])
    desk.updater.take_polled(BookSnapshot(book, Price(Decimal("0.4")), None, None, None), desk.now)
    assert desk.renewed == [YES]
    assert desk.price() == Decimal("0.52")


async def test_after_every_recorded_frame_our_top_is_the_venues(fixtures_dir: Path) -> None:
    recorded, venue = long_recording(fixtures_dir), RecordedVenue()
    board, asked = PriceBoard(lambda: 0.0), list[TokenId]()
    updater = MarketUpdater(board, renew=asked.extend, clock=lambda: int(venue.at) / 1000)
    for first, second in recorded.pairs:
        updater.follow(TokenId(first), TokenId(second))
        updater.follow(TokenId(second), TokenId(first))
    checked = 0
    for frame in recorded.frames:
        for message in venue.tell(frame):
            await updater.handle_price_update(message, 0.0)
            if isinstance(message, wire.WirePriceChange):
                checked += _tops_agree(board, message)
        for token in asked:  # two new price grids
            await updater.handle_price_update(venue.book(token), 0.0)
        asked.clear()
    assert checked == 190_463
    assert updater.dropped == {"duplicate": 2, "older_than_snapshot": 2}


def _tops_agree(board: PriceBoard, message: wire.WirePriceChange) -> int:
    """The entries whose stated top is not the board's are the failures; the others count."""
    for entry in message.entries():
        quote = board.quote(entry.asset_id)
        assert quote is not None
        assert quote.bid == (Decimal(entry.best_bid or 0) or None)
        assert quote.ask == (Decimal(entry.best_ask or 0) or None)
    return len(message.entries())


async def test_a_resolution_told_by_the_socket_wakes_whoever_asks_the_catalogue() -> None:
    woken: list[str] = []
    updater = MarketUpdater(PriceBoard())
    updater.on_resolution(lambda: woken.append("asked"))
    await updater.handle_price_update(wire.WireResolved("0x1", AT), 0.0)
    assert woken == ["asked"]
