"""The ledger with the questions of its markets: a page of it, or all of it in parts."""

from collections.abc import AsyncIterator, Sequence
from typing import Any, Final, TypeAlias

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from core.domain.account import Account
from core.domain.ledger import Fill
from core.domain.statement import LedgerLine
from core.domain.units import MarketId, OrderId, PositionId, Price, Size, TokenId, Usdc, UserId
from core.storage.models import FillRow, MarketRow

PART: Final = 100  # rows read at once: the loop does not wait for more

Ordering: TypeAlias = InstrumentedAttribute[Any]  # a column of any type


async def newest(
    session: AsyncSession, user: UserId, account: Account, *, limit: int, offset: int
) -> list[LedgerLine]:
    """Newest first, those that were taken back among them."""
    query = _lines(user, account).order_by(FillRow.at.desc(), FillRow.id.desc())
    rows = await session.execute(query.limit(limit).offset(offset))
    return _read(user, account, list(rows))


def by_position(session: AsyncSession, user: UserId, account: Account) -> AsyncIterator[LedgerLine]:
    """Position after position, each in the order of booking; read in parts."""
    return _streamed(session, user, account, (FillRow.position_id, FillRow.id))


def by_time(session: AsyncSession, user: UserId, account: Account) -> AsyncIterator[LedgerLine]:
    """Oldest first; read in parts."""
    return _streamed(session, user, account, (FillRow.at, FillRow.id))


async def _streamed(
    session: AsyncSession, user: UserId, account: Account, order: Sequence[Ordering]
) -> AsyncIterator[LedgerLine]:
    """Not all at once: what lives long is looked through by the garbage collector."""
    query = _lines(user, account).order_by(*order).execution_options(yield_per=PART)
    async for part in (await session.stream(query)).partitions():
        for row in part:
            yield _line(user, account, row)


def _lines(
    user: UserId, account: Account
) -> sa.Select[*tuple[Any, ...]]:  # it types ten columns at most
    return (
        sa.select(
            FillRow.position_id,
            FillRow.event_key,
            FillRow.market_id,
            FillRow.token_id,
            FillRow.outcome,
            FillRow.side,
            FillRow.size,
            FillRow.price,
            FillRow.fee,
            FillRow.settlement,
            FillRow.at,
            FillRow.order_id,
            FillRow.transaction_hash,
            MarketRow.question,
        )
        .join(MarketRow, MarketRow.id == FillRow.market_id)
        .where(FillRow.user_id == user, FillRow.account == account)
    )


def _read(
    user: UserId, account: Account, rows: Sequence[sa.Row[*tuple[Any, ...]]]
) -> list[LedgerLine]:
    return [_line(user, account, row) for row in rows]


def _line(user: UserId, account: Account, row: sa.Row[*tuple[Any, ...]]) -> LedgerLine:
    position = None if row.position_id is None else PositionId(row.position_id)
    fill = Fill(
        event_key=row.event_key,
        user_id=user,
        account=account,
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
        transaction=row.transaction_hash,
    )
    return LedgerLine(fill, position, row.question)
