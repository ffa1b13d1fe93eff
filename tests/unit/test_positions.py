"""Holdings as folds of fills."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.account import Account
from core.domain.book import Side
from core.domain.errors import NotEnoughShares
from core.domain.ledger import Fill
from core.domain.position import (
    Holding,
    apply_fill,
    pnl_percentage,
    replay,
    shares_of,
    unrealized_pnl,
)
from core.domain.units import ZERO, MarketId, Price, Size, TokenId, Usdc, UserId

DUST = Decimal("0.000001")


def fill(side: Side, size: str | Decimal, price: str | Decimal, fee: str | Decimal = "0") -> Fill:
    return Fill(
        event_key="",
        user_id=UserId(1),
        account=Account.PAPER,
        market_id=MarketId("1"),
        token_id=TokenId("11"),
        outcome="Yes",
        side=side,
        size=Size(Decimal(size)),
        price=Price(Decimal(price)),
        fee=Usdc(Decimal(fee)),
        at=datetime(2026, 1, 1, tzinfo=UTC),
    )


sizes = st.decimals("0.0001", "10000", places=4)
prices = st.decimals("0.001", "0.999", places=3)
fees = st.decimals("0", "0.01", places=5)


@st.composite
def histories(draw: st.DrawFn) -> list[Fill]:
    """Buys and sells that never sell more than is held."""
    held, fills = ZERO, list[Fill]()
    for _ in range(draw(st.integers(1, 12))):
        price, fee = draw(prices), draw(fees)
        if held > 0 and draw(st.booleans()):
            size = draw(st.sampled_from([held, *([held / 2] if held > 1 else [])]))
            size = size.quantize(Decimal("0.000001"), rounding="ROUND_DOWN")
            fills.append(fill(Side.SELL, size, price, fee))
            held -= size
        else:
            size = draw(sizes)
            fills.append(fill(Side.BUY, size, price, fee))
            held += size
    return fills


def test_buys_average_their_cost_and_leave_fees_out_of_it() -> None:
    holding = replay([fill(Side.BUY, "100", "0.40", "0.96"), fill(Side.BUY, "50", "0.55", "0.5")])
    assert holding == Holding(
        Size(Decimal(150)), Price(Decimal("0.45")), Usdc(Decimal("-1.46")), Usdc(Decimal("1.46"))
    )


def test_a_sell_realises_against_the_average_and_leaves_it() -> None:
    holding = replay([fill(Side.BUY, "100", "0.40"), fill(Side.SELL, "40", "0.50", "0.1")])
    assert (holding.amount, holding.entry_price) == (Decimal(60), Decimal("0.4"))
    assert holding.realized_pnl == Decimal("3.9")


def test_selling_more_than_held_is_refused() -> None:
    with pytest.raises(NotEnoughShares):
        replay([fill(Side.BUY, "100", "0.40"), fill(Side.SELL, "100.000001", "0.50")])


def test_pnl_and_its_percentage_are_rounded_half_even() -> None:
    holding = Holding(Size(Decimal("0.000001")), Price(Decimal("0.2")))
    assert unrealized_pnl(holding, Price(Decimal("0.7"))) == 0  # half a millionth
    assert unrealized_pnl(Holding(Size(3 * DUST), Price(ZERO)), Price(Decimal("0.5"))) == 2 * DUST
    third = Holding(Size(Decimal(3)), Price(Decimal("0.5")))
    assert pnl_percentage(third, Usdc(Decimal("0.05"))) == Decimal("3.3333")


def test_no_percentage_where_nothing_was_paid() -> None:
    assert pnl_percentage(Holding(Size(Decimal(5)), Price(ZERO)), Usdc(Decimal(5))) is None
    assert pnl_percentage(Holding(), Usdc(ZERO)) is None


def test_a_part_of_a_holding_is_rounded_down_and_all_of_it_is_all() -> None:
    holding = Holding(Size(Decimal("0.000003")))
    assert shares_of(holding, Decimal(50)) == DUST
    assert shares_of(holding, Decimal(100)) == 3 * DUST


@given(histories(), prices)
def test_cash_and_value_together_are_the_whole_profit(history: list[Fill], mark: Decimal) -> None:
    holding = replay(history)
    cash = sum((each.cash_change for each in history), ZERO)
    profit = holding.realized_pnl + unrealized_pnl(holding, Price(mark))
    slack = DUST * (len(history) + 1) + holding.amount * DUST
    assert abs(cash + holding.amount * mark - profit) <= slack


@given(histories())
def test_a_long_never_loses_more_than_it_cost_nor_wins_more_than_its_shares(
    history: list[Fill],
) -> None:
    buys = [each for each in history if each.side is Side.BUY]
    cost = sum((each.value for each in buys), ZERO)
    shares = sum((each.size for each in buys), ZERO)
    holding = replay(history)
    slack = DUST * len(history) * 2
    assert -cost - holding.fees_paid - slack <= holding.realized_pnl <= shares - cost + slack


@given(histories())
def test_a_sell_never_moves_the_average(history: list[Fill]) -> None:
    holding = Holding()
    for each in history:
        before, holding = holding, apply_fill(holding, each)
        if each.side is Side.SELL:
            assert holding.entry_price == before.entry_price
