"""The ledger with the questions of its markets: a page of it, or all of it in parts."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, TypeAlias

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.account import Account
from core.domain.book import Side
from core.domain.ledger import Fill, Settlement
from core.domain.statement import LedgerLine
from core.domain.units import MarketId, OrderId, PositionId, Price, Size, TokenId, Usdc, UserId
from core.storage.models import FillRow, MarketRow

PART: Final = 500  # rows read at once: the loop does not wait for more

# A position's id, event key, market, token, outcome; side, size, price, fee, settlement, time;
# order, transaction and question.
_Line: TypeAlias = tuple[
    int | None,
    str,
    str,
    str,
    str,
    Side,
    Decimal,
    Decimal,
    Decimal,
    Settlement,
    datetime,
    int | None,
    str | None,
    str,
]


async def newest(
    session: AsyncSession, user: UserId, account: Account, *, limit: int, offset: int
) -> list[LedgerLine]:
    """Newest first, those that were taken back among them."""
    query = _lines(user, account).order_by(FillRow.at.desc(), FillRow.id.desc())
    rows = await session.execute(query.limit(limit).offset(offset))
    return _read(user, account, [row.tuple() for row in rows])


async def everything(session: AsyncSession, user: UserId, account: Account) -> list[LedgerLine]:
    """In the order of booking; read in parts, and made of them away from the loop."""
    query = _lines(user, account).order_by(FillRow.id).execution_options(yield_per=PART)
    found = list[LedgerLine]()
    async for part in (await session.stream(query)).partitions():
        found += await asyncio.to_thread(_read, user, account, [row.tuple() for row in part])
    return found


def _lines(user: UserId, account: Account) -> sa.Select[Any]:  # it types ten columns at most
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


def _read(user: UserId, account: Account, rows: Sequence[_Line]) -> list[LedgerLine]:
    return [_line(user, account, row) for row in rows]


def _line(user: UserId, account: Account, row: _Line) -> LedgerLine:
    position, key, market, token, outcome, side, size, price, fee, settlement, at, *rest = row
    order, transaction, question = rest
    fill = Fill(
        event_key=key,
        user_id=user,
        account=account,
        market_id=MarketId(market),
        token_id=TokenId(token),
        outcome=outcome,
        side=side,
        size=Size(size),
        price=Price(price),
        fee=Usdc(fee),
        at=at,
        order_id=None if order is None else OrderId(int(order)),
        settlement=settlement,
        transaction=None if transaction is None else str(transaction),
    )
    return LedgerLine(fill, None if position is None else PositionId(position), str(question))
