"""The state of one market that everybody can see: both books, trades, status, history."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from core.domain.book import Book, HashInputs, Side
from core.domain.price import shown_price
from core.domain.units import MICROS, Price, TokenId
from infrastructure.sandbox.exchange.decimals import padded, text
from infrastructure.sandbox.exchange.listing import ListedMarket
from infrastructure.sandbox.exchange.matching import LevelChange, opposite

MINIMUM_SIZE = "5"  # shares
HISTORY_STEP = 60  # seconds; closer points replace each other
HISTORY_LIMIT = 20_000  # points, two weeks of minutes


class LastTrade(NamedTuple):
    """Of one token, in its own terms; `side` is the taker's."""

    price: int
    side: Side


@dataclass(slots=True)
class MarketState:
    """Both complementary books, equal by construction, and what is told beside them.

    `last_trade` is one string for both books: the price of the market's last trade in terms of
    the token that its taker traded. Real books state it that way, and hash it.
    """

    listed: ListedMarket
    tick: int
    changed_at: str  # milliseconds, when the books changed last
    last_trade: str = ""
    own_trades: list[LastTrade | None] = field(default_factory=lambda: [None, None])
    traded: int = 0  # micro USDC since the start
    accepts_orders: bool = True
    is_closed: bool = False
    closed_at: datetime | None = None
    taker_delay: float = 0.0  # seconds that an order which takes has to wait
    payouts: tuple[Decimal, Decimal] | None = None
    history: list[tuple[int, float]] = field(default_factory=list)  # second, first outcome
    is_known: list[bool] = field(default_factory=lambda: [True, True])  # token has had a book
    books: tuple[Book, Book] = field(init=False)

    def __post_init__(self) -> None:
        first, second = self.listed.tokens
        self.books = (Book(TokenId(first)), Book(TokenId(second)))

    def apply(self, change: LevelChange) -> None:
        """Set a level, given in terms of the first outcome, in both books."""
        size = text(change.size)
        self.books[0].apply(change.side, text(change.price), size)
        self.books[1].apply(opposite(change.side), text(MICROS - change.price), size)

    def note_trade(self, outcome: int, side: Side, price: int, size: int) -> None:
        self.last_trade = padded(price)
        self.own_trades[outcome] = LastTrade(price, side)
        self.traded += price * size // MICROS

    def note_price(self, second: int) -> None:
        """Remember the price of now for the history."""
        price = self.price()
        if price is None:
            return
        if self.history and second - self.history[-1][0] < HISTORY_STEP:
            self.history[-1] = (self.history[-1][0], float(price))
        else:
            self.history.append((second, float(price)))
        if len(self.history) > HISTORY_LIMIT:
            del self.history[: HISTORY_LIMIT // 2]

    def hash(self, outcome: int, timestamp: str) -> str:
        inputs = HashInputs(
            self.listed.condition_id,
            MINIMUM_SIZE,
            text(self.tick),
            self.listed.neg_risk,
            self.last_trade,
        )
        return self.books[outcome].hash(inputs, timestamp) or ""

    def price(self, outcome: int = 0) -> Price | None:
        """What the venue's page shows for an outcome."""
        book = self.books[outcome]
        own, other = self.own_trades[outcome], self.own_trades[1 - outcome]
        return shown_price(
            book.best_bid, book.best_ask, _price(own), _price(other) if own is None else None
        )

    def has_book(self, outcome: int) -> bool:
        """Not once it is resolved, nor before a recording has shown one."""
        return self.payouts is None and self.is_known[outcome]


def _price(trade: LastTrade | None) -> Price | None:
    return None if trade is None else Price(Decimal(trade.price) / MICROS)
