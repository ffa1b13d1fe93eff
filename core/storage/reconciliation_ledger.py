"""A live account as the ledger has it, for a comparison with the venue."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.account import Account
from core.domain.book import Side
from core.domain.drift import CASH, CashMoveKind, OurAccount, OurOrder, OurShares
from core.domain.ledger import Settlement
from core.domain.order import Order, OrderHash, OrderStatus, Origin
from core.domain.position import PositionStatus
from core.domain.reports import OrderReport
from core.domain.units import ZERO, ConditionId, Price, Size, TokenId, Usdc, UserId, usdc
from core.storage import markets, orders, wallets
from core.storage.models import FillRow, MarketRow, OrderRow, PositionRow
from core.storage.reconciliation import AccountCheck, moved

RESTING: Final = frozenset({OrderStatus.LIVE, OrderStatus.PARTIAL})
_LIVE: Final = Account.LIVE
_COUNTS = FillRow.settlement != Settlement.FAILED
_VALUE = FillRow.size * FillRow.price
_FLOW = sa.case((FillRow.side == Side.BUY, _VALUE + FillRow.fee), else_=_VALUE - FillRow.fee)
_SIGNED = sa.case((FillRow.side == Side.BUY, FillRow.size), else_=-FillRow.size)


@dataclass(frozen=True, slots=True)
class Named:
    """What a token is called."""

    question: str
    outcome: str
    condition_id: ConditionId


async def our_account(
    session: AsyncSession, user_id: UserId, check: AccountCheck, patience: datetime
) -> OurAccount:
    """What it should be at the venue.

    Fills older than `patience` that still have not settled excuse nothing any more.
    """
    unsettled = await _unsettled(session, user_id, patience)
    moves = await moved(session, user_id)
    return OurAccount(
        orders={each.hash: each for each in await _resting(session, user_id)},
        shares={each.token: each for each in await _shares(session, user_id, unsettled)},
        cash=await wallets.cash(session, user_id, _LIVE) or Usdc(ZERO),
        spent=usdc(_sum(flow for (_, side), (_, flow) in unsettled.items() if side is Side.BUY)),
        earned=usdc(_sum(flow for (_, side), (_, flow) in unsettled.items() if side is Side.SELL)),
        redeeming=moves[CashMoveKind.REDEEM],
        turnover=await _turnover(session, user_id, check.cash_agreed_at),
    )


async def stirred(session: AsyncSession, user_id: UserId, since: datetime) -> frozenset[str]:
    """Orders, tokens and `CASH`, as far as something has happened to them since `since`."""
    traded = sa.select(FillRow.token_id).where(*_of(user_id), FillRow.at > since).distinct()
    tokens = (await session.scalars(traded)).all()
    changed = sa.select(OrderRow.order_hash).where(
        OrderRow.user_id == user_id, OrderRow.account == _LIVE, OrderRow.updated_at > since
    )
    hashes = [each for each in (await session.scalars(changed)).all() if each is not None]
    return frozenset({*tokens, *hashes, *([CASH] if tokens else [])})


async def unsettled_trades(session: AsyncSession, user_id: UserId, before: datetime) -> list[str]:
    """The venue's ids of trades matched before `before` whose end is not known, oldest first."""
    query = (
        sa.select(FillRow.trade_id)
        .where(*_of(user_id), FillRow.settlement == Settlement.PROVISIONAL, FillRow.at < before)
        .order_by(FillRow.at)
    )
    found = (await session.scalars(query)).all()
    return list(dict.fromkeys(each for each in found if each is not None))


async def token_of(session: AsyncSession, user_id: UserId, order_hash: str) -> str:
    """Empty for an order that we do not know."""
    query = sa.select(OrderRow.token_id).where(
        OrderRow.user_id == user_id, OrderRow.order_hash == order_hash
    )
    return await session.scalar(query) or ""


async def names(session: AsyncSession, tokens: Iterable[str]) -> Mapping[str, Named]:
    """Those of `tokens` whose market is stored. Reads all markets: for what is rare."""
    wanted = [token for token in tokens if token]
    if not wanted:
        return {}
    holds_any = MarketRow.clob_token_ids.has_any(sa.cast(wanted, sa.ARRAY(sa.Text)))
    found: dict[str, Named] = {}
    for row in (await session.scalars(sa.select(MarketRow).where(holds_any))).all():
        for token, outcome in zip(row.clob_token_ids, row.outcomes, strict=True):
            found[token] = Named(row.question, outcome, ConditionId(row.condition_id))
    return found


async def _resting(session: AsyncSession, user_id: UserId) -> list[OurOrder]:
    found = [
        order
        for order in await orders.open_of(session, user_id, _LIVE)
        if order.status in RESTING and order.ticket.kind.rests
    ]
    known = await markets.by_ids(session, [order.ticket.market_id for order in found])
    return [
        OurOrder(
            _as_report(order, order.hash, known[order.ticket.market_id].condition_id),
            is_external=order.ticket.origin is Origin.EXTERNAL,
        )
        for order in found
        if order.hash is not None
    ]


def _as_report(order: Order, order_hash: OrderHash, condition: ConditionId) -> OrderReport:
    ticket = order.ticket
    return OrderReport(
        hash=order_hash,
        condition_id=condition,
        token=ticket.token_id,
        side=ticket.side,
        price=ticket.worst_price,
        original=Size(order.working_size + order.told_size),
        matched=Size(max(order.matched_size, order.told_size)),
        status=order.status,
    )


_Unsettled = Mapping[tuple[str, Side], tuple[Size, Usdc]]


async def _unsettled(session: AsyncSession, user_id: UserId, patience: datetime) -> _Unsettled:
    """Shares and money of fills that may still fail, by token and side."""
    query = (
        sa.select(FillRow.token_id, FillRow.side, sa.func.sum(FillRow.size), sa.func.sum(_FLOW))
        .where(*_of(user_id), FillRow.settlement == Settlement.PROVISIONAL, FillRow.at >= patience)
        .group_by(FillRow.token_id, FillRow.side)
    )
    rows = await session.execute(query)
    return {(token, side): (Size(size), usdc(flow)) for token, side, size, flow in rows}


async def _shares(session: AsyncSession, user_id: UserId, unsettled: _Unsettled) -> list[OurShares]:
    held = await _held(session, user_id)
    paid = await _paid(session, user_id)
    tokens = {*held, *paid, *(token for token, _ in unsettled)}
    nothing = (Size(ZERO), Usdc(ZERO))
    return [
        OurShares(
            token=TokenId(token),
            size=held[token][0] if token in held else Size(ZERO),
            has_ended=token in held and held[token][1],
            payout=None if token in held else paid.get(token),
            buys=unsettled.get((token, Side.BUY), nothing)[0],
            sells=unsettled.get((token, Side.SELL), nothing)[0],
        )
        for token in sorted(tokens)
    ]


async def _held(session: AsyncSession, user_id: UserId) -> dict[str, tuple[Size, bool]]:
    """Shares by token, and whether their market has ended."""
    query = (
        sa.select(PositionRow.token_id, PositionRow.amount, MarketRow.is_closed)
        .join(MarketRow, MarketRow.id == PositionRow.market_id)
        .where(
            PositionRow.user_id == user_id,
            PositionRow.account == _LIVE,
            PositionRow.status == PositionStatus.ACTIVE,
        )
    )
    return {token: (Size(size), ended) for token, size, ended in await session.execute(query)}


async def _paid(session: AsyncSession, user_id: UserId) -> dict[str, Price]:
    """Payouts by token that the ledger has booked: the venue pays when they are redeemed."""
    query = sa.select(FillRow.token_id, FillRow.price).where(
        *_of(user_id), FillRow.event_key.startswith("resolution:", autoescape=True)
    )
    return {token: Price(price) for token, price in await session.execute(query)}


async def _turnover(session: AsyncSession, user_id: UserId, since: datetime | None) -> Usdc:
    query = sa.select(sa.func.sum(_VALUE)).where(
        *_of(user_id), _COUNTS, FillRow.event_key.startswith("trade:", autoescape=True)
    )
    if since is not None:
        query = query.where(FillRow.created_at > since)
    return usdc(await session.scalar(query) or ZERO)


def _of(user_id: UserId) -> tuple[sa.ColumnElement[bool], ...]:
    return (FillRow.user_id == user_id, FillRow.account == _LIVE)


def _sum(amounts: Iterable[Usdc]) -> Usdc:
    return Usdc(sum(amounts, ZERO))
