"""Prices as people type them."""

from decimal import Decimal

import pytest

from core.domain.amounts import typed_price
from core.domain.errors import InvalidQuantity


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
