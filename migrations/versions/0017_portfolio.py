"""What accounts were worth when days began; watched wallets; by what positions are sorted."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

ACCOUNTS = ("paper", "live", "weather-paper")
ORDERS = ("value", "pnl", "closing")


def upgrade() -> None:
    op.create_table(
        "equity_days",
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("account", _choice("account", ACCOUNTS), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("total", sa.Numeric(26, 6), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_equity_days_user_id")),
        sa.PrimaryKeyConstraint("user_id", "account", "day", name=op.f("pk_equity_days")),
    )
    op.create_table(
        "watched_wallets",
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("seen", postgresql.JSONB(), server_default="[]", nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_watched_wallets_user_id")),
        sa.PrimaryKeyConstraint("user_id", "address", name=op.f("pk_watched_wallets")),
    )
    op.add_column(
        "user_preferences",
        sa.Column(
            "holdings_by",
            _choice("holdingorder", ORDERS),
            server_default="value",
            nullable=False,
        ),
    )


def downgrade() -> None:
    op.drop_column("user_preferences", "holdings_by")
    op.drop_table("watched_wallets")
    op.drop_table("equity_days")


def _choice(name: str, values: tuple[str, ...]) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=20)
