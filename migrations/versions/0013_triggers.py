"""Triggers: what is armed on which position, and what every purchase is to get."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

ACCOUNTS = ("paper", "live", "weather-paper")
KINDS = ("take-profit", "stop-loss", "trailing-stop")
STATES = ("armed", "done", "over", "removed")
NOTICES = ("resolution", "reconciliation", "warning", "wallet", "order")


def upgrade() -> None:
    op.create_table(
        "triggers",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        _choice("account", "account", ACCOUNTS),
        sa.Column("position_id", sa.BigInteger(), nullable=False),
        sa.Column("market_id", sa.Text(), nullable=False),
        sa.Column("token_id", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        _choice("kind", "triggerkind", KINDS),
        sa.Column("level", sa.Numeric(14, 12), nullable=False),
        sa.Column("trail", sa.Numeric(20, 4), nullable=True),
        sa.Column("peak", sa.Numeric(14, 12), nullable=True),
        sa.Column("percent", sa.SmallInteger(), nullable=False),
        sa.Column("left_size", sa.Numeric(26, 6), nullable=True),
        sa.Column("shot", sa.Integer(), server_default="1", nullable=False),
        _choice("state", "triggerstate", STATES, default="armed"),
        sa.Column("trouble", sa.Text(), server_default="", nullable=False),
        _now("created_at"),
        _now("updated_at"),
        sa.CheckConstraint("level > 0 AND level < 1", name=op.f("ck_triggers_level_in_range")),
        sa.CheckConstraint("percent BETWEEN 1 AND 100", name=op.f("ck_triggers_percent_in_range")),
        sa.CheckConstraint(
            "(trail IS NOT NULL) = (kind = 'trailing-stop')",
            name=op.f("ck_triggers_trail_of_its_kind"),
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_triggers_user_id")),
        sa.ForeignKeyConstraint(
            ["position_id"], ["positions.id"], name=op.f("fk_triggers_position_id")
        ),
        sa.ForeignKeyConstraint(["market_id"], ["markets.id"], name=op.f("fk_triggers_market_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_triggers")),
    )
    op.create_index(
        "uq_triggers_armed",
        "triggers",
        ["position_id", "kind", sa.text("COALESCE(trail, level)")],
        unique=True,
        postgresql_where="state = 'armed'",
    )
    op.create_index("ix_triggers_user_id", "triggers", ["user_id"])
    _create_presets()
    _allow_notices((*NOTICES, "trigger"))


def downgrade() -> None:
    op.execute("DELETE FROM notices WHERE kind = 'trigger'")
    _allow_notices(NOTICES)
    op.drop_table("trigger_presets")
    op.drop_table("triggers")


def _create_presets() -> None:
    op.create_table(
        "trigger_presets",
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        _choice("account", "account", ACCOUNTS),
        _choice("kind", "triggerkind", KINDS),
        sa.Column("change", sa.Numeric(20, 4), nullable=False),
        _now("updated_at"),
        sa.CheckConstraint("change > 0", name=op.f("ck_trigger_presets_change_positive")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_trigger_presets_user_id")),
        sa.PrimaryKeyConstraint("user_id", "account", "kind", name=op.f("pk_trigger_presets")),
    )


def _allow_notices(kinds: tuple[str, ...]) -> None:
    """What a notice may be about."""
    op.drop_constraint(op.f("ck_notices_noticekind"), "notices", type_="check")
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    op.create_check_constraint(op.f("ck_notices_noticekind"), "notices", f"kind IN ({listed})")


def _choice(
    column: str, name: str, values: tuple[str, ...], default: str | None = None
) -> sa.Column[str]:
    kind = sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=20)
    return sa.Column(column, kind, server_default=default, nullable=False)


def _now(column: str) -> sa.Column[object]:
    kind = sa.DateTime(timezone=True)
    return sa.Column(column, kind, server_default=sa.text("now()"), nullable=False)
