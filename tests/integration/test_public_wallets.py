"""Anybody's wallet through real HTTP: as the venue writes it, in part, and broken."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from core.domain.book import Side
from core.domain.errors import Unavailable
from infrastructure.polymarket.public_wallets import DataWallets
from tests.support.venue_rest import VenueRest, asking, serving, status

ADDRESS = "0x" + "4f" * 20
CONDITION = "0x" + "ab" * 32
HELD = {
    "condition_id": CONDITION,
    "title": "Will it rain?",
    "outcome": "Yes",
    "current_size": 86780.64,
    "avg_price": 0.5203,
    "current_price": 0.25,
    "current_value": 21695.16,
    "total_pnl": -46242.0186,
}
TRADE = {
    "condition_id": CONDITION,
    "token_id": "11",
    "side": "BUY",
    "size": 50.0,
    "price": 0.52,
    "timestamp": 1787097600,
    "transaction_hash": "0xab",
    "title": "Will it rain?",
    "outcome": "Yes",
}


async def test_positions_come_the_most_valuable_first_and_without_what_cannot_be_read() -> None:
    small = {**HELD, "current_value": 1.5, "total_pnl": None, "avg_price": None}
    gone = {**HELD, "current_size": 0}
    broken = {**HELD, "current_price": 7}
    rows = {"data": [small, gone, HELD, broken, "nonsense"]}
    venue = VenueRest({"/v2/positions": rows})
    async with serving(venue) as url, asking(url) as http:
        wallets = DataWallets(http)
        first, second = await wallets.positions(ADDRESS)
    assert (first.size, first.average) == (Decimal("86780.64"), Decimal("0.5203"))
    assert (first.value, first.pnl) == (Decimal("21695.16"), Decimal("-46242.0186"))
    assert (second.average, second.pnl) == (None, None)
    assert wallets.unreadable == 2


async def test_a_trade_has_the_same_key_whenever_it_is_asked_for() -> None:
    later = {**TRADE, "timestamp": 1787097700, "side": "SELL"}
    venue = VenueRest({"/v2/trades": {"data": [TRADE, later]}})
    async with serving(venue) as url, asking(url) as http:
        wallets = DataWallets(http)
        newest, first = await wallets.trades(ADDRESS)
        assert await wallets.trades(ADDRESS) == (newest, first)
    assert newest.side is Side.SELL
    assert first.at == datetime.fromtimestamp(1787097600, UTC)
    assert newest.key != first.key


async def test_a_value_that_is_missing_is_unknown_and_a_refusal_is_no_answer() -> None:
    venue = VenueRest({"/v2/value": {"data": {}}, "/v2/trades": status(400)})
    async with serving(venue) as url, asking(url) as http:
        wallets = DataWallets(http)
        assert await wallets.value(ADDRESS) is None
        with pytest.raises(Unavailable):
            await wallets.trades(ADDRESS)
