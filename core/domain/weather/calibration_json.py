"""A calibration as lines of JSON, for the database and between processes, and back.

The first line is about all of it; each further one is a group's, so that whoever must not stop for
long can read them one by one.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Final

from core.domain.weather.calibration import Calibration, Coefficients, Group, Layer, Lead
from core.domain.weather.station import StationId
from core.domain.weather.temperature import Extreme

FORMAT: Final = 2
COEFFICIENTS: Final = tuple(each.name for each in fields(Coefficients))


class UnreadableCalibration(ValueError):
    """Written by another version, or damaged: fit anew."""


@dataclass(frozen=True, slots=True)
class Head:
    """All but the groups, of which so many lines follow."""

    fitted_at: datetime
    layers: Mapping[Lead, Layer]
    market_weights: Mapping[Lead, float]
    groups: int

    def with_groups(self, groups: Mapping[Group, Coefficients]) -> Calibration:
        """Raises: UnreadableCalibration."""
        if len(groups) != self.groups:
            raise UnreadableCalibration(f"{len(groups)} groups instead of {self.groups}")
        return Calibration(self.fitted_at, groups, self.layers, self.market_weights)


def as_text(calibration: Calibration) -> str:
    """Floats survive it exactly."""
    head = {
        "format": FORMAT,
        "fitted_at": calibration.fitted_at.isoformat(),
        "groups": len(calibration.groups),
        "layers": {lead.value: layer for lead, layer in calibration.layers.items()},
        "market_weights": {lead.value: x for lead, x in calibration.market_weights.items()},
    }
    groups = (_written(group, each) for group, each in calibration.groups.items())
    return "\n".join(json.dumps(line) for line in (head, *groups))


def from_text(text: str) -> Calibration:
    """Raises: UnreadableCalibration."""
    head, *groups = text.split("\n")
    return head_of(head).with_groups(dict(group_of(line) for line in groups))


def head_of(line: str) -> Head:
    """Raises: UnreadableCalibration."""
    try:
        found = _mapping(json.loads(line))
        _refuse_other(found["format"])
        return Head(
            fitted_at=_moment(found["fitted_at"]),
            layers={Lead(lead): _layer(each) for lead, each in _mapping(found["layers"]).items()},
            market_weights={
                Lead(lead): _number(each)
                for lead, each in _mapping(found["market_weights"]).items()
            },
            groups=int(_number(found["groups"])),
        )
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise UnreadableCalibration(f"not a calibration: {error!r}") from error


def group_of(line: str) -> tuple[Group, Coefficients]:
    """Raises: UnreadableCalibration."""
    try:
        return _entry(json.loads(line))
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise UnreadableCalibration(f"not a group: {error!r}") from error


def _written(group: Group, coefficients: Coefficients) -> dict[str, object]:
    return {
        "station": group.station,
        "extreme": group.extreme.value,
        "lead": group.lead.value,
        "coefficients": {name: getattr(coefficients, name) for name in COEFFICIENTS},
    }


def _refuse_other(version: object) -> None:
    if version != FORMAT:
        raise ValueError(f"format {version} instead of {FORMAT}")


def _entry(written: object) -> tuple[Group, Coefficients]:
    found = _mapping(written)
    station = found["station"]
    group = Group(
        None if station is None else StationId(str(station)),
        Extreme(str(found["extreme"])),
        Lead(str(found["lead"])),
    )
    return group, _coefficients(_mapping(found["coefficients"]))


def _coefficients(found: Mapping[str, object]) -> Coefficients:
    return Coefficients(
        models=tuple(str(each) for each in _sequence(found["models"])),
        centre=_number(found["centre"]),
        intercept=_number(found["intercept"]),
        weights=_numbers(found["weights"]),
        offsets=_numbers(found["offsets"]),
        floor=_number(found["floor"]),
        scale=_number(found["scale"]),
        usual_spread=_number(found["usual_spread"]),
        covariance=tuple(_numbers(row) for row in _sequence(found["covariance"])),
        pairs=int(_number(found["pairs"])),
    )


def _layer(written: object) -> Layer:
    corners = [_numbers(each) for each in _sequence(written)]
    return tuple((said, seen) for said, seen in corners)


def _mapping(written: object) -> Mapping[str, object]:
    if not isinstance(written, dict):
        raise TypeError(f"{type(written).__name__} instead of an object")
    return {str(key): value for key, value in written.items()}


def _sequence(written: object) -> list[object]:
    if not isinstance(written, list | tuple):
        raise TypeError(f"{type(written).__name__} instead of a list")
    return list(written)


def _numbers(written: object) -> tuple[float, ...]:
    return tuple(_number(each) for each in _sequence(written))


def _number(written: object) -> float:
    if isinstance(written, bool) or not isinstance(written, int | float):
        raise TypeError(f"{type(written).__name__} instead of a number")
    return float(written)


def _moment(written: object) -> datetime:
    if not isinstance(written, str):
        raise TypeError("no moment")
    return datetime.fromisoformat(written)
