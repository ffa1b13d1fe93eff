"""Tables of what is shown in the chat and sent to it."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.domain.notice import NoticeKind
from core.storage.models import Base, Id, Now, UserKey


class MoneyButtonRow(Base):
    """A one-shot button: consumed in the transaction that creates its order."""

    __tablename__ = "money_buttons"
    __table_args__ = (sa.Index("ix_money_buttons_expires_at", "expires_at"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[UserKey]
    chat_id: Mapped[int] = mapped_column(sa.BigInteger)
    message_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    payload: Mapped[dict[str, str]]
    created_at: Mapped[Now]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class NoticeRow(Base):
    """Something a user is to be told; stays until it was sent, or given up as undeliverable."""

    __tablename__ = "notices"
    __table_args__ = (
        sa.Index(
            "ix_notices_waiting",
            "due_at",
            postgresql_where="sent_at IS NULL AND dropped_at IS NULL",
        ),
    )

    id: Mapped[Id]
    user_id: Mapped[UserKey]
    key: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[NoticeKind]
    payload: Mapped[dict[str, object]]
    attempts: Mapped[int] = mapped_column(server_default="0")
    due_at: Mapped[Now]
    """When it is to be sent, for the first time or again."""
    created_at: Mapped[Now]
    sent_at: Mapped[datetime | None]
    dropped_at: Mapped[datetime | None]
    """When it was given up: its user has blocked us, or nothing can be sent of it."""
    silent: Mapped[bool] = mapped_column(server_default=sa.false())
    sent_message_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    """Telegram's, in the chat of its user."""
