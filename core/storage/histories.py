"""The ledger with the questions of its markets: a page of it, or all of it in parts."""

import asyncio
from collections.abc import Sequence
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.account import Account
from core.domain.ledger import Fill
from core.domain.statement import LedgerLine
from core.domain.units import MarketId, OrderId, PositionId, Price, Size, TokenId, Usdc, UserId
from core.storage.models import FillRow, MarketRow

PART: Final = 100  # rows read at once: the loop does not wait for more


async def newest(
    session: AsyncSession, user: UserId, account: Account, *, limit: int, offset: int
) -> list[LedgerLine]:
    """Newest first, those that were taken back among them."""
    query = _lines(user, account).order_by(FillRow.at.desc(), FillRow.id.desc())
    rows = await session.execute(query.limit(limit).offset(offset))
    return _read(user, account, list(rows))


async def everything(session: AsyncSession, user: UserId, account: Account) -> list[LedgerLine]:
    """In the order of booking; read in parts."""
    query = _lines(user, account).order_by(FillRow.id).execution_options(yield_per=PART)
    found = list[LedgerLine]()
    async for part in (await session.stream(query)).partitions():
        found += _read(user, account, part)
        await asyncio.sleep(0)  # several parts may be here already
    return found


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
