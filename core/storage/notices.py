"""The outbox: notices as stored, claimed by whoever sends them, settled afterwards."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.notice import NoticeKind
from core.domain.units import UserId
from core.storage.chat_models import NoticeRow
from core.storage.models import UserRow

_WAITING = sa.and_(NoticeRow.sent_at.is_(None), NoticeRow.dropped_at.is_(None))


@dataclass(frozen=True, slots=True)
class Told:
    """What a notice says, and how."""

    kind: NoticeKind
    payload: Mapping[str, object]
    silent: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """A claimed row; `attempts` counts this one."""

    id: int
    user_id: UserId
    telegram_id: int
    key: str
    kind: NoticeKind
    payload: Mapping[str, object]
    attempts: int
    silent: bool


async def add(session: AsyncSession, user_id: UserId, key: str, told: Told, now: datetime) -> bool:
    """Whether it is new: a known key writes nothing down."""
    return await add_all(session, [(user_id, key, told)], now) == 1


async def add_all(
    session: AsyncSession, entries: Sequence[tuple[UserId, str, Told]], now: datetime
) -> int:
    """How many are new: a known key writes nothing down."""
    rows = [
        {
            "user_id": user_id,
            "key": key,
            "kind": told.kind,
            "payload": dict(told.payload),
            "silent": told.silent,
            "due_at": now,
            "created_at": now,
        }
        for user_id, key, told in entries
    ]
    new = insert(NoticeRow).values(rows).on_conflict_do_nothing(index_elements=[NoticeRow.key])
    return len((await session.scalars(new.returning(NoticeRow.id))).all())


async def waiting(session: AsyncSession) -> int:
    """How many have neither arrived nor been given up."""
    return (
        await session.scalar(sa.select(sa.func.count()).select_from(NoticeRow).where(_WAITING)) or 0
    )


async def claim(
    session: AsyncSession, now: datetime, again_at: datetime, *, limit: int
) -> list[Entry]:
    """Those that are due, oldest first; nobody else gets them before `again_at`.

    The owner's words to everybody come after all others: a thousand of them keep no alert waiting.
    """
    is_last = NoticeRow.kind == NoticeKind.BROADCAST
    due = (
        sa.select(NoticeRow.id)
        .where(_WAITING, NoticeRow.due_at <= now)
        .order_by(is_last, NoticeRow.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    claimed = (
        sa.update(NoticeRow)
        .where(NoticeRow.id.in_(due), NoticeRow.user_id == UserRow.id)
        .values(attempts=NoticeRow.attempts + 1, due_at=again_at)
        .returning(NoticeRow, UserRow.telegram_id)
    )
    rows = (await session.execute(claimed)).all()
    entries = (_entry(row, chat) for row, chat in rows)
    return sorted(entries, key=lambda entry: (entry.kind is NoticeKind.BROADCAST, entry.id))


async def postpone(session: AsyncSession, notice_id: int, until: datetime) -> None:
    await _set(session, notice_id, due_at=until)


async def put_off(session: AsyncSession, notice_id: int, until: datetime) -> None:
    """Due at `until`; the attempt that found so does not count."""
    moved = sa.update(NoticeRow).where(NoticeRow.id == notice_id)
    await session.execute(moved.values(due_at=until, attempts=NoticeRow.attempts - 1))


async def release(session: AsyncSession, now: datetime) -> None:
    """Whatever waits, for whatever reason, is due now."""
    await session.execute(
        sa.update(NoticeRow).where(_WAITING, NoticeRow.due_at > now).values(due_at=now)
    )


async def mark_sent(session: AsyncSession, notice_id: int, message_id: int, now: datetime) -> None:
    await _set(session, notice_id, sent_at=now, sent_message_id=message_id)


async def drop(session: AsyncSession, notice_id: int, now: datetime) -> None:
    """It can never be delivered."""
    await _set(session, notice_id, dropped_at=now)


async def forget(session: AsyncSession, before: datetime) -> None:
    """Those that were sent or given up before `before`."""
    ended = sa.func.coalesce(NoticeRow.sent_at, NoticeRow.dropped_at)
    await session.execute(sa.delete(NoticeRow).where(ended < before))


async def _set(session: AsyncSession, notice_id: int, **values: datetime | int) -> None:
    await session.execute(sa.update(NoticeRow).where(NoticeRow.id == notice_id).values(**values))


def _entry(row: NoticeRow, telegram_id: int) -> Entry:
    return Entry(
        id=row.id,
        user_id=UserId(row.user_id),
        telegram_id=telegram_id,
        key=row.key,
        kind=row.kind,
        payload=row.payload,
        attempts=row.attempts,
        silent=row.silent,
    )
