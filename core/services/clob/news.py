"""What the venue tells of orders and trades, taken over once, in whatever order it comes."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.ledger import Settlement
from core.domain.market import Market
from core.domain.order import Order, Origin, Ticket
from core.domain.order_amounts import OrderKind
from core.domain.reports import OrderReport, TradeReport
from core.domain.units import OrderId, UserId
from core.ports import Execution, MarketsByCondition
from core.services.clob.applying import (
    Scene,
    apply_answer,
    apply_report,
    apply_trade,
    corrects,
    is_news,
    says_nothing,
    settle_known,
)
from core.services.clob.desk import OrderDesk
from core.services.milestones import Milestone, Reached, unwatched
from core.storage import fills as ledger
from core.storage import markets, orders, signed_orders
from core.storage.fills import StoredFill


class OrderNews:
    """Late, repeated and shuffled news is harmless. Orders made elsewhere are taken in as such."""

    def __init__(
        self, desk: OrderDesk, known: MarketsByCondition, *, reached: Reached = unwatched
    ) -> None:
        self._desk = desk
        self._markets = known
        self._reached = reached

    async def order(self, user: UserId, report: OrderReport) -> None:
        """Raises: NotFound or Unavailable if it is about a market that cannot be found."""

        async def find(session: AsyncSession) -> OrderId | None:
            return await self._order_id(session, user, report)

        async def apply(session: AsyncSession, locked: Order) -> Order:
            return await apply_report(session, locked, report, self._desk.now())

        if await self._desk.change_found(user, find, apply) is None:
            order_id = await self._external(user, report)
            await self._desk.change(user, order_id, apply)

    async def trade(self, user: UserId, report: TradeReport) -> None:
        """Raises: NotFound or Unavailable if it is about a market that cannot be found."""
        before, after = _points(report)
        is_known = is_told = False

        async def find(session: AsyncSession) -> OrderId | None:
            nonlocal is_known, is_told
            fill = await ledger.of_trade(session, user, self._desk.account, report)
            is_told = is_news(fill, report)
            is_known = fill is not None and not (is_told and _changes_order(fill, report))
            if fill is None or not is_known:
                return await self._order_id(session, user, report)
            if is_told:
                self._reached(before)
            await settle_known(session, fill, report)  # most of what is told: without a lock
            return None

        async def apply(session: AsyncSession, locked: Order) -> Order:
            self._reached(before)
            return await apply_trade(session, locked, report, self._scene(locked))

        if await self._desk.change_found(user, find, apply) is None and not is_known:
            order_id = await self._external(user, report)
            await self._desk.change(user, order_id, apply)
        if is_told:
            self._reached(after)

    async def untold(self, user: UserId, reports: Sequence[TradeReport]) -> list[TradeReport]:
        """Those of `reports`, in their order, that may say something new."""
        if not reports:
            return []
        async with self._desk.transaction(user) as session:
            known = await ledger.of_trades(session, user, self._desk.account, reports)
        return [each for each in reports if not says_nothing(known.get(each.event_key), each)]

    async def answer(self, order: Order, execution: Execution) -> Order:
        """The venue's answer to sending one of our own orders."""

        async def apply(session: AsyncSession, locked: Order) -> Order:
            if execution.trade_ids:
                await signed_orders.note_trades(session, locked.id, execution.trade_ids)
            scene = self._scene(locked)
            return await apply_answer(session, locked, execution, scene)

        return await self._desk.change(order.ticket.user_id, order.id, apply)

    def _scene(self, order: Order) -> Scene:
        return Scene(self._desk.mark(order.ticket.token_id), self._desk.now())

    async def _order_id(
        self, session: AsyncSession, user: UserId, report: OrderReport | TradeReport
    ) -> OrderId | None:
        """One that nobody made here is taken in; None if its market is not stored."""
        known = await orders.by_hash(session, user, report.hash)
        if known is not None:
            return known.id
        market = await markets.by_condition(session, report.condition_id)
        return None if market is None else await self._take_in(session, user, market, report)

    async def _external(self, user: UserId, report: OrderReport | TradeReport) -> OrderId:
        """An order made elsewhere, in a market that is not stored."""
        market = await self._markets.by_condition(report.condition_id)
        async with self._desk.transaction(user) as session:
            return await self._take_in(session, user, market, report)

    async def _take_in(
        self, session: AsyncSession, user: UserId, market: Market, report: OrderReport | TradeReport
    ) -> OrderId:
        ticket, outcome = self._ticket(user, market, report), market.outcome_of(report.token).name
        now = self._desk.now()
        order = await orders.record_external(session, ticket, outcome, report.hash, now)
        return order.id

    def _ticket(self, user: UserId, market: Market, report: OrderReport | TradeReport) -> Ticket:
        """What it asked for, as far as one can tell: a trade tells the least that it was."""
        size = report.original if isinstance(report, OrderReport) else report.size
        return Ticket(
            user_id=user,
            account=self._desk.account,
            market_id=market.id,
            token_id=report.token,
            side=report.side,
            worst_price=report.price,
            key=f"external:{report.hash}",
            size=size,
            kind=OrderKind.GTC,
            origin=Origin.EXTERNAL,
        )


def _changes_order(fill: StoredFill, report: TradeReport) -> bool:
    """Otherwise the trade settles, and nothing but its fill says so."""
    return report.settlement is Settlement.FAILED or corrects(fill, report)


def _points(report: TradeReport) -> tuple[Milestone, Milestone]:
    if report.settlement is Settlement.FAILED:
        return Milestone.BEFORE_REVERSAL, Milestone.REVERSAL_COMMITTED
    return Milestone.BEFORE_FILL, Milestone.FILL_COMMITTED
