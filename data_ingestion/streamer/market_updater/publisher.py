"""Books and last trades become quotes on the price board."""

import time
from collections.abc import Callable

from core.domain.book import Book
from core.domain.market import Source
from core.domain.price import Quote, shown_price
from core.domain.units import Price, TokenId
from core.ports import BookSnapshot
from core.services.price_board import PriceBoard
from data_ingestion.streamer.market_updater.token_feed import TokenFeed, instant


class Publisher:
    """Tells the board what changed, and what did not that it is younger."""

    def __init__(
        self,
        board: PriceBoard,
        observe_lag: Callable[[float], None],
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._board = board
        self.touch = board.touch
        self._observe_lag = observe_lag
        self._wall = wall

    def publish(self, feed: TokenFeed, timestamp: str, received: float) -> None:
        """The book or the last trade of a live token may have changed, at `timestamp`."""
        book = feed.book
        top = (book.best_bid_micros, book.best_ask_micros)
        if top == (feed.shown_bid, feed.shown_ask) and feed.last_trade == feed.shown_trade:
            self.touch(feed.token, received)
            return
        feed.shown_bid, feed.shown_ask = top
        feed.told_bid = feed.told_ask = None  # what was told of another top proves nothing of this
        feed.shown_trade = feed.last_trade
        told = instant(timestamp)
        self._observe_lag(self._wall() - told.timestamp())
        self._board.publish(
            Quote(
                token=feed.token,
                price=self._price(book, feed.last_trade, feed.complement),
                bid=book.best_bid,
                ask=book.best_ask,
                last_trade=feed.last_trade,
                source=Source.WS,
                received=received,
                at=told,
                book=book,
            )
        )

    def publish_polled(
        self, snapshot: BookSnapshot, complement: TokenId | None, received: float
    ) -> None:
        """A book by REST of a token that is not live."""
        book = snapshot.book
        self._board.publish(
            Quote(
                token=book.token,
                price=self._price(book, snapshot.last_trade, complement),
                bid=book.best_bid,
                ask=book.best_ask,
                last_trade=snapshot.last_trade,
                source=Source.POLL,
                received=received,
                at=snapshot.at,
                book=book,
            )
        )

    def _price(
        self, book: Book, last_trade: Price | None, complement: TokenId | None
    ) -> Price | None:
        """An empty book says nothing about the price: the last one stays, and ages."""
        other = self._board.quote(complement) if complement else None
        borrowed = other.last_trade if other else None
        shown = shown_price(book.best_bid, book.best_ask, last_trade, borrowed)
        if shown is not None:
            return shown
        known = self._board.quote(book.token)
        return known.price if known else None
