"""Tables of the weather strategy: what people chose, what was believed, what was decided."""

from datetime import datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.domain.account import Account
from core.domain.book import Side
from core.storage.models import AmountColumn, Base, Id, Now, UserKey


class WeatherChoicesRow(Base):
    """One user's. `cities` null: all of them; `most`: USDC by scope."""

    __tablename__ = "weather_choices"
    __table_args__ = (sa.CheckConstraint("days_ahead BETWEEN 0 AND 7", name="days_ahead_in_range"),)

    user_id: Mapped[UserKey] = mapped_column(primary_key=True, autoincrement=False)
    mode: Mapped[str]
    cities: Mapped[list[str] | None] = mapped_column(JSONB(none_as_null=True))
    without: Mapped[list[str]] = mapped_column(server_default="[]")
    days_ahead: Mapped[int] = mapped_column(server_default="2")
    most: Mapped[dict[str, str]] = mapped_column(server_default="{}")
    daily_loss: Mapped[AmountColumn | None]
    wants_signals: Mapped[bool] = mapped_column(server_default=sa.false())
    updated_at: Mapped[Now]


class WeatherVersionRow(Base):
    """What the model said of an event, by the number of the forecast."""

    __tablename__ = "weather_versions"
    __table_args__ = (sa.Index("ix_weather_versions_made_at", "made_at"),)

    event_id: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    chances: Mapped[list[float]] = mapped_column(JSONB)
    errors: Mapped[list[float]] = mapped_column(JSONB)
    weight: Mapped[Decimal] = mapped_column(sa.Numeric(6, 4))
    heard_at: Mapped[datetime]
    made_at: Mapped[datetime]


class WeatherDecisionRow(Base):
    """One decision; a skip that repeats for the same reason is one row with its count.

    Times are of the first, `last_at` is of the last one.
    """

    __tablename__ = "weather_decisions"
    __table_args__ = (
        sa.Index("ix_weather_decisions_user_id_last_at", "user_id", sa.text("last_at DESC")),
        sa.Index("ix_weather_decisions_event_id", "event_id"),
        sa.Index("ix_weather_decisions_last_at", "last_at"),
    )

    id: Mapped[Id]
    user_id: Mapped[UserKey]
    account: Mapped[Account]
    event_id: Mapped[str]
    market_id: Mapped[str | None]
    token_id: Mapped[str | None]
    outcome: Mapped[str] = mapped_column(server_default="")
    side: Mapped[Side | None]
    action: Mapped[str]
    reason: Mapped[str] = mapped_column(server_default="")
    detail: Mapped[str] = mapped_column(server_default="")
    version: Mapped[int | None]
    inputs: Mapped[dict[str, object]]
    received_at: Mapped[datetime]
    decided_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    acknowledged_at: Mapped[datetime | None]
    order_id: Mapped[int | None] = mapped_column(sa.BigInteger, sa.ForeignKey("orders.id"))
    times: Mapped[int] = mapped_column(sa.BigInteger, server_default="1")
    last_at: Mapped[datetime]
