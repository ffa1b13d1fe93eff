"""Every recorded order and trade of the trading API is read as what it is."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from core.domain.book import Side
from core.domain.errors import (
    InvalidQuantity,
)
from core.domain.ledger import Settlement
from core.domain.order import OrderStatus
from core.domain.reports import LiquidityRole
from infrastructure.polymarket.trading import wire
from infrastructure.polymarket.trading.order_reports import order_report
from infrastructure.polymarket.trading.trade_reports import trade_reports
from tests.support.account_venue import API_KEY, HASH

Example = Callable[[str], Any]


@pytest.fixture
def example(fixtures_dir: Path) -> Example:
    folder = fixtures_dir.parent / "reference" / "wire_examples"
    if not folder.is_dir():
        pytest.skip(f"no wire examples at {folder}")
    return lambda name: json.loads((folder / f"{name}.json").read_bytes())


@pytest.fixture
def recorded(fixtures_dir: Path) -> Example:
    folder = fixtures_dir / "nautilus" / "rust_test_data"
    return lambda name: json.loads((folder / f"{name}.json").read_bytes())


def order_of(body: object) -> wire.WireOrder:
    return wire.ORDER.decode(json.dumps(body).encode())


def test_recorded_open_orders(example: Example, recorded: Example) -> None:
    page = wire.ORDERS.decode(json.dumps(example("rest_open_orders_page")).encode())
    report = order_report(page.data[0])
    assert (report.hash, report.side, report.original) == (
        "0xabcdef1234567890abcdef1234567890abcdef12",
        Side.BUY,
        Decimal(100),
    )
    assert (report.status, report.price) == (OrderStatus.LIVE, Decimal("0.5"))
    partial = order_report(order_of(recorded("http_open_order")))
    assert (partial.status, partial.matched) == (OrderStatus.PARTIAL, Decimal(25))
    assert partial.trade_ids == ("0xabc001",)
    filled = order_report(order_of(recorded("http_open_order_sell_fok")))
    assert (filled.status, filled.side) == (OrderStatus.FILLED, Side.SELL)


def test_messages_that_the_official_parser_refuses(example: Example) -> None:
    """Empty numbers, and milliseconds where it expects seconds."""
    killed = order_report(order_of(example("ws_user_order_fok_killed")))
    assert (killed.status, killed.matched, killed.at) == (OrderStatus.CANCELLED, Decimal(0), None)
    assert killed.reason.startswith("order couldn't be fully filled. FOK orders")
    thrown_out = order_report(order_of(example("ws_user_order_venue_cancel")))
    assert (thrown_out.status, thrown_out.reason) == (OrderStatus.CANCELLED, "")
    assert thrown_out.at == datetime(2026, 3, 24, 18, 36, 24, tzinfo=UTC)
    partial = order_report(order_of(example("ws_user_order_update_partial")))
    assert (partial.status, partial.matched) == (OrderStatus.PARTIAL, Decimal(25))
    whole = order_report(order_of(example("ws_user_order_update_matched")))
    assert (whole.status, whole.at) == (
        OrderStatus.FILLED,
        datetime(2023, 12, 29, 18, 40, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("status", "kind", "matched", "told"),
    [
        ("ORDER_STATUS_LIVE", "GTC", "0", OrderStatus.LIVE),
        ("MATCHED", "GTC", "10", OrderStatus.FILLED),
        ("MATCHED", "GTC", "9.995", OrderStatus.FILLED),
        ("MATCHED", "FAK", "4", OrderStatus.PARTIAL),
        ("MATCHED", "FAK", "0", OrderStatus.MATCHED),
        ("DELAYED", "FOK", "", OrderStatus.DELAYED),
        ("UNMATCHED", "GTC", "0", OrderStatus.LIVE),
        ("UNMATCHED", "FAK", "0", OrderStatus.DELAYED),
        ("CANCELED", "GTC", "4", OrderStatus.CANCELLED),
        ("CANCELED", "GTC", "10", OrderStatus.FILLED),
        ("ORDER_STATUS_CANCELED_MARKET_RESOLVED", "GTC", "0", OrderStatus.CANCELLED),
        ("CANCELED_EXPIRED_ORDER", "GTD", "0", OrderStatus.EXPIRED),
        ("INVALID", "GTC", "0", OrderStatus.CANCELLED),
    ],
)
def test_states_of_orders(status: str, kind: str, matched: str, told: OrderStatus) -> None:
    one = order_report(
        wire.WireOrder(HASH, status, "0x1", "11", "BUY", "0.5", 10, matched, kind, "", None)
    )
    assert one.status is told


def test_recorded_trades(example: Example, recorded: Example) -> None:
    page = wire.TRADES.decode(json.dumps(example("rest_trades_page")).encode())
    (taken,) = trade_reports(page.data[0], "whoever")
    assert (taken.role, taken.settlement) == (LiquidityRole.TAKER, Settlement.CONFIRMED)
    assert taken.at == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
    iso = wire.TRADES.decode(json.dumps(recorded("http_trades_page")).encode()).data[0]
    (mined,) = trade_reports(iso, "whoever")
    assert (mined.settlement, mined.at) == (
        Settlement.PROVISIONAL,
        datetime(2024, 1, 1, tzinfo=UTC),
    )


def maker_trade(**changes: object) -> wire.WireTrade:
    """A taker buys "11"; two makers, ours on the complementary token "12"."""
    body: dict[str, object] = {
        "id": "t",
        "taker_order_id": "0x" + "aa" * 32,
        "market": "0x1",
        "asset_id": "11",
        "side": "BUY",
        "size": "30",
        "price": "0.57",
        "status": "TRADE_STATUS_MINED",
        "match_time": "1773053984123",
        "owner": "somebody",
        "trader_side": "MAKER",
        "maker_orders": [
            {"order_id": "0xbb", "owner": "else", "matched_amount": "20", "price": "0.57",
             "asset_id": "11", "side": "SELL"},
            {"order_id": HASH.upper(), "owner": API_KEY, "matched_amount": 10,
             "price": "0.4300000444600143", "asset_id": "12", "side": "BUY"},
        ],
    }  # fmt: skip
    return msgspec.convert(body | changes, wire.WireTrade)


def test_of_a_match_only_our_makers_count_by_their_own_token_and_price() -> None:
    (made,) = trade_reports(maker_trade(), API_KEY)
    assert (made.token, made.side, made.size) == ("12", Side.BUY, Decimal(10))
    assert (made.price, made.role) == (Decimal("0.430000044460"), LiquidityRole.MAKER)
    assert made.event_key == f"trade:t:{HASH}".lower()
    assert made.at == datetime(2026, 3, 9, 10, 59, 44, 123000, tzinfo=UTC)
    assert trade_reports(maker_trade(), "else")[0].side is Side.SELL
    assert trade_reports(maker_trade(), "nobody") == ()


def test_a_maker_without_a_side_has_the_one_that_the_match_implies() -> None:
    entries = [
        {"order_id": "0xbb", "owner": API_KEY, "matched_amount": "20", "price": "0.57",
         "asset_id": "11"},
        {"order_id": "0xcc", "owner": API_KEY, "matched_amount": "10", "price": "0.43",
         "asset_id": "12"},
    ]  # fmt: skip
    same, other = trade_reports(maker_trade(maker_orders=entries), API_KEY)
    assert (same.side, other.side) == (Side.SELL, Side.BUY)


def test_our_role_follows_from_the_owner_where_it_is_not_stated() -> None:
    assert len(trade_reports(maker_trade(trader_side="", owner=API_KEY), API_KEY)) == 2
    assert len(trade_reports(maker_trade(trader_side=""), API_KEY)) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"status": "DREAMT"},
        {"trader_side": "BYSTANDER"},
        {"match_time": "yesterday"},
        {"match_time": "2024-01-01T00:00:00"},
        {"match_time": ""},
        {"match_time": "9" * 15},
    ],
)
def test_a_trade_that_cannot_be_read_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(InvalidQuantity):
        trade_reports(maker_trade(**change), API_KEY)


@pytest.mark.parametrize("amount", ["0", "", "-1", None, "NaN", "1e3", 10**15])
def test_a_maker_who_traded_no_number_of_shares_is_refused(amount: object) -> None:
    entry = {"order_id": "0xbb", "owner": API_KEY, "matched_amount": amount, "price": "0.5",
             "asset_id": "11"}  # fmt: skip
    with pytest.raises(InvalidQuantity):
        trade_reports(maker_trade(maker_orders=[entry]), API_KEY)
