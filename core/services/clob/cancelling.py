"""Taking orders off the book: the wish committed first, the answer checked against the book."""

import asyncio
import logging
from collections.abc import Sequence
from types import MappingProxyType
from typing import Final

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.account_views import Cancelled
from core.domain.errors import OutcomeUnknown, PolycoolError, Rejected, Unavailable
from core.domain.order import Order, OrderStatus, SignedPayload
from core.domain.sentences import mark
from core.domain.units import OrderId, UserId
from core.ports import Exchange, Execution
from core.services.clob.applying import apply_report, apply_word
from core.services.clob.desk import OrderDesk
from core.services.clob.sending import TAKEN_BACK
from core.services.milestones import Milestone, Reached, unwatched
from core.storage import orders, signed_orders

AT_ONCE: Final = 8
OVER: Final = MappingProxyType(
    {
        OrderStatus.PARTIAL: mark("This order is partial already."),
        OrderStatus.FILLED: mark("This order is filled already."),
        OrderStatus.CANCELLED: mark("This order is cancelled already."),
        OrderStatus.EXPIRED: mark("This order is expired already."),
        OrderStatus.REJECTED: mark("This order is rejected already."),
    }
)
NOT_NOTED: Final = mark("The database does not answer; it is tried again.")

logger = logging.getLogger(__name__)


class OrderCanceller:
    """The venue's answer to a cancel is not the last word; the order's state at the venue is."""

    def __init__(
        self, desk: OrderDesk, exchange: Exchange, *, reached: Reached = unwatched
    ) -> None:
        self._desk = desk
        self._exchange = exchange
        self._reached = reached

    async def cancel(self, order_id: OrderId, user: UserId) -> Order:
        """The order after the attempt; still working if nobody could say what became of it.

        Raises: Rejected if nothing of it is working, Unavailable, OutcomeUnknown; the wish stays
        after the last two, and is tried again.
        """
        order, signed = await self._wish(order_id, user)
        self._reached(Milestone.CANCEL_COMMITTED)
        if order.status is OrderStatus.REJECTED:
            return order
        self._reached(Milestone.BEFORE_CANCEL)
        answer = await self._ask(order, signed)
        self._reached(Milestone.AFTER_CANCEL)
        after = await self._check(order, signed, answer)
        self._reached(Milestone.CANCEL_ANSWER_COMMITTED)
        return after

    async def cancel_these(self, wanted: Sequence[Order]) -> Cancelled:
        """All wishes are committed before the first one is sent."""
        for order in wanted:
            await self._wish_quietly(order)
        turns = asyncio.Semaphore(AT_ONCE)
        async with asyncio.TaskGroup() as group:
            tries = [group.create_task(self._try(order, turns)) for order in wanted]
        results = [attempt.result() for attempt in tries]
        return Cancelled(
            tuple(order for order, sentence in results if sentence is None),
            tuple((order, sentence) for order, sentence in results if sentence is not None),
        )

    async def _try(self, order: Order, turns: asyncio.Semaphore) -> tuple[Order, str | None]:
        async with turns:
            try:
                return await self.cancel(order.id, order.ticket.user_id), None
            except (Rejected, Unavailable, OutcomeUnknown) as error:
                return order, str(error)
            except (SQLAlchemyError, OSError) as fault:
                logger.warning("Cannot note what became of order %s: %s", order.id, fault)
                return order, NOT_NOTED

    async def _wish(self, order_id: OrderId, user: UserId) -> tuple[Order, SignedPayload | None]:
        """Raises: Rejected if it is over already."""

        async def apply(session: AsyncSession, locked: Order) -> Order:
            if locked.is_done:
                raise Rejected(OVER[locked.status])
            now = self._desk.now()
            wished = await orders.request_cancel(session, locked, now)
            if locked.status is not OrderStatus.NEW:
                return wished
            end = OrderStatus.REJECTED
            return await orders.move(session, wished, end, reason=TAKEN_BACK, now=now)

        order = await self._desk.change(user, order_id, apply)
        async with self._desk.transaction(user) as session:
            sending = await signed_orders.of_order(session, order_id)
        return order, None if sending is None else sending.signed

    async def _wish_quietly(self, order: Order) -> None:
        """An order that ended meanwhile is told of when it is its turn."""
        try:
            await self._wish(order.id, order.ticket.user_id)
        except Rejected:
            return

    async def _ask(self, order: Order, signed: SignedPayload | None) -> Execution | Rejected:
        try:
            return await self._exchange.cancel(order, signed)
        except Rejected as refusal:
            return refusal

    async def _check(
        self, order: Order, signed: SignedPayload | None, answer: Execution | Rejected
    ) -> Order:
        """The book's own word if it has one. Without: the answer, unless it was never accepted.

        Raises: Rejected, the venue's refusal.
        """
        if signed is None:
            return await self._take_word(order, answer)
        try:
            report = await self._exchange.look_up(order, signed)
        except Unavailable:
            return order  # nobody knows; it is looked for again
        if report is None and order.status in {OrderStatus.SIGNED, OrderStatus.UNKNOWN}:
            return order  # it may still arrive
        if report is None:
            return await self._take_word(order, answer)

        async def apply(session: AsyncSession, locked: Order) -> Order:
            return await apply_report(session, locked, report, self._desk.now())

        return await self._desk.change(order.ticket.user_id, order.id, apply)

    async def _take_word(self, order: Order, answer: Execution | Rejected) -> Order:
        if isinstance(answer, PolycoolError):
            raise answer

        async def apply(session: AsyncSession, locked: Order) -> Order:
            return await apply_word(
                session,
                locked,
                answer.status,
                answer.matched_size,
                answer.reason,
                self._desk.now(),
            )

        return await self._desk.change(order.ticket.user_id, order.id, apply)
