"""Orders that are signed, sent and followed at the venue."""

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Filled in by its issue."""


def downgrade() -> None:
    """Filled in by its issue."""
