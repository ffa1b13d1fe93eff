"""The strategy's own limits: how much may be at stake where, and what is not traded at all."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from core.domain.units import ZERO, Usdc


class Scope(StrEnum):
    """Where money counts together. Weather is alike within a region: one wrong model, many bets."""

    ORDER = "order"
    BUCKET = "bucket"
    EVENT = "event"
    CITY_DAY = "city and day"
    REGION_DAY = "region and day"
    DAY = "day"  # all cities


@dataclass(frozen=True, slots=True)
class StrategyLimits:
    """USDC before fees at stake at a time, per scope; chances and edges in USDC a share."""

    most: Mapping[Scope, Usdc] = field(
        default_factory=lambda: {
            Scope.ORDER: Usdc(Decimal(20)),
            Scope.BUCKET: Usdc(Decimal(30)),
            Scope.EVENT: Usdc(Decimal(60)),
            Scope.CITY_DAY: Usdc(Decimal(60)),
            Scope.REGION_DAY: Usdc(Decimal(120)),
            Scope.DAY: Usdc(Decimal(200)),
        }
    )
    minimum_edge: float = 0.05
    deviations: float = 1.0  # standard errors between the expected and the cautious edge
    kelly_fraction: float = 0.15
    most_divergence: float = 0.35  # of the model from the market, as total variation
    cheapest: Decimal = Decimal("0.05")
    dearest: Decimal = Decimal("0.97")
    daily_loss: Usdc = Usdc(Decimal(50))
    cooldown: float = 60.0  # seconds after an order before the next on the same forecast
    closing: float = 3600.0  # seconds before the end of the local day in which nothing is entered


class Capped(NamedTuple):
    """USDC that may be spent, and the scope that allows no more; None where nothing held it."""

    spend: Usdc
    by: Scope | None


def capped(wanted: Usdc, at_stake: Mapping[Scope, Usdc], limits: StrategyLimits) -> Capped:
    """As much of `wanted` as every scope still has room for."""
    spend, by = wanted, None
    for scope, most in limits.most.items():
        room = Usdc(max(most - at_stake.get(scope, ZERO), ZERO))
        if room < spend:
            spend, by = room, scope
    return Capped(spend, by)
