"""Drifts between a position and its own fills, beside those with the venue."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

WITH_THE_VENUE = (
    "missing-order",
    "gone-order",
    "unknown-order",
    "shares",
    "transfer-in",
    "transfer-out",
    "redeemed",
    "settling",
    "cash",
)
OF_THE_LEDGER = ("booked-shares", "booked-cost", "booked-profit")


def upgrade() -> None:
    _allow((*WITH_THE_VENUE, *OF_THE_LEDGER))


def downgrade() -> None:
    drifts = sa.table("drifts", sa.column("kind", sa.Text()))
    op.execute(drifts.delete().where(drifts.c.kind.in_(OF_THE_LEDGER)))
    _allow(WITH_THE_VENUE)


def _allow(kinds: tuple[str, ...]) -> None:
    name = op.f("ck_drifts_driftkind")
    op.drop_constraint(name, "drifts", type_="check")
    op.create_check_constraint(name, "drifts", sa.column("kind").in_(kinds))
