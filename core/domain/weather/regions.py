"""Which events share their weather, and what is at stake together."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from core.domain.units import ZERO, EventId, Usdc
from core.domain.weather.limits import Scope
from core.domain.weather.station import Station, distance

ALIKE: Final = 800.0  # km between stations whose weather is one bet


@dataclass(frozen=True, slots=True)
class Where:
    """What an event is about, as far as limits go."""

    city: str
    day: date
    station: Station


@dataclass(frozen=True, slots=True)
class Stake:
    """USDC before fees in one event: held at cost, or in open orders."""

    event: EventId
    usdc: Usdc


def at_stake(
    event: EventId, events: Mapping[EventId, Where], stakes: Iterable[Stake]
) -> dict[Scope, Usdc]:
    """By every scope but order and bucket, as `event` sees it.

    A stake in an event that is not known any more counts everywhere: better too much than too
    little.
    """
    here, sums = events[event], dict.fromkeys(_SCOPES, Usdc(ZERO))
    for stake in stakes:
        there = events.get(stake.event)
        for scope in _SCOPES:
            if _shares(scope, stake.event == event, here, there):
                sums[scope] = Usdc(sums[scope] + stake.usdc)
    return sums


_SCOPES: Final = (Scope.EVENT, Scope.CITY_DAY, Scope.REGION_DAY, Scope.DAY)


def _shares(scope: Scope, is_same: bool, here: Where, there: Where | None) -> bool:  # noqa: FBT001 - a fact of the caller's
    if is_same or scope is Scope.EVENT:
        return is_same
    if there is None:
        return True
    if here.day != there.day:
        return False
    match scope:
        case Scope.CITY_DAY:
            return here.city == there.city
        case Scope.REGION_DAY:
            return distance(here.station, there.station) <= ALIKE
        case _:
            return True
