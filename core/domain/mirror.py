"""A token's price as its complement's: who bids for Yes at p asks 1 - p for No."""

from decimal import Decimal

from core.domain.book import Book
from core.domain.price import Quote
from core.domain.units import ONE, Price, TokenId


def mirrored(quote: Quote, token: TokenId) -> Quote:
    """`quote` of the other token of a two-sided market, as one of `token`."""
    return quote._replace(
        token=token,
        price=_other(quote.price),
        bid=_other(quote.ask),
        ask=_other(quote.bid),
        last_trade=_other(quote.last_trade),
        book=None if quote.book is None else _book(quote.book, token),
    )


def _book(book: Book, token: TokenId) -> Book:
    other = Book(token)
    other.replace(
        [(_text(price), size) for price, size in book.raw_asks()],
        [(_text(price), size) for price, size in book.raw_bids()],
    )
    return other


def _text(price: str) -> str:
    return f"{ONE - Decimal(price):f}"


def _other(price: Price | None) -> Price | None:
    return None if price is None else Price(ONE - price)
