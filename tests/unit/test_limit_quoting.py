"""Orders that may rest, checked before anybody is asked to confirm them."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from core.domain.account import Account
from core.domain.book import Level, Side
from core.domain.errors import (
    InsufficientBalance,
    InvalidQuantity,
    NotEnoughShares,
    OrderTooSmall,
    Rejected,
)
from core.domain.market import Source
from core.domain.offer import LimitQuote, button_payload, button_ticket
from core.domain.order_amounts import OrderKind
from core.domain.price import PriceState
from core.domain.units import MarketId, Price, Size, TokenId, Usdc, UserId
from core.services.clob.limit_quoting import LimitWish, limit_quote
from core.services.fresh_books import DecisionBook
from core.storage.means import Means
from tests.support.rows import market
from tests.support.trading import START

YES = TokenId("11")


def level(price: str) -> Level:
    return Level(Price(Decimal(price)), Size(Decimal(100)))


BOOK = DecisionBook(YES, (level("0.48"),), (level("0.50"),), Source.WS, 0.1, PriceState.LIVE, None)
MEANS = Means(Usdc(Decimal(100)), Size(Decimal(50)))
WISH = LimitWish(MarketId("1"), YES, Side.BUY, Price(Decimal("0.45")), size=Size(Decimal(20)))


def quoted(
    wish: LimitWish = WISH,
    *,
    account: Account = Account.LIVE,
    means: Means = MEANS,
    book: DecisionBook = BOOK,
) -> LimitQuote:
    return limit_quote(
        account,
        market(1),
        book,
        wish,
        means=means,
        now=START,
    )


def test_a_quote_says_what_all_of_it_costs_and_brings() -> None:
    quote = quoted()
    assert [quote.size, quote.value, quote.payout] == [Decimal(20), Decimal(9), Decimal(20)]
    assert not quote.crosses
    assert quote.fee == 0
    assert [quote.bid, quote.ask] == [Decimal("0.48"), Decimal("0.50")]


def test_money_becomes_whole_hundredths_of_a_share() -> None:
    by_money = quoted(replace(WISH, size=None, spend=Usdc(Decimal(10))))
    assert by_money.size == Decimal("22.22")
    assert by_money.value <= 10


@pytest.mark.parametrize(
    ("side", "price", "crosses"),
    [
        (Side.BUY, "0.49", False),
        (Side.BUY, "0.50", True),
        (Side.SELL, "0.49", False),
        (Side.SELL, "0.48", True),
    ],
)
def test_an_order_that_meets_the_other_side_is_said_to_cross(
    side: Side, price: str, *, crosses: bool
) -> None:
    wish = replace(WISH, side=side, price=Price(Decimal(price)))
    quote = quoted(wish)
    assert quote.crosses is crosses
    assert (quote.fee > 0) is crosses
    if crosses:
        with pytest.raises(Rejected, match="trade at once"):
            quoted(replace(wish, post_only=True))


def test_an_empty_book_can_be_rested_in() -> None:
    empty = replace(BOOK, bids=(), asks=())
    assert not quoted(replace(WISH, post_only=True), book=empty).crosses


@pytest.mark.parametrize(
    ("wish", "refusal"),
    [
        (replace(WISH, price=Price(Decimal("0.455"))), InvalidQuantity),
        (replace(WISH, price=Price(Decimal(1))), InvalidQuantity),
        (replace(WISH, size=Size(Decimal("4.99"))), OrderTooSmall),
        (replace(WISH, size=Size(Decimal(300))), InsufficientBalance),
        (replace(WISH, side=Side.SELL, size=Size(Decimal(51))), NotEnoughShares),
        (replace(WISH, kind=OrderKind.FAK), Rejected),
        (replace(WISH, kind=OrderKind.GTD), InvalidQuantity),
        (
            replace(WISH, kind=OrderKind.GTD, expires_at=START + timedelta(seconds=60)),
            InvalidQuantity,
        ),
    ],
    ids=str,
)
def test_what_the_venue_would_refuse_is_refused_here(
    wish: LimitWish, refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        quoted(wish)


def test_practice_money_does_not_rest() -> None:
    with pytest.raises(Rejected, match="live mode"):
        quoted(account=Account.PAPER)


def test_the_button_keeps_all_of_an_order_that_ends_by_itself() -> None:
    ends = START + timedelta(hours=1)
    quote = quoted(replace(WISH, kind=OrderKind.GTD, expires_at=ends, post_only=True))
    ticket = button_ticket(button_payload(quote), "b", UserId(1))
    assert ticket.kind is OrderKind.GTD
    assert ticket.expires_at == ends
    assert ticket.post_only
    assert [ticket.size, ticket.spend] == [Decimal(20), None]
    assert ticket.worst_price == Decimal("0.45")


def test_what_open_orders_hold_is_not_promised_again() -> None:
    held = replace(MEANS, cash_held=Usdc(Decimal(92)), shares_held=Size(Decimal(35)))
    with pytest.raises(InsufficientBalance, match=r"92\.00 of it in open orders: 8\.00 is free"):
        quoted(means=held)
    sale = replace(WISH, side=Side.SELL, price=Price(Decimal("0.55")))
    with pytest.raises(NotEnoughShares, match="You hold 50 shares, 35 in open sales"):
        quoted(sale, means=held)
    assert quoted(replace(sale, size=Size(Decimal(15))), means=held).size == 15
