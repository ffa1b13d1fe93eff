"""Cursors, drift and cash movements that the venue told of."""

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Filled in by its issue."""


def downgrade() -> None:
    """Filled in by its issue."""
