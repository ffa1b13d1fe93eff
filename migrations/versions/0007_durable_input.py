"""Updates stored before they are handled; the fencing epoch; the audit table."""

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Filled in by its issue."""


def downgrade() -> None:
    """Filled in by its issue."""
