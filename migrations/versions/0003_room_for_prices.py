"""Room on each page for a second version of every row that follows prices, and rarer ANALYZE."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# An update stays on its page, and out of every index, only where the page has room for it; one
# flush can update all rows of a page before the first old version may be removed, and the first
# price makes a position's row longer.
FOLLOWING_PRICES = ("positions", "markets")
# While ANALYZE holds its snapshot no old version may be removed, so pages fill up and rows move.
# What it would find is not what updates of prices change, yet they are what it counts.
UPDATES_BETWEEN_ANALYSES = 10_000_000


def upgrade() -> None:
    op.execute(
        f"ALTER TABLE positions SET (autovacuum_analyze_threshold = {UPDATES_BETWEEN_ANALYSES})"
    )
    _rewrite(fillfactor=40)


def downgrade() -> None:
    op.execute("ALTER TABLE positions RESET (autovacuum_analyze_threshold)")
    _rewrite(fillfactor=70)


def _rewrite(*, fillfactor: int) -> None:
    for table in FOLLOWING_PRICES:
        op.execute(f"ALTER TABLE {table} SET (fillfactor = {fillfactor})")
        op.execute(f"CLUSTER {table} USING pk_{table}")  # else full pages stay full for ever
        op.execute(f"ALTER TABLE {table} SET WITHOUT CLUSTER")
        op.execute(f"ANALYZE {table}")
