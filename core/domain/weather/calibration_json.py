"""A calibration as plain lists and numbers, for the database and between processes, and back."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Final

from core.domain.weather.calibration import Calibration, Coefficients, Group, Layer, Lead
from core.domain.weather.station import StationId
from core.domain.weather.temperature import Extreme

FORMAT: Final = 1


class UnreadableCalibration(ValueError):
    """Written by another version, or damaged: fit anew."""


def as_json(calibration: Calibration) -> dict[str, object]:
    """Only what `json.dumps` takes; floats survive it exactly."""
    return {
        "format": FORMAT,
        "fitted_at": calibration.fitted_at.isoformat(),
        "groups": [
            {
                "station": group.station,
                "extreme": group.extreme.value,
                "lead": group.lead.value,
                "coefficients": asdict(coefficients),
            }
            for group, coefficients in calibration.groups.items()
        ],
        "layers": {lead.value: layer for lead, layer in calibration.layers.items()},
        "market_weights": {lead.value: x for lead, x in calibration.market_weights.items()},
    }


def from_json(written: object) -> Calibration:
    """Raises: UnreadableCalibration."""
    try:
        found = _mapping(written)
        _refuse_other(found["format"])
        return Calibration(
            fitted_at=_moment(found["fitted_at"]),
            groups=dict(_entry(each) for each in _sequence(found["groups"])),
            layers={Lead(lead): _layer(each) for lead, each in _mapping(found["layers"]).items()},
            market_weights={
                Lead(lead): _number(each)
                for lead, each in _mapping(found["market_weights"]).items()
            },
        )
    except (KeyError, TypeError, ValueError) as error:
        raise UnreadableCalibration(f"not a calibration: {error!r}") from error


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
