"""A venue that checks who asks, for an account whose key everybody knows."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from aiohttp import web

from core.domain.account import Account
from core.domain.book import Side
from core.domain.market import Market, Outcome
from core.domain.order import Order, OrderHash, OrderStatus, SignedPayload, Ticket
from core.domain.order_amounts import OrderKind
from core.domain.units import (
    ConditionId,
    MarketId,
    OrderId,
    Price,
    Size,
    TokenId,
    Usdc,
    UserId,
)
from infrastructure.polymarket.signing.headers import ApiCredentials, l1_headers, l2_headers
from infrastructure.polymarket.signing.order import OrderIntent, UnsignedOrder
from infrastructure.polymarket.signing.signer import SignedOrder, sign_order
from infrastructure.polymarket.signing.wallet import SignatureType, Wallet
from infrastructure.polymarket.trading.account_http import AccountHttp
from infrastructure.polymarket.trading.buckets import Buckets
from infrastructure.polymarket.trading.clock import VenueClock
from infrastructure.polymarket.trading.transport import Transport, open_trading_client
from tests.support.signing import TOKEN, known_key
from tests.support.venue_rest import VenueRest

USER: Final = UserId(7)
API_KEY: Final = "00000000-0000-4000-8000-000000000001"
SECRET: Final = "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LTEyMzQ="
CREDENTIALS: Final = ApiCredentials(known_key().address, API_KEY, SECRET, "phrase")
OTHER: Final = TokenId("11")
MARKET: Final = Market(
    id=MarketId("1"),
    condition_id=ConditionId("0x" + "ab" * 32),
    slug="one",
    question="One?",
    title="One?",
    outcomes=(Outcome("Yes", TOKEN), Outcome("No", OTHER)),
    tick=Decimal("0.01"),
    minimum_size=Size(Decimal(5)),
)
HASH: Final = OrderHash("0x" + "cd" * 32)
BODY: Final = b'{"order":{"side":"BUY","makerAmount":"5000000","takerAmount":"10000000"}}'
"""As much of a sent order as reading its answer needs: 10 shares for 5 USDC."""


@dataclass
class KnownKeys:
    """An `AccountKeys` that really signs. `clock` is the one under test."""

    clock: VenueClock
    payer: Wallet = field(
        default_factory=lambda: Wallet(SignatureType.EOA, known_key().address, known_key().address)
    )

    async def wallet(self, user: UserId) -> Wallet:
        assert user == USER
        return self.payer

    async def api_key(self, user: UserId) -> str:
        assert user == USER
        return API_KEY

    async def sign_order(
        self, user: UserId, intent: OrderIntent, order: UnsignedOrder
    ) -> SignedOrder:
        assert user == USER
        return sign_order(intent, order, known_key())

    async def l1_headers(self, user: UserId, nonce: int = 0) -> Mapping[str, str]:
        assert user == USER
        return l1_headers(known_key(), int(self.clock.unix()), nonce)

    async def l2_headers(
        self, user: UserId, method: str, path: str, body: bytes = b""
    ) -> Mapping[str, str]:
        assert user == USER
        return l2_headers(CREDENTIALS, int(self.clock.unix()), method, path, body)

    async def user_channel_auth(self, user: UserId) -> bytes:
        raise AssertionError(user)


@dataclass
class AccountVenue(VenueRest):
    """Like `VenueRest`, but what is signed must be signed right: else 401, as the venue does."""

    headers: list[Mapping[str, str]] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.headers.append(dict(request.headers))
        if "POLY_API_KEY" in request.headers and not await _is_proven(request):
            return web.json_response({"error": "Unauthorized/Invalid api key"}, status=401)
        return await super().handle(request)


async def _is_proven(request: web.Request) -> bool:
    stated = int(request.headers["POLY_TIMESTAMP"])
    body = await request.read()
    proof = l2_headers(CREDENTIALS, stated, request.method, request.path, body)
    return all(request.headers.get(name) == value for name, value in proof.items())


@asynccontextmanager
async def account(
    base_url: str,
    *,
    clock: VenueClock | None = None,
    buckets: Buckets | None = None,
    keys: KnownKeys | None = None,
    patience: float = 5.0,
    queue: float = 2.0,
    **options: Any,  # what Transport takes
) -> AsyncIterator[AccountHttp]:
    """Our side of the wire, without pauses between attempts.

    Units: seconds; `patience` is for a read, `queue` for a free connection.
    """
    known = clock or VenueClock()
    async with open_trading_client(patience, 1.0, queue) as client:
        yield AccountHttp(
            Transport(client, base_url, known, **options),
            keys=keys or KnownKeys(known),
            clock=known,
            buckets=buckets or Buckets(),
            sleep=no_pause,
        )


async def no_pause(_seconds: float) -> None:
    return


def ticket(kind: OrderKind = OrderKind.FAK, **changes: Any) -> Ticket:
    """Buys for 5 USDC at 0.50 or better, unless changed."""
    plain = Ticket(
        user_id=USER,
        account=Account.LIVE,
        market_id=MARKET.id,
        token_id=TOKEN,
        side=Side.BUY,
        worst_price=Price(Decimal("0.50")),
        key="k",
        spend=Usdc(Decimal(5)),
        kind=kind,
    )
    return replace(plain, **changes)


def order(kind: OrderKind = OrderKind.FAK, **changes: Any) -> Order:
    return Order(
        id=OrderId(1),
        ticket=ticket(kind, **changes),
        outcome="Yes",
        status=OrderStatus.SIGNED,
        filled_size=Size(Decimal(0)),
        filled_value=Usdc(Decimal(0)),
        fee=Usdc(Decimal(0)),
        reason="",
        created_at=datetime(2026, 11, 21, 12, tzinfo=UTC),
    )


def payload(hash_: str = HASH, body: bytes = BODY) -> SignedPayload:
    signed_at = datetime(2026, 11, 21, 12, tzinfo=UTC)
    return SignedPayload(OrderHash(hash_), 1, int(signed_at.timestamp() * 1000), body, signed_at)
