"""Decisions of the weather strategy: added in batches, counted where they repeat."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from typing import Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.units import EventId, MarketId, OrderId, TokenId, UserId
from core.domain.weather.decision import Action, Decision, Grounds, KeptDecision, Moments, Skip
from core.storage.strategy_models import WeatherDecisionRow as Row

_MONEY: Final = frozenset({"vwap", "fee", "spend", "size"})


async def add(session: AsyncSession, kept: Sequence[KeptDecision]) -> list[int]:
    """The ids of the new rows, in that order."""
    rows = [_row(one) for one in kept]
    session.add_all(rows)
    await session.flush()
    return [row.id for row in rows]


async def count(session: AsyncSession, repeated: Mapping[int, KeptDecision]) -> None:
    """Rows by id that were seen again: how often in all, and when last."""
    for row_id, kept in sorted(repeated.items()):
        await session.execute(
            sa.update(Row).where(Row.id == row_id).values(times=kept.times, last_at=kept.last_at)
        )


async def newest(
    session: AsyncSession, user: UserId, *, event: EventId | None = None, limit: int = 20
) -> list[KeptDecision]:
    query = sa.select(Row).where(Row.user_id == user)
    if event is not None:
        query = query.where(Row.event_id == event)
    rows = await session.scalars(query.order_by(Row.last_at.desc(), Row.id.desc()).limit(limit))
    return [_kept(row) for row in rows]


async def forget(session: AsyncSession, before: datetime, *, most: int) -> int:
    """What was seen last before `before`, and what is beyond the newest `most`; how many went."""
    newest_id = sa.select(sa.func.max(Row.id)).scalar_subquery()
    gone = await session.execute(
        sa.delete(Row)
        .where(sa.or_(Row.last_at < before, Row.id <= newest_id - most))
        .returning(Row.id)
    )
    return len(gone.all())


def _row(kept: KeptDecision) -> Row:
    decision = kept.decision
    moments = decision.moments
    return Row(
        user_id=decision.user_id,
        account=decision.account,
        event_id=decision.event_id,
        market_id=decision.market_id,
        token_id=decision.token_id,
        outcome=decision.outcome,
        side=decision.side,
        action=decision.action.value,
        reason="" if decision.skip is None else decision.skip.value,
        detail=decision.detail,
        version=decision.version,
        inputs=_inputs(decision.grounds),
        received_at=moments.received,
        decided_at=moments.decided,
        sent_at=moments.sent,
        acknowledged_at=moments.acknowledged,
        order_id=decision.order_id,
        times=kept.times,
        last_at=kept.last_at,
    )


def _inputs(grounds: Grounds) -> dict[str, object]:
    """Money as text, as JSON's numbers are not exact."""
    known = {name: value for name, value in asdict(grounds).items() if value is not None}
    return {name: str(value) if name in _MONEY else value for name, value in known.items()}


def _grounds(inputs: Mapping[str, object]) -> Grounds:
    def number(name: str) -> float | None:
        value = inputs.get(name)
        return float(value) if isinstance(value, int | float) else None

    def money(name: str) -> Decimal | None:
        return Decimal(str(inputs[name])) if name in inputs else None

    return Grounds(
        chance=number("chance"),
        error=number("error"),
        model=number("model"),
        market=number("market"),
        divergence=number("divergence"),
        vwap=money("vwap"),
        fee=money("fee"),
        edge=number("edge"),
        cautious=number("cautious"),
        spend=money("spend"),
        size=money("size"),
    )


def _kept(row: Row) -> KeptDecision:
    decision = Decision(
        user_id=UserId(row.user_id),
        account=row.account,
        event_id=EventId(row.event_id),
        action=Action(row.action),
        version=row.version,
        moments=Moments(row.received_at, row.decided_at, row.sent_at, row.acknowledged_at),
        grounds=_grounds(row.inputs),
        market_id=None if row.market_id is None else MarketId(row.market_id),
        token_id=None if row.token_id is None else TokenId(row.token_id),
        outcome=row.outcome,
        side=row.side,
        skip=Skip(row.reason) if row.reason else None,
        detail=row.detail,
        order_id=None if row.order_id is None else OrderId(row.order_id),
    )
    return KeptDecision(decision, row.times, row.last_at)
