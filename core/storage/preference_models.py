"""The table of what people prefer; who has changed nothing has no row."""

from datetime import time
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.domain.holdings import HoldingOrder
from core.domain.preferences import ConfirmMode
from core.storage.models import AmountColumn, Base, Now, UserKey


class PreferenceRow(Base):
    """Amounts in USDC; `quick_amounts` are decimal strings, times of day those of `zone`."""

    __tablename__ = "user_preferences"
    __table_args__ = (
        sa.CheckConstraint(
            "confirm_from >= 0 AND fast_cap >= 0 AND dust_below >= 0",
            name="amounts_not_negative",
        ),
        sa.CheckConstraint("slippage > 0", name="slippage_positive"),
        sa.CheckConstraint("jsonb_array_length(quick_amounts) = 3", name="three_quick_amounts"),
        sa.CheckConstraint(
            "(quiet_from IS NULL) = (quiet_until IS NULL)", name="quiet_hours_whole"
        ),
    )

    user_id: Mapped[UserKey] = mapped_column(primary_key=True, autoincrement=False)
    language: Mapped[str | None]
    telegram_language: Mapped[str | None]
    zone: Mapped[str] = mapped_column(server_default="UTC")
    confirm_mode: Mapped[ConfirmMode] = mapped_column(server_default=ConfirmMode.CAREFUL.value)
    confirm_from: Mapped[AmountColumn] = mapped_column(server_default="25")
    fast_cap: Mapped[AmountColumn] = mapped_column(server_default="100")
    quick_amounts: Mapped[list[str]] = mapped_column(server_default='["10", "25", "50"]')
    slippage: Mapped[Decimal | None] = mapped_column(sa.Numeric(20, 4))
    """Percent."""
    dust_below: Mapped[AmountColumn] = mapped_column(server_default="1")
    holdings_by: Mapped[HoldingOrder] = mapped_column(server_default=HoldingOrder.VALUE.value)
    quiet_from: Mapped[time | None] = mapped_column(sa.Time)
    quiet_until: Mapped[time | None] = mapped_column(sa.Time)
    digest_at: Mapped[time | None] = mapped_column(sa.Time)
    notice_modes: Mapped[dict[str, str]] = mapped_column(server_default="{}")
    updated_at: Mapped[Now]
