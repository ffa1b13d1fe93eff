"""Kill switches and circuit breakers, as stored in the rows that every claim locks."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.account import Account
from core.domain.breaker import Breaker, Incident
from core.domain.order import Origin
from core.domain.position import PositionStatus
from core.domain.risk import OpenOrderRef, Stop, Switches
from core.domain.units import OrderId, UserId
from core.storage.models import PositionRow
from core.storage.risk_models import ReservationRow, RiskAccountRow, RiskTotalRow

_REAL: Final = Account.LIVE  # breakers watch over real money
_HALT: Final = sa.text("""
    SELECT halted_at IS NOT NULL AS is_halted, current_epoch() AS epoch
    FROM risk_totals WHERE account = :account FOR SHARE
""")


async def set_stop(session: AsyncSession, user: UserId, stop: Stop, now: datetime) -> None:
    """In all of the user's accounts. Claims that came first end first."""
    values = {"stop": stop, "stopped_at": None if stop is Stop.NOTHING else now, "updated_at": now}
    new = insert(RiskAccountRow).values(
        [{"user_id": user, "account": account} | values for account in sorted(Account)]
    )
    await session.execute(
        new.on_conflict_do_update(
            index_elements=["user_id", "account"],
            set_={name: new.excluded[name] for name in values},
        )
    )


async def stop_of(session: AsyncSession, user: UserId) -> Stop:
    query = sa.select(RiskAccountRow.stop).where(RiskAccountRow.user_id == user).limit(1)
    return await session.scalar(query) or Stop.NOTHING


async def set_refusal(session: AsyncSession, user: UserId, sentence: str, now: datetime) -> bool:
    """The venue's word on buying, empty if it is allowed; whether it was another one before.

    Claims that came first end first.
    """
    values = {"refusal": sentence, "updated_at": now}
    new = insert(RiskAccountRow).values({"user_id": user, "account": _REAL} | values)
    await session.execute(new.on_conflict_do_nothing())
    changed = (
        sa.update(RiskAccountRow)
        .where(*_whose(user), RiskAccountRow.refusal != sentence)
        .values(values)
        .returning(RiskAccountRow.user_id)
    )
    return await session.scalar(changed) is not None


async def has_business(session: AsyncSession, user: UserId) -> bool:
    """Whether the user still holds something for real money, or has an order that may work."""
    held = sa.exists().where(
        PositionRow.user_id == user,
        PositionRow.account == _REAL,
        PositionRow.status == PositionStatus.ACTIVE,
    )
    ordered = sa.exists().where(
        ReservationRow.user_id == user, ReservationRow.account == _REAL, ReservationRow.is_open
    )
    return bool(await session.scalar(sa.select(sa.or_(held, ordered))))


async def set_halted(
    session: AsyncSession,
    halted_at: datetime | None,
    now: datetime,
    *,
    cancels_all: bool = False,
) -> None:
    """For everybody; None lifts it. Claims that came first end first."""
    values = {"halted_at": halted_at, "halt_cancels_all": cancels_all, "updated_at": now}
    await session.execute(sa.update(RiskTotalRow).values(values))


async def halted_at(session: AsyncSession) -> datetime | None:
    return await session.scalar(sa.select(sa.func.max(RiskTotalRow.halted_at)))


async def lock_halt(session: AsyncSession) -> tuple[bool, int]:
    """Whether everybody is halted, and the newest taking-over; both stay so to the end."""
    row = (await session.execute(_HALT, {"account": _REAL.value})).one()
    return row.is_halted, row.epoch


async def switches_of(session: AsyncSession, user: UserId) -> Switches:
    """What is switched off for the user's real money, to be shown."""
    own = await session.execute(
        sa.select(RiskAccountRow.stop, RiskAccountRow.trip, RiskAccountRow.refusal).where(
            RiskAccountRow.user_id == user, RiskAccountRow.account == _REAL
        )
    )
    stop, trip, refusal = own.one_or_none() or (await stop_of(session, user), None, "")
    everybody = await session.execute(
        sa.select(RiskTotalRow.halted_at, RiskTotalRow.trip).where(RiskTotalRow.account == _REAL)
    )
    halted, trip_of_all = everybody.one()
    return Switches(stop, trip, halted is not None, trip_of_all, refusal)


async def lock_breaker(session: AsyncSession, user: UserId | None) -> Breaker:
    """The user's breaker, or that for everybody, kept as it is until the transaction ends."""
    table = RiskTotalRow if user is None else RiskAccountRow
    if user is not None:
        new = insert(RiskAccountRow).values(user_id=user, account=_REAL)
        await session.execute(new.on_conflict_do_nothing())
    query = (
        sa.select(table.incidents, table.trip, table.tripped_at)
        .where(*_whose(user))
        .with_for_update(key_share=True)
    )
    incidents, trip, tripped_at = (await session.execute(query)).one()
    return Breaker(tuple(map(_incident, incidents)), trip, tripped_at)


async def save_breaker(
    session: AsyncSession, user: UserId | None, breaker: Breaker, now: datetime
) -> None:
    changed = (
        sa.update(RiskTotalRow if user is None else RiskAccountRow)
        .where(*_whose(user))
        .values(
            incidents=[f"{kind.value} {at.isoformat()}" for kind, at in breaker.incidents],
            trip=breaker.trip,
            tripped_at=breaker.tripped_at,
            updated_at=now,
        )
    )
    await session.execute(changed)


async def working_orders(
    session: AsyncSession, user: UserId | None = None, *, automated_only: bool
) -> list[OpenOrderRef]:
    """Orders that rest, oldest first, of one user or of everybody; never those made elsewhere."""
    origins = {Origin.AUTOMATION} if automated_only else set(Origin) - {Origin.EXTERNAL}
    query = (
        _open_orders()
        .where(ReservationRow.rests, ReservationRow.origin.in_(origins))
        .order_by(ReservationRow.order_id)
    )
    if user is not None:
        query = query.where(ReservationRow.user_id == user)
    return await _refs(session, query)


async def unwanted_orders(session: AsyncSession) -> list[OpenOrderRef]:
    """What switches in force want off the books and is still there."""
    stopped = sa.select(RiskAccountRow.user_id, RiskAccountRow.account, RiskAccountRow.stop)
    stop = stopped.where(RiskAccountRow.stop != Stop.NOTHING).subquery()
    is_automated = ReservationRow.origin == Origin.AUTOMATION
    is_halted = sa.exists().where(RiskTotalRow.halted_at.is_not(None))
    wants_all = sa.exists().where(
        RiskTotalRow.halted_at.is_not(None), RiskTotalRow.halt_cancels_all
    )
    query = (
        _open_orders()
        .outerjoin(
            stop,
            sa.and_(
                stop.c.user_id == ReservationRow.user_id, stop.c.account == ReservationRow.account
            ),
        )
        .where(
            ReservationRow.rests,
            ReservationRow.origin != Origin.EXTERNAL,
            sa.or_(
                sa.and_(is_automated, sa.or_(is_halted, stop.c.stop.is_not(None))),
                stop.c.stop == Stop.EVERYTHING,
                wants_all,
            ),
        )
        .order_by(ReservationRow.order_id)
    )
    return await _refs(session, query)


async def still_open(session: AsyncSession, wanted: Sequence[OrderId]) -> frozenset[OrderId]:
    """Those of `wanted` of which something may still work."""
    query = sa.select(ReservationRow.order_id).where(
        ReservationRow.is_open, ReservationRow.order_id.in_(wanted)
    )
    return frozenset(OrderId(order) for order in (await session.execute(query)).scalars())


def _open_orders() -> sa.Select[int, Account, int]:
    return sa.select(ReservationRow.user_id, ReservationRow.account, ReservationRow.order_id).where(
        ReservationRow.is_open
    )


async def _refs(session: AsyncSession, query: sa.Select[int, Account, int]) -> list[OpenOrderRef]:
    rows = (await session.execute(query)).all()
    return [OpenOrderRef(UserId(user), account, OrderId(order)) for user, account, order in rows]


def _whose(user: UserId | None) -> tuple[sa.ColumnElement[bool], ...]:
    if user is None:
        return (RiskTotalRow.account == _REAL,)
    return (RiskAccountRow.user_id == user, RiskAccountRow.account == _REAL)


def _incident(text: str) -> tuple[Incident, datetime]:
    kind, at = text.split(" ", 1)
    return Incident(kind), datetime.fromisoformat(at)
