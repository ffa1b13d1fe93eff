"""Orders that nobody tells about: looked for until it is certain what became of them."""

import asyncio
import logging
from collections.abc import Sequence
from typing import Final

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.errors import AnotherOrder, OtherWallet, OutcomeUnknown, Rejected, Unavailable
from core.domain.order import LOST_SIGHT, Order, OrderStatus
from core.domain.reports import OrderReport, TradeReport
from core.domain.sentences import mark
from core.domain.units import OrderId
from core.ports import AccountReports, Exchange
from core.services.clob.applying import apply_report, apply_word
from core.services.clob.desk import OrderDesk
from core.services.clob.following import (
    PATIENCE,
    Patience,
    Step,
    after_miss,
    gone_as,
    horizon,
    is_due,
)
from core.services.clob.interrupted import end_interrupted, send_unsent
from core.services.clob.news import OrderNews
from core.services.clob.sending import OrderSender
from core.services.milestones import Milestone, Reached, unwatched
from core.storage import markets, orders, signed_orders
from core.storage.models import Sessions
from core.storage.signed_orders import Sending
from core.storage.tenancy import as_worker

NEVER_SEEN: Final = mark("It never appeared at the exchange; nothing was bought or sold.")
GONE: Final = mark("It is no longer on the exchange's book.")
AT_ONCE: Final = 4

logger = logging.getLogger(__name__)


class Unresolved:
    """Looks up what may still change and is not told; sends again only bytes that were sent."""

    def __init__(
        self,
        sessions: Sessions,
        desk: OrderDesk,
        exchange: Exchange,
        reports: AccountReports,
        news: OrderNews,
        *,
        patience: Patience = PATIENCE,
        reached: Reached = unwatched,
    ) -> None:
        self._sessions = sessions
        self._desk = desk
        self._exchange = exchange
        self._reports = reports
        self._news = news
        self._patience = patience
        self._unasked: set[OrderId] = set()  # told of in the log already
        self._reached = reached

    async def begin(self) -> None:
        """Before commands are accepted: send or end what a crash cut off, then look for all."""
        sender = OrderSender(self._desk, self._exchange, self._news, reached=self._reached)
        await send_unsent(self._sessions, self._desk, sender, self._patience)
        await end_interrupted(self._sessions, self._desk)
        await self._look(everything=True)

    async def run(self) -> None:
        """For ever, beginning with a look at what is due."""
        while True:
            try:
                await self.look()
            except* (SQLAlchemyError, OSError) as faults:
                logger.warning("Cannot follow orders now: %s", faults.exceptions[0])
            await asyncio.sleep(self._patience.urgent.total_seconds())

    async def look(self) -> None:
        """Once, at everything that is due."""
        late = self._desk.now() - self._patience.in_flight
        await end_interrupted(self._sessions, self._desk, before=late)
        await self._look(everything=False)

    async def _look(self, *, everything: bool) -> None:
        async with as_worker(self._sessions) as session:
            found = await orders.followed(session, self._desk.account)
            sendings = await signed_orders.of_orders(session, [order.id for order in found])
        self._unasked &= {order.id for order in found}  # others have ended by news
        turns, now = asyncio.Semaphore(AT_ONCE), self._desk.now()
        async with asyncio.TaskGroup() as group:
            for order in found:
                sending = sendings.get(order.id)
                if sending and (everything or is_due(order, sending, now, self._patience)):
                    group.create_task(self._in_turn(order, sending, turns))

    async def _in_turn(self, order: Order, sending: Sending, turns: asyncio.Semaphore) -> None:
        """A venue that cannot be asked about one order is asked again at the next look."""
        async with turns:
            try:
                await self._follow(order, sending)
            except OtherWallet:
                await self._part_with(order, sending)
            except (Unavailable, OutcomeUnknown) as fault:
                if order.id not in self._unasked:
                    logger.info("Cannot follow order %s now: %s", order.id, fault)
                self._unasked.add(order.id)
            else:
                self._unasked.discard(order.id)

    async def _part_with(self, order: Order, sending: Sending) -> None:
        """Nobody here can see it any more; what never arrived is held until it no longer can."""
        if order.id not in self._unasked:
            logger.warning("Order %s is of a wallet that was given up", order.id)
        self._unasked.add(order.id)

        async def apply(session: AsyncSession, locked: Order) -> Order:
            now = self._desk.now()
            await signed_orders.note_look_up(session, locked.id, now, is_found=False)
            may_arrive = now <= horizon(locked, sending, self._patience)
            if locked.status is OrderStatus.UNKNOWN and may_arrive:
                return locked
            end = OrderStatus.CANCELLED
            return await apply_word(session, locked, end, None, LOST_SIGHT, now)

        await self._desk.change(order.ticket.user_id, order.id, apply)

    async def _follow(self, order: Order, sending: Sending) -> None:
        self._reached(Milestone.BEFORE_LOOK_UP)
        report = await self._exchange.look_up(order, sending.signed)
        self._reached(Milestone.AFTER_LOOK_UP)
        if report is not None:
            await self._found(order, sending, report)
            return
        match await self._missed(order):
            case Step.REPOST:
                await self._repost(order, sending)
            case Step.CANCEL:
                await self._cancel(order, sending)

    async def _found(self, order: Order, sending: Sending, report: OrderReport) -> None:
        async def apply(session: AsyncSession, locked: Order) -> Order:
            now = self._desk.now()
            await signed_orders.note_look_up(session, locked.id, now, is_found=True)
            return await apply_report(session, locked, report, now)

        after = await self._desk.change(order.ticket.user_id, order.id, apply)
        if after.awaited_size or after.status is OrderStatus.MATCHED:
            ids = report.trade_ids or sending.trade_ids
            for trade in await self._trades(after, ids):
                await self._news.trade(after.ticket.user_id, trade)
        if after.cancel_requested_at is not None and not after.is_done:
            await self._cancel(after, sending)

    async def _missed(self, order: Order) -> Step:
        """What to do now; giving up is done already."""
        step = Step.WAIT

        async def apply(session: AsyncSession, locked: Order) -> Order:
            nonlocal step
            now = self._desk.now()
            await signed_orders.note_look_up(session, locked.id, now, is_found=False)
            sending = await signed_orders.of_order(session, locked.id)
            step = Step.WAIT if sending is None else self._step(locked, sending)
            if step is Step.CANCEL:
                return await orders.request_cancel(session, locked, now)
            if step is Step.GIVE_UP:
                reason = NEVER_SEEN if locked.status is OrderStatus.UNKNOWN else GONE
                end = gone_as(locked, now)
                return await apply_word(session, locked, end, None, reason, now)
            return locked

        await self._desk.change(order.ticket.user_id, order.id, apply)
        return step

    def _step(self, order: Order, sending: Sending) -> Step:
        return after_miss(order, sending, self._desk.now(), self._patience)

    async def _repost(self, order: Order, sending: Sending) -> None:
        """A refusal now proves nothing about the first time: the order is looked for again."""

        async def apply(session: AsyncSession, locked: Order) -> Order:
            if locked.status is not OrderStatus.UNKNOWN:
                raise Rejected("It is known by now.")
            await self._desk.guards.free_to_send(session, locked)
            await signed_orders.note_sending(session, locked.id, self._desk.now())
            return locked

        user = order.ticket.user_id
        async with self._desk.transaction(user) as session:
            market = await markets.by_id(session, order.ticket.market_id)
        try:
            await self._desk.change(user, order.id, apply)
            self._reached(Milestone.BEFORE_REPOST)
            execution = await self._exchange.place(order, market, sending.signed)
        except Rejected as refusal:
            logger.info("Order %s was not sent again: %s", order.id, refusal)
            return
        except AnotherOrder:
            async with self._desk.transaction(user) as session:
                await self._desk.guards.mistrust(session, order)
            raise
        self._reached(Milestone.AFTER_REPOST)
        await self._news.answer(order, execution)

    async def _cancel(self, order: Order, sending: Sending) -> None:
        """The book's state says what came of it, at the next look."""
        self._reached(Milestone.BEFORE_CANCEL)
        try:
            await self._exchange.cancel(order, sending.signed)
        except Rejected as refusal:
            logger.info("Order %s was not cancelled: %s", order.id, refusal)
        self._reached(Milestone.AFTER_CANCEL)

    async def _trades(self, order: Order, ids: Sequence[str]) -> list[TradeReport]:
        user = order.ticket.user_id
        if ids:
            told = await self._reports.trades_named(user, ids)
        else:
            since = order.created_at - self._patience.in_flight
            told = await self._reports.trades(user, since)
        return [trade for trade in told if trade.hash == order.hash]
