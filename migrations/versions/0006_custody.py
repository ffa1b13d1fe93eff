"""Sealed keys, wallets, withdrawals."""

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Filled in by its issue."""


def downgrade() -> None:
    """Filled in by its issue."""
