"""Amounts in base units: every recorded rounding, and what holds for all of them."""

import json
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from core.domain.book import Side
from core.domain.errors import InvalidQuantity, OrderTooSmall, Rejected
from core.domain.order_amounts import (
    SHORTEST_LIFE,
    TICKS,
    BaseAmounts,
    OrderKind,
    OrderTerms,
    order_amounts,
    price_parts,
    refuse_short_life,
)
from core.domain.units import MICROS, Price, Size, Usdc
from tests.support.signing import PRICE_DECIMALS, as_a_float_reads, terms

RESTING = [OrderKind.GTC, OrderKind.GTD]
IMMEDIATE = [OrderKind.FOK, OrderKind.FAK]


def test_every_recorded_limit_order_has_our_amounts(fixtures_dir: Path) -> None:
    cases = json.loads((fixtures_dir / "vectors/order_amounts.json").read_text())["limit"]
    for tick, side, price, size, maker, taker in cases:
        amounts = order_amounts(terms(Side(side), price, tick=tick, size=size))
        assert amounts == BaseAmounts(maker, taker)
    assert len(cases) > 2000


def test_every_recorded_market_order_has_our_amounts_within_the_venues_decimals(
    fixtures_dir: Path,
) -> None:
    cases = json.loads((fixtures_dir / "vectors/order_amounts.json").read_text())["market"]
    one_millionth_less = 0
    for tick, side, price, amount, maker, taker in cases:
        read = as_a_float_reads(price, PRICE_DECIMALS[tick])
        given_up = {"spend": amount} if side == "BUY" else {"size": amount}
        ours = order_amounts(terms(Side(side), read, kind=OrderKind.FAK, tick=tick, **given_up))
        step = TICKS[Decimal(tick)]
        assert ours.maker == maker
        assert ours.taker in {taker // step * step, (taker + 1) // step * step}
        one_millionth_less += ours.taker > taker
    assert len(cases) > 1500
    assert one_millionth_less == 2  # quotients that are whole, and that floats put just below it


def test_every_recorded_price_is_accepted_or_refused_alike(fixtures_dir: Path) -> None:
    vectors = json.loads((fixtures_dir / "vectors/prices_fees_market.json").read_text())
    for price, tick, is_valid in vectors["price_valid"]:
        assert _is_accepted(price, tick) == is_valid


def _is_accepted(price: str, tick: str) -> bool:
    try:
        price_parts(Price(Decimal(price)), Decimal(tick))
    except InvalidQuantity:
        return False
    return True


@pytest.mark.parametrize(
    ("asked", "amounts"),
    [
        (terms(size="10.019", price="0.37"), BaseAmounts(3_703_700, 10_010_000)),
        (terms(spend="10", price="0.37"), BaseAmounts(9_997_400, 27_020_000)),
        (terms(spend="10.019", kind=OrderKind.FOK), BaseAmounts(10_010_000, 20_020_000)),
        (terms(size="10.5", price="0.37", kind=OrderKind.FAK), BaseAmounts(3_880_000, 10_486_400)),
        (
            terms(Side.SELL, "0.3335", tick="0.0001", size="1.11", kind=OrderKind.FAK),
            BaseAmounts(1_110_000, 370_100),
        ),
        (
            terms(Side.SELL, "0.3335", tick="0.0001", size="1.11"),
            BaseAmounts(1_110_000, 370_185),
        ),
    ],
)  # fmt: skip
def test_amounts_are_cut_to_what_the_venue_takes(asked: OrderTerms, amounts: BaseAmounts) -> None:
    assert order_amounts(asked) == amounts


@pytest.mark.parametrize(
    "wrong",
    [
        terms(size="5", price="0.505"),
        terms(size="5", price="0.0025", tick="0.005"),
        terms(size="5", price="0"),
        terms(size="5", price="1"),
        terms(size="5", price="NaN"),
        terms(size="5", tick="0.02"),
        terms(size="0"),
        terms(size="-5"),
        terms(size="NaN"),
        terms(size="Infinity"),
        terms(size="1e30"),
        terms(),
        terms(size="5", spend="5"),
        terms(Side.SELL, spend="5"),
        terms(size="5", kind=OrderKind.GTD),
        replace(terms(size="5"), expires_at=1_790_658_974),
        replace(terms(size="5", kind=OrderKind.FAK), post_only=True),
        replace(terms(size="5", kind=OrderKind.FOK), post_only=True),
        replace(terms(size="5", kind=OrderKind.GTD), expires_at=-1),
    ],
)
def test_what_cannot_be_expressed_is_refused(wrong: OrderTerms) -> None:
    with pytest.raises(InvalidQuantity):
        order_amounts(wrong)


@pytest.mark.parametrize(
    "small",
    [
        terms(size="0.009"),
        terms(spend="0.004"),
        terms(spend="0.009", kind=OrderKind.FAK),
        terms(size="0.01", kind=OrderKind.FAK),
        terms(Side.SELL, "0.0001", tick="0.0001", size="0.01", kind=OrderKind.FAK),
        terms(Side.SELL, "0.1111", tick="0.0001", size="0.1", kind=OrderKind.FAK),
    ],
)
def test_what_rounds_to_nothing_or_to_another_price_is_too_small(small: OrderTerms) -> None:
    with pytest.raises(OrderTooSmall):
        order_amounts(small)


def test_an_order_that_would_end_too_soon_is_refused() -> None:
    lasting = replace(terms(size="5", kind=OrderKind.GTD), expires_at=10_000)
    refuse_short_life(lasting, 10_000 - SHORTEST_LIFE)
    refuse_short_life(terms(size="5"), 10_000)
    with pytest.raises(InvalidQuantity, match="180 seconds"):
        refuse_short_life(lasting, 10_000 - SHORTEST_LIFE + 1)


@st.composite
def on_the_grid(draw: st.DrawFn, kinds: list[OrderKind]) -> OrderTerms:
    tick = draw(st.sampled_from(sorted(TICKS)))
    price = tick * draw(st.integers(1, int(1 / tick) - 1))
    quantity = draw(st.decimals("0.01", "1000000", places=6))
    kind, side = draw(st.sampled_from(kinds)), draw(st.sampled_from(Side))
    by_money = side is Side.BUY and draw(st.booleans())
    return OrderTerms(
        side,
        kind,
        Price(price),
        tick,
        size=None if by_money else Size(quantity),
        spend=Usdc(quantity) if by_money else None,
        expires_at=1_790_658_974 if kind is OrderKind.GTD else 0,
    )


def _money_and_shares(asked: OrderTerms) -> tuple[int, int]:
    try:
        amounts = order_amounts(asked)
    except OrderTooSmall:
        assume(condition=False)
        raise
    is_buy = asked.side is Side.BUY
    both = (amounts.maker, amounts.taker)
    return both if is_buy else (both[1], both[0])


@given(on_the_grid(RESTING))
def test_what_rests_is_worth_exactly_its_price(asked: OrderTerms) -> None:
    money, shares = _money_and_shares(asked)
    assert Decimal(money) == shares * asked.price
    assert shares % 10_000 == 0


@given(on_the_grid(IMMEDIATE))
def test_what_is_immediate_has_the_decimals_the_venue_takes(asked: OrderTerms) -> None:
    _money_and_shares(asked)
    amounts = order_amounts(asked)
    assert amounts.maker % 10_000 == 0
    assert amounts.taker % TICKS[asked.tick] == 0


@given(on_the_grid(IMMEDIATE))
def test_the_price_of_what_is_immediate_meets_the_limit_and_no_next_one(asked: OrderTerms) -> None:
    money, shares = _money_and_shares(asked)
    step = Decimal(TICKS[asked.tick]) / MICROS
    past = money - shares * asked.price if asked.side is Side.BUY else shares * asked.price - money
    assert 0 <= past < shares * step


@given(on_the_grid(RESTING + IMMEDIATE))
def test_never_more_is_traded_than_was_stated_nor_much_less(asked: OrderTerms) -> None:
    money, shares = _money_and_shares(asked)
    if asked.spend is not None:
        assert 0 <= asked.spend * MICROS - money <= 10_000
    if asked.size is not None:
        assert 0 <= asked.size * MICROS - shares <= 10_000 / asked.price + 1000


@given(on_the_grid(RESTING + IMMEDIATE))
def test_at_least_a_dollar_and_a_share_is_never_too_small(asked: OrderTerms) -> None:
    quantity = asked.spend or asked.size or Decimal(0)
    assume(quantity >= 2 and quantity * (asked.price if asked.size else 1) >= 1)
    assert order_amounts(asked).maker > 0


@given(
    st.decimals(allow_nan=True, allow_infinity=True),
    st.decimals(allow_nan=True, allow_infinity=True).filter(lambda number: not number.is_snan()),
    st.sampled_from(Side),
    st.sampled_from(OrderKind),
)
def test_any_number_gives_an_order_or_a_refusal(
    quantity: Decimal, price: Decimal, side: Side, kind: OrderKind
) -> None:
    asked = OrderTerms(side, kind, Price(price), Decimal("0.01"), size=Size(quantity))
    with suppress(Rejected):  # and nothing else
        amounts = order_amounts(asked)
        assert amounts.maker > 0
        assert amounts.taker > 0
