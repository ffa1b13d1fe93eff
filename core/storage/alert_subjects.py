"""Whom news of markets concerns: those who hold or watch them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.position import PositionStatus
from core.domain.units import MarketId, TokenId, UserId
from core.storage.chat_models import NoticeRow
from core.storage.finding_models import WatchRow
from core.storage.models import MarketRow, PositionRow

Holders: TypeAlias = Sequence[tuple[UserId, MarketId, TokenId]]


@dataclass(frozen=True, slots=True)
class Ending:
    """A market that ends before long, and somebody who has not been told."""

    user_id: UserId
    market_id: MarketId
    question: str
    ends_at: datetime
    is_held: bool
    key: str


async def holders(session: AsyncSession, tokens: Collection[TokenId]) -> Holders:
    """Whoever has an active position in one of these, and so maybe triggers on it."""
    query = (
        sa.select(PositionRow.user_id, PositionRow.market_id, PositionRow.token_id)
        .where(PositionRow.status == PositionStatus.ACTIVE, PositionRow.token_id.in_(list(tokens)))
        .distinct()
    )
    return [
        (UserId(user), MarketId(market), TokenId(token))
        for user, market, token in await session.execute(query)
    ]


async def endings(session: AsyncSession, now: datetime, ahead: timedelta) -> list[Ending]:
    """Markets that end within `ahead`, by whoever held or watched them before that began.

    Who buys in the last hour knows that it is the last.
    """
    since = MarketRow.ends_at - ahead
    held = sa.select(PositionRow.user_id, PositionRow.market_id, sa.literal(1).label("held")).where(
        PositionRow.status == PositionStatus.ACTIVE, PositionRow.created_at < since
    )
    watched = sa.select(WatchRow.user_id, WatchRow.market_id, sa.literal(0).label("held")).where(
        WatchRow.created_at < since
    )
    interested = sa.union_all(
        held.where(MarketRow.id == PositionRow.market_id, *_soon(now, ahead)),
        watched.where(MarketRow.id == WatchRow.market_id, *_soon(now, ahead)),
    ).subquery()
    key = sa.func.concat(
        "closing:", interested.c.user_id, ":", MarketRow.id, ":",
        sa.func.to_char(sa.func.timezone("UTC", MarketRow.ends_at), "YYYYMMDDHH24MI"),
    )  # fmt: skip
    query = (
        sa.select(
            interested.c.user_id,
            MarketRow.id,
            MarketRow.question,
            MarketRow.ends_at,
            sa.func.max(interested.c.held),
            key,
        )
        .join(MarketRow, MarketRow.id == interested.c.market_id)
        .where(~sa.exists().where(NoticeRow.key == key))
        .group_by(interested.c.user_id, MarketRow.id)
        .order_by(interested.c.user_id, MarketRow.id)
    )
    return [
        Ending(UserId(user), MarketId(market), question, ends_at, bool(held), name)
        for user, market, question, ends_at, held, name in await session.execute(query)
    ]


def _soon(now: datetime, ahead: timedelta) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        ~MarketRow.is_closed,
        MarketRow.ends_at > now,
        MarketRow.ends_at <= now + ahead,
    )
