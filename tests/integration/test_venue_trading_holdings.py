"""What the venue reports of money, shares and positions."""

import json
from decimal import Decimal
from pathlib import Path

import pytest
from aiohttp import web

from core.domain.errors import Unavailable
from core.domain.units import TokenId
from infrastructure.polymarket.signing.exchanges import NEG_RISK_V2, V2, V3
from infrastructure.polymarket.signing.wallet import SignatureType
from infrastructure.polymarket.trading.clock import VenueClock
from tests.support.account_answers import reports
from tests.support.account_venue import (
    USER,
    AccountVenue,
    KnownKeys,
)
from tests.support.signing import FUNDER, POSITION, TOKEN, known_key
from tests.support.signing import wallet as wallet_of
from tests.support.venue_rest import status, text


def balance(amount: object, allowances: object = None) -> dict[str, object]:
    return {"balance": amount, "allowances": allowances or {}}


async def test_balances_are_shares_and_money_and_the_least_allowance() -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        held = {
            ("COLLATERAL", None): balance(
                "250500000",
                {V2.contract: str(2**256 - 1), NEG_RISK_V2.contract.lower(): "7000000", "0x1": "0"},
            ),
            ("CONDITIONAL", str(TOKEN)): balance(12_340_000),
            ("CONDITIONAL-V2", str(POSITION)): balance("1.5"),
        }[request.query["asset_type"], request.query.get("token_id")]
        assert request.query["signature_type"] == "0"
        return web.json_response(held)

    venue = AccountVenue({"/balance-allowance": answer})
    async with reports(venue) as account_reports:
        found = await account_reports.balances(USER, [TOKEN, POSITION])
    assert (found.cash, found.allowance) == (Decimal("250.5"), Decimal(7))
    assert found.shares == {TOKEN: Decimal("12.34"), POSITION: Decimal("1.5")}


@pytest.mark.parametrize(
    ("allowances", "least"),
    [
        ({}, 0),
        ({V3.contract: "5"}, Decimal("0.000005")),
        ({"0xC5d563A36AE78145C45a50134d48A1215220f80a": "9"}, 0),
        ({V2.contract: str(2**256 - 1)}, 10**12),
    ],
)
async def test_what_no_trading_contract_may_take_is_no_allowance(
    allowances: dict[str, str], least: Decimal
) -> None:
    venue = AccountVenue({"/balance-allowance": balance("1", allowances)})
    async with reports(venue) as account_reports:
        assert (await account_reports.balances(USER, [])).allowance == least


@pytest.mark.parametrize("amount", [None, "", "-1", "much", "1e9", True, [], 1e300])
async def test_a_balance_that_is_no_number_is_no_balance(amount: object) -> None:
    venue = AccountVenue({"/balance-allowance": balance(amount)})
    async with reports(venue) as account_reports:
        with pytest.raises(Unavailable):
            await account_reports.balances(USER, [])


async def test_the_venue_is_told_to_look_at_the_chain_again() -> None:
    venue = AccountVenue({"/balance-allowance/update": text("")})
    async with reports(venue) as account_reports:
        await account_reports.refresh_balances(USER)
        await account_reports.refresh_balances(USER, TOKEN)
    assert "asset_type=COLLATERAL" in venue.seen[0][1]
    assert f"token_id={TOKEN}" in venue.seen[1][1]


def position(token: str, **changes: object) -> dict[str, object]:
    plain: dict[str, object] = {
        "token_id": token,
        "condition_id": "0x" + "ab" * 32,
        "current_size": 86780.64,
        "avg_price": 0.5203,
        "redeemable": False,
    }
    return plain | changes


async def test_positions_are_those_of_all_cursors(fixtures_dir: Path) -> None:
    folder = fixtures_dir.parent / "reference" / "wire_examples"
    example = json.loads((folder / "data_v2_positions_page.json").read_bytes())
    closed = position("12", current_size=0)
    bare = position("13", current_size="2", avg_price=None, current_price=0.25)

    async def answer(request: web.Request) -> web.StreamResponse:
        assert request.query["user"] == known_key().address
        if request.query.get("cursor") == example["pagination"]["next_cursor"]:
            return web.json_response({"data": [closed, bare], "pagination": {"next_cursor": None}})
        return web.json_response(example)

    async with reports(AccountVenue({"/v2/positions": answer})) as account_reports:
        found = await account_reports.positions(USER)
    lost = found[TokenId(example["data"][0]["token_id"])]
    assert (lost.size, lost.average_price) == (Decimal("86780.64"), Decimal("0.5203"))
    assert (lost.is_redeemable, lost.current_price, lost.outcome) == (True, Decimal(0), "Yes")
    assert set(found) == {lost.token, TokenId("13")}
    assert (found[TokenId("13")].size, found[TokenId("13")].average_price) == (Decimal(2), None)


@pytest.mark.parametrize(
    "answer",
    [
        status(404),
        status(400),
        status(500),
        text("<html>"),
        {"data": []},
        {"data": [position("1", current_size=None)], "pagination": {"next_cursor": None}},
        {"data": [position("1", current_size="x")], "pagination": {"next_cursor": None}},
        {"data": [position("1", avg_price=3)], "pagination": {"next_cursor": None}},
        {"data": [], "pagination": {"next_cursor": "again"}},
    ],
)
async def test_positions_that_cannot_be_read_are_not_none(answer: object) -> None:
    async with reports(AccountVenue({"/v2/positions": answer})) as account_reports:
        with pytest.raises(Unavailable):
            await account_reports.positions(USER)


async def test_a_deposit_wallet_is_asked_about_by_its_own_address() -> None:
    payer = wallet_of(SignatureType.DEPOSIT_WALLET, known_key().address)
    keys = KnownKeys(VenueClock(), payer)
    venue = AccountVenue(
        {
            "/v2/positions": {"data": [], "pagination": {"next_cursor": None}},
            "/balance-allowance": balance("1"),
        }
    )
    async with reports(venue, keys) as account_reports:
        assert await account_reports.positions(USER) == {}
        await account_reports.balances(USER, [])
    assert f"user={FUNDER}" in venue.seen[0][1]
    assert "signature_type=3" in venue.seen[1][1]
