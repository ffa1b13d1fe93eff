"""Cursors, drift and cash movements that the venue told of."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

ACCOUNTS = ("paper", "live", "weather-paper")
DRIFTS = (
    "missing-order",
    "gone-order",
    "unknown-order",
    "shares",
    "transfer-in",
    "transfer-out",
    "redeemed",
    "settling",
    "cash",
)
NOTICES = ("resolution", "reconciliation", "warning", "wallet", "order")
MOVES = ("opening", "deposit", "withdrawal", "redeem", "taken-over", "unexplained")


def upgrade() -> None:
    _create_checks()
    _create_drifts()
    _create_moves()
    _allow_notices(NOTICES)


def downgrade() -> None:
    op.execute("DELETE FROM notices WHERE kind <> 'resolution'")
    _allow_notices(NOTICES[:1])
    op.drop_table("cash_moves")
    op.drop_table("drifts")
    op.drop_table("account_checks")


def _create_checks() -> None:
    op.create_table(
        "account_checks",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        _choice("account", ACCOUNTS),
        sa.Column("trades_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cash_agreed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fault", sa.Text(), server_default="", nullable=False),
        sa.Column("fault_since", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_account_checks_user_id")),
        sa.PrimaryKeyConstraint("user_id", "account", name=op.f("pk_account_checks")),
    )


def _create_drifts() -> None:
    op.create_table(
        "drifts",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        _choice("account", ACCOUNTS),
        _choice("kind", DRIFTS, name="driftkind"),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("ours", sa.Numeric(26, 6), nullable=False),
        sa.Column("theirs", sa.Numeric(26, 6), nullable=False),
        sa.Column("sightings", sa.Integer(), server_default="1", nullable=False),
        _now("first_seen_at"),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_drifts_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drifts")),
    )
    op.create_index(
        "uq_drifts_lasting",
        "drifts",
        ["account", "user_id", "kind", "subject"],
        unique=True,
        postgresql_where="closed_at IS NULL",
    )


def _create_moves() -> None:
    op.create_table(
        "cash_moves",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        _choice("account", ACCOUNTS),
        sa.Column("key", sa.Text(), nullable=False),
        _choice("kind", MOVES, name="cashmovekind"),
        sa.Column("amount", sa.Numeric(26, 6), nullable=False),
        _now("created_at"),
        sa.CheckConstraint("amount <> 0", name=op.f("ck_cash_moves_amount_not_zero")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_cash_moves_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cash_moves")),
        sa.UniqueConstraint(
            "account", "user_id", "key", name=op.f("uq_cash_moves_account_user_id_key")
        ),
    )


def _allow_notices(kinds: tuple[str, ...]) -> None:
    op.drop_constraint(op.f("ck_notices_noticekind"), "notices", type_="check")
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    op.create_check_constraint(op.f("ck_notices_noticekind"), "notices", f"kind IN ({listed})")


def _choice(column: str, values: tuple[str, ...], name: str = "account") -> sa.Column[str]:
    kind = sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=20)
    return sa.Column(column, kind, nullable=False)


def _now(column: str) -> sa.Column[object]:
    kind = sa.DateTime(timezone=True)
    return sa.Column(column, kind, server_default=sa.text("now()"), nullable=False)
