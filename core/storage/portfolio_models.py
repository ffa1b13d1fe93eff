"""Tables of what accounts were worth when days began, and of wallets that are watched."""

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.domain.account import Account
from core.storage.models import AmountColumn, Base, Now, UserKey


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


class WatchedWalletRow(Base):
    """`seen`: keys of its newest trades at the last look, the newest of which was at `until`."""

    __tablename__ = "watched_wallets"

    user_id: Mapped[UserKey] = mapped_column(primary_key=True, autoincrement=False)
    address: Mapped[str] = mapped_column(primary_key=True)
    seen: Mapped[list[str]] = mapped_column(server_default="[]")
    until: Mapped[dt.datetime | None]
    created_at: Mapped[Now]
