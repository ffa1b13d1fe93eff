"""One order's way out: signed, committed, sent as exactly those bytes, its answer committed."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import TypeAlias

from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.errors import AnotherOrder, EmptyBook, OutcomeUnknown, Rejected, Unavailable
from core.domain.market import Market
from core.domain.order import Order, OrderStatus, SignedPayload
from core.domain.sentences import mark
from core.ports import Exchange, Execution
from core.services.clob.desk import OrderDesk
from core.services.clob.news import OrderNews
from core.services.clob.settlement import settle
from core.services.milestones import Milestone, Reached, unwatched
from core.storage import orders, signed_orders

TAKEN_BACK = mark("Cancelled before it was sent; nothing was bought or sold.")


Leaving: TypeAlias = Callable[[], None]


def nobody_waits() -> None:
    """Who does not measure when an order leaves."""


class OrderSender:
    """Sends recorded orders. No transaction stays open while the network is waited for."""

    def __init__(
        self, desk: OrderDesk, exchange: Exchange, news: OrderNews, *, reached: Reached = unwatched
    ) -> None:
        self._desk = desk
        self._exchange = exchange
        self._news = news
        self._reached = reached

    async def send(self, order: Order, market: Market, leaving: Leaving = nobody_waits) -> Order:
        """The new `order` after the venue's answer; `leaving` is told just before it is asked.

        A crash leaves it NEW (nothing was sent) or SIGNED (it may have been).
        Raises: Rejected and Unavailable (the order is REJECTED then), EmptyBook (it is CANCELLED:
        looking for somebody and finding nobody is no refusal), OutcomeUnknown.
        """
        self._reached(Milestone.INTENT_COMMITTED)
        try:
            signed = await self._signed(order, market)
            self._reached(Milestone.BEFORE_POST)
            leaving()
            execution = await self._exchange.place(order, market, signed)
            self._reached(Milestone.AFTER_POST)
            answered = None if signed else await self._settle(order, execution)
        except AnotherOrder as error:
            await self._mistrust(order, str(error))
            raise
        except OutcomeUnknown as error:
            await self._end(order, OrderStatus.UNKNOWN, str(error))
            raise
        except _NotOurs:
            raise
        except EmptyBook as error:
            await self._end(order, OrderStatus.CANCELLED, str(error))
            raise
        except (Rejected, Unavailable) as error:
            await self._end(order, OrderStatus.REJECTED, str(error))
            raise
        if answered is None:  # at a venue: it stands, whatever we think of it
            answered = await self._news.answer(order, execution)
        self._reached(Milestone.ANSWER_COMMITTED)
        return replace(answered, basis=execution.basis)

    async def _settle(self, order: Order, execution: Execution) -> Order:
        """Raises: NotEnoughShares, InsufficientBalance."""
        now, mark = self._desk.now(), self._desk.mark(order.ticket.token_id)

        async def apply(session: AsyncSession, locked: Order) -> Order:
            return await settle(session, locked, execution, mark, now)

        return await self._desk.change(order.ticket.user_id, order.id, apply)

    async def _signed(self, order: Order, market: Market) -> SignedPayload | None:
        """The order's one form, committed before its first byte leaves.

        Raises: Rejected, Unavailable.
        """
        signed = await self._exchange.prepare(order, market)
        if signed is None:
            return None
        self._reached(Milestone.SIGNED)

        async def apply(session: AsyncSession, locked: Order) -> Order:
            return await self._commit(session, locked, signed, self._desk.now())

        await self._desk.change(order.ticket.user_id, order.id, apply)
        self._reached(Milestone.SIGNATURE_COMMITTED)
        return signed

    async def _commit(
        self, session: AsyncSession, order: Order, signed: SignedPayload, now: datetime
    ) -> Order:
        if order.status is not OrderStatus.NEW:
            raise _NotOurs(TAKEN_BACK)
        if order.cancel_requested_at is not None:
            raise Rejected(TAKEN_BACK)
        await self._desk.guards.free_to_send(session, order)
        return await signed_orders.add(session, order, signed, now)

    async def _mistrust(self, order: Order, reason: str) -> None:
        """The look-up finds out what became of it; nothing else is sent for its user meanwhile."""

        async def apply(session: AsyncSession, locked: Order) -> Order:
            await self._desk.guards.mistrust(session, locked)
            unknown, now = OrderStatus.UNKNOWN, self._desk.now()
            return await orders.move(session, locked, unknown, reason=reason, now=now)

        await self._desk.change(order.ticket.user_id, order.id, apply)

    async def _end(self, order: Order, status: OrderStatus, reason: str) -> None:
        async def apply(session: AsyncSession, locked: Order) -> Order:
            return await orders.move(session, locked, status, reason=reason, now=self._desk.now())

        await self._desk.change(order.ticket.user_id, order.id, apply)


class _NotOurs(Rejected):
    """Somebody else has ended the order meanwhile, or sends it: theirs is the word on it."""
