"""Books to decide on: the streamed one while it is live, else one fetched for this decision."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_DOWN, Decimal
from types import MappingProxyType
from typing import Final

from core.domain.book import Book, Level
from core.domain.errors import StalePrice
from core.domain.market import Source
from core.domain.price import PriceState, Quote, shown_price
from core.domain.sentences import mark
from core.domain.units import MICRO, Price, Size, TokenId
from core.ports import BookSnapshot, PriceSource
from core.services.price_board import PriceBoard

MAX_BOOK_AGE: Final = 2.0  # seconds; a fetched book that took longer proves nothing any more
TOO_SLOW: Final = mark("The venue answers too slowly to trade on its prices right now.")

_NO_PAIRS: Final[Mapping[TokenId, TokenId]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class DecisionBook:
    """One token's book with the proof of its age; levels best first."""

    token: TokenId
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]
    source: Source
    age: float  # seconds
    state: PriceState
    last_trade: Price | None


class FreshBooks:
    """The one door to books for whoever trades, looks or polls."""

    def __init__(
        self,
        board: PriceBoard,
        source: PriceSource,
        clock: Callable[[], float],
        wall: Callable[[], datetime],
    ) -> None:
        self._board = board
        self._source = source
        self._clock = clock
        self._wall = wall

    async def book(self, token: TokenId, complement: TokenId | None = None) -> DecisionBook:
        """The streamed book if it is live and sane, else one fetched now by REST.

        Raises: StalePrice for no book, or one older than `MAX_BOOK_AGE`; Unavailable.
        """
        return self._streamed(token) or await self._fetched(token, complement)

    async def refresh(
        self, tokens: Sequence[TokenId], complements: Mapping[TokenId, TokenId] = _NO_PAIRS
    ) -> None:
        """Bring the books of `tokens` to the board by REST; what streams live is left alone.

        Raises: Unavailable.
        """
        asked = self._clock()
        snapshots = await self._source.books(tokens)
        traded = {snapshot.book.token: snapshot.last_trade for snapshot in snapshots}
        for snapshot in snapshots:
            other = complements.get(snapshot.book.token)
            borrowed = None if other is None else traded.get(other) or self._last_trade(other)
            self._publish(snapshot, borrowed, asked)

    def mark(self, token: TokenId) -> Price | None:
        """The price shown on the board, whatever its age."""
        quote = self._board.quote(token)
        return None if quote is None else quote.price

    def _streamed(self, token: TokenId) -> DecisionBook | None:
        quote, reading = self._board.quote(token), self._board.reading(token)
        if quote is None or reading is None or quote.book is None:
            return None
        if not self._board.is_live(token) or quote.book.is_crossed:
            return None
        return _decision(quote.book, Source.WS, reading.age, PriceState.LIVE, quote.last_trade)

    async def _fetched(self, token: TokenId, complement: TokenId | None) -> DecisionBook:
        asked = self._clock()
        snapshot = await self._ask(token)
        age = self._clock() - asked
        if age >= MAX_BOOK_AGE:
            raise StalePrice(TOO_SLOW)
        if snapshot is None:
            raise StalePrice("The venue has no order book for this outcome right now.")
        if snapshot.book.is_crossed:
            raise StalePrice("The order book is changing too fast right now. Please try again.")
        borrowed = None if complement is None else self._last_trade(complement)
        self._publish(snapshot, borrowed, asked)
        return _decision(snapshot.book, Source.POLL, age, PriceState.POLLED, snapshot.last_trade)

    async def _ask(self, token: TokenId) -> BookSnapshot | None:
        """Not waited for longer than the answer could be used. Raises: StalePrice, Unavailable."""
        try:
            async with asyncio.timeout(MAX_BOOK_AGE):
                snapshots = await self._source.books([token])
        except TimeoutError as late:
            raise StalePrice(TOO_SLOW) from late
        return next((found for found in snapshots if found.book.token == token), None)

    def _last_trade(self, token: TokenId) -> Price | None:
        quote = self._board.quote(token)
        return None if quote is None else quote.last_trade

    def _publish(self, snapshot: BookSnapshot, borrowed: Price | None, asked: float) -> None:
        """Put a fetched book on the board, as old as the question; a live stream knows better.

        `borrowed`: the complement's last trade, for a token that has none of its own.
        """
        book = snapshot.book
        if self._board.is_live(book.token) or book.is_crossed:
            return
        shown = shown_price(book.best_bid, book.best_ask, snapshot.last_trade, borrowed)
        if shown is None:
            self._publish_empty(book.token)
            return
        self._board.publish(
            Quote(
                token=book.token,
                price=shown,
                bid=book.best_bid,
                ask=book.best_ask,
                last_trade=snapshot.last_trade,
                source=Source.POLL,
                received=asked,
                at=self._wall(),
                book=book,
            )
        )
        self._board.show_polled(book.token)

    def _publish_empty(self, token: TokenId) -> None:
        """An empty book has no price: the last one stays, as old as it is."""
        quote = self._board.quote(token)
        if quote is not None:
            self._board.publish(quote._replace(bid=None, ask=None, book=None, source=Source.POLL))


def _decision(
    book: Book, source: Source, age: float, state: PriceState, last_trade: Price | None
) -> DecisionBook:
    return DecisionBook(
        token=book.token,
        bids=_tradable(book.bids()),
        asks=_tradable(book.asks()),
        source=source,
        age=age,
        state=state,
        last_trade=last_trade,
    )


def _tradable(levels: Sequence[Level]) -> tuple[Level, ...]:
    """Sizes in whole millionths of a share, as the ledger keeps them; dust below is left out."""
    whole = (Level(level.price, _whole(level.size)) for level in levels)
    return tuple(level for level in whole if level.size > 0)


def _whole(size: Size) -> Size:
    exponent = Decimal(size).as_tuple().exponent
    if isinstance(exponent, int) and exponent < -6:  # noqa: PLR2004 - decimals of a share
        return Size(size.quantize(MICRO, rounding=ROUND_DOWN))
    return size
