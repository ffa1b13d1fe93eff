"""What a user wants of the weather strategy: where, how far ahead, how much, whose money."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import Final

from core.domain.units import EventId, Usdc
from core.domain.weather.limits import Scope, StrategyLimits

MOST_DAYS: Final = 7  # ahead; forecasts do not reach further


class Mode(StrEnum):
    OFF = "off"
    DRY = "dry"  # practice money in an account of its own
    LIVE = "live"  # only while the gate is open and the wallet ready; dry otherwise


@dataclass(frozen=True, slots=True)
class Choices:
    """`cities` as slugs spell them, None for all; `without` are events that are left alone."""

    mode: Mode = Mode.OFF
    cities: frozenset[str] | None = None
    without: frozenset[EventId] = frozenset()
    days_ahead: int = 2  # 0: only events of the local day that is
    most: Mapping[Scope, Usdc] = field(default_factory=dict)  # own limits, below the operator's
    daily_loss: Usdc | None = None
    wants_signals: bool = False  # notices for people who trade by hand

    def wants(self, event: EventId, city: str, day: date, today: date) -> bool:
        """`today` is the local day at the event's station."""
        if event in self.without or (self.cities is not None and city not in self.cities):
            return False
        return 0 <= (day - today).days <= self.days_ahead

    def lowered(self, limits: StrategyLimits) -> StrategyLimits:
        """The operator's limits where this user's are higher or not given."""
        most = {scope: min(usdc, self.most.get(scope, usdc)) for scope, usdc in limits.most.items()}
        loss = limits.daily_loss if self.daily_loss is None else self.daily_loss
        return replace(limits, most=most, daily_loss=min(loss, limits.daily_loss))
