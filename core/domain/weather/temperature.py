"""Units of temperature, which extreme of a day is meant, and how a resolver rounds."""

import math
from enum import StrEnum


class Unit(StrEnum):
    CELSIUS = "C"
    FAHRENHEIT = "F"


class Extreme(StrEnum):
    HIGHEST = "highest"
    LOWEST = "lowest"


class Rounding(StrEnum):
    """How a resolver makes a whole degree of what a station measured.

    Source: Wunderground shows whole degrees rounded half up; Taiwan's CWA tells tenths, and
    21.0 to 21.9 all count as 21.
    """

    HALF_UP = "half_up_int"
    FLOOR = "floor_int"


def whole_degree(value: float, rounding: Rounding) -> int:
    """The degree a resolver reads, e.g. 72.5 -> 73 and -0.5 -> 0 (half up), 21.9 -> 21 (floor)."""
    return math.floor(value + _lift(rounding))


def cell_start(degree: int, rounding: Rounding) -> float:
    """The lowest temperature that is read as `degree`; its cell is half open, one degree wide."""
    return degree - _lift(rounding)


def converted(value: float, unit: Unit, to: Unit) -> float:
    if unit is to:
        return value
    return value * 9 / 5 + 32 if to is Unit.FAHRENHEIT else (value - 32) * 5 / 9


def _lift(rounding: Rounding) -> float:
    return 0.5 if rounding is Rounding.HALF_UP else 0.0
