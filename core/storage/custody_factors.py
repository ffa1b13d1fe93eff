"""Second factors: whose is set up, what code came last, how often guesses went wrong."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.errors import NotFound
from core.domain.one_time_code import FREE_TRIES, lock_after
from core.domain.units import UserId
from core.storage.custody_models import SecondFactorRow


async def add(session: AsyncSession, user: UserId, step: int) -> None:
    """The user has an authenticator now, whose code of `step` was shown; an older one is gone."""
    values = {"last_step": step, "failures": 0, "locked_until": None}
    new = insert(SecondFactorRow).values(user_id=user, **values)
    await session.execute(
        new.on_conflict_do_update(index_elements=[SecondFactorRow.user_id], set_=values)
    )


async def exists(session: AsyncSession, user: UserId) -> bool:
    return await session.get(SecondFactorRow, user) is not None


async def lock(session: AsyncSession, user: UserId) -> None:
    """Keep the user's other withdrawals out until the end of the transaction."""
    query = sa.select(SecondFactorRow.user_id).where(SecondFactorRow.user_id == user)
    await session.execute(query.with_for_update())


async def pay_try(session: AsyncSession, user: UserId, now: datetime) -> datetime | None:
    """Count a try as wrong before it is looked at; None if it may be looked at.

    Otherwise until when none may. A right code is excused by `accept_step`.
    Raises: NotFound without an authenticator.
    """
    query = sa.select(SecondFactorRow).where(SecondFactorRow.user_id == user).with_for_update()
    row = await session.scalar(query.execution_options(populate_existing=True))
    if row is None:
        raise NotFound("No authenticator is set up.")
    if row.locked_until is not None and now < row.locked_until:
        return row.locked_until
    row.failures += 1
    if row.failures >= FREE_TRIES:
        row.locked_until = now + lock_after(row.failures)
    await session.flush()
    return None


async def accept_step(session: AsyncSession, user: UserId, step: int) -> bool:
    """Whether this code is used for the first time; the tries before it are forgiven then."""
    accepted = (
        sa.update(SecondFactorRow)
        .where(SecondFactorRow.user_id == user, SecondFactorRow.last_step < step)
        .values(last_step=step, failures=0, locked_until=None)
        .returning(SecondFactorRow.user_id)
    )
    return (await session.scalar(accepted)) is not None
