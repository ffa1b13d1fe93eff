"""What people type as an amount."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.amounts import MAX_AMOUNT, typed_percent, typed_shares, typed_usdc
from core.domain.errors import InvalidQuantity

NONSENSE = [
    "", " ", "nan", "NaN", "inf", "-inf", "Infinity", "1e5", "1E5", "-5", "+5",
    "1,000", "999,999", "1,000,000", "1.250,50", "12,50,00", ",5", "5,",
    "1_000", "1'000", "1 000", "1\u00a0000", "0x10", ".5", "5.", "1.2.3",
    "\u22125", "\uff12\uff15", "\u0662\u0665", "\u00b2", "\u00bd",  # other minus, other digits
    "$", "$$5", "5$", "€5", "$-5", "five", "5\n6", "5 %", "0", "0.0", "000", "9" * 4096,
]  # fmt: skip


@pytest.mark.parametrize("text", [*NONSENSE, "25.555", "10000000.01", "10000001"])
def test_what_is_no_amount_of_dollars_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(InvalidQuantity) as refusal:
        typed_usdc(text)
    assert len(str(refusal.value)) < 120


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("25", "25"), ("$25", "25"), ("$ 25", "25"), (" 25.50 ", "25.5"), ("0.01", "0.01"),
        ("0025", "25"), ("10000000", "10000000"), ("25,50", "25.5"), ("0,01", "0.01"),
        ("1,250.50", "1250.5"), ("$1,000,000.00", "1000000"),
    ],
)  # fmt: skip
def test_amounts_of_dollars_are_read_exactly(text: str, value: str) -> None:
    assert typed_usdc(text) == Decimal(value)


@pytest.mark.parametrize("text", ["1,000", "$1,000", "12,345"])
def test_a_comma_that_could_mean_two_things_is_asked_about(text: str) -> None:
    with pytest.raises(InvalidQuantity, match="a thousand or a decimal"):
        typed_usdc(text)


def test_shares_have_at_most_six_decimals() -> None:
    assert typed_shares("12.345678") == Decimal("12.345678")
    assert typed_shares("0,125") == Decimal("0.125")
    with pytest.raises(InvalidQuantity, match="6 decimals"):
        typed_shares("12.3456789")


@pytest.mark.parametrize(("text", "value"), [("50", "50"), ("50%", "50"), ("12.5 %", "12.5")])
def test_percents_are_read_with_and_without_their_sign(text: str, value: str) -> None:
    assert typed_percent(text) == Decimal(value)


@pytest.mark.parametrize("text", ["0", "0%", "101", "100.01", "-1", "nan%", "%", "1e1%"])
def test_percents_outside_0_to_100_are_refused(text: str) -> None:
    with pytest.raises(InvalidQuantity):
        typed_percent(text)


@given(st.text(max_size=60))
def test_whatever_is_typed_gives_a_plain_number_or_a_refusal(text: str) -> None:
    for read in (typed_usdc, typed_shares, typed_percent):
        try:
            value = read(text)
        except InvalidQuantity:
            continue
        assert value.is_finite()
        assert 0 < value <= MAX_AMOUNT


@given(st.decimals("0.01", MAX_AMOUNT, places=2))
def test_every_amount_with_cents_comes_back_as_it_was_typed(value: Decimal) -> None:
    assert typed_usdc(f"${value:f}") == value
