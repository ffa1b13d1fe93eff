"""The doors through which text becomes a quantity."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.errors import InvalidQuantity
from core.domain.units import price, price_micros, size, usdc

NOT_PLAIN = [
    "",
    "nan",
    "NaN",
    "inf",
    "-1",
    "+1",
    "1e-3",
    "1_0",
    " 1",
    "1 ",
    "\uff11",
    "0x1",
    ".",
    "1.",
]


@pytest.mark.parametrize("text", [*NOT_PLAIN, "1.000001", "2", "0.0000001"])
def test_what_is_no_price_is_refused(text: str) -> None:
    with pytest.raises(InvalidQuantity):
        price(text)


@pytest.mark.parametrize("text", NOT_PLAIN)
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(InvalidQuantity):
        size(text)


def test_prices_at_the_edges_are_prices() -> None:
    assert [price(text) for text in ("0", "1", ".5", "0.500000000")] == [
        Decimal(0), Decimal(1), Decimal("0.5"), Decimal("0.5"),
    ]  # fmt: skip


@given(st.integers(0, 1_000_000))
def test_a_price_is_its_millionths_exactly(micros: int) -> None:
    text = f"{Decimal(micros) / 1_000_000:f}"
    assert price_micros(text) == micros
    assert price(text) * 1_000_000 == micros


@given(st.text(max_size=30))
def test_no_text_raises_anything_but_invalid_quantity(text: str) -> None:
    for read in (price, size):
        try:
            value = read(text)
        except InvalidQuantity:
            continue
        assert value.is_finite()
        assert value >= 0


@pytest.mark.parametrize(("value", "rounded"), [("0.0000005", "0"), ("0.0000015", "0.000002")])
def test_money_is_rounded_half_even_to_six_decimals(value: str, rounded: str) -> None:
    assert usdc(Decimal(value)) == Decimal(rounded)


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity"])
def test_money_is_finite(value: str) -> None:
    with pytest.raises(InvalidQuantity):
        usdc(Decimal(value))
