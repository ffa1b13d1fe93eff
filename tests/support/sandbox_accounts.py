"""People with keys at the sandbox's exchange: they sign as the product does and send it raw."""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, TypedDict, Unpack

import httpx
from websockets.asyncio.client import ClientConnection, connect

from core.domain.book import Side
from core.domain.order_amounts import OrderKind, OrderTerms
from core.domain.units import Price, Size, TokenId, Usdc
from infrastructure.polymarket.signing.body import order_body
from infrastructure.polymarket.signing.headers import ApiCredentials, l1_headers, l2_headers
from infrastructure.polymarket.signing.key import SigningKey
from infrastructure.polymarket.signing.order import OrderIntent, build_order
from infrastructure.polymarket.signing.signer import SignedOrder, sign_order
from infrastructure.polymarket.signing.wallet import Address, SignatureType, Wallet, address
from infrastructure.sandbox.exchange.exchange import ExchangeSandbox
from tests.support.sandbox_exchange import LIMIT, Json, hear, order

FUNDER = address("0x" + "22" * 20)
_SALTS = itertools.count(1)


class Wish(TypedDict, total=False):
    """Of an order, besides its token, side and price."""

    size: str
    spend: str
    kind: str
    post_only: bool
    expires_at: int


@dataclass
class Person:
    """A key, what it pays with, and a connection to the venue."""

    exchange: ExchangeSandbox
    venue: httpx.AsyncClient
    key: SigningKey
    wallet: Wallet
    credentials: ApiCredentials | None = None
    sent: list[SignedOrder] = field(default_factory=list)

    @property
    def seconds(self) -> int:
        return self.exchange.now_ms() // 1000

    @property
    def api_key(self) -> str:
        assert self.credentials is not None
        return self.credentials.key

    async def join(self) -> None:
        answer = await self.venue.post("/auth/api-key", headers=l1_headers(self.key, self.seconds))
        assert answer.status_code == 200, answer.text
        told = answer.json()
        self.credentials = ApiCredentials(
            self.key.address, told["apiKey"], told["secret"], told["passphrase"]
        )

    def signed(self, token: str, side: str, price: str, **wish: Unpack[Wish]) -> SignedOrder:
        size, spend = wish.get("size"), wish.get("spend")
        market = self.exchange.catalogue.by_token[token][0]
        state = self.exchange.states[market.condition_id]
        terms = OrderTerms(
            Side(side),
            OrderKind(wish.get("kind", "GTC")),
            Price(Decimal(price)),
            Decimal(state.tick) / 1_000_000,
            None if size is None else Size(Decimal(size)),
            None if spend is None else Usdc(Decimal(spend)),
            wish.get("post_only", False),
            wish.get("expires_at", 0),
        )
        intent = OrderIntent(TokenId(token), market.neg_risk, terms, self.wallet)
        order = build_order(intent, salt=next(_SALTS), timestamp=self.exchange.now_ms())
        done = sign_order(intent, order, self.key)
        self.sent.append(done)
        return done

    def body(self, signed: SignedOrder) -> bytes:
        return order_body(signed, self.api_key)

    async def ask(self, method: str, path: str, body: bytes = b"", **params: str) -> httpx.Response:
        return await self._ask(method, path, body, params)

    async def _ask(
        self, method: str, path: str, body: bytes, params: dict[str, str]
    ) -> httpx.Response:
        assert self.credentials is not None
        headers = l2_headers(self.credentials, self.seconds, method, path, body)
        return await self.venue.request(
            method, path, content=body or None, headers=headers, params=params
        )

    async def read(self, path: str, **params: str) -> Any:
        answer = await self._ask("GET", path, b"", params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def post(self, signed: SignedOrder) -> httpx.Response:
        return await self.ask("POST", "/order", self.body(signed))

    async def place(self, token: str, side: str, price: str, **wish: Unpack[Wish]) -> Any:
        """The answer to an order that must be taken."""
        answer = await self.post(self.signed(token, side, price, **wish))
        assert answer.status_code == 200, answer.text
        assert answer.json()["success"]
        return answer.json()

    async def refused(self, token: str, side: str, price: str, **wish: Unpack[Wish]) -> str:
        """The venue's words for an order that must be refused."""
        answer = await self.post(self.signed(token, side, price, **wish))
        assert answer.status_code == 400, answer.text
        return str(answer.json()["error"])

    async def cancel(self, *hashes: str) -> Any:
        if len(hashes) == 1:
            body = json.dumps({"orderID": hashes[0]}).encode()
            return (await self.ask("DELETE", "/order", body)).json()
        return (await self.ask("DELETE", "/orders", json.dumps(hashes).encode())).json()

    async def money(self) -> Json:
        """What the control says of the wallet."""
        answer = await self.venue.get("/control/wallet", params={"address": self.wallet.funder})
        told: Json = answer.json()
        return told

    @asynccontextmanager
    async def listening(self, *markets: str) -> AsyncIterator[ClientConnection]:
        """The user channel, once the venue has heard who listens."""
        assert self.credentials is not None
        url = f"ws://{self.venue.base_url.netloc.decode()}/ws/user"
        auth = {
            "apiKey": self.credentials.key,
            "secret": self.credentials.secret,
            "passphrase": self.credentials.passphrase,
        }
        before = len(self.exchange.accounts.hub.listeners)
        async with connect(url) as socket:
            await socket.send(json.dumps({"auth": auth, "type": "user", "markets": markets}))
            await self.venue.get("/control/user-channel", params={"listeners": str(before + 1)})
            yield socket


async def person(
    exchange: ExchangeSandbox,
    venue: httpx.AsyncClient,
    number: int = 1,
    kind: SignatureType = SignatureType.EOA,
    *,
    cash: str = "1000",
    session: int = 0,
    **more: Any,
) -> Person:
    """Somebody with money, allowances and an API key; `session`: the number of a session key."""
    owner = SigningKey(number.to_bytes(32, "big"))
    key = SigningKey(session.to_bytes(32, "big")) if session else owner
    funder = owner.address if kind is SignatureType.EOA else FUNDER
    if session:
        more["session_keys"] = {key.address: None}
    await order(
        venue,
        "wallet",
        address=owner.address,
        signature_type=int(kind),
        funder=funder,
        cash=cash,
        **more,
    )
    wallet = Wallet(kind, Address(funder), key.address, is_session=bool(session))
    someone = Person(exchange, venue, key, wallet)
    await someone.join()
    return someone


async def event(socket: ClientConnection, kind: str = "", status: str = "") -> Json:
    """The next event of this kind ("trade", or the type of an order's) and status."""
    async with asyncio.timeout(LIMIT):
        while True:
            told: Json = await hear(socket)
            is_kind = kind in {"", told["type"], told["event_type"]}
            if is_kind and status in {"", told["status"]}:
                return told


def tokens_of(exchange: ExchangeSandbox, question: str = "Boston vs. Denver") -> tuple[str, str]:
    """Of a lively market with a tick of 0.01."""
    listed = exchange.catalogue.markets.values()
    return next(each.tokens for each in listed if each.question == question)


def neg_risk_tokens(exchange: ExchangeSandbox) -> tuple[str, str]:
    return next(
        each.tokens
        for each in exchange.catalogue.markets.values()
        if each.neg_risk and each.accepts_orders and each.payouts is None
    )
