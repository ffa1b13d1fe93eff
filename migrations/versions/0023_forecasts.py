"""Forecasts, station reports, what forecasts said at which lead, and how events were settled."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

EXTREMES = "extreme IN ('highest', 'lowest')"
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _forecasts()
    _observations()
    _pairs()
    _settlements()


def downgrade() -> None:
    for table in ("settlements", "weather_pairs", "observations", "forecasts"):
        op.drop_table(table)


def _forecasts() -> None:
    op.create_table(
        "forecasts",
        sa.Column("station", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("available_at", MOMENT, nullable=False),
        sa.Column("issued_at", MOMENT, nullable=True),
        sa.Column("starts_at", MOMENT, nullable=False),
        sa.Column("hours", sa.Integer(), nullable=False),
        sa.Column("packed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint(
            "station", "source", "model", "available_at", name=op.f("pk_forecasts")
        ),
    )
    op.create_index("ix_forecasts_available_at", "forecasts", ["available_at"])


def _observations() -> None:
    op.create_table(
        "observations",
        sa.Column("station", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("celsius", sa.Float(), nullable=False),
        sa.Column("is_exact", sa.Boolean(), nullable=False),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("station", "at", name=op.f("pk_observations")),
    )
    op.create_index("ix_observations_at", "observations", ["at"])


def _pairs() -> None:
    op.create_table(
        "weather_pairs",
        sa.Column("station", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("extreme", sa.Text(), nullable=False),
        sa.Column("lead_from", sa.SmallInteger(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("mean", sa.Float(), nullable=False),
        sa.Column("spread", sa.Float(), nullable=True),
        sa.Column("members", sa.SmallInteger(), nullable=False),
        sa.Column("available_at", MOMENT, nullable=False),
        sa.CheckConstraint(EXTREMES, name=op.f("ck_weather_pairs_extreme")),
        sa.PrimaryKeyConstraint(
            "station",
            "day",
            "extreme",
            "lead_from",
            "source",
            "model",
            name=op.f("pk_weather_pairs"),
        ),
    )
    op.create_index("ix_weather_pairs_available_at", "weather_pairs", ["available_at"])


def _settlements() -> None:
    op.create_table(
        "settlements",
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("station", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("extreme", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("rounding", sa.Text(), nullable=False),
        sa.Column("low", sa.Integer(), nullable=True),
        sa.Column("high", sa.Integer(), nullable=True),
        sa.Column("observed", sa.Float(), nullable=True),
        sa.Column("known_at", MOMENT, nullable=False),
        sa.CheckConstraint(EXTREMES, name=op.f("ck_settlements_extreme")),
        sa.CheckConstraint("unit IN ('C', 'F')", name=op.f("ck_settlements_unit")),
        sa.CheckConstraint(
            "low IS NOT NULL OR high IS NOT NULL", name=op.f("ck_settlements_bucket")
        ),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_settlements")),
    )
    op.create_index("ix_settlements_known_at", "settlements", ["known_at"])
    op.create_index("ix_settlements_station_day", "settlements", ["station", "day"])
