"""The table of what an account was worth when a day began."""

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.domain.account import Account
from core.storage.models import AmountColumn, Base, UserKey


class EquityDayRow(Base):
    """`day` is one of its user's zone; `total` what there was at `taken_at`, soon after it began
    or when the account was first seen.
    """

    __tablename__ = "equity_days"

    user_id: Mapped[UserKey] = mapped_column(primary_key=True, autoincrement=False)
    account: Mapped[Account] = mapped_column(primary_key=True)
    day: Mapped[dt.date] = mapped_column(sa.Date, primary_key=True)
    total: Mapped[AmountColumn]
    taken_at: Mapped[dt.datetime]
