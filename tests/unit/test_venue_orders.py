"""From a ticket to the bytes of its order."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from core.domain.book import Side
from core.domain.errors import InvalidQuantity, NotFound, OrderTooSmall, Rejected
from core.domain.market import Market, Outcome
from core.domain.order import Order
from core.domain.order_amounts import OrderKind
from core.domain.units import Price, Size, TokenId
from infrastructure.polymarket.signing.exchanges import NEG_RISK_V2, V2, V3, Exchange
from infrastructure.polymarket.signing.order import build_order
from infrastructure.polymarket.signing.signer import sign_order
from infrastructure.polymarket.signing.wallet import SignatureType
from infrastructure.polymarket.trading.clock import VenueClock
from infrastructure.polymarket.trading.exchange import PolymarketExchange, random_salt
from infrastructure.polymarket.trading.terms import order_intent
from tests.support.account_venue import (
    API_KEY,
    MARKET,
    KnownKeys,
    account,
    order,
    ticket,
)
from tests.support.signing import FUNDER, POSITION, TOKEN, known_key, wallet

NOW = 1_790_658_674.035
ENDS = datetime.fromtimestamp(int(NOW), UTC) + timedelta(hours=1)


async def prepared(one: Order, market: Market = MARKET, **options: Any) -> dict[str, Any]:
    """The body that would be sent, with the hash that was stored."""
    clock = VenueClock(lambda: NOW)
    async with account("http://127.0.0.1:1", clock=clock, **options) as http:
        signed = await PolymarketExchange(http, salt=lambda: 123_456_789).prepare(one, market)
    assert (signed.salt, signed.timestamp) == (123_456_789, 1_790_658_674_035)
    assert signed.signed_at == datetime.fromtimestamp(NOW, UTC)
    body: dict[str, Any] = json.loads(signed.body)
    return body | {"hash": signed.hash}


async def test_a_buy_of_what_is_there_now_spends_its_money() -> None:
    body = await prepared(order())
    assert (body["orderType"], body["owner"]) == ("FAK", API_KEY)
    assert (body["order"]["side"], body["order"]["expiration"]) == ("BUY", "0")
    assert (body["order"]["makerAmount"], body["order"]["takerAmount"]) == ("5000000", "10000000")
    assert "postOnly" not in body


async def test_a_sale_gives_its_shares() -> None:
    selling = order(side=Side.SELL, spend=None, size=Size(Decimal("12.345")))
    body = await prepared(selling)
    assert (body["order"]["side"], body["order"]["makerAmount"]) == ("SELL", "12340000")
    assert body["order"]["takerAmount"] == "6170000"


async def test_a_resting_buy_may_be_stated_in_shares_and_be_post_only() -> None:
    resting = order(OrderKind.GTC, spend=None, size=Size(Decimal(10)), post_only=True)
    body = await prepared(resting)
    assert (body["orderType"], body["postOnly"]) == ("GTC", True)
    assert body["order"]["makerAmount"] == "5000000"


async def test_only_an_order_with_an_end_carries_one_and_the_venue_s_minute_on_top() -> None:
    body = await prepared(order(OrderKind.GTD, expires_at=ENDS))
    assert body["order"]["expiration"] == str(int(ENDS.timestamp()) + 60)
    assert (await prepared(order(OrderKind.GTC, expires_at=ENDS)))["order"]["expiration"] == "0"


@pytest.mark.parametrize(
    ("token", "event", "contract"),
    [
        (TOKEN, "single", V2),
        (TOKEN, "neg-risk", NEG_RISK_V2),
        (POSITION, "single", V3),
        (POSITION, "neg-risk", V3),
    ],
)
async def test_the_token_and_its_market_say_which_contract_is_signed_for(
    token: TokenId, event: str, contract: Exchange
) -> None:
    market = replace(MARKET, outcomes=(Outcome("Yes", token),), neg_risk=event == "neg-risk")
    one = order(token_id=token)
    body = await prepared(one, market)
    intent = order_intent(one.ticket, market, wallet(SignatureType.EOA, known_key().address))
    again = build_order(intent, salt=123_456_789, timestamp=1_790_658_674_035)
    assert again.exchange == contract
    assert body["hash"] == again.hash
    assert body["order"]["signature"] == sign_order(intent, again, known_key()).signature


@pytest.mark.parametrize("kind", list(SignatureType))
async def test_every_kind_of_wallet_pays_and_signs_as_the_venue_wants(kind: SignatureType) -> None:
    payer = wallet(kind, known_key().address)
    body = await prepared(order(), keys=KnownKeys(VenueClock(lambda: NOW), payer))
    is_contract = kind is SignatureType.DEPOSIT_WALLET
    assert body["order"]["signatureType"] == int(kind)
    assert body["order"]["maker"] == (known_key().address if kind is SignatureType.EOA else FUNDER)
    assert body["order"]["signer"] == (FUNDER if is_contract else known_key().address)


@pytest.mark.parametrize(
    ("kind", "changes", "error"),
    [
        (OrderKind.FAK, {"worst_price": Price(Decimal("0.505"))}, InvalidQuantity),
        (OrderKind.FAK, {"worst_price": Price(Decimal(1))}, InvalidQuantity),
        (OrderKind.FAK, {"token_id": TokenId("999")}, NotFound),
        (OrderKind.FAK, {"post_only": True}, InvalidQuantity),
        (OrderKind.GTC, {"size": Size(Decimal(1))}, InvalidQuantity),
        (OrderKind.GTC, {"spend": None, "size": Size(Decimal("0.001"))}, OrderTooSmall),
        (OrderKind.GTD, {}, InvalidQuantity),
        (OrderKind.GTD, {"expires_at": ENDS - timedelta(minutes=59)}, InvalidQuantity),
    ],
)
async def test_what_the_venue_would_refuse_is_not_even_signed(
    kind: OrderKind, changes: dict[str, Any], error: type[Rejected]
) -> None:
    with pytest.raises(error):
        await prepared(order(kind, **changes))


def test_salts_are_positive_and_fit_a_json_number() -> None:
    drawn = {random_salt() for _ in range(1000)}
    assert len(drawn) == 1000
    assert all(0 < salt < 1 << 53 for salt in drawn)
    assert max(drawn) > 1 << 50


def test_a_ticket_says_by_itself_what_is_signed() -> None:
    intent = order_intent(ticket(), MARKET, wallet(SignatureType.EOA, known_key().address))
    assert (intent.terms.price, intent.terms.spend, intent.terms.size) == (
        Decimal("0.50"),
        Decimal(5),
        None,
    )
