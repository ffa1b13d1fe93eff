"""Ladders: every whole degree in exactly one bucket, or no ladder at all."""

from itertools import pairwise
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.domain.weather.ladder import Bucket, Ladder, UnfitLadder, ladder
from core.domain.weather.temperature import Rounding, Unit, cell_start, converted, whole_degree

PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
C = Unit.CELSIUS


@st.composite
def partitions(draw: st.DrawFn) -> list[Bucket]:
    """Every degree once: two tails with any buckets in between, from cold to warm."""
    starts = sorted(draw(st.sets(st.integers(-60, 130), min_size=1, max_size=14)))
    bounds = [None, *starts, None]
    return [
        Bucket(low, None if following is None else following - 1)
        for low, following in pairwise(bounds)
    ]


@PATIENT
@given(partitions(), st.randoms(use_true_random=False), st.integers(-200, 200))
def test_every_degree_is_in_exactly_one_bucket_of_a_ladder(
    buckets: list[Bucket], order: Random, degree: int
) -> None:
    assert sum(degree in bucket for bucket in buckets) == 1
    order.shuffle(buckets)
    whole = ladder(C, tuple(buckets))
    assert degree in whole.buckets[whole.index_of(degree)]


@PATIENT
@given(partitions(), st.floats(-100, 200), st.sampled_from(Rounding))
def test_the_edges_part_what_a_resolver_reads_apart(
    buckets: list[Bucket], measured: float, rounding: Rounding
) -> None:
    whole = ladder(C, tuple(buckets))
    edges = whole.edges(rounding)
    assert len(edges) == len(whole.buckets) - 1
    assert list(edges) == sorted(edges)
    place = sum(edge <= measured for edge in edges)
    assert place == whole.index_of(whole_degree(measured, rounding))


@PATIENT
@given(partitions(), st.data())
def test_one_bucket_less_is_refused(buckets: list[Bucket], data: st.DataObject) -> None:
    del buckets[data.draw(st.integers(0, len(buckets) - 1))]
    with pytest.raises(UnfitLadder):
        ladder(C, tuple(buckets))


@PATIENT
@given(partitions(), st.data())
def test_one_bucket_more_is_refused(buckets: list[Bucket], data: st.DataObject) -> None:
    low = data.draw(st.none() | st.integers(-70, 140))
    width = data.draw(st.none() | st.integers(0, 50))
    more = Bucket(low, None if low is None or width is None else low + width)
    with pytest.raises(UnfitLadder):
        ladder(C, (*buckets, more))


@PATIENT
@given(partitions(), st.data())
def test_one_bound_moved_is_refused(buckets: list[Bucket], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(buckets) - 1))
    step = data.draw(st.integers(-3, 3).filter(bool))
    moved = buckets[place]
    low = None if moved.low is None else moved.low + step
    high = moved.high if moved.low is not None or moved.high is None else moved.high + step
    buckets[place] = Bucket(low, high)
    with pytest.raises(UnfitLadder):
        ladder(C, tuple(buckets))


@pytest.mark.parametrize(
    "buckets",
    [
        (),
        (Bucket(None, None),),
        (Bucket(None, None), Bucket(None, None)),
        (Bucket(None, 20), Bucket(None, 21), Bucket(22, None)),
        (Bucket(None, 20), Bucket(21, None), Bucket(22, None)),
        (Bucket(None, 20), Bucket(25, 21), Bucket(22, None)),
        (Bucket(None, 20), Bucket(21, 20), Bucket(21, None)),
        (Bucket(None, 20), Bucket(None, None), Bucket(21, None)),
        (Bucket(20, 21), Bucket(22, 23)),
    ],
)
def test_what_is_no_ladder_is_refused_in_words(buckets: tuple[Bucket, ...]) -> None:
    with pytest.raises(UnfitLadder, match=r"\w+ \w+"):
        ladder(C, buckets)


def test_two_tails_alone_are_a_ladder() -> None:
    tails = (Bucket(21, None), Bucket(None, 20))
    assert ladder(C, tails) == Ladder(C, (Bucket(None, 20), Bucket(21, None)))


@pytest.mark.parametrize(
    ("measured", "rounding", "read"),
    [
        (72.5, Rounding.HALF_UP, 73),
        (72.49, Rounding.HALF_UP, 72),
        (-0.5, Rounding.HALF_UP, 0),
        (-0.51, Rounding.HALF_UP, -1),
        (-1.5, Rounding.HALF_UP, -1),
        (21.9, Rounding.FLOOR, 21),
        (21.0, Rounding.FLOOR, 21),
        (-0.5, Rounding.FLOOR, -1),
        (-1.0, Rounding.FLOOR, -1),
    ],
)
def test_a_resolver_reads_a_whole_degree(measured: float, rounding: Rounding, read: int) -> None:
    assert whole_degree(measured, rounding) == read
    assert cell_start(read, rounding) <= measured < cell_start(read + 1, rounding)


@PATIENT
@given(st.floats(-90, 60))
def test_units_are_converted_there_and_back(value: float) -> None:
    there = converted(value, Unit.CELSIUS, Unit.FAHRENHEIT)
    assert converted(there, Unit.FAHRENHEIT, Unit.CELSIUS) == pytest.approx(value, abs=1e-9)
    assert converted(value, Unit.CELSIUS, Unit.CELSIUS) == value
