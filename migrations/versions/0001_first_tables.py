"""Users, wallets, markets, orders, positions, the ledger and money buttons."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

LEDGER_GUARD = """
CREATE FUNCTION fills_are_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - 'settlement' = to_jsonb(OLD) - 'settlement' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'fills are append-only: % refused', TG_OP;
END $$;
"""
LEDGER_TRIGGER = """
CREATE TRIGGER fills_append_only BEFORE UPDATE OR DELETE ON fills
FOR EACH ROW EXECUTE FUNCTION fills_are_append_only();
"""


def upgrade() -> None:
    op.create_table(
        "facts",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_facts")),
    )
    op.create_table(
        "markets",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("condition_id", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column(
            "source",
            sa.Enum(
                "ws",
                "poll",
                "api",
                name="source",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            server_default="api",
            nullable=False,
        ),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=True),
        sa.Column("event_slug", sa.Text(), nullable=True),
        sa.Column("event_title", sa.Text(), nullable=True),
        sa.Column("event_neg_risk", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("category", sa.Text(), server_default="", nullable=False),
        sa.Column("version", sa.Text(), server_default="v1", nullable=False),
        sa.Column("outcomes", postgresql.JSONB(), nullable=False),
        sa.Column("clob_token_ids", postgresql.JSONB(), nullable=False),
        sa.Column("outcome_prices", postgresql.JSONB(), nullable=False),
        sa.Column("best_bid", postgresql.JSONB(), server_default="[]", nullable=False),
        sa.Column("best_ask", postgresql.JSONB(), server_default="[]", nullable=False),
        sa.Column("last_trade_price", sa.Numeric(precision=14, scale=12), nullable=True),
        sa.Column("tick_size", sa.Numeric(precision=14, scale=12), nullable=False),
        sa.Column("minimum_size", sa.Numeric(precision=26, scale=6), nullable=False),
        sa.Column(
            "fee_rate", sa.Numeric(precision=12, scale=8), server_default="0", nullable=False
        ),
        sa.Column(
            "fee_exponent", sa.Numeric(precision=12, scale=8), server_default="1", nullable=False
        ),
        sa.Column("fee_taker_only", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("neg_risk", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("volume", sa.Numeric(precision=26, scale=6), server_default="0", nullable=False),
        sa.Column(
            "volume_24h", sa.Numeric(precision=26, scale=6), server_default="0", nullable=False
        ),
        sa.Column(
            "liquidity", sa.Numeric(precision=26, scale=6), server_default="0", nullable=False
        ),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accepts_orders", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("is_closed", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("is_resolved", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("resolved_outcome", sa.Text(), nullable=True),
        sa.Column("price_at", sa.DateTime(timezone=True), nullable=True),
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
        sa.PrimaryKeyConstraint("id", name=op.f("pk_markets")),
        postgresql_with={"fillfactor": "70"},
    )
    op.create_index(
        "ix_markets_busy",
        "markets",
        [sa.literal_column("volume_24h DESC")],
        unique=False,
        postgresql_where="not is_closed",
    )
    op.create_index(op.f("ix_markets_condition_id"), "markets", ["condition_id"], unique=False)
    op.create_index("ix_markets_event_id", "markets", ["event_id"], unique=False)
    op.create_index(op.f("ix_markets_event_slug"), "markets", ["event_slug"], unique=False)
    op.create_index(op.f("ix_markets_slug"), "markets", ["slug"], unique=False)
    op.create_table(
        "users",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("telegram_id", sa.BigInteger(), nullable=False),
        sa.Column("first_name", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "owner",
                "trader",
                "viewer",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            server_default="trader",
            nullable=False,
        ),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("telegram_id", name=op.f("uq_users_telegram_id")),
    )
    op.create_table(
        "money_buttons",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("chat_id", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("payload", postgresql.JSONB(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_money_buttons_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_money_buttons")),
    )
    op.create_index("ix_money_buttons_expires_at", "money_buttons", ["expires_at"], unique=False)
    op.create_table(
        "orders",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
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
            nullable=False,
        ),
        sa.Column("market_id", sa.Text(), nullable=False),
        sa.Column("token_id", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column(
            "side",
            sa.Enum(
                "BUY", "SELL", name="side", native_enum=False, create_constraint=True, length=20
            ),
            nullable=False,
        ),
        sa.Column("spend", sa.Numeric(precision=26, scale=6), nullable=True),
        sa.Column("size", sa.Numeric(precision=26, scale=6), nullable=True),
        sa.Column("worst_price", sa.Numeric(precision=14, scale=12), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "new",
                "signed",
                "live",
                "matched",
                "delayed",
                "unknown",
                "partial",
                "filled",
                "cancelled",
                "expired",
                "rejected",
                name="orderstatus",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            server_default="new",
            nullable=False,
        ),
        sa.Column(
            "filled_size", sa.Numeric(precision=26, scale=6), server_default="0", nullable=False
        ),
        sa.Column(
            "filled_value", sa.Numeric(precision=26, scale=6), server_default="0", nullable=False
        ),
        sa.Column("fee", sa.Numeric(precision=26, scale=6), server_default="0", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
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
            "(spend IS NULL) <> (size IS NULL)", name=op.f("ck_orders_spend_or_size")
        ),
        sa.ForeignKeyConstraint(["market_id"], ["markets.id"], name=op.f("fk_orders_market_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_orders_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders")),
        sa.UniqueConstraint(
            "account", "user_id", "key", name=op.f("uq_orders_account_user_id_key")
        ),
    )
    op.create_index(
        "ix_orders_user_id_created_at",
        "orders",
        ["user_id", sa.literal_column("created_at DESC")],
        unique=False,
    )
    op.create_table(
        "positions",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
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
        sa.Column("market_id", sa.Text(), nullable=False),
        sa.Column("token_id", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=26, scale=6), nullable=False),
        sa.Column("entry_price", sa.Numeric(precision=14, scale=12), nullable=False),
        sa.Column("current_price", sa.Numeric(precision=14, scale=12), nullable=True),
        sa.Column(
            "pnl_amount", sa.Numeric(precision=26, scale=6), server_default="0", nullable=False
        ),
        sa.Column("pnl_percentage", sa.Numeric(precision=20, scale=4), nullable=True),
        sa.Column(
            "realized_pnl", sa.Numeric(precision=26, scale=6), server_default="0", nullable=False
        ),
        sa.Column(
            "fees_paid", sa.Numeric(precision=26, scale=6), server_default="0", nullable=False
        ),
        sa.Column(
            "status",
            sa.Enum(
                "active",
                "closed",
                "resolved",
                name="positionstatus",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            server_default="active",
            nullable=False,
        ),
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
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_positions_amount_not_negative")),
        sa.ForeignKeyConstraint(["market_id"], ["markets.id"], name=op.f("fk_positions_market_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_positions_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_positions")),
        postgresql_with={"fillfactor": "70"},
    )
    op.create_index(
        "ix_positions_active_token",
        "positions",
        ["token_id"],
        unique=False,
        postgresql_where="status = 'active'",
    )
    op.create_index("ix_positions_user_id", "positions", ["user_id"], unique=False)
    op.create_index(
        "uq_positions_active",
        "positions",
        ["account", "user_id", "token_id"],
        unique=True,
        postgresql_where="status = 'active'",
    )
    op.create_table(
        "wallets",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
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
            nullable=False,
        ),
        sa.Column("cash", sa.Numeric(precision=26, scale=6), nullable=False),
        sa.Column("starting_cash", sa.Numeric(precision=26, scale=6), nullable=False),
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
        sa.CheckConstraint("cash >= 0", name=op.f("ck_wallets_cash_not_negative")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_wallets_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wallets")),
        sa.UniqueConstraint("user_id", "account", name=op.f("uq_wallets_user_id_account")),
    )
    op.create_table(
        "fills",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("event_key", sa.Text(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
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
            nullable=False,
        ),
        sa.Column("order_id", sa.BigInteger(), nullable=True),
        sa.Column("position_id", sa.BigInteger(), nullable=False),
        sa.Column("market_id", sa.Text(), nullable=False),
        sa.Column("token_id", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column(
            "side",
            sa.Enum(
                "BUY", "SELL", name="side", native_enum=False, create_constraint=True, length=20
            ),
            nullable=False,
        ),
        sa.Column("size", sa.Numeric(precision=26, scale=6), nullable=False),
        sa.Column("price", sa.Numeric(precision=14, scale=12), nullable=False),
        sa.Column("fee", sa.Numeric(precision=26, scale=6), nullable=False),
        sa.Column(
            "settlement",
            sa.Enum(
                "provisional",
                "confirmed",
                "failed",
                name="settlement",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            server_default="confirmed",
            nullable=False,
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint("fee >= 0", name=op.f("ck_fills_fee_not_negative")),
        sa.CheckConstraint("price BETWEEN 0 AND 1", name=op.f("ck_fills_price_in_range")),
        sa.CheckConstraint("size > 0", name=op.f("ck_fills_size_positive")),
        sa.ForeignKeyConstraint(["market_id"], ["markets.id"], name=op.f("fk_fills_market_id")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_fills_order_id")),
        sa.ForeignKeyConstraint(
            ["position_id"], ["positions.id"], name=op.f("fk_fills_position_id")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_fills_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fills")),
        sa.UniqueConstraint(
            "account", "user_id", "event_key", name=op.f("uq_fills_account_user_id_event_key")
        ),
    )
    op.create_index("ix_fills_position_id", "fills", ["position_id"], unique=False)

    # A fill's settlement may move on; everything else of the ledger stands for ever.
    op.execute(LEDGER_GUARD)
    op.execute(LEDGER_TRIGGER)


def downgrade() -> None:
    op.execute("DROP TRIGGER fills_append_only ON fills")
    op.execute("DROP FUNCTION fills_are_append_only()")
    for table in (
        "fills",
        "wallets",
        "positions",
        "orders",
        "money_buttons",
        "users",
        "markets",
        "facts",
    ):
        op.drop_table(table)
