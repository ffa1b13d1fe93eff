"""Books to decide on: the streamed one of a bucket's Yes while it is live, else one fetched now."""

from collections.abc import Sequence

from core.domain.book import Level, Side
from core.domain.continuity import Gap
from core.domain.price import PriceState
from core.domain.units import ONE, Price, TokenId
from core.domain.weather.belief import Blend
from core.domain.weather.deciding import Offer
from core.services.fresh_books import FreshBooks
from core.services.price_board import PriceBoard
from core.services.weather.watching import BELIEVED, Spot, Watched


class BucketBooks:
    """One token a bucket is subscribed: a bid for Yes is an ask for No at 1 - its price."""

    def __init__(self, board: PriceBoard, books: FreshBooks) -> None:
        self._board = board
        self._books = books

    def is_live(self, watched: Watched, spot: Spot) -> bool:
        return self._board.is_live(watched.token(spot.place, is_yes=True))

    def series(self, watched: Watched) -> int:
        """A number that grows with each interruption of news of one of the event's tokens."""
        return sum(self._board.epoch(yes) for yes in watched.places)

    def open_gap(self, watched: Watched) -> Gap | None:
        """The oldest that is open and leaves a bucket without a price."""
        gaps = [
            gap
            for yes in watched.places
            if (gap := self._board.gap(yes)) is not None and not self._is_believed(yes)
        ]
        return min(gaps, key=lambda gap: gap.began, default=None)

    def newest_gap(self, watched: Watched) -> Gap | None:
        """The last that opened, also if it is over."""
        gaps = [gap for yes in watched.places if (gap := self._board.newest_gap(yes)) is not None]
        return max(gaps, key=lambda gap: gap.began, default=None)

    def _is_believed(self, token: TokenId) -> bool:
        return self._board.state(token) in BELIEVED and self._board.is_since_gap(token)

    async def offer(self, watched: Watched, spot: Spot, blend: Blend, side: Side) -> Offer | None:
        """Who would trade that token now; None without a book to decide on.

        Raises: StalePrice or another Unavailable where it has to be fetched.
        """
        market = watched.candidate.markets[spot.place]
        levels = await self._levels(watched, spot, side)
        if levels is None:
            return None
        return Offer(
            place=spot.place,
            is_yes=spot.is_yes,
            market_id=market.id,
            token_id=watched.token(spot.place, is_yes=spot.is_yes),
            belief=blend.of(spot.place, is_yes=spot.is_yes),
            levels=levels,
            tick=market.tick,
            fees=market.fees,
        )

    async def _levels(self, watched: Watched, spot: Spot, side: Side) -> Sequence[Level] | None:
        yes = watched.token(spot.place, is_yes=True)
        quote, state = self._board.quote(yes), self._board.state(yes)
        wants_asks = (side is Side.BUY) is spot.is_yes  # of Yes
        if state is PriceState.LIVE:
            if quote is None or quote.book is None or quote.book.is_crossed:
                return None
            levels = quote.book.asks() if wants_asks else quote.book.bids()
        elif state is PriceState.POLLED:
            book = await self._books.book(yes, watched.token(spot.place, is_yes=False))
            levels = list(book.asks if wants_asks else book.bids)
        else:
            return None
        return levels if spot.is_yes else mirrored(levels)


def mirrored(levels: Sequence[Level]) -> list[Level]:
    """One side of a token's book as the other side of its complement's, best first."""
    return [Level(Price(ONE - level.price), level.size) for level in levels]
