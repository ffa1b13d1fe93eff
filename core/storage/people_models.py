"""The table of invitations: one-time links by which the owner lets people in."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.domain.user import Role
from core.storage.models import Base, Id, Now, UserKey


class InvitationRow(Base):
    """`code_hash`: the code itself is known to whoever got the link, and to nobody else."""

    __tablename__ = "invitations"
    __table_args__ = (
        sa.CheckConstraint("role IN ('trader', 'viewer')", name="no_owner"),
        sa.CheckConstraint("(used_by IS NULL) = (used_at IS NULL)", name="used_whole"),
        sa.Index("ix_invitations_used_by", "used_by", postgresql_where="used_by IS NOT NULL"),
    )

    id: Mapped[Id]
    code_hash: Mapped[str] = mapped_column(unique=True)
    role: Mapped[Role]
    made_by: Mapped[UserKey]
    created_at: Mapped[Now]
    expires_at: Mapped[datetime]
    used_by: Mapped[int | None] = mapped_column(sa.BigInteger, sa.ForeignKey("users.id"))
    used_at: Mapped[datetime | None]
