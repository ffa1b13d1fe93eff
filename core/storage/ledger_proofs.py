"""Active positions with what tells whether they, or their fills, have changed; and those fills."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.account import Account
from core.domain.drift import OF_LEDGER
from core.domain.ledger import Fill, Settlement
from core.domain.position import Holding, PositionStatus
from core.domain.units import MarketId, PositionId, Price, Size, TokenId, Usdc, UserId
from core.storage.models import FillRow, PositionRow
from core.storage.reconciliation_models import DriftRow

PART: Final = 200  # rows read at once: the loop does not wait for more


@dataclass(frozen=True, slots=True)
class Mark:
    """How far the ledger was looked at: what came later has a later time or a higher number."""

    at: datetime
    fill: int


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose position in which token: at most one is active."""

    user: UserId
    account: Account
    token: TokenId


@dataclass(frozen=True, slots=True)
class Shape:
    """What a proof is about; as long as it is the same, so is the proof."""

    holding: Holding
    fills: int  # that count
    newest: int  # the number of the last one
    is_from_outside: bool  # it was there before its first fill


@dataclass(frozen=True, slots=True)
class Candidate:
    id: PositionId
    subject: Subject
    shape: Shape


_COUNTS: Final = FillRow.settlement != Settlement.FAILED


async def mark(session: AsyncSession) -> Mark:
    newest = sa.select(sa.func.coalesce(sa.func.max(FillRow.id), 0)).scalar_subquery()
    row = (await session.execute(sa.select(sa.func.clock_timestamp(), newest))).one()
    return Mark(row[0], row[1])


async def candidates(
    session: AsyncSession, beyond: PositionId | None, since: Mark | None
) -> list[Candidate]:
    """The next active positions that have fills; of those that changed `since`, if given."""
    query = _candidates().order_by(PositionRow.id).limit(PART)
    if beyond is not None:
        query = query.where(PositionRow.id > beyond)
    if since is not None:
        stirred = sa.select(FillRow.position_id).where(FillRow.id > since.fill)
        query = query.where(sa.or_(PositionRow.updated_at > since.at, PositionRow.id.in_(stirred)))
    return [_candidate(row) for row in await session.execute(query)]


async def lock(session: AsyncSession, subject: Subject) -> Candidate | None:
    """The active position as it is, kept so to the end; None without one, or without fills."""
    mine = (
        PositionRow.user_id == subject.user,
        PositionRow.account == subject.account,
        PositionRow.token_id == subject.token,
        PositionRow.status == PositionStatus.ACTIVE,
    )
    await session.execute(sa.select(PositionRow.id).where(*mine).with_for_update())
    row = (await session.execute(_candidates().where(*mine))).one_or_none()
    return None if row is None else _candidate(row)


async def fills(
    session: AsyncSession, positions: Mapping[PositionId, Subject]
) -> AsyncIterator[list[tuple[PositionId, Fill]]]:
    """Those that count, with their positions, in the order of booking; in parts."""
    query = (
        sa.select(
            FillRow.position_id,
            FillRow.event_key,
            FillRow.market_id,
            FillRow.outcome,
            FillRow.side,
            FillRow.size,
            FillRow.price,
            FillRow.fee,
            FillRow.at,
        )
        .where(FillRow.position_id.in_(positions), _COUNTS)
        .order_by(FillRow.id)
        .execution_options(yield_per=PART)
    )
    async for part in (await session.stream(query)).partitions():
        yield await asyncio.to_thread(_fills, positions, part)


async def drifting(session: AsyncSession) -> list[Subject]:
    """Whose position was not what its fills make, the last time."""
    query = (
        sa.select(DriftRow.user_id, DriftRow.account, DriftRow.subject)
        .where(DriftRow.closed_at.is_(None), DriftRow.kind.in_(OF_LEDGER))
        .distinct()
    )
    rows = await session.execute(query)
    return [Subject(UserId(user), account, TokenId(token)) for user, account, token in rows]


def _candidates() -> sa.Select[*tuple[Any, ...]]:  # it types ten columns at most
    told = (
        sa.select(
            sa.func.count().filter(_COUNTS).label("fills"),
            sa.func.max(FillRow.id).label("newest"),
            sa.func.min(FillRow.at).label("began"),
        )
        .where(FillRow.position_id == PositionRow.id)
        .lateral("told")
    )
    return (
        sa.select(
            PositionRow.id,
            PositionRow.user_id,
            PositionRow.account,
            PositionRow.token_id,
            PositionRow.amount,
            PositionRow.entry_price,
            PositionRow.realized_pnl,
            PositionRow.fees_paid,
            told.c.fills,
            told.c.newest,
            (PositionRow.created_at < told.c.began).label("is_from_outside"),
        )
        .join(told, told.c.newest.is_not(None))
        .where(PositionRow.status == PositionStatus.ACTIVE)
    )


def _candidate(row: sa.Row[*tuple[Any, ...]]) -> Candidate:
    held = Holding(
        Size(row.amount), Price(row.entry_price), Usdc(row.realized_pnl), Usdc(row.fees_paid)
    )
    return Candidate(
        PositionId(row.id),
        Subject(UserId(row.user_id), row.account, TokenId(row.token_id)),
        Shape(held, row.fills, row.newest, row.is_from_outside),
    )


def _fills(
    positions: Mapping[PositionId, Subject], rows: Sequence[sa.Row[*tuple[Any, ...]]]
) -> list[tuple[PositionId, Fill]]:
    return [(PositionId(row.position_id), _fill(positions, row)) for row in rows]


def _fill(positions: Mapping[PositionId, Subject], row: sa.Row[*tuple[Any, ...]]) -> Fill:
    subject = positions[PositionId(row.position_id)]
    return Fill(
        event_key=row.event_key,
        user_id=subject.user,
        account=subject.account,
        market_id=MarketId(row.market_id),
        token_id=subject.token,
        outcome=row.outcome,
        side=row.side,
        size=Size(row.size),
        price=Price(row.price),
        fee=Usdc(row.fee),
        at=row.at,
    )
