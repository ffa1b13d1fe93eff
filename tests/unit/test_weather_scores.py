"""Scores of forecasts, the table of reliability, and the gate before real money."""

import math
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from core.domain.weather.ladder import Bucket, ladder
from core.domain.weather.scores import (
    Settled,
    Skill,
    brier,
    climatology,
    gate,
    log_score,
    naive_rule,
    pit_counts,
    reliability,
)
from core.domain.weather.temperature import Rounding, Unit

NOW = datetime(2026, 6, 1, tzinfo=UTC)
STEPS = ladder(Unit.FAHRENHEIT, (Bucket(None, 69), Bucket(70, 71), Bucket(72, None)))
SKILL = Skill(0.05, 0.01, 0.09)


def test_the_brier_score_counts_every_bucket() -> None:
    assert brier((0.0, 1.0, 0.0), 1) == 0.0
    assert brier((1.0, 0.0, 0.0), 1) == 2.0
    assert brier((0.2, 0.5, 0.3), 1) == pytest.approx(0.04 + 0.25 + 0.09)


def test_the_log_score_ends_at_one_in_a_million() -> None:
    assert log_score((0.5, 0.5), 0) == pytest.approx(math.log(2))
    assert log_score((0.0, 1.0), 0) == pytest.approx(math.log(1e6))


def test_the_naive_rule_spreads_a_fifth_over_the_rest() -> None:
    assert naive_rule(1, 5) == pytest.approx((0.05, 0.8, 0.05, 0.05, 0.05))


def test_climatology_knows_no_day_that_was_not_settled() -> None:
    past = [Settled(NOW - timedelta(days=each), 21.4) for each in range(1, 3)]  # 70.52 F
    future = [Settled(NOW + timedelta(hours=1), 30.0)]
    found = climatology([*past, *future], NOW, STEPS, Rounding.HALF_UP)
    assert found == pytest.approx((1 / 9, 7 / 9, 1 / 9))
    assert climatology(future, NOW, STEPS, Rounding.HALF_UP) == pytest.approx((1 / 3,) * 3)


def test_reliability_says_what_chance_would_do() -> None:
    days = [(0.25, each % 4 == 0) for each in range(100)] + [(1.0, True)]
    first, last = reliability(days)
    assert (first.low, first.count) == (0.2, 100)
    assert first.said == pytest.approx(0.25)
    assert first.seen == pytest.approx(0.25)
    assert (first.band_low, first.band_high) == (0.18, 0.32)  # as in a binomial table
    assert (last.count, last.seen, last.band_low, last.band_high) == (1, 1.0, 1.0, 1.0)


def test_a_bucket_is_spread_over_the_places_it_may_have() -> None:
    assert pit_counts([(0.0, 0.2), (0.15, 0.15), (1.0, 1.0)]) == pytest.approx(
        (0.5, 1.5, *(0.0,) * 7, 1.0)
    )


def test_the_gate_opens_when_everything_is_proven() -> None:
    assert gate(300, SKILL, Decimal("0.01")).is_open


@pytest.mark.parametrize(
    ("events", "skill", "profit", "word"),
    [
        (299, SKILL, Decimal(1), "299 of 300"),
        (300, Skill(0.05, 0.0, 0.09), Decimal(1), "not beyond chance"),
        (300, Skill(0.05, math.nan, 0.09), Decimal(1), "not beyond chance"),
        (300, None, Decimal(1), "unknown"),
        (300, SKILL, Decimal(0), "+0.00 USDC"),
    ],
)
def test_the_gate_stays_shut_with_a_reason(
    events: int, skill: Skill | None, profit: Decimal, word: str
) -> None:
    (reason,) = gate(events, skill, profit).reasons
    assert word in reason


def test_the_gate_names_every_reason() -> None:
    assert len(gate(0, None, Decimal(-3)).reasons) == 3
