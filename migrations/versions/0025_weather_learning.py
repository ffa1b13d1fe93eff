"""What is learned of forecasts: calibrations, what was said of events, scores, verdicts."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
TABLES = (
    "weather_verdicts",
    "weather_scores",
    "weather_beliefs",
    "weather_ladders",
    "calibrations",
)
SCORES = ("model", "market", "climatology", "naive")


def upgrade() -> None:
    _calibrations()
    _ladders()
    _beliefs()
    _scores()
    _verdicts()


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)


def _calibrations() -> None:
    op.create_table(
        "calibrations",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("format", sa.Integer(), nullable=False),
        sa.Column("fitted_at", MOMENT, nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("pairs", sa.Integer(), nullable=False),
        _text("content"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calibrations")),
    )
    op.create_index("ix_calibrations_fitted_at", "calibrations", ["fitted_at"])


def _ladders() -> None:
    op.create_table(
        "weather_ladders",
        _text("event_id"),
        _list("lows"),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_weather_ladders")),
    )


def _beliefs() -> None:
    op.create_table(
        "weather_beliefs",
        *(_text(name) for name in ("event_id", "occasion", "lead", "city", "station", "extreme")),
        sa.Column("day", sa.Date(), nullable=False),
        _text("unit"),
        _text("rounding"),
        _list("lows"),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        *(_list(name) for name in ("model", "raw", "market")),
        sa.Column("forecast", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("event_id", "occasion", name=op.f("pk_weather_beliefs")),
    )
    op.create_index("ix_weather_beliefs_at", "weather_beliefs", ["at"])


def _scores() -> None:
    op.create_table(
        "weather_scores",
        *(_text(name) for name in ("event_id", "occasion", "lead", "city", "station", "extreme")),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("place", sa.SmallInteger(), nullable=False),
        sa.Column("known_at", MOMENT, nullable=False),
        *(
            sa.Column(f"{rule}_{score}", sa.Float(), nullable=rule == "naive")
            for rule in SCORES
            for score in ("brier", "log")
        ),
        sa.Column("crps", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("event_id", "occasion", name=op.f("pk_weather_scores")),
    )
    op.create_index("ix_weather_scores_known_at", "weather_scores", ["known_at"])
    op.create_index(
        "ix_weather_scores_occasion_known_at", "weather_scores", ["occasion", "known_at"]
    )


def _verdicts() -> None:
    op.create_table(
        "weather_verdicts",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("judged_at", MOMENT, nullable=False),
        sa.Column("events", sa.Integer(), nullable=False),
        sa.Column("skill", postgresql.JSONB(), nullable=True),
        sa.Column("profit", sa.Numeric(26, 6), nullable=False),
        _list("reasons"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_weather_verdicts")),
    )
    op.create_index("ix_weather_verdicts_judged_at", "weather_verdicts", ["judged_at"])


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def _list(name: str) -> sa.Column[object]:
    return sa.Column(name, postgresql.JSONB(), nullable=False)
