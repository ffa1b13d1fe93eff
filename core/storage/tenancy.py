"""Whose rows a transaction may see: one person's, or everybody's for work on their behalf.

The database's own functions enter the roles, and know their names; where roles could not be made
they only say whose turn it is.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.units import UserId
from core.storage.models import Sessions

_AS_USER = sa.text("SELECT enter_app(:user)").bindparams(sa.bindparam("user", type_=sa.BigInteger))
_AS_WORKER = sa.text("SELECT enter_worker()")
_AS_SIGNER = sa.text("SELECT enter_signer(:user)").bindparams(
    sa.bindparam("user", type_=sa.BigInteger)
)
_AS_ROTATION = sa.text("SELECT enter_rotation()")


@asynccontextmanager
async def as_user(sessions: Sessions, user: UserId) -> AsyncIterator[AsyncSession]:
    """A transaction that sees and changes only what belongs to `user`, and no secrets."""
    async with sessions.begin() as session:
        await session.execute(_AS_USER, {"user": user})
        yield session


@asynccontextmanager
async def as_worker(sessions: Sessions) -> AsyncIterator[AsyncSession]:
    """A transaction over everybody's rows, but no secrets: for parts that no message drives."""
    async with sessions.begin() as session:
        await session.execute(_AS_WORKER)
        yield session


@asynccontextmanager
async def as_signer(sessions: Sessions, user: UserId) -> AsyncIterator[AsyncSession]:
    """A transaction that sees and changes the data keys and secrets of `user`, nothing else."""
    async with sessions.begin() as session:
        await session.execute(_AS_SIGNER, {"user": user})
        yield session


@asynccontextmanager
async def as_rotation(sessions: Sessions) -> AsyncIterator[AsyncSession]:
    """A transaction over everybody's data keys, to seal them anew; it sees no secret."""
    async with sessions.begin() as session:
        await session.execute(_AS_ROTATION)
        yield session
