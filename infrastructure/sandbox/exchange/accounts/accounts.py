"""Everything the exchange keeps of accounts, put together."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from core.domain.units import MICROS
from infrastructure.sandbox.exchange.accounts.agenda import Agenda
from infrastructure.sandbox.exchange.accounts.contracts import settler_of
from infrastructure.sandbox.exchange.accounts.desk import Floor, OrderDesk
from infrastructure.sandbox.exchange.accounts.heartbeats import Heartbeats
from infrastructure.sandbox.exchange.accounts.keys import ApiKey, KeyDesk
from infrastructure.sandbox.exchange.accounts.money import Wallet, Wallets, value
from infrastructure.sandbox.exchange.accounts.order_faults import OrderFaults
from infrastructure.sandbox.exchange.accounts.order_wire import Sent, read_order, read_orders
from infrastructure.sandbox.exchange.accounts.rate_limits import RateLimits
from infrastructure.sandbox.exchange.accounts.records import AccountOrder
from infrastructure.sandbox.exchange.accounts.signatures import order_hash
from infrastructure.sandbox.exchange.accounts.trades import TradeDesk
from infrastructure.sandbox.exchange.accounts.user_hub import UserHub
from infrastructure.sandbox.exchange.refused import Refused
from infrastructure.sandbox.exchange.state import MarketState

READERS: Final[dict[str, Callable[[bytes], Iterable[Sent]]]] = {
    "/order": lambda body: [read_order(body)],
    "/orders": read_orders,
}


@dataclass(frozen=True, slots=True)
class Redeemed:
    """Shares of a market that ended, turned into money."""

    wallet: Wallet
    state: MarketState
    shares: int
    cash: int
    at: int  # milliseconds


@dataclass(frozen=True, slots=True)
class Granted:
    """Shares that came from outside, at what they were worth then."""

    wallet: Wallet
    state: MarketState
    outcome: int
    size: int
    price: int
    at: int  # milliseconds


class Cancelled(NamedTuple):
    canceled: list[str]
    not_canceled: dict[str, str]


@dataclass(slots=True)
class Region:
    """Where the exchange believes its clients to be."""

    is_blocked: bool = False
    country: str = "IE"
    region: str = "L"


@dataclass(slots=True)
class Posted:
    """How often an order's hash arrived, whatever became of it, and in how many forms."""

    times: int = 0
    bodies: Counter[str] = field(default_factory=Counter)


class Accounts:
    """The desks, and what is true for all of them."""

    def __init__(self, floor: Floor, seed: int, *, open_accounts: bool, page_size: int) -> None:
        self.page_size = page_size
        self.region = Region()
        self.only_active_lookups = False  # `/data/order/{id}` knows nothing of what has ended
        self.posted: dict[str, Posted] = {}
        self.redeemed: list[Redeemed] = []
        self.granted: list[Granted] = []
        self.agenda = Agenda()
        self.wallets = Wallets(open_accounts=open_accounts)
        self.keys = KeyDesk(seed, lambda: floor.now_ms() // 1000)
        self.hub = UserHub(floor.now_ms)
        self.orders = OrderDesk(floor, self.wallets, self.agenda, self.hub.tell_order)
        self.trades = TradeDesk(
            seed, self.agenda, self.orders, self.hub.tell_trade, self.hub.tell_order
        )
        self.limits = RateLimits(lambda: floor.now_ms() / 1000)
        self.heartbeats = Heartbeats(self.agenda, self._silenced)
        self.faults = OrderFaults(self.agenda, arrived=self._arrived)
        self._floor = floor

    def close(self) -> None:
        """The server ends: nothing happens later any more."""
        self.agenda.clear()
        self.faults.scripted.clear()
        self.hub.drop_all()

    def ended(self, state: MarketState) -> None:
        self.orders.end_market(state)

    def cancel_all(self, orders: Iterable[AccountOrder]) -> Cancelled:
        """The venue's answer: what was cancelled, and why the others were not."""
        canceled: list[str] = []
        others: dict[str, str] = {}
        for order in list(orders):
            problem = self.orders.cancel(order)
            if problem:
                others[order.hash] = problem
            else:
                canceled.append(order.hash)
        return Cancelled(canceled, others)

    def wallet_of(self, key: ApiKey, signature_type: int) -> Wallet | None:
        return self.wallets.of_key(key.address, signature_type)

    def redeem(self, wallet: Wallet, state: MarketState) -> int:
        """Millionths of USDC for what it holds of a market that has ended."""
        if state.payouts is None:
            return 0
        paid = shares = 0
        for token, payout in zip(state.listed.tokens, state.payouts, strict=True):
            held = wallet.shares.pop(token, 0)
            shares += held
            paid += value(int(payout * MICROS), held)
        wallet.cash += paid
        if shares:
            self.redeemed.append(Redeemed(wallet, state, shares, paid, self._floor.now_ms()))
        return paid

    def grant(self, wallet: Wallet, token: str, shares: int) -> None:
        """Set what it holds of a token, as if it had come from outside."""
        found = self._floor.find(token)
        more = shares - wallet.shares.get(token, 0)
        wallet.shares[token] = shares
        if found is not None and more > 0:
            state, outcome = found
            price = int((state.price(outcome) or 0) * MICROS)
            at = self._floor.now_ms()
            self.granted.append(Granted(wallet, state, outcome, more, price, at))

    def _silenced(self, key_id: str) -> None:
        for order in self.orders.open_orders(key_id):
            self.orders.cancel(order)

    def _arrived(self, method: str, path: str, body: bytes) -> None:
        """Count what came in by its hash, before anything can go wrong with it."""
        if method != "POST" or path not in READERS:
            return
        with suppress(Refused, ValueError, OverflowError):
            for sent in READERS[path](body):
                found = self._floor.find(sent.token)
                if found is None:
                    continue
                settler = settler_of(sent.struct.token, neg_risk=found[0].listed.neg_risk)
                posted = self.posted.setdefault(order_hash(sent.struct, settler), Posted())
                posted.times += 1
                posted.bodies[hashlib.sha256(body).hexdigest()] += 1
