"""The table of alerts: what people want to hear of."""

from datetime import datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.domain.alert import AlertKind, AlertState
from core.storage.models import Base, Id, MarketKey, Now, UserKey


class AlertRow(Base):
    """One alert; nobody has the same one twice. `level` in USDC, of a swing in percent."""

    __tablename__ = "alerts"
    __table_args__ = (
        sa.Index(
            "uq_alerts_active",
            "user_id",
            "token_id",
            "kind",
            "level",
            "minutes",
            unique=True,
            postgresql_where="state IN ('armed', 'fired')",
        ),
        sa.CheckConstraint("level >= 0", name="level_not_negative"),
        sa.CheckConstraint("minutes >= 0", name="minutes_not_negative"),
    )

    id: Mapped[Id]
    user_id: Mapped[UserKey]
    market_id: Mapped[MarketKey]
    token_id: Mapped[str]
    outcome: Mapped[str]
    kind: Mapped[AlertKind]
    level: Mapped[Decimal] = mapped_column(sa.Numeric(20, 4))
    minutes: Mapped[int]
    state: Mapped[AlertState] = mapped_column(server_default=AlertState.ARMED.value)
    firing: Mapped[int] = mapped_column(server_default="1")
    muted_until: Mapped[datetime | None]
    created_at: Mapped[Now]
    updated_at: Mapped[Now]
