"""Orders that are signed, sent and followed at the venue."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

FOLLOWED = (
    "status IN ('new', 'signed', 'unknown', 'live', 'matched', 'delayed', 'partial')"
    " OR matched_size > filled_size + failed_size"
)
LEDGER_RULE = """
CREATE OR REPLACE FUNCTION fills_are_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - {free} = to_jsonb(OLD) - {free} THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'fills are append-only: % refused', TG_OP;
END $$;
"""
# How a fill settles, its transaction, and which position it is part of: never what was traded.
FREE = "ARRAY['settlement', 'transaction_hash', 'position_id']"

MOMENT = sa.DateTime(timezone=True)
AMOUNT = sa.Numeric(26, 6)


def upgrade() -> None:
    for column in _order_columns():
        op.add_column("orders", column)
    op.create_check_constraint(
        op.f("ck_orders_orderkind"), "orders", "kind IN ('GTC', 'GTD', 'FOK', 'FAK')"
    )
    op.create_check_constraint(
        op.f("ck_orders_origin"),
        "orders",
        "origin IN ('person', 'automation', 'protection', 'external')",
    )
    op.create_unique_constraint(op.f("uq_orders_order_hash"), "orders", ["order_hash"])
    op.create_index(
        "ix_orders_followed", "orders", ["account", "user_id"], postgresql_where=FOLLOWED
    )
    _create_signed_orders()
    op.add_column("fills", sa.Column("trade_id", sa.Text(), nullable=True))
    op.add_column("fills", sa.Column("transaction_hash", sa.Text(), nullable=True))
    op.alter_column("fills", "position_id", nullable=True)
    op.execute(LEDGER_RULE.format(free=FREE))
    _check_cash("cash >= 0 OR account = 'live'")


def downgrade() -> None:
    _check_cash("cash >= 0")
    op.execute("ALTER TABLE fills DISABLE TRIGGER fills_append_only")
    op.execute("DELETE FROM fills WHERE position_id IS NULL")  # failed before they were booked
    op.execute("ALTER TABLE fills ENABLE TRIGGER fills_append_only")
    op.execute(LEDGER_RULE.format(free="'settlement'"))
    op.alter_column("fills", "position_id", nullable=False)
    op.drop_column("fills", "transaction_hash")
    op.drop_column("fills", "trade_id")
    op.drop_table("signed_orders")
    op.drop_index("ix_orders_followed", "orders")
    for column in reversed(_order_columns()):
        op.drop_column("orders", column.name)


def _order_columns() -> list[sa.Column[object]]:
    return [
        sa.Column("kind", sa.String(20), server_default="FAK", nullable=False),
        sa.Column("post_only", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=True),
        sa.Column("origin", sa.String(20), server_default="person", nullable=False),
        sa.Column("order_hash", sa.Text(), nullable=True),
        sa.Column("matched_size", AMOUNT, server_default="0", nullable=False),
        sa.Column("failed_size", AMOUNT, server_default="0", nullable=False),
        sa.Column("failed_value", AMOUNT, server_default="0", nullable=False),
        sa.Column("cancel_requested_at", MOMENT, nullable=True),
    ]


def _create_signed_orders() -> None:
    op.create_table(
        "signed_orders",
        sa.Column("order_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("order_hash", sa.Text(), nullable=False),
        sa.Column("salt", sa.BigInteger(), nullable=False),
        sa.Column("timestamp_ms", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("signed_at", MOMENT, nullable=False),
        sa.Column("sent_at", MOMENT, nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("last_look_up_at", MOMENT, nullable=True),
        sa.Column("misses", sa.Integer(), server_default="0", nullable=False),
        sa.Column("trade_ids", postgresql.JSONB(), server_default="[]", nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_signed_orders_order_id")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_signed_orders_user_id")),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_signed_orders")),
        sa.UniqueConstraint("order_hash", name=op.f("uq_signed_orders_order_hash")),
    )


def _check_cash(rule: str) -> None:
    op.drop_constraint(op.f("ck_wallets_cash_not_negative"), "wallets", type_="check")
    op.create_check_constraint(op.f("ck_wallets_cash_not_negative"), "wallets", rule)
