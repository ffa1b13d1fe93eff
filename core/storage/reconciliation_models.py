"""Tables of what was compared with the venue."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.domain.account import Account
from core.domain.drift import CashMoveKind, DriftKind
from core.storage.models import AmountColumn, Base, Id, Now, UserKey


class AccountCheckRow(Base):
    """How far one account was last compared with the venue, and when."""

    __tablename__ = "account_checks"

    user_id: Mapped[UserKey] = mapped_column(primary_key=True, autoincrement=False)
    account: Mapped[Account] = mapped_column(primary_key=True)
    trades_until: Mapped[datetime | None]
    """Every trade matched before this is applied."""
    opened_at: Mapped[datetime | None]
    """When what the account held before us was taken over; nothing is judged earlier."""
    checked_at: Mapped[datetime | None]
    """When the last comparison was finished, whatever it found."""
    cash_agreed_at: Mapped[datetime | None]
    fault: Mapped[str] = mapped_column(server_default="")
    """Why the last attempt could not be finished; empty after one that was."""
    fault_since: Mapped[datetime | None]


class DriftRow(Base):
    """One disagreement with the venue: seen, open once it was seen again, closed when it ended."""

    __tablename__ = "drifts"
    __table_args__ = (
        sa.Index(
            "uq_drifts_lasting",
            "account",
            "user_id",
            "kind",
            "subject",
            unique=True,
            postgresql_where="closed_at IS NULL",
        ),
    )

    id: Mapped[Id]
    user_id: Mapped[UserKey]
    account: Mapped[Account]
    kind: Mapped[DriftKind]
    subject: Mapped[str]
    ours: Mapped[AmountColumn]
    theirs: Mapped[AmountColumn]
    sightings: Mapped[int] = mapped_column(server_default="1")
    first_seen_at: Mapped[Now]
    opened_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]


class CashMoveRow(Base):
    """Money that came or went without a trade: rows are added, never changed."""

    __tablename__ = "cash_moves"
    __table_args__ = (
        sa.UniqueConstraint("account", "user_id", "key"),
        sa.CheckConstraint("amount <> 0", name="amount_not_zero"),
    )

    id: Mapped[Id]
    user_id: Mapped[UserKey]
    account: Mapped[Account]
    key: Mapped[str]
    kind: Mapped[CashMoveKind]
    amount: Mapped[AmountColumn]
    created_at: Mapped[Now]
