"""Tables of triggers: what is armed on which position, and what every purchase is to get."""

from decimal import Decimal
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.domain.account import Account
from core.domain.trigger import TriggerKind, TriggerState
from core.storage.models import (
    AmountColumn,
    Base,
    Id,
    MarketKey,
    Now,
    PercentColumn,
    PriceColumn,
    UserKey,
)

ARMED: Final = "state = 'armed'"


class TriggerRow(Base):
    """One trigger; a position has no two armed ones of the same kind and distance."""

    __tablename__ = "triggers"
    __table_args__ = (
        sa.Index(
            "uq_triggers_armed",
            "position_id",
            "kind",
            sa.text("COALESCE(trail, level)"),  # two levels that rise can meet
            unique=True,
            postgresql_where=ARMED,
        ),
        sa.Index("ix_triggers_user_id", "user_id"),
        sa.CheckConstraint("level > 0 AND level < 1", name="level_in_range"),
        sa.CheckConstraint("percent BETWEEN 1 AND 100", name="percent_in_range"),
        sa.CheckConstraint(
            "(trail IS NOT NULL) = (kind = 'trailing-stop')", name="trail_of_its_kind"
        ),
    )

    id: Mapped[Id]
    user_id: Mapped[UserKey]
    account: Mapped[Account]
    position_id: Mapped[int] = mapped_column(sa.BigInteger, sa.ForeignKey("positions.id"))
    market_id: Mapped[MarketKey]
    token_id: Mapped[str]
    outcome: Mapped[str]
    kind: Mapped[TriggerKind]
    level: Mapped[PriceColumn]
    trail: Mapped[Decimal | None] = mapped_column(sa.Numeric(20, 4))
    peak: Mapped[PriceColumn | None]
    percent: Mapped[int] = mapped_column(sa.SmallInteger)
    left_size: Mapped[AmountColumn | None]
    """Shares still to be sold, from the moment it first qualified."""
    shot: Mapped[int] = mapped_column(server_default="1")
    state: Mapped[TriggerState] = mapped_column(server_default=TriggerState.ARMED.value)
    trouble: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[Now]
    updated_at: Mapped[Now]


class TriggerPresetRow(Base):
    """What every purchase in an account gets: one preset a kind."""

    __tablename__ = "trigger_presets"
    __table_args__ = (sa.CheckConstraint("change > 0", name="change_positive"),)

    user_id: Mapped[UserKey] = mapped_column(primary_key=True, autoincrement=False)
    account: Mapped[Account] = mapped_column(primary_key=True)
    kind: Mapped[TriggerKind] = mapped_column(primary_key=True)
    change: Mapped[PercentColumn]
    """Percent away from the average cost, or behind the peak."""
    updated_at: Mapped[Now]
