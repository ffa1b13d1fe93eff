"""Whose rows a transaction may see: one person's, or everybody's for work on their behalf."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.units import UserId
from core.storage.models import Sessions

_AS = sa.text("SELECT set_config('app.user_id', :user, true)")


@asynccontextmanager
async def as_user(sessions: Sessions, user: UserId) -> AsyncIterator[AsyncSession]:
    """A transaction that sees and changes only what belongs to `user`."""
    async with sessions.begin() as session:
        await session.execute(_AS, {"user": str(user)})
        yield session


@asynccontextmanager
async def as_worker(sessions: Sessions) -> AsyncIterator[AsyncSession]:
    """A transaction over everybody's rows, for parts that nobody's message drives."""
    async with sessions.begin() as session:
        yield session
