"""Tables of what comes in, of who is in charge, and of what was done."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.domain.update import UpdateOutcome
from core.storage.models import Base, Now


class UpdateRow(Base):
    """Something that Telegram told us: stored before Telegram may forget it."""

    __tablename__ = "updates"
    __table_args__ = (
        sa.Index("ix_updates_waiting", "update_id", postgresql_where="handled_at IS NULL"),
    )

    update_id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)
    event: Mapped[str]
    """Tells it from another bot's update, or another Telegram's, of the same number."""
    telegram_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    kind: Mapped[str]
    body: Mapped[dict[str, object]]
    sent_after: Mapped[datetime]
    """It was sent no earlier; taps carry no date of their own."""
    received_at: Mapped[Now] = mapped_column(index=True)
    handled_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(server_default="1")
    outcome: Mapped[UpdateOutcome | None]


class InstanceRow(Base):
    """Which taking-over of the database is the newest; there is one row."""

    __tablename__ = "instance"
    __table_args__ = (sa.CheckConstraint("id = 1", name="only_one"),)

    id: Mapped[int] = mapped_column(sa.SmallInteger, primary_key=True, autoincrement=False)
    epoch: Mapped[int] = mapped_column(sa.BigInteger)
    holder: Mapped[str] = mapped_column(server_default="")
    taken_at: Mapped[Now]


class AuditRow(Base):
    """What somebody did: rows are added, and each holds the hash of the one before."""

    __tablename__ = "audit"
    __table_args__ = (
        sa.Index("ix_audit_user_id", "user_id"),
        sa.Index("ix_audit_forgotten", "id", postgresql_where="what = 'audit forgotten'"),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)
    actor: Mapped[str]
    user_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    """No reference: what was noted outlives whom it is about."""
    what: Mapped[str]
    details: Mapped[dict[str, object]]
    at: Mapped[datetime]
    previous: Mapped[str] = mapped_column(unique=True)
    hash: Mapped[str]
