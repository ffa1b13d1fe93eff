"""Broadcasts as stored: one notice a person, under a key that is used once."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.broadcasting import BroadcastProgress
from core.domain.notice import NoticeKind
from core.domain.preferences import NoticeMode
from core.domain.units import UserId
from core.domain.user import Role
from core.storage.chat_models import NoticeRow
from core.storage.models import UserRow
from core.storage.preference_models import PreferenceRow


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody whom a broadcast is for."""

    user_id: UserId
    has_blocked: bool
    is_unwilling: bool


def key(broadcast_id: str, user: UserId) -> str:
    return f"{_prefix(broadcast_id)}{user}"


async def readers(session: AsyncSession) -> list[Reader]:
    """Everybody who is let in but the owner."""
    mode = PreferenceRow.notice_modes[NoticeKind.BROADCAST.value].as_string()
    is_off = sa.func.coalesce(mode == NoticeMode.OFF.value, sa.false())
    query = (
        sa.select(UserRow.id, UserRow.has_blocked, is_off)
        .join(PreferenceRow, PreferenceRow.user_id == UserRow.id, isouter=True)
        .where(UserRow.role != Role.OWNER, UserRow.blocked_at.is_(None))
        .order_by(UserRow.id)
    )
    return [Reader(UserId(user), *rest) for user, *rest in await session.execute(query)]


async def progress(session: AsyncSession, broadcast_id: str) -> BroadcastProgress | None:
    """None where nobody was written to under that id."""
    is_its = NoticeRow.key.startswith(_prefix(broadcast_id), autoescape=True)
    query = sa.select(
        sa.func.min(NoticeRow.payload["text"].as_string()),
        sa.func.min(NoticeRow.created_at),
        sa.func.count(),
        sa.func.count(NoticeRow.sent_at),
        sa.func.count(NoticeRow.dropped_at),
    ).where(NoticeRow.kind == NoticeKind.BROADCAST, is_its)
    text, began, people, sent, dropped = (await session.execute(query)).one()
    if not people:
        return None
    return BroadcastProgress(broadcast_id, text, began, people, sent, dropped)


async def newest(session: AsyncSession) -> str | None:
    """The id of the last one that is still remembered."""
    query = (
        sa.select(NoticeRow.key)
        .where(NoticeRow.kind == NoticeKind.BROADCAST)
        .order_by(NoticeRow.id.desc())
        .limit(1)
    )
    found = await session.scalar(query)
    return None if found is None else found.split(":")[1]


def _prefix(broadcast_id: str) -> str:
    return f"{NoticeKind.BROADCAST.value}:{broadcast_id}:"
