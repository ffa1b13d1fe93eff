"""What was said against what came, and what is learned from records, by arithmetic alone."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.units import EventId
from core.domain.weather.calibration import DEFAULT_WEIGHT, Lead
from core.domain.weather.calibration_json import from_text
from core.domain.weather.fitting.job import judged, learned, with_records
from core.domain.weather.fitting.lessons import Record, pairs_of
from core.domain.weather.fitting.pairs import Cell, FromTheFuture
from core.domain.weather.ladder import Bucket, UnfitLadder
from core.domain.weather.learning import JudgeJob, LearnJob
from core.domain.weather.records import (
    SEASON,
    Occasion,
    Outcome,
    SaidOf,
    Subject,
    crps_of,
    ladder_of,
    lows_of,
    scored,
    settled_degrees,
)
from core.domain.weather.scores import Settled
from core.domain.weather.station import StationId
from core.domain.weather.temperature import Extreme, Rounding, Unit
from core.domain.weather.untaught import untaught

AT = datetime(2026, 11, 21, 12, tzinfo=UTC)
KNOWN = AT + timedelta(days=2)
LOWS = (None, 21, 22, 23)
CELSIUS = Subject(
    EventId("1"),
    "london",
    StationId("EGLC"),
    date(2026, 11, 22),
    Extreme.HIGHEST,
    Unit.CELSIUS,
    Rounding.HALF_UP,
    LOWS,
)
SAID = SaidOf(
    CELSIUS,
    Occasion.MIDNIGHT,
    Lead.H18_30,
    AT,
    3,
    (0.1, 0.2, 0.4, 0.3),
    (0.1, 0.2, 0.4, 0.3),
    (0.25, 0.25, 0.25, 0.25),
    21.5,
)
WON = Outcome(Bucket(22, 22), KNOWN)
LESSON = {
    "station": "EGLC",
    "extreme": "highest",
    "lead": 18,
    "at": AT.timestamp(),
    "unit": "F",
    "rounding": "half_up_int",
    "low": 52,
    "high": 53,
    "lows": [None, 50, 52, 54],
    "models": {"alpha": 11.0, "beta": 12.0},
    "spread": 0.8,
}


def test_all_four_are_scored_against_the_bucket_that_won() -> None:
    found = scored(SAID, WON, ())
    assert found is not None
    assert found.place == 2
    assert found.model.brier == pytest.approx(0.01 + 0.04 + 0.36 + 0.09)
    assert found.model.log == pytest.approx(0.916, abs=1e-3)
    assert found.market == found.climatology
    assert found.market.brier == pytest.approx(0.75)
    assert found.market.log == pytest.approx(1.386, abs=1e-3)
    assert found.naive is not None
    assert found.naive.brier == pytest.approx(0.04 + 3 / 225)
    assert found.naive.log == pytest.approx(0.223, abs=1e-3)


def test_climatology_knows_neither_later_days_nor_other_seasons() -> None:
    early = Settled(AT, 22.0)
    late = Settled(AT + timedelta(microseconds=1), 20.0)
    old = Settled(AT - SEASON - timedelta(seconds=1), 20.0)
    found, alone = scored(SAID, WON, (old, early, late)), scored(SAID, WON, (early,))
    assert found is not None
    assert found == alone
    assert found.climatology.brier == pytest.approx(3 * 0.125**2 + 0.375**2)


def test_without_a_forecast_in_degrees_the_naive_rule_has_no_score() -> None:
    found = scored(replace(SAID, forecast=None), WON, ())
    assert found is not None
    assert found.naive is None


@pytest.mark.parametrize("bucket", [Bucket(21, 22), Bucket(23, 23), Bucket(None, 21)])
def test_an_event_whose_buckets_changed_is_not_scored(bucket: Bucket) -> None:
    assert scored(SAID, Outcome(bucket, KNOWN), ()) is None
    assert scored(replace(SAID, model=(0.5, 0.5)), WON, ()) is None


def test_crps_is_zero_for_certainty_and_counts_degrees_of_error() -> None:
    ladder = ladder_of(Unit.CELSIUS, LOWS)
    certain = (0.0, 0.0, 1.0, 0.0)
    assert crps_of(certain, 2, ladder, Rounding.HALF_UP) == 0
    assert crps_of(certain, 0, ladder, Rounding.HALF_UP) == pytest.approx(2)
    wide = ladder_of(Unit.FAHRENHEIT, (None, 50, 52, 54))
    assert crps_of(certain, 0, wide, Rounding.HALF_UP) == pytest.approx(4 * 5 / 9)


@given(st.integers(-60, 60), st.lists(st.integers(1, 5), min_size=1, max_size=12))
def test_a_ladder_is_found_again_from_its_lowest_degrees(start: int, widths: list[int]) -> None:
    lows = [start]
    for width in widths:
        lows.append(lows[-1] + width)
    ladder = ladder_of(Unit.CELSIUS, (None, *lows))
    assert lows_of(ladder) == (None, *lows)
    assert ladder.buckets[0] == Bucket(None, start - 1)
    assert ladder.buckets[-1] == Bucket(lows[-1], None)


@pytest.mark.parametrize("lows", [(None,), (20, 21), (None, 22, 21)])
def test_what_is_no_ladder_is_refused(lows: tuple[int | None, ...]) -> None:
    with pytest.raises(UnfitLadder):
        ladder_of(Unit.CELSIUS, lows)


@pytest.mark.parametrize(
    ("bucket", "observed", "degrees"),
    [
        (Bucket(22, 22), 22.3, 22.3),
        (Bucket(22, 22), 24.0, 22.0),
        (Bucket(22, 22), None, 22.0),
        (Bucket(None, 20), None, 20.0),
        (Bucket(-5, -4), None, -4.5),
    ],
)
def test_a_settled_day_is_its_measurement_where_the_bucket_agrees(
    bucket: Bucket, observed: float | None, degrees: float
) -> None:
    assert settled_degrees(bucket, Unit.CELSIUS, Rounding.HALF_UP, observed) == degrees


def test_a_fahrenheit_lesson_teaches_in_celsius() -> None:
    (pair,), refused = pairs_of([json.dumps([LESSON])])
    assert refused == 0
    assert (pair.group.lead, pair.available_at) == (Lead.H18_30, AT)
    assert pair.forecast.values == {"alpha": 11.0, "beta": 12.0}
    assert isinstance(pair.outcome, Cell)
    assert pair.outcome.place == 2
    assert pair.outcome.edges == pytest.approx([(f - 32) * 5 / 9 for f in (49.5, 51.5, 53.5)])


def test_a_lesson_whose_bucket_its_ladder_does_not_have_teaches_nothing() -> None:
    odd = [LESSON | {"high": 52}, LESSON | {"models": {"a": None}}, LESSON | {"models": {}}]
    assert pairs_of([json.dumps(odd)]) == ([], 3)


def test_a_lesson_of_the_future_stops_the_fit() -> None:
    texts = (json.dumps([LESSON]),)
    found = learned(LearnJob(texts, (), AT))
    assert found.pairs == 1
    assert from_text(found.content).fitted_at == AT
    with pytest.raises(FromTheFuture):
        learned(LearnJob(texts, (), AT - timedelta(microseconds=1)))


def test_layers_wait_for_500_buckets_of_their_lead() -> None:
    records = [Record(Lead.H18_30, n % 4, (0.1, 0.2, 0.4, 0.3), 0.25, 0.25) for n in range(125)]
    short = with_records(untaught(AT), [*records[:-1], replace(records[0], lead=Lead.H6_18)])
    assert short.layers == {}
    long = with_records(untaught(AT), records)
    assert set(long.layers) == {Lead.H18_30}


def test_the_models_share_is_what_would_have_scored_best() -> None:
    good = [Record(Lead.H18_30, 0, (0.9, 0.1), 0.9, 0.2)] * 30
    bad = [Record(Lead.H6_18, 0, (0.9, 0.1), 0.05, 0.6)] * 30
    few = [Record(Lead.H0_6, 0, (0.9, 0.1), 0.9, 0.1)] * 29
    found = with_records(untaught(AT), [*good, *bad, *few])
    assert found.weight(Lead.H18_30) == 0.75
    assert found.weight(Lead.H6_18) == 0.25
    assert found.weight(Lead.H0_6) == DEFAULT_WEIGHT


def test_the_same_record_is_judged_the_same() -> None:
    job = JudgeJob((4.0, 5.0, 4.5), (5.0, 5.5, 6.0))
    found = judged(job)
    assert found is not None
    assert found == judged(job)
    assert found.value == pytest.approx(1 - 13.5 / 16.5)
    assert judged(JudgeJob((), ())) is None
