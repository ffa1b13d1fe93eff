"""The ledger: rows are added, never changed."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.account import Account
from core.domain.ledger import Fill, Settlement
from core.domain.units import (
    MarketId,
    OrderId,
    PositionId,
    Price,
    Size,
    TokenId,
    Usdc,
    UserId,
)
from core.storage.models import FillRow


async def known_keys(
    session: AsyncSession, user_id: UserId, account: Account, keys: Sequence[str]
) -> frozenset[str]:
    """Those of `keys` that the ledger holds already."""
    query = sa.select(FillRow.event_key).where(
        FillRow.account == account, FillRow.user_id == user_id, FillRow.event_key.in_(keys)
    )
    return frozenset((await session.execute(query)).scalars())


async def add(session: AsyncSession, fills: Sequence[Fill], position_id: PositionId) -> None:
    """Write `fills` into the ledger, in their order."""
    session.add_all(
        FillRow(
            event_key=fill.event_key,
            user_id=fill.user_id,
            account=fill.account,
            order_id=fill.order_id,
            position_id=position_id,
            market_id=fill.market_id,
            token_id=fill.token_id,
            outcome=fill.outcome,
            side=fill.side,
            size=fill.size,
            price=fill.price,
            fee=fill.fee,
            settlement=fill.settlement,
            at=fill.at,
        )
        for fill in fills
    )
    await session.flush()


async def of_position(session: AsyncSession, position_id: PositionId) -> list[Fill]:
    """What the position is a fold of, in the order of booking; failed settlements do not count."""
    return await _fills(session, FillRow.position_id == position_id, _COUNTS)


async def of_user(session: AsyncSession, user_id: UserId, account: Account) -> list[Fill]:
    """Everything that changed this account, in the order of booking."""
    return await _fills(session, FillRow.user_id == user_id, FillRow.account == account, _COUNTS)


async def positions_with_fills(session: AsyncSession, user_id: UserId | None) -> list[PositionId]:
    """Positions that the ledger knows, of one user or of everybody."""
    query = sa.select(FillRow.position_id).distinct().order_by(FillRow.position_id)
    if user_id is not None:
        query = query.where(FillRow.user_id == user_id)
    return [PositionId(found) for found in (await session.execute(query)).scalars()]


_COUNTS = FillRow.settlement != Settlement.FAILED


async def _fills(session: AsyncSession, *where: sa.ColumnElement[bool]) -> list[Fill]:
    query = sa.select(FillRow).where(*where).order_by(FillRow.id)
    return [_fill(row) for row in (await session.execute(query)).scalars()]


def _fill(row: FillRow) -> Fill:
    return Fill(
        event_key=row.event_key,
        user_id=UserId(row.user_id),
        account=row.account,
        market_id=MarketId(row.market_id),
        token_id=TokenId(row.token_id),
        outcome=row.outcome,
        side=row.side,
        size=Size(row.size),
        price=Price(row.price),
        fee=Usdc(row.fee),
        at=row.at,
        order_id=None if row.order_id is None else OrderId(row.order_id),
        settlement=row.settlement,
    )
