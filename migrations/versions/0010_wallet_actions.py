"""What wallets do on the chain, written down before it leaves."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

KINDS = ("create", "approve", "wrap", "redeem", "withdraw")
STATES = ("committed", "accepted", "confirmed", "failed", "unclear")


def upgrade() -> None:
    op.create_table(
        "wallet_actions",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        _choice("kind", "actionkind", KINDS),
        sa.Column("subject", sa.Text(), server_default="", nullable=False),
        _choice("state", "actionstate", STATES),
        sa.Column("wallet", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("nonce", sa.BigInteger(), nullable=True),
        sa.Column("deadline", sa.DateTime(timezone=True), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        *(
            sa.Column(name, sa.Text(), server_default="", nullable=False)
            for name in ("transaction_id", "transaction", "reason")
        ),
        *(
            sa.Column(
                name,
                sa.DateTime(timezone=True),
                server_default=sa.text("now()"),
                nullable=False,
            )
            for name in ("created_at", "updated_at")
        ),
        sa.CheckConstraint(
            "kind = 'create' OR (nonce IS NOT NULL AND deadline IS NOT NULL)",
            name=op.f("ck_wallet_actions_is_bounded"),
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_wallet_actions_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wallet_actions")),
    )
    _create_indexes()


def downgrade() -> None:
    op.drop_table("wallet_actions")


def _create_indexes() -> None:
    op.create_index(
        "uq_wallet_actions_under_way",
        "wallet_actions",
        ["wallet"],
        unique=True,
        postgresql_where="state IN ('committed', 'accepted')",
    )
    op.create_index(
        "uq_wallet_actions_withdrawal",
        "wallet_actions",
        ["user_id", "subject"],
        unique=True,
        postgresql_where="kind = 'withdraw'",
    )
    op.create_index(
        "ix_wallet_actions_user_id_kind_subject", "wallet_actions", ["user_id", "kind", "subject"]
    )


def _choice(name: str, kind: str, values: tuple[str, ...]) -> sa.Column[str]:
    checked = sa.Enum(*values, name=kind, native_enum=False, create_constraint=True, length=20)
    return sa.Column(name, checked, nullable=False)
