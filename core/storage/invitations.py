"""Invitations, as stored."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.units import UserId
from core.domain.user import Role
from core.storage.models import UserRow
from core.storage.people_models import InvitationRow


@dataclass(frozen=True, slots=True)
class Invitation:
    id: int
    role: Role
    made_by: UserId


async def add(
    session: AsyncSession, code_hash: str, role: Role, made_by: UserId, expires_at: datetime
) -> None:
    row = InvitationRow(code_hash=code_hash, role=role, made_by=made_by, expires_at=expires_at)
    session.add(row)
    await session.flush()


async def lock_open(session: AsyncSession, code_hash: str, now: datetime) -> Invitation | None:
    """The one with that code, if it can be used: whoever else wants it waits for the end.

    An owner's invitations end with their time as owner.
    """
    query = (
        sa.select(InvitationRow)
        .join(UserRow, UserRow.id == InvitationRow.made_by)
        .where(
            InvitationRow.code_hash == code_hash,
            InvitationRow.used_by.is_(None),
            InvitationRow.expires_at > now,
            UserRow.role == Role.OWNER,
        )
        .with_for_update(of=InvitationRow)
    )
    row = await session.scalar(query)
    return None if row is None else Invitation(row.id, row.role, UserId(row.made_by))


async def use(session: AsyncSession, invitation: Invitation, user: UserId, now: datetime) -> None:
    """It lets in `user`, and nobody else."""
    await session.execute(
        sa.update(InvitationRow)
        .where(InvitationRow.id == invitation.id)
        .values(used_by=user, used_at=now)
    )
