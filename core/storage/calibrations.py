"""What fits came to, as stored: the newest one that this version can read counts."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from core.storage.learning_models import CalibrationRow as Row


@dataclass(frozen=True, slots=True)
class StoredFit:
    """`content` is JSON in `format`; made of `pairs` that became known after `since`."""

    format: int
    fitted_at: datetime
    since: datetime
    pairs: int
    content: str


async def newest(session: AsyncSession, format_: int) -> StoredFit | None:
    query = (
        sa.select(Row).where(Row.format == format_).order_by(Row.fitted_at.desc(), Row.id.desc())
    )
    row = await session.scalar(query.limit(1))
    if row is None:
        return None
    return StoredFit(row.format, row.fitted_at, row.since, row.pairs, row.content)


async def keep(session: AsyncSession, fit: StoredFit) -> None:
    session.add(
        Row(
            format=fit.format,
            fitted_at=fit.fitted_at,
            since=fit.since,
            pairs=fit.pairs,
            content=fit.content,
        )
    )
    await session.flush()


async def forget(session: AsyncSession, before: datetime) -> None:
    await session.execute(sa.delete(Row).where(Row.fitted_at < before))
