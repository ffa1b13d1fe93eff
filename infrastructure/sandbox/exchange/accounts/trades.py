"""Trades of accounts: what a match moves at once, and what becomes of it on chain."""

import hashlib
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from random import Random
from typing import Final

from core.domain.book import Side
from core.domain.units import MICROS
from infrastructure.sandbox.exchange.accounts.agenda import Agenda
from infrastructure.sandbox.exchange.accounts.desk import OrderDesk
from infrastructure.sandbox.exchange.accounts.desk import Told as OrderTold
from infrastructure.sandbox.exchange.accounts.money import Wallet, taker_fee, value
from infrastructure.sandbox.exchange.accounts.records import (
    MATCHED,
    AccountOrder,
    AccountTrade,
    MakerPart,
    TradeStatus,
)
from infrastructure.sandbox.exchange.matching import Fill, opposite
from infrastructure.sandbox.exchange.state import MarketState
from infrastructure.sandbox.exchange.trading import Match

LAST_BUCKETS: Final = 100


class Settle(StrEnum):
    """What becomes of trades by themselves."""

    AUTO = "auto"  # MINED, then CONFIRMED
    HOLD = "hold"  # MATCHED until somebody moves them
    RETRY = "retry"  # RETRYING, then as usual
    FAIL = "fail"  # RETRYING, then FAILED


ROADS: Final = {
    Settle.AUTO: (TradeStatus.MINED, TradeStatus.CONFIRMED),
    Settle.HOLD: (),
    Settle.RETRY: (TradeStatus.RETRYING, TradeStatus.MINED, TradeStatus.CONFIRMED),
    Settle.FAIL: (TradeStatus.RETRYING, TradeStatus.FAILED),
}


@dataclass(slots=True)
class Settlement:
    """`failing` is the share of trades that fail while the others go their way."""

    settle: Settle = Settle.AUTO
    delay: float = 1.0  # seconds between steps
    failing: float = 0.0


class TradeDesk:
    """The registrar of every market: it turns matches with accounts into trades and money."""

    def __init__(
        self,
        seed: int,
        agenda: Agenda,
        orders: OrderDesk,
        told: Callable[[AccountTrade], None],
        told_order: OrderTold,
    ) -> None:
        self.trades: dict[str, AccountTrade] = {}
        self.settlement = Settlement()
        self._orders = orders
        self._seed = seed
        self._rng = Random(f"{seed}/trades")  # noqa: S311 - repeatable on purpose, guards nothing
        self._agenda = agenda
        self._told = told
        self._told_order = told_order

    def matched(self, match: Match) -> None:
        if not match.taker and not any(self._maker(match, fill) for fill in match.fills):
            return
        taker = self._orders.orders.get(match.taker)
        wallets: set[Wallet] = set()
        for price, fills in groupby(match.fills, key=lambda fill: fill.price):
            wallets |= self._record(match, price, list(fills), taker).wallets
        self._agenda.after(0, lambda: self._orders.drop_uncovered(wallets))

    def swept(self, state: MarketState, orders: list[int]) -> None:
        self._orders.swept(state, orders)

    def move(self, trade: AccountTrade, status: TradeStatus, now: int) -> None:
        """The next step of its life; what is final stays. `now` in milliseconds."""
        if trade.status.is_final or trade.status is status:
            return
        trade.status, trade.updated_at = status, max(now, trade.updated_at)
        if status in {TradeStatus.MINED, TradeStatus.CONFIRMED} and not trade.transaction:
            trade.transaction = "0x" + self._digest("transaction", trade.id).hex()
            trade.bucket = int(trade.transaction[2:6], 16) % LAST_BUCKETS
        if status is TradeStatus.FAILED:
            trade.transaction = ""
            _settle(trade, -1)
        self._told(trade)
        if status is TradeStatus.FAILED:
            self._orders.drop_uncovered(trade.wallets)

    def _maker(self, match: Match, fill: Fill) -> AccountOrder | None:
        return self._orders.resting.get((match.state.listed.condition_id, fill.maker))

    def _record(
        self, match: Match, price: int, fills: list[Fill], taker: AccountOrder | None
    ) -> AccountTrade:
        """One trade at one price of the first outcome."""
        at = MICROS - price if match.outcome else price
        size = sum(fill.size for fill in fills)
        number = str(len(self.trades) + 1)
        fees = match.state.listed.fees
        trade = AccountTrade(
            id=self._uuid("trade", number),
            state=match.state,
            outcome=match.outcome,
            side=match.side,
            price=at,
            size=size,
            fee=taker_fee(fees.rate, at, size) if fees and taker else 0,
            taker=taker,
            taker_order_id=match.taker or "0x" + self._digest("order", number).hex(),
            owner=taker.key.id if taker else self._uuid("owner", number),
            address=taker.maker if taker else "0x" + self._digest("address", number)[:20].hex(),
            makers=tuple(self._part(match, fill) for fill in fills),
            matched_at=match.now,
            updated_at=match.now,
        )
        self.trades[trade.id] = trade
        self._note_fills(trade)
        _settle(trade, 1)
        self._told(trade)
        self._plan(trade)
        return trade

    def _part(self, match: Match, fill: Fill) -> MakerPart:
        order = self._maker(match, fill)
        outcome = match.outcome if order is None else order.outcome
        name = f"{match.state.listed.condition_id}/{fill.maker}"
        return MakerPart(
            order=order,
            order_id=order.hash if order else "0x" + self._digest("order", name).hex(),
            owner=order.key.id if order else self._uuid("owner", name),
            address=order.maker if order else "0x" + self._digest("address", name)[:20].hex(),
            token=match.state.listed.tokens[outcome],
            outcome=match.state.listed.outcomes[outcome],
            side=order.terms.side if order else opposite(match.side),
            price=MICROS - fill.price if outcome else fill.price,
            size=fill.size,
        )

    def _note_fills(self, trade: AccountTrade) -> None:
        if trade.taker is not None:
            _add(trade.taker, trade.id, trade.price, trade.size)
        for part in trade.makers:
            if part.order is None:
                continue
            _add(part.order, trade.id, part.price, part.size)
            if not part.order.left:
                part.order.status = MATCHED
                self._orders.left_book(part.order)
            self._told_order(part.order, "UPDATE")

    def _plan(self, trade: AccountTrade) -> None:
        settle = self.settlement.settle
        if settle is Settle.AUTO and self._rng.random() < self.settlement.failing:
            settle = Settle.FAIL
        for step, status in enumerate(ROADS[settle], start=1):
            self._agenda.after(step * self.settlement.delay, self._step(trade, status))

    def _step(self, trade: AccountTrade, status: TradeStatus) -> Callable[[], None]:
        later = int(self.settlement.delay * 1000)
        return lambda: self.move(trade, status, trade.updated_at + later)

    def _digest(self, what: str, name: str) -> bytes:
        return hashlib.sha256(f"{self._seed}/{what}/{name}".encode()).digest()

    def _uuid(self, what: str, name: str) -> str:
        return str(uuid.UUID(bytes=self._digest(what, name)[:16], version=4))


def _add(order: AccountOrder, trade_id: str, price: int, size: int) -> None:
    order.trades.append(trade_id)
    order.matched += size
    order.value += value(price, size)


def _settle(trade: AccountTrade, sign: int) -> None:
    """Move money and shares of every account in it; -1 moves them back to the cent."""
    if trade.taker is not None:
        _move(trade.taker, trade.side, trade.price, trade.size * sign, trade.fee * sign)
    for part in trade.makers:
        if part.order is not None:
            _move(part.order, part.side, part.price, part.size * sign, 0)


def _move(order: AccountOrder, side: Side, price: int, size: int, fee: int) -> None:
    cost = value(price, abs(size)) * (1 if size > 0 else -1)
    if side is Side.BUY:
        order.wallet.move(order.token, size, -cost - fee)
        order.wallet.use_allowance(order.contract, cost + fee)
    else:
        order.wallet.move(order.token, -size, cost - fee)
