"""What temperature events say of themselves: how they are resolved, and by which station."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0020"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "event_rules",
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("resolution_source", sa.Text(), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tags", postgresql.JSONB(), nullable=False),
        _now("created_at"),
        _now("updated_at"),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_event_rules")),
    )
    op.create_index("ix_event_rules_ends_at", "event_rules", ["ends_at"])


def downgrade() -> None:
    op.drop_table("event_rules")


def _now(column: str) -> sa.Column[object]:
    kind = sa.DateTime(timezone=True)
    return sa.Column(column, kind, server_default=sa.text("now()"), nullable=False)
