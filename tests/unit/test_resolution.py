"""How markets end: payouts, standings, and the fills that book them."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.account import Account
from core.domain.book import Side
from core.domain.ledger import Fill
from core.domain.market import Market
from core.domain.position import Holding, Position, PositionStatus, apply_fill, replay
from core.domain.resolution import (
    Standing,
    payout_fill,
    payouts_of,
    resolution_of,
    standing_of,
    status_after,
)
from core.domain.units import ONE, ZERO, MarketId, PositionId, Price, Size, TokenId, Usdc, UserId
from infrastructure.polymarket.gamma_markets import market_of
from infrastructure.polymarket.gamma_wire import MARKET
from tests.support import rows

AT = datetime(2026, 11, 21, tzinfo=UTC)
DUST = Decimal("0.000001")
FIRST, SECOND = (Price(ONE), Price(ZERO)), (Price(ZERO), Price(ONE))
ENDED: dict[str, Any] = {  # as Gamma writes it
    "id": "501",
    "question": "Will it rain?",
    "conditionId": "0x" + "ab" * 32,
    "slug": "will-it-rain",
    "outcomes": '["Yes", "No"]',
    "outcomePrices": '["1", "0"]',
    "clobTokenIds": '["111", "222"]',
    "closed": True,
    "umaResolutionStatus": "resolved",
}


def prices(*texts: str) -> list[Price | None]:
    return [Price(Decimal(text)) for text in texts]


def read(**changes: object) -> Market:
    return market_of(MARKET.decode(json.dumps(ENDED | changes).encode()))


@pytest.mark.parametrize(
    ("told", "paid"),
    [
        (("1", "0"), ("1", "0")),
        (("0.9999", "0.000001"), ("1", "0")),
        (("0.0336", "0.9664"), ("0", "1")),
        (("0.5", "0.5"), ("0.5", "0.5")),
        (("0.4995", "0.5005"), ("0.5", "0.5")),
        (("0.25", "0.75"), ("0.25", "0.75")),
        (("0.98", "0.01", "0.01"), ("1", "0", "0")),
        (("0.333333", "0.333333", "0.333333"), ("0.333333", "0.333333", "0.333333")),
    ],
)
def test_what_an_entry_ends_with_is_paid(told: tuple[str, ...], paid: tuple[str, ...]) -> None:
    assert payouts_of(prices(*told)) == tuple(prices(*paid))


@pytest.mark.parametrize(
    "told", [("0", "0"), ("1", "1"), ("0.5", "0"), ("0.62", "0.3"), ("0.9999", "0.5"), ()]
)
def test_prices_that_are_no_result_pay_nothing(told: tuple[str, ...]) -> None:
    assert payouts_of(prices(*told)) is None


def test_without_every_price_nothing_is_paid() -> None:
    assert payouts_of([Price(Decimal(1)), None]) is None


def test_a_fraction_at_which_the_market_stood_last_is_a_price_and_no_payout() -> None:
    told = prices("0.62", "0.38")
    assert payouts_of(told, [Decimal("0.620")]) is None
    assert payouts_of(told, [Decimal("0.61")]) == (Decimal("0.62"), Decimal("0.38"))
    assert payouts_of(prices("0.97", "0.03"), [Decimal("0.97")]) == FIRST


@given(st.lists(st.decimals("0", "1", places=6).map(Price), min_size=2, max_size=5))
def test_payouts_share_out_one_dollar_or_are_none(told: list[Price]) -> None:
    paid = payouts_of(told)
    if paid is not None:
        assert len(paid) == len(told)
        assert all(0 <= each <= 1 for each in paid)
        assert abs(sum(paid, ZERO) - 1) <= DUST * len(paid)


@pytest.mark.parametrize(
    ("changes", "standing"),
    [
        ({}, Standing.RESOLVED),
        ({"umaResolutionStatus": "settled"}, Standing.RESOLVED),
        ({"outcomePrices": '["0.5", "0.5"]'}, Standing.RESOLVED),
        ({"umaResolutionStatus": None, "resolutionStatus": "resolved"}, Standing.RESOLVED),
        ({"umaResolutionStatus": "disputed"}, Standing.ENDED),
        ({"umaResolutionStatus": "proposed"}, Standing.ENDED),
        ({"umaResolutionStatus": None}, Standing.ENDED),
        ({"umaResolutionStatus": "disputed", "resolutionStatus": "resolved"}, Standing.ENDED),
        ({"resolutionStatus": "active"}, Standing.ENDED),
        ({"outcomePrices": '["0", "0"]'}, Standing.ENDED),
        ({"outcomePrices": None}, Standing.ENDED),
        ({"outcomePrices": '["0.62", "0.38"]', "lastTradePrice": 0.62}, Standing.ENDED),
        (
            {"outcomePrices": '["0.62", "0.38"]', "bestBid": 0.61, "bestAsk": 0.63},
            Standing.ENDED,
        ),
        ({"closed": False}, Standing.OPEN),
        ({"closed": False, "acceptingOrders": False}, Standing.PAUSED),
    ],
)
def test_only_a_closed_market_that_is_called_resolved_pays(
    changes: dict[str, Any], standing: Standing
) -> None:
    market = read(**changes)
    assert standing_of(market) is standing
    assert (resolution_of(market) is not None) == (standing is Standing.RESOLVED)


def test_a_resolution_names_the_payout_of_each_token() -> None:
    resolution = resolution_of(read(outcomePrices='["0.25", "0.75"]', lastTradePrice=0.4))
    assert resolution is not None
    assert resolution.payout_of(TokenId("222")) == Decimal("0.75")
    assert resolution.payout_of(TokenId("333")) is None


@pytest.mark.parametrize("number", ["NaN", "sNaN", "Infinity", "-Infinity"])
def test_a_last_price_that_is_no_number_does_not_stop_a_result(number: str) -> None:
    assert read(lastTradePrice=number, bestBid=number).payouts == FIRST


@pytest.fixture
def recorded(fixtures_dir: Path) -> Callable[[str], Market]:
    folder = fixtures_dir / "nautilus" / "rust_test_data"
    return lambda name: market_of(MARKET.decode((folder / f"{name}.json").read_bytes()))


@pytest.mark.parametrize(
    ("name", "payouts"),
    [
        ("gamma_market_closed_binary_accepting_false", SECOND),
        ("gamma_market_closed_binary_accepting_true", None),  # closed, and no word of a result
        ("gamma_market_closed_nonbinary_legacy", None),
        ("gamma_market_closed_zero_zero_legacy", None),
    ],
)
def test_recorded_markets_that_have_ended(
    recorded: Callable[[str], Market], name: str, payouts: tuple[Price, ...] | None
) -> None:
    market = recorded(name)
    assert market.payouts == payouts
    assert standing_of(market) is (Standing.ENDED if payouts is None else Standing.RESOLVED)


def test_the_recorded_resolved_market_pays_its_winner(fixtures_dir: Path) -> None:
    path = fixtures_dir.parent / "reference/wire_examples/gamma_market_closed_resolved.json"
    if not path.is_file():
        pytest.skip(f"no {path}")
    market = market_of(MARKET.decode(path.read_bytes()))
    assert (market.resolved_outcome, market.payouts) == ("Up", FIRST)


def test_a_row_from_an_earlier_release_is_resolved_by_its_winner() -> None:
    old = replace(rows.market(), is_closed=True, is_resolved=True, resolved_outcome="Yes")
    assert standing_of(old) is Standing.RESOLVED
    assert resolution_of(old) is None


def held(holding: Holding) -> Position:
    return Position(
        id=PositionId(7),
        user_id=UserId(1),
        account=Account.PAPER,
        market_id=MarketId("1"),
        token_id=TokenId("11"),
        outcome="Yes",
        holding=holding,
        current_price=None,
        pnl_amount=Usdc(ZERO),
        pnl_percentage=None,
        status=PositionStatus.ACTIVE,
        opened_at=AT,
        updated_at=AT,
    )


def fill(side: Side, size: Decimal, price: Decimal, fee: Decimal) -> Fill:
    return Fill(
        event_key=f"order:{size}",
        user_id=UserId(1),
        account=Account.PAPER,
        market_id=MarketId("1"),
        token_id=TokenId("11"),
        outcome="Yes",
        side=side,
        size=Size(size),
        price=Price(price),
        fee=Usdc(fee),
        at=AT,
    )


buys = st.builds(
    fill,
    st.just(Side.BUY),
    st.decimals("0.0001", "10000", places=4),
    st.decimals("0.001", "0.999", places=3),
    st.decimals("0", "0.01", places=5),
)
payouts = st.one_of(
    st.sampled_from([Decimal(0), Decimal("0.5"), Decimal(1)]), st.decimals("0", "1", places=6)
)


@given(st.lists(buys, min_size=1, max_size=8), payouts)
def test_a_resolved_long_is_realised_between_its_cost_and_its_shares(
    bought: list[Fill], payout: Decimal
) -> None:
    before = replay(bought)
    paid = payout_fill(held(before), Price(payout), AT, is_repeated=False)
    after = apply_fill(before, paid)
    cost = sum((each.value for each in bought), ZERO)
    fees = sum((each.fee for each in bought), ZERO)
    slack = DUST * (len(bought) + 2) + before.amount * DUST
    assert (after.amount, after.fees_paid) == (ZERO, fees)
    assert -cost - fees - slack <= after.realized_pnl <= before.amount - cost + slack


@given(st.lists(buys, min_size=1, max_size=8), payouts)
def test_all_cash_of_a_resolved_position_is_its_realised_profit(
    bought: list[Fill], payout: Decimal
) -> None:
    paid = payout_fill(held(replay(bought)), Price(payout), AT, is_repeated=False)
    ledger = [*bought, paid]
    cash = sum((each.cash_change for each in ledger), ZERO)
    slack = DUST * (len(ledger) + 1) + paid.size * DUST
    assert abs(cash - replay(ledger).realized_pnl) <= slack


def test_the_newest_fill_says_how_a_position_has_ended() -> None:
    sold = fill(Side.SELL, Decimal(5), Decimal("0.5"), ZERO)
    paid = payout_fill(held(Holding(Size(Decimal(5)))), Price(ZERO), AT, is_repeated=False)
    assert status_after(Holding(Size(Decimal(1))), sold) is PositionStatus.ACTIVE
    assert status_after(Holding(), sold) is PositionStatus.CLOSED
    assert status_after(Holding(), paid) is PositionStatus.RESOLVED
    assert status_after(Holding(), None) is PositionStatus.CLOSED


def test_a_payout_is_one_event_of_its_market_and_token() -> None:
    position = held(Holding(Size(Decimal(5))))
    paid = payout_fill(position, Price(ZERO), AT, is_repeated=False)
    again = payout_fill(position, Price(ZERO), AT, is_repeated=True)
    assert (paid.event_key, again.event_key) == ("resolution:1:11", "resolution:1:11:7")
