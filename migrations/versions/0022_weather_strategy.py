"""The weather strategy: what people chose, what was believed, what was decided."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

ACCOUNTS = ("paper", "live", "weather-paper")


def upgrade() -> None:
    _choices()
    _beliefs()
    _decisions()


def downgrade() -> None:
    for table in ("weather_decisions", "weather_versions", "weather_choices"):
        op.drop_table(table)


def _choices() -> None:
    op.create_table(
        "weather_choices",
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("cities", postgresql.JSONB(), nullable=True),
        sa.Column("without", postgresql.JSONB(), server_default="[]", nullable=False),
        sa.Column("days_ahead", sa.Integer(), server_default="2", nullable=False),
        sa.Column("most", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.Column("daily_loss", sa.Numeric(26, 6), nullable=True),
        sa.Column("wants_signals", sa.Boolean(), server_default=sa.false(), nullable=False),
        _at("updated_at", now=True),
        sa.CheckConstraint(
            "days_ahead BETWEEN 0 AND 7", name=op.f("ck_weather_choices_days_ahead_in_range")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_weather_choices_user_id")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_weather_choices")),
    )


def _beliefs() -> None:
    op.create_table(
        "weather_versions",
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("chances", postgresql.JSONB(), nullable=False),
        sa.Column("errors", postgresql.JSONB(), nullable=False),
        sa.Column("weight", sa.Numeric(6, 4), nullable=False),
        _at("heard_at"),
        _at("made_at"),
        sa.PrimaryKeyConstraint("event_id", "version", name=op.f("pk_weather_versions")),
    )
    op.create_index("ix_weather_versions_made_at", "weather_versions", ["made_at"])


def _decisions() -> None:
    op.create_table(
        "weather_decisions",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        _choice("account", "account", ACCOUNTS),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("market_id", sa.Text(), nullable=True),
        sa.Column("token_id", sa.Text(), nullable=True),
        sa.Column("outcome", sa.Text(), server_default="", nullable=False),
        _choice("side", "side", ("BUY", "SELL"), nullable=True),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("detail", sa.Text(), server_default="", nullable=False),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("inputs", postgresql.JSONB(), nullable=False),
        _at("received_at"),
        _at("decided_at"),
        _at("sent_at", nullable=True),
        _at("acknowledged_at", nullable=True),
        sa.Column("order_id", sa.BigInteger(), nullable=True),
        sa.Column("times", sa.BigInteger(), server_default="1", nullable=False),
        _at("last_at"),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_weather_decisions_user_id")
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_weather_decisions_order_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_weather_decisions")),
    )
    op.create_index(
        "ix_weather_decisions_user_id_last_at",
        "weather_decisions",
        ["user_id", sa.text("last_at DESC")],
    )
    op.create_index("ix_weather_decisions_event_id", "weather_decisions", ["event_id"])
    op.create_index("ix_weather_decisions_last_at", "weather_decisions", ["last_at"])


def _choice(
    column: str, name: str, values: tuple[str, ...], *, nullable: bool = False
) -> sa.Column[str]:
    kind = sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=20)
    return sa.Column(column, kind, nullable=nullable)


def _at(column: str, *, nullable: bool = False, now: bool = False) -> sa.Column[object]:
    kind = sa.DateTime(timezone=True)
    default = sa.text("now()") if now else None
    return sa.Column(column, kind, server_default=default, nullable=nullable)
