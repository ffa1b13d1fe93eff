"""What a market's row is to say, as the board sees it."""

from core.domain.market import Market, Source
from core.domain.price import Quote
from core.domain.units import ONE, Price, TokenId
from core.services.price_board import PriceBoard
from core.storage.prices import MarketPrices


def market_prices(board: PriceBoard, market: Market) -> MarketPrices | None:
    """The source is the stream only while every token is live; None while nothing has a price."""
    quotes = [board.quote(token) for token in market.tokens]
    if all(quote is None or quote.price is None for quote in quotes):
        return None
    is_live = all(board.is_live(token) for token in market.tokens)
    return MarketPrices(
        market=market.id,
        source=Source.WS if is_live else Source.POLL,
        prices=tuple(_price(index, quotes) for index in range(len(quotes))),
        bids=tuple(quote.bid if quote else None for quote in quotes),
        asks=tuple(quote.ask if quote else None for quote in quotes),
        last_trade=_last_trade(quotes),
        age=max(_age(board, token) for token in market.tokens),
    )


def _age(board: PriceBoard, token: TokenId) -> float:
    """A live price is current, however long it has not moved; of what has no price, none is old."""
    return 0.0 if board.is_live(token) else board.age(token) or 0.0


def _price(index: int, quotes: list[Quote | None]) -> Price | None:
    """The outcome's own price; of two outcomes, the other one's complement will do."""
    own = quotes[index]
    if own is not None and own.price is not None:
        return own.price
    other = _other(index, quotes)
    return Price(ONE - other.price) if other is not None and other.price is not None else None


def _last_trade(quotes: list[Quote | None]) -> Price | None:
    """In terms of the first outcome."""
    first, second = quotes[0], _other(0, quotes)
    if first is not None and first.last_trade is not None:
        return first.last_trade
    if second is not None and second.last_trade is not None:
        return Price(ONE - second.last_trade)
    return None


def _other(index: int, quotes: list[Quote | None]) -> Quote | None:
    """Of two outcomes the other one's."""
    return quotes[1 - index] if len(quotes) == 2 else None  # noqa: PLR2004 - two outcomes
