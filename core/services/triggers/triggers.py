"""Triggers as people see them: armed, removed, listed; and what every purchase is to get."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import TypeAlias

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.account import Account
from core.domain.book import Side
from core.domain.errors import InvalidQuantity, NotEnoughShares, NotFound, Rejected
from core.domain.market import Market
from core.domain.notice import Warned
from core.domain.order import Order, Origin
from core.domain.position import Position, PositionStatus
from core.domain.sentences import worded
from core.domain.trigger import (
    MOST_ARMED,
    NewTrigger,
    Stake,
    Trigger,
    TriggerId,
    TriggerKind,
    TriggerState,
    check_new,
    executable_bid,
    wanted_at,
)
from core.domain.units import PositionId, Price, UserId
from core.services.clob.quoting import check_open
from core.services.outbox import Outbox
from core.services.price_board import PriceBoard
from core.services.trading_right import refuse_viewer
from core.storage import markets, positions
from core.storage import triggers as stored
from core.storage.models import Sessions
from core.storage.tenancy import as_user

Wish: TypeAlias = Callable[[Position, Price | None, Market], NewTrigger]
"""What to arm, seen from the position, the bid and the market. Raises: InvalidQuantity."""
Listener: TypeAlias = Callable[[Stake], None]


class Triggers:
    """Listeners are told on whose shares something was armed, is gone or sold, once it is so."""

    def __init__(self, sessions: Sessions, board: PriceBoard) -> None:
        self._sessions = sessions
        self._board = board
        self._listeners: list[Listener] = []

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` at every change; the result ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    async def arm(self, user: UserId, position_id: PositionId, wish: Wish) -> Trigger:
        """Raises: NotFound, NotEnoughShares, MarketClosed, InvalidQuantity, Refused, Rejected."""
        async with as_user(self._sessions, user) as session:
            await refuse_viewer(session, user)
            position = await positions.by_id(session, position_id, user)
            if position is None:
                raise NotFound("There is no such position.")
            if position.status is not PositionStatus.ACTIVE:
                raise NotEnoughShares("This position is closed already.")
            market = await markets.by_id(session, position.market_id)
            check_open(market)
            bid = _bid(self._board, position, market)
            wanted = wish(position, bid, market)
            check_new(wanted, bid, market.tick)
            trigger = await _arm(session, position, wanted)
        self._tell(trigger.stake)
        return trigger

    async def remove(self, user: UserId, trigger_id: TriggerId) -> Trigger:
        """Raises: NotFound, also for somebody else's; Rejected if it is not armed any more."""
        async with as_user(self._sessions, user) as session:
            found = await stored.lock(session, trigger_id)
            if found is None:
                raise NotFound("There is no such trigger.")
            if found.state is not TriggerState.ARMED:
                raise Rejected("This trigger is not armed any more.")
            await stored.end(session, found, TriggerState.REMOVED)
        self._tell(found.stake)
        return found

    async def armed(
        self, user: UserId, account: Account, position: PositionId | None = None
    ) -> Sequence[Trigger]:
        """Oldest first."""
        async with as_user(self._sessions, user) as session:
            return await stored.armed_of(session, user, account, position)

    async def presets(self, user: UserId, account: Account) -> Mapping[TriggerKind, Decimal]:
        """What every purchase gets: percent by kind."""
        async with as_user(self._sessions, user) as session:
            return await stored.presets(session, user, account)

    async def set_preset(
        self, user: UserId, account: Account, kind: TriggerKind, change: Decimal | None
    ) -> None:
        """None takes it away; what is armed already stays. Raises: Refused for a viewer."""
        async with as_user(self._sessions, user) as session:
            if change is None:
                await stored.drop_preset(session, user, account, kind)
            else:
                await refuse_viewer(session, user)
                await stored.set_preset(session, user, account, kind, change)

    def note(self, session: AsyncSession, stake: Stake) -> None:
        """Something changes in this transaction that triggers on it have to know of."""
        event.listen(session.sync_session, "after_commit", lambda _: self._tell(stake), once=True)

    def _tell(self, stake: Stake) -> None:
        for listener in tuple(self._listeners):
            listener(stake)


class TriggerWitness:
    """Gives purchases their presets, in the transaction that books them."""

    def __init__(self, triggers: Triggers, board: PriceBoard, outbox: Outbox) -> None:
        self._triggers = triggers
        self._board = board
        self._outbox = outbox

    async def changed(self, session: AsyncSession, before: Order, after: Order) -> None:
        """The position of a sale may be over now; a purchase gets what is not armed yet."""
        ticket = after.ticket
        is_over = after.is_done and ticket.origin is Origin.PROTECTION
        if after.filled_size == before.filled_size and not is_over:
            return
        self._triggers.note(session, Stake(ticket.user_id, ticket.token_id))
        is_more = after.filled_size > before.filled_size
        if ticket.side is Side.BUY and is_more and ticket.origin is not Origin.EXTERNAL:
            await self._arm_presets(session, after)

    async def _arm_presets(self, session: AsyncSession, order: Order) -> None:
        ticket = order.ticket
        wanted = await stored.presets(session, ticket.user_id, ticket.account)
        if not wanted:
            return
        held = await positions.active(session, ticket.user_id, ticket.account, ticket.market_id)
        position = next((one for one in held if one.token_id == ticket.token_id), None)
        if position is None:
            return
        market = await markets.by_id(session, ticket.market_id)
        bid = _bid(self._board, position, market)
        known = await stored.armed_of(session, ticket.user_id, ticket.account, position.id)
        for kind in sorted(wanted.keys() - {trigger.kind for trigger in known}):
            try:
                new = from_percent(kind, wanted[kind])(position, bid, market)
                check_new(new, bid, market.tick)
            except InvalidQuantity as fault:
                told = Warned(_not_armed(kind, wanted[kind], position, market, str(fault)))
                key = f"preset:{order.id}:{kind}"
                await self._outbox.write_down(session, ticket.user_id, key, told)
            else:
                await stored.arm(session, position, new)


def from_percent(kind: TriggerKind, change: Decimal, percent: int = 100) -> Wish:
    """`change` percent away from the average cost, or behind the bid; for `percent` of it."""

    def wish(position: Position, bid: Price | None, market: Market) -> NewTrigger:
        entry = position.holding.entry_price
        return wanted_at(kind, change, percent, entry=entry, bid=bid, tick=market.tick)

    return wish


def from_price(kind: TriggerKind, level: Price, percent: int = 100) -> Wish:
    """At `level` itself."""

    def wish(_position: Position, _bid: Price | None, _market: Market) -> NewTrigger:
        return NewTrigger(kind, level, percent)

    return wish


async def _arm(session: AsyncSession, position: Position, wanted: NewTrigger) -> Trigger:
    known = await stored.armed_of(session, position.user_id, position.account, position.id)
    if len(known) >= MOST_ARMED:
        raise Rejected(
            worded("A position has {most} triggers at most; remove one first.", most=MOST_ARMED)
        )
    trigger = await stored.arm(session, position, wanted)
    if trigger is None:
        raise Rejected("Exactly this is armed already.")
    return trigger


def _bid(board: PriceBoard, position: Position, market: Market) -> Price | None:
    """What a trigger would fire at now; the mere best bid where no more is known."""
    quote = board.quote(position.token_id)
    if quote is None or quote.book is None or quote.book.is_crossed:
        return None if quote is None else quote.bid
    held = position.holding.amount
    return executable_bid(quote.book.best_bids(), held, market.minimum_size) or quote.bid


def _not_armed(
    kind: TriggerKind, change: Decimal, position: Position, market: Market, why: str
) -> str:
    name = kind.replace("-", " ").capitalize()
    return worded(
        "{trigger}, which every buy gets, was not armed for {outcome} in “{question}”. {why}",
        trigger=f"{name} {change.normalize():f}%",
        outcome=position.outcome,
        question=market.question,
        why=why,
    )
