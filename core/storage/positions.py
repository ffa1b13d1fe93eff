"""Positions, as stored: folds of the ledger, marked at the newest price."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from core.domain.account import Account
from core.domain.book import Side
from core.domain.folding import place_of
from core.domain.ledger import Fill, Settlement
from core.domain.position import (
    Holding,
    Position,
    PositionStatus,
    pnl_percentage,
    unrealized_pnl,
)
from core.domain.units import (
    ZERO,
    MarketId,
    PositionId,
    Price,
    Size,
    TokenId,
    Usdc,
    UserId,
)
from core.storage.models import FillRow, PositionRow

_ACTIVE = PositionRow.status == PositionStatus.ACTIVE
_ACTIVE_INDEX = sa.text("status = 'active'")  # literal: a parameter would match no index


async def by_id(
    session: AsyncSession, position_id: PositionId, user_id: UserId | None = None
) -> Position | None:
    """None also for somebody else's, if `user_id` is given."""
    query = sa.select(PositionRow).where(PositionRow.id == position_id)
    if user_id is not None:
        query = query.where(PositionRow.user_id == user_id)
    return _position_or_none((await session.execute(query)).scalar_one_or_none())


async def lock(session: AsyncSession, position_id: PositionId) -> Position | None:
    """The position as it is now, kept so until the end of the transaction."""
    query = sa.select(PositionRow).where(PositionRow.id == position_id).with_for_update()
    return _position_or_none((await session.execute(query)).scalar_one_or_none())


async def lock_active(
    session: AsyncSession, user_id: UserId, account: Account, token: TokenId
) -> Position | None:
    """The active position in `token`, kept as it is until the end of the transaction."""
    query = (
        sa.select(PositionRow)
        .where(
            PositionRow.account == account,
            PositionRow.user_id == user_id,
            PositionRow.token_id == token,
            _ACTIVE,
        )
        .with_for_update()
    )
    return _position_or_none((await session.execute(query)).scalar_one_or_none())


async def lock_or_open(session: AsyncSession, first: Fill) -> Position:
    """The active position that `first` adds to, locked; a new empty one if there is none."""
    new = insert(PositionRow).values(
        user_id=first.user_id,
        account=first.account,
        market_id=first.market_id,
        token_id=first.token_id,
        outcome=first.outcome,
        amount=ZERO,
        entry_price=ZERO,
        created_at=first.at,
        updated_at=first.at,
    )
    await session.execute(
        new.on_conflict_do_nothing(
            index_elements=["account", "user_id", "token_id"], index_where=_ACTIVE_INDEX
        )
    )
    opened = await lock_active(session, first.user_id, first.account, first.token_id)
    if opened is None:
        raise RuntimeError("an active position vanished between its insert and its lock")
    return opened


async def lock_newest(session: AsyncSession, fill: Fill) -> tuple[Position | None, bool]:
    """The active position in the fill's token, locked; and whether the fill is the newest there."""
    held = sa.select(PositionRow).where(*_of_token(fill), _ACTIVE).with_for_update().cte("held")
    closed_later = sa.exists().where(*_of_token(fill), PositionRow.closed_at >= fill.at)
    told_later = sa.exists().where(
        FillRow.position_id == held.c.id,
        FillRow.settlement != Settlement.FAILED,
        sa.tuple_(*(sa.literal(part) for part in place_of(fill))) < _PLACE,
    )
    query = (
        sa.select(aliased(PositionRow, held), sa.not_(sa.or_(closed_later, told_later)))
        .select_from(sa.select(sa.literal(1)).subquery("always"))
        .join(held, sa.true(), isouter=True)
        .execution_options(populate_existing=True)
    )
    row, is_newest = (await session.execute(query)).one()
    return _position_or_none(row), is_newest


async def lock_since(session: AsyncSession, fill: Fill) -> list[Position]:
    """Those in the fill's token that held shares at its time or later, oldest first, locked."""
    query = (
        sa.select(PositionRow)
        .where(*_of_token(fill), sa.or_(_ACTIVE, PositionRow.closed_at >= fill.at))
        .order_by(PositionRow.created_at, PositionRow.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return [_position(row) for row in (await session.execute(query)).scalars()]


async def add_closed(session: AsyncSession, first: Fill) -> Position:
    """A new empty position for `first` and what follows it."""
    new = (
        insert(PositionRow)
        .values(
            amount=ZERO,
            entry_price=ZERO,
            status=PositionStatus.CLOSED,
            **keys_of(first),
            created_at=first.at,
            updated_at=first.at,
            closed_at=first.at,
        )
        .returning(PositionRow)
    )
    return _position((await session.execute(new)).scalar_one())


def keys_of(source: Fill | Position) -> dict[str, str | int]:
    """Whose it is and of which outcome, by the columns that fills, positions, triggers share."""
    return {
        "user_id": source.user_id,
        "account": source.account,
        "market_id": source.market_id,
        "token_id": source.token_id,
        "outcome": source.outcome,
    }


async def save(
    session: AsyncSession,
    position_id: PositionId,
    holding: Holding,
    mark: Price | None,
    at: datetime,
    status: PositionStatus,
) -> Position:
    """The locked position with this holding, marked at `mark`; `at` is when it came to that."""
    pnl = Usdc(ZERO) if mark is None else unrealized_pnl(holding, mark)
    saved = (
        sa.update(PositionRow)
        .where(PositionRow.id == position_id)
        .values(
            amount=holding.amount,
            entry_price=holding.entry_price,
            realized_pnl=holding.realized_pnl,
            fees_paid=holding.fees_paid,
            current_price=mark,
            pnl_amount=pnl,
            pnl_percentage=None if mark is None else pnl_percentage(holding, pnl),
            status=status,
            closed_at=None if status is PositionStatus.ACTIVE else at,
            updated_at=at,
        )
        .returning(PositionRow)
        .execution_options(populate_existing=True)
    )
    return _position((await session.execute(saved)).scalar_one())


async def active(
    session: AsyncSession, user_id: UserId, account: Account, market: MarketId | None = None
) -> list[Position]:
    """The user's active positions, newest first; in one market, if given."""
    query = (
        sa.select(PositionRow)
        .where(PositionRow.user_id == user_id, PositionRow.account == account, _ACTIVE)
        .order_by(PositionRow.created_at.desc(), PositionRow.id.desc())
    )
    if market is not None:
        query = query.where(PositionRow.market_id == market)
    return [_position(row) for row in (await session.execute(query)).scalars()]


async def held_in(session: AsyncSession, market: MarketId) -> list[Position]:
    """Everybody's active positions in the market, in all accounts."""
    query = (
        sa.select(PositionRow)
        .where(PositionRow.market_id == market, _ACTIVE)
        .order_by(PositionRow.user_id, PositionRow.account, PositionRow.id)
    )
    return [_position(row) for row in (await session.execute(query)).scalars()]


async def realized_pnl(session: AsyncSession, user_id: UserId, account: Account) -> Usdc:
    """Net of fees, over all positions of the account, whatever their state."""
    query = sa.select(sa.func.coalesce(sa.func.sum(PositionRow.realized_pnl), ZERO)).where(
        PositionRow.user_id == user_id, PositionRow.account == account
    )
    return Usdc((await session.execute(query)).scalar_one())


async def is_held(session: AsyncSession, user_id: UserId, market: MarketId) -> bool:
    """Whether the user has an active position in the market, in any account."""
    held = sa.exists().where(
        PositionRow.user_id == user_id, PositionRow.market_id == market, _ACTIVE
    )
    return bool(await session.scalar(sa.select(held)))


async def held_markets(session: AsyncSession) -> list[tuple[UserId, MarketId]]:
    """Who holds an active position where."""
    query = (
        sa.select(PositionRow.user_id, PositionRow.market_id)
        .where(_ACTIVE)
        .distinct()
        .order_by(PositionRow.user_id, PositionRow.market_id)
    )
    return [(UserId(user), MarketId(market)) for user, market in await session.execute(query)]


_PLACE = sa.tuple_(FillRow.at, FillRow.side == Side.SELL, FillRow.event_key.collate("C"))


def _of_token(fill: Fill) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        PositionRow.account == fill.account,
        PositionRow.user_id == fill.user_id,
        PositionRow.token_id == fill.token_id,
    )


def _position_or_none(row: PositionRow | None) -> Position | None:
    return None if row is None else _position(row)


def _position(row: PositionRow) -> Position:
    return Position(
        id=PositionId(row.id),
        user_id=UserId(row.user_id),
        account=row.account,
        market_id=MarketId(row.market_id),
        token_id=TokenId(row.token_id),
        outcome=row.outcome,
        holding=Holding(
            Size(row.amount),
            Price(row.entry_price),
            Usdc(row.realized_pnl),
            Usdc(row.fees_paid),
        ),
        current_price=None if row.current_price is None else Price(row.current_price),
        pnl_amount=Usdc(row.pnl_amount),
        pnl_percentage=row.pnl_percentage,
        status=row.status,
        opened_at=row.created_at,
        updated_at=row.updated_at,
    )
