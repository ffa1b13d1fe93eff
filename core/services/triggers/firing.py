"""One trigger's sale: begun under its lock, placed once a shot, counted when its order is over."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.account import Account
from core.domain.book import Side
from core.domain.errors import EmptyBook, OutcomeUnknown, PolycoolError, Rejected, Unavailable
from core.domain.execution import worst_acceptable
from core.domain.market import Market
from core.domain.notice import TriggerFired
from core.domain.order import DUST, Order, OrderStatus, Origin, Ticket
from core.domain.position import Holding, PositionStatus, shares_of
from core.domain.sentences import mark
from core.domain.trigger import Fired, Trigger, TriggerKind, TriggerState
from core.domain.units import ZERO, Price, Size, Usdc
from core.services.clob.clob_service import ClobService
from core.services.outbox import Outbox
from core.storage import markets, orders, positions
from core.storage import triggers as stored
from core.storage.models import Sessions
from core.storage.tenancy import as_user

NOBODY = mark("The bids that it fired at were gone before the order came.")


@dataclass(frozen=True, slots=True)
class _Shot:
    """A trigger whose turn it is, and the order of that turn if it was placed before."""

    trigger: Trigger
    market: Market
    left: Size
    order: Order | None


class _Try(NamedTuple):
    order: Order
    is_missed: bool = False  # the bids were gone before it came


class _NotPlacedError(Exception):
    """There is no order; the sentence says why."""


class TriggerFirer:
    """Sells for triggers. A crash anywhere is made good by calling `fire` again.

    Every shot has one order key, so that however often it is tried there is one order; its
    number goes up with the transaction that counts what that order sold.
    """

    def __init__(
        self,
        sessions: Sessions,
        desks: Mapping[Account, ClobService],
        outbox: Outbox,
        *,
        slippage_percent: Decimal,
    ) -> None:
        self._sessions = sessions
        self._desks = desks
        self._outbox = outbox
        self._slippage = slippage_percent

    async def fire(self, trigger: Trigger, bid: Price) -> Fired:
        """Sell at an executable bid of `bid`. The same shot again: its order is asked for anew.

        Raises: Unavailable if not even the order could be asked for; SQLAlchemyError, OSError.
        """
        shot = await self._begin(trigger, is_firing=True)
        if isinstance(shot, Trigger):
            return Fired(shot)
        try:
            tried = _Try(shot.order) if shot.order else await self._placed(shot, bid)
        except _NotPlacedError as fault:
            return await self._refused(shot, str(fault))
        return await self._counted(shot, tried)

    async def finish(self, trigger: Trigger) -> Fired:
        """Count the order of its present shot, if there is one and it is over; sends nothing."""
        shot = await self._begin(trigger, is_firing=False)
        if isinstance(shot, Trigger):
            return Fired(shot)
        return await self._counted(shot, _Try(shot.order)) if shot.order else Fired(shot.trigger)

    async def _begin(self, trigger: Trigger, *, is_firing: bool) -> "_Shot | Trigger":
        """The trigger alone where nothing is to be sold any more."""
        async with as_user(self._sessions, trigger.user_id) as session:
            known = await _locked(session, trigger)
            if known.state is not TriggerState.ARMED:
                return known
            order = await self._order(session, known)
            position = await positions.by_id(session, known.position_id, known.user_id)
            is_open = position is not None and position.status is PositionStatus.ACTIVE
            if order is None and (position is None or not is_open):
                over = replace(known, state=TriggerState.OVER)
                await stored.save(session, over)
                return over
            market = await markets.by_id(session, known.market_id)
            held = Holding() if position is None else position.holding
            if known.left is None and is_firing:
                known = replace(known, left=shares_of(held, Decimal(known.percent)))
                await stored.save(session, known)
            return _Shot(known, market, Size(min(known.left or ZERO, held.amount)), order)

    async def _placed(self, shot: _Shot, bid: Price) -> _Try:
        """Raises: _NotPlacedError."""
        desk = self._desks.get(shot.trigger.account)
        if desk is None:
            raise _NotPlacedError(
                mark("This Polycool trades paper money only now, so it cannot sell real shares.")
            )
        try:
            return _Try(await desk.place_order(self._ticket(shot, bid)))
        except EmptyBook as fault:
            return _Try(await self._recorded(shot, fault), is_missed=True)
        except (Rejected, Unavailable, OutcomeUnknown) as fault:
            return _Try(await self._recorded(shot, fault))

    async def _recorded(self, shot: _Shot, fault: PolycoolError) -> Order:
        """Raises: _NotPlacedError."""
        async with as_user(self._sessions, shot.trigger.user_id) as session:
            order = await self._order(session, shot.trigger)
        if order is None:
            raise _NotPlacedError(str(fault)) from fault
        return order

    def _ticket(self, shot: _Shot, bid: Price) -> Ticket:
        """Profits are taken at their level or better; a stop goes as far as slippage allows."""
        trigger, tick = shot.trigger, shot.market.tick
        worst = worst_acceptable(Side.SELL, bid, self._slippage, tick)
        if trigger.kind is TriggerKind.TAKE_PROFIT:
            worst = max(worst, trigger.level)
        return Ticket(
            user_id=trigger.user_id,
            account=trigger.account,
            market_id=trigger.market_id,
            token_id=trigger.token_id,
            side=Side.SELL,
            worst_price=worst,
            key=trigger.order_key,
            size=shot.left,
            origin=Origin.PROTECTION,
        )

    async def _refused(self, shot: _Shot, why: str) -> Fired:
        """Told once, until something is sold."""
        async with as_user(self._sessions, shot.trigger.user_id) as session:
            known = await _locked(session, shot.trigger)
            if known.state is not TriggerState.ARMED:
                return Fired(known)
            after = replace(known, trouble=why)
            await stored.save(session, after)
            if not known.trouble:
                await self._tell(session, after, shot, None)
        return Fired(after, is_refused=True)

    async def _counted(self, shot: _Shot, tried: _Try) -> Fired:
        order = tried.order
        if not order.is_done:
            return Fired(shot.trigger, is_order_out=True)
        async with as_user(self._sessions, shot.trigger.user_id) as session:
            known = await _locked(session, shot.trigger)
            if known.shot != shot.trigger.shot:
                return Fired(known)
            after = _after(known, order, await self._held(session, known))
            await stored.save(session, after)
            if order.filled_size or not known.trouble:
                await self._tell(session, after, shot, order)
        is_rejected = order.status is OrderStatus.REJECTED and not tried.is_missed
        return Fired(after, is_refused=is_rejected)

    async def _held(self, session: AsyncSession, trigger: Trigger) -> Size:
        position = await positions.by_id(session, trigger.position_id, trigger.user_id)
        is_open = position is not None and position.status is PositionStatus.ACTIVE
        return position.holding.amount if position is not None and is_open else Size(ZERO)

    async def _order(self, session: AsyncSession, trigger: Trigger) -> Order | None:
        return await orders.by_key(session, trigger.user_id, trigger.account, trigger.order_key)

    async def _tell(
        self, session: AsyncSession, after: Trigger, shot: _Shot, order: Order | None
    ) -> None:
        fired = TriggerFired(
            account=after.account,
            position_id=after.position_id,
            market_id=after.market_id,
            question=shot.market.question,
            outcome=after.outcome,
            kind=after.kind,
            level=after.level,
            state=after.state,
            sold=order.filled_size if order else Size(ZERO),
            average=order.average_price if order else None,
            value=order.filled_value if order else Usdc(ZERO),
            fee=order.fee if order else Usdc(ZERO),
            left=after.left or Size(ZERO),
            trouble=after.trouble,
        )
        what = "trouble" if after.trouble else "sold"
        key = f"trigger:{after.id}:{after.shot}:{what}"
        await self._outbox.write_down(session, after.user_id, key, fired)


async def _locked(session: AsyncSession, trigger: Trigger) -> Trigger:
    """As Postgres has it, but where it stands now: a stop that rose is kept a second later."""
    known = await stored.lock(session, trigger.id)
    if known is None:
        return replace(trigger, state=TriggerState.REMOVED)
    return replace(known, level=trigger.level, peak=trigger.peak)


def _after(known: Trigger, order: Order, held: Size) -> Trigger:
    """The trigger after an order of its own is over; what was removed meanwhile stays so."""
    left = Size(max((known.left or Size(ZERO)) - order.filled_size, ZERO))
    left = Size(min(left, held))
    state = known.state
    if left < DUST and state is TriggerState.ARMED:
        state = TriggerState.DONE if order.filled_size or held else TriggerState.OVER
    trouble = "" if order.filled_size else _why(order)
    return replace(known, left=left, shot=known.shot + 1, state=state, trouble=trouble)


def _why(order: Order) -> str:
    if order.status is OrderStatus.REJECTED and order.reason:
        return order.reason
    return NOBODY
