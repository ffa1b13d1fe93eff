"""Updates as stored: what was told, when it was answered, and how that ended."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.update import UpdateOutcome
from core.storage.intake_models import UpdateRow

_WAITING = UpdateRow.handled_at.is_(None)
_ADD = sa.text("""
    INSERT INTO updates (update_id, event, telegram_id, kind, body, sent_after, received_at)
    SELECT DISTINCT ON (update_id) update_id, event, telegram_id, kind, body, sent_after, :now
    FROM jsonb_to_recordset(:batch) AS told (update_id bigint, event text, telegram_id bigint,
        kind text, body jsonb, sent_after timestamptz)
    ON CONFLICT (update_id) DO UPDATE SET event = excluded.event,
        telegram_id = excluded.telegram_id, kind = excluded.kind, body = excluded.body,
        sent_after = excluded.sent_after, received_at = excluded.received_at,
        handled_at = NULL, attempts = 1, outcome = NULL
    WHERE updates.event <> excluded.event
    RETURNING update_id
""").bindparams(
    sa.bindparam("batch", type_=JSONB), sa.bindparam("now", type_=sa.DateTime(timezone=True))
)


@dataclass(frozen=True, slots=True)
class Incoming:
    """Something told to us. `event` tells it from another bot's of the same number."""

    update_id: int
    event: str
    telegram_id: int | None  # None where nobody in particular said it
    kind: str
    body: Mapping[str, object] = field(repr=False)
    sent_after: datetime  # it was sent no earlier


@dataclass(frozen=True, slots=True)
class Left:
    """A stored update that was not answered; `attempts` counts those that began."""

    update_id: int
    body: Mapping[str, object] = field(repr=False)
    sent_after: datetime
    attempts: int


async def add(session: AsyncSession, batch: Sequence[Incoming], now: datetime) -> set[int]:
    """The numbers of those that are new; what is known already stays as it is."""
    rows = [
        {
            "update_id": one.update_id,
            "event": one.event,
            "telegram_id": one.telegram_id,
            "kind": one.kind,
            "body": dict(one.body),
            "sent_after": one.sent_after.isoformat(),
        }
        for one in batch
    ]
    return set(await session.scalars(_ADD, {"batch": rows, "now": now}))


async def waiting(session: AsyncSession) -> list[Left]:
    """Those that nobody has answered, in their order."""
    query = sa.select(UpdateRow).where(_WAITING).order_by(UpdateRow.update_id)
    return [
        Left(row.update_id, row.body, row.sent_after, row.attempts)
        for row in await session.scalars(query)
    ]


async def count_attempt(session: AsyncSession, update_id: int) -> None:
    await session.execute(
        sa.update(UpdateRow)
        .where(UpdateRow.update_id == update_id, _WAITING)
        .values(attempts=UpdateRow.attempts + 1)
    )


async def settle(
    session: AsyncSession, update_id: int, outcome: UpdateOutcome, now: datetime
) -> None:
    """How it ended; said once, later words change nothing."""
    await session.execute(
        sa.update(UpdateRow)
        .where(UpdateRow.update_id == update_id, _WAITING)
        .values(handled_at=now, outcome=outcome)
    )


async def forget(session: AsyncSession, before: datetime, *, keep: int) -> int:
    """How many went: answered ones from before `before`, and those beyond the newest `keep`."""
    oldest_kept = (
        sa.select(UpdateRow.received_at)
        .order_by(UpdateRow.received_at.desc())
        .offset(keep)
        .limit(1)
        .scalar_subquery()
    )
    old = sa.or_(UpdateRow.received_at < before, UpdateRow.received_at <= oldest_kept)
    deleted = sa.delete(UpdateRow).where(UpdateRow.handled_at.is_not(None), old)
    gone = await session.scalars(deleted.returning(UpdateRow.update_id))
    return len(gone.all())
