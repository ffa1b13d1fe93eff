"""Who listens to the user channel, and what of it reaches them."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import msgspec

from infrastructure.sandbox.exchange.accounts.keys import ApiKey
from infrastructure.sandbox.exchange.accounts.records import AccountOrder, AccountTrade
from infrastructure.sandbox.exchange.accounts.user_events import Times, order_event, trade_event
from infrastructure.sandbox.exchange.frames import Json
from infrastructure.sandbox.exchange.outbox import Outbox

REMEMBERED: Final = 1_000  # events, for the control


@dataclass(slots=True, eq=False)
class Listener:
    """One connection; without `markets` it hears of every market."""

    key: ApiKey
    outbox: Outbox
    abort: Callable[[], None]
    markets: set[str] = field(default_factory=set)
    held: bytes | None = None  # a frame that the next one overtakes

    def put(self, data: bytes) -> None:
        if not self.outbox.put(data):
            self.abort()


@dataclass(slots=True)
class ChannelFaults:
    """What is wrong with the channel; events that are not sent are lost."""

    is_frozen: bool = False  # no events; PONG goes on
    is_silent: bool = False  # neither events nor PONG
    duplicates: bool = False
    reorders: bool = False
    left: int | None = None  # events that it still happens to; None = until cleared

    def is_due(self) -> bool:
        if self.left is None:
            return True
        self.left -= 1
        return self.left >= 0


class UserHub:
    """Events of orders and trades, to those whose API key they belong to."""

    def __init__(self, now_ms: Callable[[], int]) -> None:
        self.faults = ChannelFaults()
        self.times = Times.RECORDED
        self.listeners: set[Listener] = set()
        self.told: deque[Json] = deque(maxlen=REMEMBERED)
        self.refused = 0  # connections with wrong credentials
        self._now_ms = now_ms
        self._changed = asyncio.Event()

    def tell_order(self, order: AccountOrder, kind: str) -> None:
        event = order_event(order, kind, self._now_ms(), self.times)
        self._send(order.key.id, order.state.listed.condition_id, event)

    def tell_trade(self, trade: AccountTrade) -> None:
        owners = [trade.owner, *(part.owner for part in trade.makers if part.order)]
        for owner in dict.fromkeys(owners):
            event = trade_event(trade, owner, self.times)
            self._send(owner, trade.state.listed.condition_id, event)

    def join(self, listener: Listener) -> None:
        self.listeners.add(listener)
        self.notify()

    def leave(self, listener: Listener) -> None:
        self.listeners.discard(listener)
        self.notify()

    def drop_all(self) -> int:
        """Break every connection off, without a close frame."""
        for listener in list(self.listeners):
            listener.abort()
        return len(self.listeners)

    async def until(self, condition: Callable[[], bool]) -> None:
        while not condition():
            await self._changed.wait()

    def notify(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    def _send(self, owner: str, market: str, event: Json) -> None:
        self.told.append(event)
        if self.faults.is_frozen or self.faults.is_silent:
            return
        data = msgspec.json.encode(event)
        for listener in list(self.listeners):
            is_wanted = not listener.markets or market in listener.markets
            if listener.key.id == owner and is_wanted:
                self._deliver(listener, data)

    def _deliver(self, listener: Listener, data: bytes) -> None:
        held, listener.held = listener.held, None
        if held is not None:
            listener.put(data)
            listener.put(held)
        elif self.faults.reorders and self.faults.is_due():
            listener.held = data
        else:
            listener.put(data)
            if self.faults.duplicates and self.faults.is_due():
                listener.put(data)
