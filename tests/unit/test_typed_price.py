"""Prices as people type them."""

from decimal import Decimal

import pytest

from core.domain.amounts import typed_price
from core.domain.errors import InvalidQuantity
from core.domain.order_words import At, Best, PriceWish, Times, is_short_answer, price_wish
from core.domain.units import Price


@pytest.mark.parametrize(
    ("text", "price"),
    [
        ("45", "0.45"),
        ("45c", "0.45"),
        ("45 cents", "0.45"),
        ("45¢", "0.45"),
        ("0.45", "0.45"),
        (".45", "0.45"),
        ("$0.45", "0.45"),
        ("99.9", "0.999"),
        ("0.5c", "0.005"),
        ("1", "0.01"),
        (" 62.25 ", "0.6225"),
        ("0,45", "0.45"),
        (",45", "0.45"),
        ("$0,45", "0.45"),
        ("1,5", "0.015"),
        ("62,5c", "0.625"),
    ],
)
def test_cents_and_dollars_are_told_apart(text: str, price: str) -> None:
    assert typed_price(text) == Decimal(price)


@pytest.mark.parametrize(
    "text", ["", "0", "100", "145c", "$1", "0.00", "-5", "4 5", "1,500", "abc", "1e1", "٤٥"]
)
def test_what_is_no_price_is_explained(text: str) -> None:
    with pytest.raises(InvalidQuantity):
        typed_price(text)


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        ("45", At(Price(Decimal("0.45")))),
        (" 45 c ", At(Price(Decimal("0.45")))),
        ("0.45", At(Price(Decimal("0.45")))),
        ("@45", At(Price(Decimal("0.45")))),
        ("+5%", Times(Decimal("1.05"))),
        ("\u22125 %", Times(Decimal("0.95"))),
        ("2x", Times(Decimal(2))),
        ("Bid", Best.BID),
        ("ask", Best.ASK),
    ],
)
def test_a_limit_is_said_in_cents_or_by_what_stands_in_the_book(text: str, wish: PriceWish) -> None:
    assert price_wish(text) == wish
    assert is_short_answer(text)


@pytest.mark.parametrize("text", ["", "0", "100", "50%", "-", "nan", "1e2", "1,000", "9" * 5000])
def test_what_is_no_limit_is_refused(text: str) -> None:
    with pytest.raises(InvalidQuantity):
        price_wish(text)


@pytest.mark.parametrize("text", ["bitcoin", "bitcoin buy yes 50", "yes", "/home", "bids", ""])
def test_words_are_no_short_answer(text: str) -> None:
    assert not is_short_answer(text)
