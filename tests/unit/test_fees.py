"""Taker fees."""

import json
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.fees import NO_FEE, FeeSchedule, taker_fee
from core.domain.units import Price, Size

prices = st.decimals("0.001", "0.999", places=3).map(Price)
sizes = st.decimals("0.0001", "100000", places=4).map(Size)


@pytest.mark.parametrize(
    ("rate", "shares", "at", "fee"),
    [
        ("0.04", "100", "0.5", "1.00000"),
        ("0.07", "100", "0.3", "1.47000"),
        ("0.05", "33.3333", "0.013", "0.02138"),
        ("0.04", "0.0004", "0.5", "0.00000"),
    ],
)
def test_the_fee_is_shares_times_rate_times_p_times_1_minus_p(
    rate: str, shares: str, at: str, fee: str
) -> None:
    schedule = FeeSchedule(Decimal(rate))
    assert taker_fee(schedule, Size(Decimal(shares)), Price(Decimal(at))) == Decimal(fee)


def test_a_fee_of_half_a_step_is_rounded_to_the_even_one() -> None:
    schedule = FeeSchedule(Decimal("0.04"))
    fees = [
        taker_fee(schedule, Size(Decimal(shares)), Price(Decimal("0.5")))
        for shares in ("0.0005", "0.0015")
    ]
    assert fees == [Decimal("0.00000"), Decimal("0.00002")]


def test_published_fee_tables_are_met(fixtures_dir: Path) -> None:
    vectors = json.loads((fixtures_dir / "vectors" / "prices_fees_market.json").read_text())
    for case in vectors["platform_fee_exp2"]:
        schedule = FeeSchedule(Decimal(str(case["rate"])), Decimal(case["exp"]))
        fee = taker_fee(
            schedule, Size(Decimal(case["contracts"])), Price(Decimal(str(case["price"])))
        )
        assert abs(fee - Decimal(str(case["fee"]))) <= Decimal("0.000005")


@given(sizes, prices)
def test_both_sides_of_a_pair_pay_the_same_and_free_markets_nothing(size: Size, at: Price) -> None:
    schedule = FeeSchedule(Decimal("0.05"))
    assert taker_fee(schedule, size, at) == taker_fee(schedule, size, Price(1 - at))
    assert taker_fee(NO_FEE, size, at) == 0
