"""Whose rows a transaction may see: one person's, or everybody's for work on their behalf.

The database's own functions enter the roles, and know their names; where roles could not be made
they only say whose turn it is.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.units import UserId
from core.storage.models import Sessions

ENTERS: Final = "enters_at_begin"
"""The execution option of engines whose transactions begin with what `ENTRANCE` says."""
ENTRANCE: Final = "entrance"
"""The execution option of a connection: the statement that enters its role."""

_AS_WORKER: Final = "SELECT enter_worker()"
_WHO: Final = sa.text("""
    SELECT current_setting('role') AS role, current_setting('app.user_id', true) AS person
""")
_BACK: Final = sa.text("""
    SELECT set_config('role', :role, true), set_config('app.user_id', :person, true)
""")


@asynccontextmanager
async def as_user(sessions: Sessions, user: UserId) -> AsyncIterator[AsyncSession]:
    """A transaction that sees and changes only what belongs to `user`, and no secrets."""
    async with sessions.begin() as session:
        await _enter(session, f"SELECT enter_app({int(user)})")
        yield session


@asynccontextmanager
async def as_worker(sessions: Sessions) -> AsyncIterator[AsyncSession]:
    """A transaction over everybody's rows, but no secrets: for parts that no message drives."""
    async with sessions.begin() as session:
        await _enter(session, _AS_WORKER)
        yield session


@asynccontextmanager
async def as_signer(sessions: Sessions, user: UserId) -> AsyncIterator[AsyncSession]:
    """A transaction that sees and changes the data keys and secrets of `user`, nothing else."""
    async with sessions.begin() as session:
        await _enter(session, f"SELECT enter_signer({int(user)})")
        yield session


@asynccontextmanager
async def as_rotation(sessions: Sessions) -> AsyncIterator[AsyncSession]:
    """A transaction over everybody's data keys, to seal them anew; it sees no secret."""
    async with sessions.begin() as session:
        await _enter(session, "SELECT enter_rotation()")
        yield session


async def _enter(session: AsyncSession, entrance: str) -> None:
    """With the transaction's first word, where the engine can; else by a statement of its own."""
    bind = session.get_bind()
    if isinstance(bind, sa.Engine) and bind.get_execution_options().get(ENTERS):
        await session.connection(execution_options={ENTRANCE: entrance})
    else:
        await session.execute(sa.text(entrance))


@asynccontextmanager
async def for_others(session: AsyncSession) -> AsyncIterator[None]:
    """Within somebody's transaction, what others have to know of it: as a worker for that long.

    A transaction in which this raises must not be committed.
    """
    who = (await session.execute(_WHO)).one()
    await session.execute(sa.text(_AS_WORKER))
    yield
    await session.execute(_BACK, {"role": who.role, "person": who.person or ""})
