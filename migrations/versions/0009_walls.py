"""Row-level security on every table, roles, and what each may do."""

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Filled in by its issue."""


def downgrade() -> None:
    """Filled in by its issue."""
