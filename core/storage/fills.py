"""The ledger: rows are added; of a row only its settlement and its place can change."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final, TypeAlias

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.account import Account
from core.domain.book import Side
from core.domain.ledger import Fill, Settlement
from core.domain.reports import TradeReport
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

# A position's id, event key, market, token and outcome; side, size, price, fee and time.
_Foldable: TypeAlias = tuple[
    int | None, str, str, str, str, Side, Decimal, Decimal, Decimal, datetime
]
_KEYS: Final = ARRAY(sa.Text)  # one parameter, however many there are


@dataclass(frozen=True, slots=True)
class StoredFill:
    """A fill and the position it is part of; None if it had failed before it was booked."""

    fill: Fill
    position_id: PositionId | None


async def by_key(
    session: AsyncSession, user_id: UserId, account: Account, key: str
) -> StoredFill | None:
    query = sa.select(FillRow).where(
        FillRow.account == account, FillRow.user_id == user_id, FillRow.event_key == key
    )
    row = (await session.execute(query)).scalar_one_or_none()
    return None if row is None else _stored(row)


async def of_trade(
    session: AsyncSession, user_id: UserId, account: Account, report: TradeReport
) -> StoredFill | None:
    """What was booked of a trade: its own numbers, where both these and implied ones were."""
    keys = [report.event_key, report.implied_key]
    query = (
        sa.select(FillRow)
        .where(FillRow.account == account, FillRow.user_id == user_id, FillRow.event_key.in_(keys))
        .order_by(sa.func.length(FillRow.event_key))
        .limit(1)
    )
    row = (await session.execute(query)).scalar_one_or_none()
    return None if row is None else _stored(row)


async def of_trades(
    session: AsyncSession, user_id: UserId, account: Account, reports: Sequence[TradeReport]
) -> dict[str, StoredFill]:
    """The same for many at once, by their event keys; what was not booked is not in it."""
    keys = {report.implied_key: report.event_key for report in reports}
    asked = sa.any_(sa.literal([*keys, *keys.values()], _KEYS))
    query = (
        sa.select(FillRow)
        .where(FillRow.account == account, FillRow.user_id == user_id, FillRow.event_key == asked)
        .order_by(sa.func.length(FillRow.event_key).desc())  # its own numbers come last, and stay
    )
    rows = (await session.execute(query)).scalars()
    return {keys.get(row.event_key, row.event_key): _stored(row) for row in rows}


async def unsettled(
    session: AsyncSession, positions: Sequence[PositionId]
) -> frozenset[PositionId]:
    """Those of `positions` that the chain may still change."""
    if not positions:
        return frozenset()
    query = (
        sa.select(FillRow.position_id)
        .where(FillRow.position_id.in_(positions), FillRow.settlement == Settlement.PROVISIONAL)
        .distinct()
    )
    found = (await session.execute(query)).scalars()
    return frozenset(PositionId(position) for position in found if position is not None)


async def settle(session: AsyncSession, fill: Fill) -> bool:
    """Give the stored fill this settlement and transaction; False if it has settled before."""
    settled = await session.execute(
        _UPDATE.where(*_keyed(fill, [fill.event_key]), _IS_PROVISIONAL)
        .values(settlement=fill.settlement, transaction_hash=fill.transaction)
        .returning(FillRow.id)
    )
    is_news = settled.one_or_none() is not None
    session.expire_all()
    return is_news


async def move(session: AsyncSession, fills: Sequence[Fill], position_id: PositionId) -> None:
    """These fills, of one user in one account, are part of this position from now on."""
    keys = [fill.event_key for fill in fills]
    await session.execute(_UPDATE.where(*_keyed(fills[0], keys)).values(position_id=position_id))
    session.expire_all()


async def known_keys(
    session: AsyncSession, user_id: UserId, account: Account, keys: Sequence[str]
) -> frozenset[str]:
    """Those of `keys` that the ledger holds already."""
    query = sa.select(FillRow.event_key).where(
        FillRow.account == account, FillRow.user_id == user_id, FillRow.event_key.in_(keys)
    )
    return frozenset((await session.execute(query)).scalars())


async def add(session: AsyncSession, fills: Sequence[Fill], position_id: PositionId | None) -> None:
    """Write `fills` into the ledger, in their order; failed ones belong to no position."""
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
            trade_id=fill.trade_id,
            transaction_hash=fill.transaction,
        )
        for fill in fills
    )
    await session.flush()


async def of_position(session: AsyncSession, position_id: PositionId) -> list[Fill]:
    """What the position is a fold of, in the order of booking; failed settlements do not count."""
    return await _fills(session, FillRow.position_id == position_id, _COUNTS)


async def of_positions(
    session: AsyncSession, position_ids: Sequence[PositionId]
) -> list[StoredFill]:
    """Those of several positions that count, in the order of booking."""
    query = sa.select(FillRow).where(FillRow.position_id.in_(position_ids), _COUNTS)
    rows = (await session.execute(query.order_by(FillRow.id))).scalars()
    return [_stored(row) for row in rows]


async def of_user(session: AsyncSession, user_id: UserId, account: Account) -> list[Fill]:
    """Everything that changed this account, in the order of booking."""
    return await _fills(session, FillRow.user_id == user_id, FillRow.account == account, _COUNTS)


async def of_token(
    session: AsyncSession, user_id: UserId, account: Account, token_id: TokenId
) -> list[Fill]:
    """Those of one outcome in this account that count, in the order of booking."""
    of_account = (FillRow.user_id == user_id, FillRow.account == account)
    return await _fills(session, *of_account, FillRow.token_id == token_id, _COUNTS)


async def foldable(session: AsyncSession, user_id: UserId, account: Account) -> list[StoredFill]:
    """Everything that changed this account, with the positions, in the order of booking.

    They may be many thousands: they are made away from the loop, and only of what a fold needs,
    without their orders, settlements and transactions.
    """
    query = (
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
            FillRow.at,
        )
        .where(FillRow.user_id == user_id, FillRow.account == account, _COUNTS)
        .order_by(FillRow.id)
    )
    rows = await session.execute(query)
    return await asyncio.to_thread(_foldable, user_id, account, rows)


async def positions_with_fills(session: AsyncSession, user_id: UserId | None) -> list[PositionId]:
    """Positions that the ledger knows, of one user or of everybody."""
    query = sa.select(FillRow.position_id).where(FillRow.position_id.is_not(None))
    query = query.distinct().order_by(FillRow.position_id)
    if user_id is not None:
        query = query.where(FillRow.user_id == user_id)
    found = (await session.execute(query)).scalars()
    return [PositionId(position_id) for position_id in found if position_id is not None]


_COUNTS = FillRow.settlement != Settlement.FAILED
_IS_PROVISIONAL = FillRow.settlement == Settlement.PROVISIONAL
_UPDATE = sa.update(FillRow).execution_options(synchronize_session=False)


def _keyed(fill: Fill, keys: Sequence[str]) -> tuple[sa.ColumnElement[bool], ...]:
    """The stored fills with these keys, of the same user and account as `fill`."""
    return (
        FillRow.account == fill.account,
        FillRow.user_id == fill.user_id,
        FillRow.event_key.in_(keys),
    )


async def _fills(session: AsyncSession, *where: sa.ColumnElement[bool]) -> list[Fill]:
    query = sa.select(FillRow).where(*where).order_by(FillRow.id)
    return [_fill(row) for row in (await session.execute(query)).scalars()]


def _stored(row: FillRow) -> StoredFill:
    return StoredFill(_fill(row), None if row.position_id is None else PositionId(row.position_id))


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
        trade_id=row.trade_id,
        transaction=row.transaction_hash,
    )


def _foldable(user_id: UserId, account: Account, rows: Iterable[_Foldable]) -> list[StoredFill]:
    return [
        StoredFill(
            Fill(
                event_key=key,
                user_id=user_id,
                account=account,
                market_id=MarketId(market_id),
                token_id=TokenId(token_id),
                outcome=outcome,
                side=side,
                size=Size(size),
                price=Price(price),
                fee=Usdc(fee),
                at=at,
            ),
            None if position_id is None else PositionId(position_id),
        )
        for position_id, key, market_id, token_id, outcome, side, size, price, fee, at in rows
    ]
