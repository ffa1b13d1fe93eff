"""What people prefer; more kinds of notices, which may be silent and are known by their message."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

NOTICES = ("resolution", "reconciliation", "warning", "wallet", "order", "trigger")
NEW_NOTICES = (
    "alert", "digest", "feed", "wallet-trade", "broadcast", "people", "closing", "deposit",
)  # fmt: skip
MODES = ("careful", "standard", "fast")


def upgrade() -> None:
    _create_preferences()
    _allow_notices((*NOTICES, *NEW_NOTICES))
    op.add_column(
        "notices",
        sa.Column("silent", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.add_column("notices", sa.Column("sent_message_id", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    op.execute(
        sa.text("DELETE FROM notices WHERE NOT kind = ANY(:old)").bindparams(old=list(NOTICES))
    )
    op.drop_column("notices", "sent_message_id")
    op.drop_column("notices", "silent")
    _allow_notices(NOTICES)
    op.drop_table("user_preferences")


def _create_preferences() -> None:
    op.create_table(
        "user_preferences",
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("zone", sa.Text(), server_default="UTC", nullable=False),
        _mode(),
        _amount("confirm_from", "25"),
        _amount("fast_cap", "100"),
        sa.Column(
            "quick_amounts",
            postgresql.JSONB(),
            server_default='["10", "25", "50"]',
            nullable=False,
        ),
        sa.Column("slippage", sa.Numeric(20, 4), nullable=True),
        _amount("dust_below", "1"),
        sa.Column("quiet_from", sa.Time(), nullable=True),
        sa.Column("quiet_until", sa.Time(), nullable=True),
        sa.Column("digest_at", sa.Time(), nullable=True),
        sa.Column("notice_modes", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        *_checks(),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_user_preferences_user_id")
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_user_preferences")),
    )


def _checks() -> list[sa.CheckConstraint]:
    rules = {
        "amounts_not_negative": "confirm_from >= 0 AND fast_cap >= 0 AND dust_below >= 0",
        "slippage_positive": "slippage > 0",
        "three_quick_amounts": "jsonb_array_length(quick_amounts) = 3",
        "quiet_hours_whole": "(quiet_from IS NULL) = (quiet_until IS NULL)",
    }
    return [
        sa.CheckConstraint(rule, name=op.f(f"ck_user_preferences_{name}"))
        for name, rule in rules.items()
    ]


def _allow_notices(kinds: tuple[str, ...]) -> None:
    """What a notice may be about."""
    op.drop_constraint(op.f("ck_notices_noticekind"), "notices", type_="check")
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    op.create_check_constraint(op.f("ck_notices_noticekind"), "notices", f"kind IN ({listed})")


def _mode() -> sa.Column[str]:
    kind = sa.Enum(*MODES, name="confirmmode", native_enum=False, create_constraint=True, length=20)
    return sa.Column("confirm_mode", kind, server_default="careful", nullable=False)


def _amount(name: str, default: str) -> sa.Column[object]:
    kind = sa.Numeric(26, 6)
    return sa.Column(name, kind, server_default=default, nullable=False)
