"""Sealed keys, wallets, withdrawals."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TABLES = (
    "withdrawals",
    "secrets",
    "withdrawal_addresses",
    "second_factors",
    "live_wallets",
    "data_keys",
    "account_choices",
)


def upgrade() -> None:
    _create_account_choices()
    _create_data_keys()
    _create_live_wallets()
    _create_second_factors()
    _create_withdrawal_addresses()
    _create_secrets()
    _create_withdrawals()


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)


def _create_account_choices() -> None:
    op.create_table(
        "account_choices",
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column(
            "account",
            sa.Enum(
                "paper",
                "live",
                "weather-paper",
                name="account",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            server_default="paper",
            nullable=False,
        ),
        sa.Column("risk_read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("daily_limit", sa.Numeric(precision=26, scale=6), nullable=True),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint("daily_limit > 0", name=op.f("ck_account_choices_daily_limit_positive")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_account_choices_user_id")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_account_choices")),
    )


def _create_data_keys() -> None:
    op.create_table(
        "data_keys",
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kek", sa.BigInteger(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint("version > 0", name=op.f("ck_data_keys_version_positive")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_data_keys_user_id")),
        sa.PrimaryKeyConstraint("user_id", "version", name=op.f("pk_data_keys")),
    )
    op.create_index("ix_data_keys_kek", "data_keys", ["kek"], unique=False)


def _create_live_wallets() -> None:
    op.create_table(
        "live_wallets",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "tier",
            sa.Enum(
                "paper",
                "session",
                "deposit",
                "eoa",
                name="tier",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum(
                "waiting",
                "ready",
                "revoked",
                name="walletstate",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("key_address", sa.Text(), nullable=False),
        sa.Column("funder", sa.Text(), server_default="", nullable=False),
        sa.Column("signature_type", sa.SmallInteger(), nullable=False),
        sa.Column("authorised_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("authorised_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("warned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "state <> 'ready' OR funder <> ''", name=op.f("ck_live_wallets_ready_has_funder")
        ),
        sa.CheckConstraint(
            "state <> 'ready' OR tier <> 'session' OR authorised_until IS NOT NULL",
            name=op.f("ck_live_wallets_session_ends"),
        ),
        sa.CheckConstraint("tier <> 'paper'", name=op.f("ck_live_wallets_tier_holds_a_key")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_live_wallets_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_live_wallets")),
    )
    op.create_index(
        "uq_live_wallets_current",
        "live_wallets",
        ["user_id", "state"],
        unique=True,
        postgresql_where="state <> 'revoked'",
    )
    op.create_index(
        "uq_live_wallets_key_address",
        "live_wallets",
        ["key_address"],
        unique=True,
        postgresql_where="state <> 'revoked'",
    )


def _create_second_factors() -> None:
    op.create_table(
        "second_factors",
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("last_step", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_second_factors_user_id")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_second_factors")),
    )


def _create_withdrawal_addresses() -> None:
    op.create_table(
        "withdrawal_addresses",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("usable_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_withdrawal_addresses_user_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_withdrawal_addresses")),
    )
    op.create_index(
        "uq_withdrawal_addresses_allowed",
        "withdrawal_addresses",
        ["user_id", "address"],
        unique=True,
        postgresql_where="removed_at IS NULL",
    )


def _create_secrets() -> None:
    op.create_table(
        "secrets",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("data_key_version", sa.Integer(), nullable=False),
        sa.Column("record", sa.LargeBinary(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint("version > 0", name=op.f("ck_secrets_version_positive")),
        sa.ForeignKeyConstraint(
            ["user_id", "data_key_version"],
            ["data_keys.user_id", "data_keys.version"],
            name=op.f("fk_secrets_user_id_data_key_version"),
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_secrets_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_secrets")),
        sa.UniqueConstraint(
            "user_id", "subject", "purpose", name=op.f("uq_secrets_user_id_subject_purpose")
        ),
    )


def _create_withdrawals() -> None:
    op.create_table(
        "withdrawals",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("address_id", sa.BigInteger(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=26, scale=6), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "waiting",
                "sending",
                "sent",
                "unknown",
                "failed",
                "cancelled",
                name="withdrawalstate",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("transaction", sa.Text(), server_default="", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint("amount > 0", name=op.f("ck_withdrawals_amount_positive")),
        sa.ForeignKeyConstraint(
            ["address_id"], ["withdrawal_addresses.id"], name=op.f("fk_withdrawals_address_id")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_withdrawals_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_withdrawals")),
    )
    op.create_index(
        "ix_withdrawals_due",
        "withdrawals",
        ["due_at"],
        unique=False,
        postgresql_where="state = 'waiting'",
    )
    op.create_index(
        "ix_withdrawals_user_id_requested_at",
        "withdrawals",
        ["user_id", "requested_at"],
        unique=False,
    )
