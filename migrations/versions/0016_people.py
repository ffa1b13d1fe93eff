"""Invitations, and people who are let in no more."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

ROLES = ("owner", "trader", "viewer")


def upgrade() -> None:
    op.add_column("users", sa.Column("blocked_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "invitations",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("code_hash", sa.Text(), nullable=False),
        _role(),
        sa.Column("made_by", sa.BigInteger(), nullable=False),
        _moment("created_at", server_default=sa.text("now()"), nullable=False),
        _moment("expires_at", nullable=False),
        sa.Column("used_by", sa.BigInteger(), nullable=True),
        _moment("used_at", nullable=True),
        sa.CheckConstraint("role IN ('trader', 'viewer')", name=op.f("ck_invitations_no_owner")),
        sa.CheckConstraint(
            "(used_by IS NULL) = (used_at IS NULL)", name=op.f("ck_invitations_used_whole")
        ),
        sa.ForeignKeyConstraint(["made_by"], ["users.id"], name=op.f("fk_invitations_made_by")),
        sa.ForeignKeyConstraint(["used_by"], ["users.id"], name=op.f("fk_invitations_used_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitations")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_invitations_code_hash")),
    )
    op.create_index(
        "ix_invitations_used_by",
        "invitations",
        ["used_by"],
        postgresql_where=sa.text("used_by IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_table("invitations")
    op.drop_column("users", "blocked_at")


def _role() -> sa.Column[str]:
    kind = sa.Enum(*ROLES, name="role", native_enum=False, create_constraint=True, length=20)
    return sa.Column("role", kind, nullable=False)


def _moment(name: str, **options: object) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), **options)  # type: ignore[arg-type]  # passed on
