"""What the venue tells, applied to one locked order inside the caller's transaction."""

import logging
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.book import Side
from core.domain.fees import taker_fee
from core.domain.ledger import Fill, Settlement
from core.domain.order import Order, OrderStatus, Origin
from core.domain.order_news import (
    after_fills,
    after_word,
    corrected,
    with_fill,
    without_fill,
)
from core.domain.position import ENTRY_STEP
from core.domain.reports import LiquidityRole, OrderReport, TradeReport
from core.domain.units import ZERO, ConditionId, Price, Size, Usdc
from core.ports import Execution
from core.services.position.told_fills import book_told, reverse
from core.storage import fills as ledger
from core.storage import markets, orders
from core.storage.fills import StoredFill

# Totals are whole millionths, so the price that they imply misses the told one by a hair.
ROUNDED: Final = Decimal("0.0001")

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Scene:
    """Where news of an order arrives: the price shown of its token, and the time."""

    mark: Price | None
    now: datetime


async def apply_word(
    session: AsyncSession,
    order: Order,
    told: OrderStatus,
    matched: Size | None,
    reason: str,
    now: datetime,
) -> Order:
    """The book's word on the locked `order`; `matched` is its total, None where it says none."""
    total = Size(max(order.matched_size, ZERO if matched is None else matched))
    heard = replace(order, matched_size=total)
    return await orders.save_news(session, order, after_word(heard, told), total, reason, now)


async def apply_report(
    session: AsyncSession, order: Order, report: OrderReport, now: datetime
) -> Order:
    """A report on the locked `order`; of an external one it may bring the real size."""
    if order.ticket.origin is Origin.EXTERNAL and order.ticket.size != report.original:
        size = Size(max(report.original, order.told_size))
        if order.status is OrderStatus.FILLED and size > order.told_size:
            order = replace(order, status=OrderStatus.UNKNOWN)  # was filled as far as we knew
        larger = await orders.enlarge(session, order, size)
        order = replace(larger, status=order.status)
    return await apply_word(session, order, report.status, report.matched, report.reason, now)


async def apply_trade(
    session: AsyncSession, order: Order, report: TradeReport, scene: Scene
) -> Order:
    """A trade of the locked `order`, booked, settled or taken back; known news changes nothing."""
    ticket = order.ticket
    known = await ledger.of_trade(session, ticket.user_id, ticket.account, report)
    if known is None or corrects(known, report):
        fill = _fill(order, report, await _fee(session, order, report))
        if known is not None:
            await _take_back(session, known, scene.mark)
        await book_told(session, fill, scene.mark)
        counted = corrected(order, known.fill, fill) if known else with_fill(order, fill)
        return await _count(session, order, counted, scene.now)
    if await settle_known(session, known, report) and report.settlement is Settlement.FAILED:
        await reverse(session, known, scene.mark)
        return await _count(session, order, without_fill(order, known.fill), scene.now)
    return order


async def apply_answer(
    session: AsyncSession, order: Order, execution: Execution, scene: Scene
) -> Order:
    """The venue's answer to sending the locked `order`.

    Of one named trade the totals say all that there is to book; several wait to be told.
    """
    order = await apply_word(
        session, order, execution.status, execution.matched_size, execution.reason, scene.now
    )
    for trade in execution.trades or _implied(order, execution, scene.now):
        order = await apply_trade(session, order, trade, scene)
    return order


def is_news(known: StoredFill | None, report: TradeReport) -> bool:
    """Whether the report would change the ledger."""
    if known is None or corrects(known, report):
        return True
    was = known.fill.settlement
    if was.is_final:
        return False
    return report.settlement is not was or _transaction(known.fill, report) is not None


def says_nothing(known: StoredFill | None, report: TradeReport) -> bool:
    """Whether all that the report tells is in the ledger; what contradicts it is worth a look."""
    if known is None or is_news(known, report):
        return False
    return known.fill.settlement is report.settlement and not _differ(known.fill, report)


def corrects(known: StoredFill, report: TradeReport) -> bool:
    """Whether the trade itself tells other numbers than the answer did by which it was booked.

    What failed is reversed as it was booked; what was confirmed is final.
    """
    fill = known.fill
    return (
        fill.event_key == report.implied_key
        and not report.is_implied
        and not fill.settlement.is_final
        and report.settlement is not Settlement.FAILED
        and _differ(fill, report)
    )


async def settle_known(session: AsyncSession, known: StoredFill, report: TradeReport) -> bool:
    """False if it is no news. CONFIRMED and FAILED are final; what FAILED is to be reversed."""
    fill = known.fill
    if _differ(fill, report):
        logger.warning("Trade %s was told with other numbers before", report.trade_id)
    if not is_news(known, report):
        if fill.settlement is not report.settlement and report.settlement.is_final:
            logger.error("Trade %s has settled in two ways", report.trade_id)
        return False
    transaction = _transaction(fill, report) or fill.transaction
    return await ledger.settle(
        session, replace(fill, settlement=report.settlement, transaction=transaction)
    )


async def _take_back(session: AsyncSession, wrong: StoredFill, mark: Price | None) -> None:
    """The ledger keeps the row, as one that does not count; the caller books what is true."""
    logger.warning("Trade %s was answered with other numbers", wrong.fill.trade_id)
    await ledger.settle(session, replace(wrong.fill, settlement=Settlement.FAILED))
    await reverse(session, wrong, mark)


def _differ(fill: Fill, report: TradeReport) -> bool:
    return fill.size != report.size or abs(fill.price - report.price) > ROUNDED


def _transaction(fill: Fill, report: TradeReport) -> str | None:
    """The transaction that the report brings, None if that is nothing new."""
    return report.transaction if report.transaction not in {"", fill.transaction} else None


async def _count(session: AsyncSession, order: Order, counted: Order, now: datetime) -> Order:
    """The locked `order` as `counted`: an external one is at least as large as its fills."""
    ticket = counted.ticket
    is_external = ticket.origin is Origin.EXTERNAL and ticket.size is not None
    if is_external and ticket.size is not None and counted.told_size > ticket.size:
        counted = replace(counted, ticket=replace(ticket, size=counted.told_size))
    counted = replace(counted, status=after_fills(counted))
    return order if counted == order else await orders.save_fills(session, counted, now)


async def _fee(session: AsyncSession, order: Order, report: TradeReport) -> Usdc:
    """Makers pay none."""
    if report.role is LiquidityRole.MAKER:
        return Usdc(ZERO)
    market = await markets.by_id(session, order.ticket.market_id)
    return taker_fee(market.fees, report.size, report.price)


def _fill(order: Order, report: TradeReport, fee: Usdc) -> Fill:
    ticket = order.ticket
    return Fill(
        event_key=report.implied_key if report.is_implied else report.event_key,
        user_id=ticket.user_id,
        account=ticket.account,
        market_id=ticket.market_id,
        token_id=ticket.token_id,
        outcome=order.outcome,
        side=ticket.side,
        size=report.size,
        price=report.price,
        fee=fee,
        at=report.at,
        order_id=order.id,
        settlement=report.settlement,
        trade_id=report.trade_id,
        transaction=report.transaction or None,
    )


def _implied(order: Order, execution: Execution, now: datetime) -> tuple[TradeReport, ...]:
    """The one trade that an answer names; at the venue's clock it lies between sending and now.

    In whole seconds as the venue's times are, and early for a buy: what is sold later must not
    seem to have been sold before.
    """
    size, value = execution.matched_size, execution.matched_value
    if order.hash is None or len(execution.trade_ids) != 1 or not size or value is None:
        return ()
    ticket = order.ticket
    at = order.created_at if ticket.side is Side.BUY else now
    price = (value / size).quantize(ENTRY_STEP, rounding=ROUND_HALF_EVEN)
    return (
        TradeReport(
            trade_id=execution.trade_ids[0],
            hash=order.hash,
            condition_id=ConditionId(""),  # nobody asks: the order knows its market
            token=ticket.token_id,
            side=ticket.side,
            size=size,
            price=Price(price),
            settlement=Settlement.PROVISIONAL,
            role=LiquidityRole.TAKER,
            at=at.replace(microsecond=0),
            is_implied=True,
        ),
    )
