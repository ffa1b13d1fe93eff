"""Folding fills that are told in any order, taken back, or never told."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from core.domain.account import Account
from core.domain.book import Side
from core.domain.folding import fold, in_order, without
from core.domain.ledger import Fill
from core.domain.position import Holding, replay
from core.domain.units import MICRO, ONE, ZERO, MarketId, Price, Size, TokenId, Usdc, UserId, usdc

START = datetime(2026, 1, 1, tzinfo=UTC)


def fill_of(number: int, side: Side, size: str, price: str, fee: str = "0") -> Fill:
    return Fill(
        event_key=f"trade:{number}:0x1",
        user_id=UserId(1),
        account=Account.LIVE,
        market_id=MarketId("1"),
        token_id=TokenId("11"),
        outcome="Yes",
        side=side,
        size=Size(Decimal(size)),
        price=Price(Decimal(price)),
        fee=Usdc(Decimal(fee)),
        at=START + timedelta(seconds=number),
    )


sizes = st.integers(1, 5_000_000).map(lambda n: Size(Decimal(n) / 10_000))
prices = st.integers(1, 999).map(lambda n: Price(Decimal(n) / 1000))
fees = st.integers(0, 100_000).map(lambda n: Usdc(Decimal(n) / 100_000))


@st.composite
def histories(draw: st.DrawFn, *, is_long: bool) -> list[Fill]:
    """Fills a second apart or at once; with `is_long` never more is sold than was bought."""
    fills, held, second = list[Fill](), Decimal(0), 0
    for number in range(draw(st.integers(1, 12))):
        second += draw(st.integers(0, 2))
        size, side = draw(sizes), draw(st.sampled_from(Side))
        if side is Side.SELL and is_long:
            if held == 0:
                continue
            size = Size(min(size, held))
        held += size if side is Side.BUY else -size
        one = fill_of(number, side, str(size), str(draw(prices)), str(draw(fees)))
        fills.append(replace(one, at=START + timedelta(seconds=second)))
    return fills


@given(st.data(), histories(is_long=False))
def test_fills_commute(data: st.DataObject, fills: list[Fill]) -> None:
    assert fold(data.draw(st.permutations(fills))) == fold(fills)


@given(histories(is_long=True))
def test_without_shortage_the_fold_is_the_ledgers_own(fills: list[Fill]) -> None:
    folded = fold(fills)
    assert folded.holding == replay(in_order(fills))
    assert folded.unexplained == ZERO


@given(histories(is_long=False))
def test_shares_add_up_with_those_from_nowhere(fills: list[Fill]) -> None:
    folded = fold(fills)
    signed = sum((one.size if one.side is Side.BUY else -one.size for one in fills), ZERO)
    assert folded.holding.amount == signed + folded.unexplained
    assert folded.holding.amount >= 0


@given(histories(is_long=True), prices)
def test_profit_and_loss_add_up_to_cash_and_value(fills: list[Fill], mark: Price) -> None:
    holding = fold(fills).holding
    cash = sum((one.cash_change for one in fills), ZERO)
    total = holding.realized_pnl + holding.amount * (mark - holding.entry_price)
    assert abs(total - (cash + holding.amount * mark)) <= MICRO * 3 * len(fills)


@given(histories(is_long=True), prices)
def test_the_profit_of_a_long_position_has_its_bounds(fills: list[Fill], mark: Price) -> None:
    holding = fold(fills).holding
    cost = holding.amount * holding.entry_price
    profit = holding.amount * (mark - holding.entry_price)
    assert -cost <= profit <= holding.amount * ONE - cost


@given(histories(is_long=True), st.data())
def test_what_is_taken_back_leaves_the_fold_of_the_rest(
    fills: list[Fill], data: st.DataObject
) -> None:
    if not fills:
        return
    failed = data.draw(st.sampled_from(fills))
    rest = [one for one in fills if one is not failed]
    holding = fold(rest).holding  # never refuses, also where shares were sold meanwhile
    assert holding.amount >= 0
    assert holding.fees_paid == usdc(sum((one.fee for one in rest), ZERO))


def test_a_sale_told_before_its_purchase_is_explained_by_it() -> None:
    sold = fill_of(2, Side.SELL, "10", "0.6")
    alone = fold([sold])
    assert alone.holding == Holding()
    assert alone.unexplained == 10
    both = fold([sold, fill_of(1, Side.BUY, "10", "0.5")])
    assert both.holding.amount == 0
    assert both.holding.realized_pnl == 1
    assert both.unexplained == 0


def test_a_later_purchase_does_not_pay_for_a_sale_from_nowhere() -> None:
    folded = fold([fill_of(1, Side.SELL, "10", "0.6"), fill_of(2, Side.BUY, "10", "0.5")])
    assert folded.holding.amount == 10
    assert folded.unexplained == 10


def test_at_one_time_buys_go_first() -> None:
    sold = fill_of(1, Side.SELL, "10", "0.6")
    bought = replace(fill_of(2, Side.BUY, "10", "0.5"), at=sold.at)
    assert fold([sold, bought]).holding.realized_pnl == 1


def test_play_money_is_folded_as_it_was_booked() -> None:
    late = replace(fill_of(9, Side.BUY, "1", "0.5"), account=Account.PAPER)
    early = replace(fill_of(1, Side.BUY, "1", "0.4"), account=Account.PAPER)
    assert in_order([late, early]) == [late, early]


def test_a_fill_leaves_shares_that_the_ledger_does_not_know() -> None:
    held = Holding(Size(Decimal(30)), Price(Decimal("0.5")))
    bought = fill_of(1, Side.BUY, "10", "0.5", "0.1")
    assert without(held, bought).amount == 20
    assert without(held, replace(bought, size=Size(Decimal(99)))).amount == 0
    sold = without(held, fill_of(2, Side.SELL, "10", "0.6"))
    assert sold.amount == 40
    assert sold.realized_pnl == -1
