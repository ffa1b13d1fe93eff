"""The buckets of one event: together they hold every whole degree exactly once."""

from dataclasses import dataclass
from itertools import pairwise

from core.domain.errors import PolycoolError
from core.domain.sentences import worded
from core.domain.weather.temperature import Rounding, Unit, cell_start


@dataclass(frozen=True, slots=True)
class Bucket:
    """Whole degrees from `low` to `high`, both included; None = without an end on that side."""

    low: int | None
    high: int | None

    def __contains__(self, degree: int) -> bool:
        return (self.low is None or degree >= self.low) and (
            self.high is None or degree <= self.high
        )


@dataclass(frozen=True, slots=True)
class Ladder:
    """Buckets from cold to warm in the unit of their labels, without gap or overlap.

    Made by `ladder()` alone, which refuses everything else.
    """

    unit: Unit
    buckets: tuple[Bucket, ...]

    def index_of(self, degree: int) -> int:
        """The place of the one bucket that holds `degree`."""
        return next(place for place, bucket in enumerate(self.buckets) if degree in bucket)

    def edges(self, rounding: Rounding) -> tuple[float, ...]:
        """The temperatures that part neighbours: one fewer than there are buckets."""
        return tuple(
            cell_start(bucket.low, rounding) for bucket in self.buckets if bucket.low is not None
        )


class UnfitLadder(PolycoolError, ValueError):
    """Buckets that do not cover every degree exactly once. Its text says which and why."""


def ladder(unit: Unit, buckets: tuple[Bucket, ...]) -> Ladder:
    """A ladder of these buckets, which may come in any order.

    Raises:
        UnfitLadder: an overlap, a gap, a bucket upside down, or not one tail on each side.

    """
    ordered = tuple(sorted(buckets, key=_lowest))
    _refuse_tails(ordered)
    for colder, warmer in pairwise(ordered):
        _refuse_seam(colder, warmer)
    return Ladder(unit, ordered)


def _lowest(bucket: Bucket) -> tuple[int, int]:
    return (0, 0) if bucket.low is None else (1, bucket.low)


def _refuse_tails(ordered: tuple[Bucket, ...]) -> None:
    if Bucket(None, None) in ordered:
        raise UnfitLadder("A bucket without ends holds everything.")
    lower = sum(bucket.low is None for bucket in ordered)
    upper = sum(bucket.high is None for bucket in ordered)
    if lower != 1 or upper != 1 or ordered[-1].high is not None:
        raise UnfitLadder("Not exactly one bucket is open to the cold, and one to the heat.")


def _refuse_seam(colder: Bucket, warmer: Bucket) -> None:
    if colder.high is None or warmer.low is None:
        raise UnfitLadder("A bucket without an end stands between others.")
    if colder.low is not None and colder.low > colder.high:
        raise UnfitLadder(
            worded(
                "A bucket from {low} to {high} degrees holds nothing.",
                low=colder.low,
                high=colder.high,
            )
        )
    if warmer.low <= colder.high:
        raise UnfitLadder(worded("Two buckets hold {degree} degrees.", degree=warmer.low))
    if warmer.low > colder.high + 1:
        raise UnfitLadder(worded("No bucket holds {degree} degrees.", degree=colder.high + 1))
