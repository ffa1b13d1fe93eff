"""One token's venue, scripted: its book, its clock, its hashes, and a feed that listens to it."""

from collections.abc import Collection

from core.domain.book import Book, HashInputs
from core.domain.health import Doubt
from core.domain.price import PriceState
from core.domain.units import TokenId, plain_decimal
from core.ports import BookSnapshot
from core.services.price_board import PriceBoard
from data_ingestion.streamer.market_updater.market_updater import MarketUpdater
from data_ingestion.streamer.market_updater.token_feed import instant
from data_ingestion.streamer.websocket_client import wire
from tests.support.rows import market

TOKEN = TokenId("11")
BEGAN = 1_790_658_674_000  # ms
Levels = tuple[list[tuple[str, str]], list[tuple[str, str]]]


class ScriptedVenue:
    """The venue's own truth about one token. `at` is its clock in milliseconds."""

    def __init__(self, bids: dict[str, str], asks: dict[str, str], token: TokenId = TOKEN) -> None:
        self.token = token
        self.at = BEGAN
        self.inputs = HashInputs("0x1", "5", "0.01", False, "")
        self.true = Book(token)
        self.true.replace(bids.items(), asks.items())

    @property
    def timestamp(self) -> str:
        return str(self.at)

    @property
    def levels(self) -> Levels:
        return self.true.raw_bids(), self.true.raw_asks()

    def entry(self, side: str, price: str, size: str, after: int = 0) -> wire.WireChange:
        """A change, `after` so many milliseconds, as the venue tells it."""
        self.at += after
        self.true.apply(side, price, size)
        bid, ask = self.true.best_bid, self.true.best_ask
        return wire.WireChange(
            asset_id=self.token,
            price=price,
            size=size,
            side=side,
            hash=self.true.hash(self.inputs, self.timestamp),
            best_bid="" if bid is None else f"{bid.normalize():f}",
            best_ask="" if ask is None else f"{ask.normalize():f}",
        )

    def change(self, side: str, price: str, size: str, after: int = 10) -> wire.WirePriceChange:
        """A frame of one change."""
        return self.frame(self.entry(side, price, size, after))

    def frame(self, *entries: wire.WireChange) -> wire.WirePriceChange:
        return wire.WirePriceChange("0x1", self.timestamp, list(entries))

    def book(self) -> wire.WireBook:
        """What the socket sends to whoever subscribes now."""
        return wire.WireBook(
            asset_id=self.token,
            market="0x1",
            timestamp=self.timestamp,
            bids=[wire.WireLevel(*level) for level in self.true.raw_bids()],
            asks=[wire.WireLevel(*level) for level in self.true.raw_asks()],
            hash=self.true.hash(self.inputs, self.timestamp),
            tick_size=self.inputs.tick,
            last_trade_price=self.inputs.last_trade,
        )

    def snapshot(self, *, is_proven: bool = True) -> BookSnapshot:
        """What REST answers now."""
        copy = Book(self.token)
        copy.replace(self.true.raw_bids(), self.true.raw_asks())
        return BookSnapshot(
            book=copy,
            last_trade=None,
            tick=plain_decimal(self.inputs.tick),
            minimum_size=None,
            at=instant(self.timestamp),
            timestamp=self.timestamp,
            inputs=self.inputs,
            is_proven=is_proven,
        )


class Listening:
    """A feed of one token on an open connection, with a clock that stands where it is put."""

    def __init__(self, *, copies: int = 1, verifies: bool = True) -> None:
        self.now = 100.0
        self.since_1970 = 0.0  # seconds from there to the beginning of this clock, as we think
        self.renewed: list[TokenId] = []
        self.board = PriceBoard(lambda: self.now)
        self.updater = MarketUpdater(
            self.board,
            renew=self._renew,
            verifies=verifies,
            copies=copies,
            clock=lambda: self.now,
            wall=lambda: self.now + self.since_1970,
        )
        self.updater.describe(market(1))
        self.updater.follow(TOKEN, TokenId("12"))
        self.updater.connection_opened([TOKEN])
        self.now += 10.0

    def _renew(self, tokens: Collection[TokenId]) -> None:
        self.renewed.extend(tokens)

    def hear(self, *messages: wire.Message) -> None:
        for message in messages:
            self.updater.apply(message, self.now)

    def poll(self, snapshot: BookSnapshot) -> None:
        """REST is asked, and answers this."""
        self.updater.asked([TOKEN])
        self.updater.take_polled(snapshot, self.now)

    def later(self, seconds: float) -> None:
        """So much time passes, and the feed looks what that means."""
        self.now += seconds
        self.updater.check()

    @property
    def state(self) -> PriceState:
        return self.board.state(TOKEN)

    @property
    def why(self) -> Doubt | None:
        return self.board.why(TOKEN)

    @property
    def gaps(self) -> dict[Doubt, int]:
        return dict(self.board.gap_figures().opened)

    @property
    def top(self) -> tuple[str, str]:
        """The bid and the ask that are shown."""
        quote = self.board.quote(TOKEN)
        assert quote is not None
        return str(quote.bid), str(quote.ask)

    @property
    def levels(self) -> Levels:
        """Of the book that readers are given."""
        quote = self.board.quote(TOKEN)
        assert quote is not None
        assert quote.book is not None
        return quote.book.raw_bids(), quote.book.raw_asks()
