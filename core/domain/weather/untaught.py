"""What holds before anything was learned: the mean of all models, and a wide default spread."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from core.domain.weather.calibration import Calibration, Coefficients, Group, Lead
from core.domain.weather.temperature import Extreme

DEFAULT_SPREAD: Final[Mapping[Lead, float]] = {
    Lead.H0_6: 1.0,
    Lead.H6_18: 1.3,
    Lead.H18_30: 1.6,
    Lead.H30_54: 1.9,
    Lead.H54_UP: 2.5,
}
"""Kelvins around a forecast of which nothing was learned yet: wide on purpose."""
DEFAULT_SCALE: Final = 0.3


def untaught(moment: datetime) -> Calibration:
    """For every extreme and lead, and whatever models there are; of no station in particular."""
    groups = {
        Group(None, extreme, lead): _coefficients(lead) for extreme in Extreme for lead in Lead
    }
    return Calibration(moment, groups)


def _coefficients(lead: Lead) -> Coefficients:
    nothing = ((0.0, 0.0, 0.0),) * 3
    return Coefficients(
        models=(),
        centre=0.0,
        intercept=0.0,
        weights=(),
        offsets=(),
        floor=DEFAULT_SPREAD[lead],
        scale=DEFAULT_SCALE,
        usual_spread=0.0,
        covariance=nothing,
        pairs=0,
    )
