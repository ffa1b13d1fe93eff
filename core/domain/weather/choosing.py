"""Changing what one wants of the strategy: what may be chosen, and what puts more at risk."""

from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from core.domain.units import Usdc
from core.domain.weather.choices import Choices, Mode
from core.domain.weather.limits import Scope, StrategyLimits


class Limit(StrEnum):
    """What somebody may choose below the operator's, by the letter that buttons carry."""

    ORDER = "o"
    BUCKET = "b"
    EVENT = "e"
    CITY_DAY = "c"
    REGION_DAY = "r"
    DAY = "d"
    LOSS = "l"
    EDGE = "m"
    KELLY = "k"


SCOPES: Final = MappingProxyType(
    {
        Limit.ORDER: Scope.ORDER,
        Limit.BUCKET: Scope.BUCKET,
        Limit.EVENT: Scope.EVENT,
        Limit.CITY_DAY: Scope.CITY_DAY,
        Limit.REGION_DAY: Scope.REGION_DAY,
        Limit.DAY: Scope.DAY,
    }
)
LEAST_USDC: Final = Decimal(1)  # the venue refuses smaller purchases
MOST_EDGE: Final = Decimal("0.50")  # USDC a share
LEAST_KELLY: Final = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Bounds:
    """USDC, USDC a share for the edge, a share of 1 for Kelly; both ends are allowed."""

    least: Decimal
    most: Decimal


def bounds(what: Limit, operator: StrategyLimits) -> Bounds:
    """What the operator of this program leaves to choose."""
    match what:
        case Limit.EDGE:
            least = _exact(operator.minimum_edge)
            return Bounds(least, max(least, MOST_EDGE))
        case Limit.KELLY:
            return _up_to(_exact(operator.kelly_fraction), LEAST_KELLY)
        case Limit.LOSS:
            return _up_to(operator.daily_loss, LEAST_USDC)
        case _:
            return _up_to(operator.most[SCOPES[what]], LEAST_USDC)


def in_force(what: Limit, choices: Choices, operator: StrategyLimits) -> Decimal:
    """What holds for somebody with these choices."""
    limits = choices.lowered(operator)
    match what:
        case Limit.EDGE:
            return _exact(limits.minimum_edge)
        case Limit.KELLY:
            return _exact(limits.kelly_fraction)
        case Limit.LOSS:
            return limits.daily_loss
        case _:
            return limits.most[SCOPES[what]]


def with_limit(choices: Choices, what: Limit, value: Decimal | None) -> Choices:
    """None: the operator's again."""
    match what:
        case Limit.EDGE:
            return replace(choices, minimum_edge=None if value is None else float(value))
        case Limit.KELLY:
            return replace(choices, kelly_fraction=None if value is None else float(value))
        case Limit.LOSS:
            return replace(choices, daily_loss=None if value is None else Usdc(value))
        case _:
            others = {scope: usdc for scope, usdc in choices.most.items() if scope != SCOPES[what]}
            own = {} if value is None else {SCOPES[what]: Usdc(value)}
            return replace(choices, most={**others, **own})


def loosens(before: Choices, after: Choices, operator: StrategyLimits) -> bool:
    """Whether more can be lost: real money from now on, or a limit that holds less."""
    if after.mode is Mode.LIVE and before.mode is not Mode.LIVE:
        return True
    return any(_is_looser(what, before, after, operator) for what in Limit)


def _is_looser(what: Limit, before: Choices, after: Choices, operator: StrategyLimits) -> bool:
    was, will_be = in_force(what, before, operator), in_force(what, after, operator)
    return will_be < was if what is Limit.EDGE else will_be > was


def _up_to(most: Decimal, least: Decimal) -> Bounds:
    """An operator who allows less than is usual leaves nothing to choose."""
    return Bounds(min(least, most), most)


def _exact(value: float) -> Decimal:
    return Decimal(repr(value))
