"""Table of what temperature events say of themselves."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.storage.models import Base, Now


class EventRulesRow(Base):
    """`updated_at` moves when a word of it changes."""

    __tablename__ = "event_rules"
    __table_args__ = (sa.Index("ix_event_rules_ends_at", "ends_at"),)

    event_id: Mapped[str] = mapped_column(primary_key=True)
    slug: Mapped[str]
    title: Mapped[str]
    description: Mapped[str]
    resolution_source: Mapped[str]
    ends_at: Mapped[datetime | None]
    tags: Mapped[list[str]]
    created_at: Mapped[Now]
    updated_at: Mapped[Now]
