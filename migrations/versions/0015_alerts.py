"""Alerts: what people want to hear of."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

KINDS = ("above", "below", "move", "swing", "spread", "closing")
STATES = ("armed", "fired", "over", "removed")


def upgrade() -> None:
    op.create_table(
        "alerts",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("market_id", sa.Text(), nullable=False),
        sa.Column("token_id", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        _choice("kind", "alertkind", KINDS),
        sa.Column("level", sa.Numeric(20, 4), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        _choice("state", "alertstate", STATES, default="armed"),
        sa.Column("firing", sa.Integer(), server_default="1", nullable=False),
        sa.Column("muted_until", sa.DateTime(timezone=True), nullable=True),
        _now("created_at"),
        _now("updated_at"),
        sa.CheckConstraint("level >= 0", name=op.f("ck_alerts_level_not_negative")),
        sa.CheckConstraint("minutes >= 0", name=op.f("ck_alerts_minutes_not_negative")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_alerts_user_id")),
        sa.ForeignKeyConstraint(["market_id"], ["markets.id"], name=op.f("fk_alerts_market_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alerts")),
    )
    op.create_index(
        "uq_alerts_active",
        "alerts",
        ["user_id", "token_id", "kind", "level", "minutes"],
        unique=True,
        postgresql_where="state IN ('armed', 'fired')",
    )


def downgrade() -> None:
    op.drop_table("alerts")


def _choice(
    column: str, name: str, values: tuple[str, ...], default: str | None = None
) -> sa.Column[str]:
    kind = sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=20)
    return sa.Column(column, kind, server_default=default, nullable=False)


def _now(column: str) -> sa.Column[object]:
    kind = sa.DateTime(timezone=True)
    return sa.Column(column, kind, server_default=sa.text("now()"), nullable=False)
