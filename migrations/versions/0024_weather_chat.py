"""Own limits of the weather strategy for edge and stake, and notices about its signals."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

NOTICES = (
    "resolution", "reconciliation", "warning", "wallet", "order", "trigger", "alert", "digest",
    "feed", "wallet-trade", "broadcast", "people", "closing", "deposit",
)  # fmt: skip
LIMITS = ("minimum_edge", "kelly_fraction")


def upgrade() -> None:
    for name in LIMITS:
        op.add_column("weather_choices", sa.Column(name, sa.Numeric(6, 4), nullable=True))
    _allow_notices((*NOTICES, "weather"))


def downgrade() -> None:
    op.execute(sa.text("DELETE FROM notices WHERE kind = 'weather'"))
    _allow_notices(NOTICES)
    for name in LIMITS:
        op.drop_column("weather_choices", name)


def _allow_notices(kinds: tuple[str, ...]) -> None:
    """What a notice may be about."""
    op.drop_constraint(op.f("ck_notices_noticekind"), "notices", type_="check")
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    op.create_check_constraint(op.f("ck_notices_noticekind"), "notices", f"kind IN ({listed})")
