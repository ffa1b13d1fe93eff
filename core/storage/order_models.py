"""The table of signed orders."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.storage.models import Base, UserKey


class SignedOrderRow(Base):
    """What was signed for an order: committed before its first byte leaves, never changed."""

    __tablename__ = "signed_orders"

    order_id: Mapped[int] = mapped_column(
        sa.BigInteger, sa.ForeignKey("orders.id"), primary_key=True, autoincrement=False
    )
    user_id: Mapped[UserKey]
    order_hash: Mapped[str] = mapped_column(unique=True)
    salt: Mapped[int] = mapped_column(sa.BigInteger)
    timestamp_ms: Mapped[int] = mapped_column(sa.BigInteger)
    body: Mapped[bytes]
    signed_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    """When its bytes last left, or were about to."""
    attempts: Mapped[int] = mapped_column(server_default="0")
    last_look_up_at: Mapped[datetime | None]
    misses: Mapped[int] = mapped_column(server_default="0")
    """Look-ups in a row in which the venue knew nothing of it."""
    trade_ids: Mapped[list[str]] = mapped_column(server_default="[]")
    """Trades that the venue named in its answer."""
