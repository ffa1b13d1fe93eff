"""What is believed of one event's buckets: the model's view, drawn towards the market's."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from core.domain.price import WIDE_SPREAD, Quote
from core.domain.weather.edge import Belief, divergence

MOVED: Final = 0.005  # in any bucket: less is the same forecast told again
_WIDE: Final = float(WIDE_SPREAD)


@dataclass(frozen=True, slots=True)
class Opinion:
    """The model's chances by bucket, cold to warm, and their standard errors.

    `weight`: the model's share where it is drawn towards the market. `heard_at`: when the forecasts
    that it rests on were last heard of.
    """

    chances: tuple[float, ...]
    errors: tuple[float, ...]
    weight: float
    heard_at: datetime

    def is_like(self, other: "Opinion") -> bool:
        """Whether nothing moved that an order could depend on."""
        if len(self.chances) != len(other.chances) or self.weight != other.weight:
            return False
        pairs = zip(self.chances + self.errors, other.chances + other.errors, strict=True)
        return all(abs(ours - theirs) < MOVED for ours, theirs in pairs)


@dataclass(frozen=True, slots=True)
class ForecastVersion:
    """An opinion and its number: it rises with each one that differs, over restarts too."""

    number: int
    opinion: Opinion


@dataclass(frozen=True, slots=True)
class Blend:
    """Chances of all buckets, summing to 1, with what they were made of."""

    chances: tuple[float, ...]
    errors: tuple[float, ...]
    market: tuple[float, ...]
    divergence: float  # of the model from the market

    def of(self, place: int, *, is_yes: bool) -> Belief:
        """The chance that this bucket's Yes or No pays."""
        yes = Belief(self.chances[place], self.errors[place])
        return yes if is_yes else yes.of_complement


class Mids:
    """The market's mids of one event's buckets: a new price changes one of them."""

    __slots__ = ("_mids", "_missing")

    def __init__(self, buckets: int) -> None:
        self._mids: list[float | None] = [None] * buckets
        self._missing = buckets

    def put(self, place: int, mid: float | None) -> None:
        before = self._mids[place]
        self._missing += (mid is None) - (before is None)
        self._mids[place] = mid

    def blend(self, opinion: Opinion) -> Blend | None:
        """None while a bucket has no mid, or all are 0: the model alone is not enough."""
        if self._missing or len(opinion.chances) != len(self._mids):
            return None
        mids = [mid or 0.0 for mid in self._mids]
        total = math.fsum(mids)
        if total <= 0:
            return None
        market = tuple([mid / total for mid in mids])
        own, rest = opinion.weight, 1.0 - opinion.weight
        chances = [own * q + rest * p for q, p in zip(opinion.chances, market, strict=True)]
        errors = [own * error for error in opinion.errors]
        apart = divergence(opinion.chances, market)
        return Blend(tuple(chances), tuple(errors), market, apart)


def mid_of(quote: Quote | None) -> float | None:
    """Between bid and ask, where a missing side counts as 0 or 1.

    A spread too wide to show says nothing between; the last trade does, if there was one.
    """
    if quote is None or (quote.bid is None and quote.ask is None):
        return None
    bid = 0.0 if quote.bid is None else float(quote.bid)
    ask = 1.0 if quote.ask is None else float(quote.ask)
    if ask - bid <= _WIDE + 1e-9:
        return (bid + ask) / 2
    return None if quote.last_trade is None else float(quote.last_trade)


def is_sound(opinion: Opinion, buckets: int) -> bool:
    """Chances of every bucket that sum to 1, errors that are none below 0, a share from 0 to 1."""
    numbers: Sequence[float] = (*opinion.chances, *opinion.errors, opinion.weight)
    return (
        len(opinion.chances) == len(opinion.errors) == buckets
        and all(math.isfinite(number) and number >= -1e-12 for number in numbers)  # noqa: PLR2004
        and abs(math.fsum(opinion.chances) - 1.0) <= 1e-6  # noqa: PLR2004 - of an integral
        and opinion.weight <= 1.0
    )
