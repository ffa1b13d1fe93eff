"""Numbers in words: exact where it matters, honest about their age."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from core.domain.units import Price, Size, Usdc
from telegram_bot.screens.numbers import cents, gain, money, shares, signed, volume
from telegram_bot.screens.times import ending

NOW = datetime(2026, 11, 21, 14, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("1284.1", "$1,284.10"),
        ("-3.2", "-$3.20"),
        ("0", "$0.00"),
        ("-0.00", "$0.00"),
        ("0.0031", "$0.0031"),
        ("0.00001", "$0.00"),
        ("10.005", "$10.00"),
        ("10.015", "$10.02"),
    ],
)
def test_money_has_cents_and_rounds_half_to_even(value: str, text: str) -> None:
    assert money(Decimal(value)) == text


@pytest.mark.parametrize(
    ("value", "text"), [("12.4", "+$12.40"), ("-3.2", "-$3.20"), ("0.000001", "$0.00")]
)
def test_a_profit_carries_its_sign(value: str, text: str) -> None:
    assert signed(Decimal(value)) == text


def test_a_gain_names_its_percentage() -> None:
    assert gain(Usdc(Decimal("12.4")), Decimal("1.0331")) == "+$12.40 (+1.0 %)"
    assert gain(Usdc(Decimal("-12.4")), Decimal("-1.06")) == "-$12.40 (-1.1 %)"
    assert gain(Usdc(Decimal(0)), Decimal("-0.01")) == "$0.00 (0.0 %)"
    assert gain(Usdc(Decimal(5)), None) == "+$5.00"


@pytest.mark.parametrize(
    ("price", "text"),
    [("0.62", "62¢"), ("0.625", "62.5¢"), ("0.00055", "0.055¢"), ("1.0000", "100¢"), ("0", "0¢")],
)
def test_a_price_in_cents_is_exact(price: str, text: str) -> None:
    assert cents(Price(Decimal(price))) == text


@pytest.mark.parametrize(
    ("size", "text"),
    [("16.1290", "16.129"), ("1234", "1,234"), ("0.99999", "0.9999"), ("0.000012", "0.000012")],
)
def test_shares_are_rounded_down(size: str, text: str) -> None:
    assert shares(Size(Decimal(size))) == text


def test_volumes_are_rough() -> None:
    assert [volume(Decimal(value)) for value in ("950.9", "12400", "1250000", "2E9")] == [
        "$950",
        "$12.4K",
        "$1.2M",
        "$2.0B",
    ]


def test_a_price_that_is_not_there_is_none() -> None:
    assert cents(None) == "none"


def test_an_end_is_a_date_and_a_distance() -> None:
    assert ending(NOW + timedelta(hours=3), NOW) == "Ends 21 Nov 2026, 17:00 UTC · in 3 h"
    assert ending(NOW - timedelta(days=1), NOW) == "Was due to end 20 Nov 2026, 14:00 UTC"
    assert ending(None, NOW) is None
