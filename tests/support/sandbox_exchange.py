"""What the tests of the sandbox's exchange share: a server, a clock, and a book of their own."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection

from infrastructure.sandbox.exchange.exchange import ExchangeOptions, ExchangeSandbox
from infrastructure.sandbox.exchange.server import serve_exchange

LIMIT = 30.0  # seconds for anything
START = 1_790_000_000.0  # seconds since 1970
Json = dict[str, Any]  # decoded JSON of the venue


@dataclass
class Clock:
    """Seconds that pass only when told to."""

    now: float = START

    def __call__(self) -> float:
        return self.now


def still_exchange(**options: Any) -> ExchangeSandbox:
    """An exchange in which nothing happens by itself."""
    return ExchangeSandbox(ExchangeOptions(rate=0.0, **options), Clock())


@asynccontextmanager
async def serving(exchange: ExchangeSandbox) -> AsyncIterator[str]:
    """`host:port` of the exchange, its flow running."""
    async with serve_exchange(exchange) as url:
        yield url.removeprefix("http://")


@dataclass
class OracleBook:
    """One token's book, kept and hashed without the product's code."""

    market: str
    token: str
    bids: dict[Decimal, tuple[str, str]] = field(default_factory=dict)
    asks: dict[Decimal, tuple[str, str]] = field(default_factory=dict)

    def replace(self, message: Json) -> None:
        self.bids = {Decimal(x["price"]): (x["price"], x["size"]) for x in message["bids"]}
        self.asks = {Decimal(x["price"]): (x["price"], x["size"]) for x in message["asks"]}
        assert list(self.bids) == sorted(self.bids)
        assert list(self.asks) == sorted(self.asks, reverse=True)

    def change(self, entry: Json) -> None:
        side = self.bids if entry["side"] == "BUY" else self.asks
        if Decimal(entry["size"]) == 0:
            side.pop(Decimal(entry["price"]), None)
        else:
            side[Decimal(entry["price"])] = (entry["price"], entry["size"])

    def best(self) -> tuple[str, str]:
        bid = self.bids[max(self.bids)][0] if self.bids else "0"
        ask = self.asks[min(self.asks)][0] if self.asks else ""
        return bid, ask

    def digest(self, timestamp: str, tick: str, last_trade: str, *, neg_risk: bool) -> str:
        def levels(side: list[tuple[str, str]]) -> list[Json]:
            return [{"price": price, "size": size} for price, size in side]

        text = json.dumps(
            {
                "market": self.market,
                "asset_id": self.token,
                "timestamp": timestamp,
                "hash": "",
                "bids": levels([self.bids[key] for key in sorted(self.bids)]),
                "asks": levels([self.asks[key] for key in sorted(self.asks, reverse=True)]),
                "min_order_size": "5",
                "tick_size": tick,
                "neg_risk": neg_risk,
                "last_trade_price": last_trade,
            },
            separators=(",", ":"),
        )
        return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


@dataclass
class Oracle:
    """A client that believes nothing: each frame's hash and best prices are computed again."""

    neg_risk: dict[str, bool]  # by condition id
    books: dict[str, OracleBook] = field(default_factory=dict)
    ticks: dict[str, str] = field(default_factory=dict)
    last_trades: dict[str, str] = field(default_factory=dict)  # by market
    pending: list[Json] = field(default_factory=list)  # books that await their trade
    verified: int = 0

    def hear(self, frame: str | bytes) -> None:
        told = json.loads(frame)
        for message in told if isinstance(told, list) else [told]:
            getattr(self, f"_{message['event_type']}")(message)

    def _book(self, message: Json) -> None:
        token, market = message["asset_id"], message["market"]
        book = self.books.setdefault(token, OracleBook(market, token))
        book.replace(message)
        if "tick_size" in message:
            self.ticks[token] = message["tick_size"]
            self.last_trades[market] = message["last_trade_price"]
        if not self._verify(message, message):
            self.pending.append(message)

    def _price_change(self, message: Json) -> None:
        assert not self.pending
        for entry in message["price_changes"]:
            if entry["asset_id"] not in self.books:
                continue
            book = self.books[entry["asset_id"]]
            book.change(entry)
            assert (entry["best_bid"], entry["best_ask"]) == book.best()
            assert self._verify(entry, message)

    def _last_trade_price(self, message: Json) -> None:
        price = Decimal(message["price"])
        thousandths = price == price.quantize(Decimal("0.001"))
        self.last_trades[message["market"]] = f"{price:.3f}" if thousandths else message["price"]
        self.pending = [book for book in self.pending if not self._verify(book, book)]

    def _tick_size_change(self, message: Json) -> None:
        assert message["old_tick_size"] == self.ticks[message["asset_id"]]
        self.ticks[message["asset_id"]] = message["new_tick_size"]

    def _best_bid_ask(self, message: Json) -> None:
        best = self.books[message["asset_id"]].best()
        assert (message["best_bid"], message["best_ask"]) == best

    def _verify(self, hashed: Json, frame: Json) -> bool:
        token, market = hashed["asset_id"], frame["market"]
        digest = self.books[token].digest(
            frame["timestamp"],
            self.ticks[token],
            self.last_trades[market],
            neg_risk=self.neg_risk[market],
        )
        is_right = bool(digest == hashed["hash"])
        self.verified += is_right
        return is_right


def oracle_of(exchange: ExchangeSandbox) -> Oracle:
    return Oracle({key: state.listed.neg_risk for key, state in exchange.states.items()})


def shape(value: object) -> object:
    """Names and types of JSON: an int is also a float, a null anything; of a list the first."""
    if isinstance(value, dict):
        return {key: shape(each) for key, each in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return type(value).__name__
    return "number"


def socket_url(venue: httpx.AsyncClient) -> str:
    return f"ws://{venue.base_url.netloc.decode()}/ws/market"


async def order(venue: httpx.AsyncClient, command: str, **body: Any) -> Any:
    answer = await venue.post(f"/control/{command}", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def hear(socket: ClientConnection) -> Any:
    async with asyncio.timeout(LIMIT):
        text = await socket.recv()
    return json.loads(text) if text[:1] in {"{", "["} else text


async def subscribe(socket: ClientConnection, *tokens: str, curious: bool = False) -> Any:
    request = {"assets_ids": tokens, "type": "market", "custom_feature_enabled": curious}
    await socket.send(json.dumps(request))
    return await hear(socket)


async def drained(socket: ClientConnection) -> None:
    """Read until the connection ends, by its exception."""
    while True:
        await socket.recv()


async def silent(socket: ClientConnection) -> None:
    """Nothing came before the answer to a heartbeat."""
    await socket.send("PING")
    assert await hear(socket) == "PONG"


def informed(exchange: ExchangeSandbox, *heard: Any) -> Oracle:
    oracle = oracle_of(exchange)
    for message in heard:
        oracle.hear(json.dumps(message))
    return oracle
