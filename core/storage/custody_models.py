"""Tables of custody. Data keys and secrets stand in tables that hold nothing else."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.domain.account import Account
from core.domain.custody import Tier, WalletState
from core.domain.withdrawal import WithdrawalState
from core.storage.models import AmountColumn, Base, Id, Now, UserKey


class DataKeyRow(Base):
    """A user's data key, sealed by key-encryption key number `kek`."""

    __tablename__ = "data_keys"
    __table_args__ = (
        sa.Index("ix_data_keys_kek", "kek"),
        sa.CheckConstraint("version > 0", name="version_positive"),
    )

    user_id: Mapped[int] = mapped_column(
        sa.BigInteger, sa.ForeignKey("users.id"), primary_key=True, autoincrement=False
    )
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kek: Mapped[int] = mapped_column(sa.BigInteger)
    wrapped: Mapped[bytes]
    created_at: Mapped[Now]


class SecretRow(Base):
    """A sealed secret. `subject` says whose (an address, or a factor); `version` only grows."""

    __tablename__ = "secrets"
    __table_args__ = (
        sa.UniqueConstraint("user_id", "subject", "purpose"),
        sa.ForeignKeyConstraint(
            ["user_id", "data_key_version"], ["data_keys.user_id", "data_keys.version"]
        ),
        sa.CheckConstraint("version > 0", name="version_positive"),
    )

    id: Mapped[Id]
    user_id: Mapped[UserKey]
    subject: Mapped[str]
    purpose: Mapped[str]
    version: Mapped[int]
    data_key_version: Mapped[int]
    record: Mapped[bytes]
    created_at: Mapped[Now]


class LiveWalletRow(Base):
    """A key of a user and what it signs for: at most one that waits and one that is ready."""

    __tablename__ = "live_wallets"
    __table_args__ = (
        sa.Index(
            "uq_live_wallets_current",
            "user_id",
            "state",
            unique=True,
            postgresql_where="state <> 'revoked'",
        ),
        sa.Index(
            "uq_live_wallets_key_address",
            "key_address",
            unique=True,
            postgresql_where="state <> 'revoked'",
        ),
        sa.CheckConstraint("tier <> 'paper'", name="tier_holds_a_key"),
        sa.CheckConstraint("state <> 'ready' OR funder <> ''", name="ready_has_funder"),
        sa.CheckConstraint(
            "state <> 'ready' OR tier <> 'session' OR authorised_until IS NOT NULL",
            name="session_ends",
        ),
    )

    id: Mapped[Id]
    user_id: Mapped[UserKey]
    tier: Mapped[Tier]
    state: Mapped[WalletState]
    key_address: Mapped[str]
    funder: Mapped[str] = mapped_column(server_default="")
    signature_type: Mapped[int] = mapped_column(sa.SmallInteger)
    authorised_at: Mapped[datetime | None]
    authorised_until: Mapped[datetime | None]
    warned_at: Mapped[datetime | None]
    created_at: Mapped[Now]
    updated_at: Mapped[Now]


class AccountChoiceRow(Base):
    """Which account a user trades in, and what they were told and typed before it was live."""

    __tablename__ = "account_choices"
    __table_args__ = (sa.CheckConstraint("daily_limit > 0", name="daily_limit_positive"),)

    user_id: Mapped[int] = mapped_column(
        sa.BigInteger, sa.ForeignKey("users.id"), primary_key=True, autoincrement=False
    )
    account: Mapped[Account] = mapped_column(server_default=Account.PAPER.value)
    risk_read_at: Mapped[datetime | None]
    daily_limit: Mapped[AmountColumn | None]
    updated_at: Mapped[Now]


class SecondFactorRow(Base):
    """A user's authenticator: what was used last, and how often guesses went wrong."""

    __tablename__ = "second_factors"

    user_id: Mapped[int] = mapped_column(
        sa.BigInteger, sa.ForeignKey("users.id"), primary_key=True, autoincrement=False
    )
    last_step: Mapped[int] = mapped_column(sa.BigInteger, server_default="0")
    failures: Mapped[int] = mapped_column(server_default="0")
    locked_until: Mapped[datetime | None]
    created_at: Mapped[Now]


class WithdrawalAddressRow(Base):
    """Where a user's money may go, from `usable_at` on."""

    __tablename__ = "withdrawal_addresses"
    __table_args__ = (
        sa.Index(
            "uq_withdrawal_addresses_allowed",
            "user_id",
            "address",
            unique=True,
            postgresql_where="removed_at IS NULL",
        ),
    )

    id: Mapped[Id]
    user_id: Mapped[UserKey]
    address: Mapped[str]
    label: Mapped[str]
    usable_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]
    created_at: Mapped[Now]


class WithdrawalRow(Base):
    """Money that was asked to leave. The address is written down: a later change moves nothing."""

    __tablename__ = "withdrawals"
    __table_args__ = (
        sa.Index("ix_withdrawals_due", "due_at", postgresql_where="state = 'waiting'"),
        sa.Index("ix_withdrawals_user_id_requested_at", "user_id", "requested_at"),
        sa.CheckConstraint("amount > 0", name="amount_positive"),
    )

    id: Mapped[Id]
    user_id: Mapped[UserKey]
    address_id: Mapped[int] = mapped_column(sa.BigInteger, sa.ForeignKey("withdrawal_addresses.id"))
    address: Mapped[str]
    amount: Mapped[AmountColumn]
    state: Mapped[WithdrawalState]
    requested_at: Mapped[datetime]
    due_at: Mapped[datetime]
    transaction: Mapped[str] = mapped_column(server_default="")
    reason: Mapped[str] = mapped_column(server_default="")
    updated_at: Mapped[Now]
