"""Made-up cities of every kind in the backtest's files, of which the truth is known."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from scipy.special import ndtr

from tests.support.weather_histories import History, write

FIRST: Final = date(2025, 9, 20)  # so that a hundred days hold a change of the clocks
FORECAST: Final = {"C": 1.0, "F": 1.8}  # degrees in one kelvin
STEPS: Final = 5  # buckets on each side of the middle one


@dataclass(frozen=True, slots=True)
class City:
    """Temperatures in Celsius, spreads in kelvins: truth = forecast + bias + noise of the day.

    The noise's spread swings between `calm` and `wild` times `sigma` from week to week.
    """

    name: str
    unit: str
    zone: str
    level: float
    season: float  # how much warmer it gets in a hundred days
    bias: float
    sigma: float
    wild: float = 1.0
    lowest: bool = False


CITIES: Final = (
    City("temperate", "C", "Europe/London", 14, -9, 0.4, 1.0),
    City("fahrenheit", "F", "America/New_York", 18, -12, -1.2, 1.5),
    City("polar", "C", "Arctic/Longyearbyen", -4, -14, 1.5, 1.8, wild=2.0),
    City("below_zero_fahrenheit", "F", "America/Anchorage", -16, -6, 1.0, 1.6),
    City("tropical", "C", "Asia/Singapore", 32, 0, -0.8, 0.7),
    City("southern", "C", "Australia/Melbourne", 18, 11, 0.6, 1.7, wild=2.2),
    City("biased", "C", "Asia/Tokyo", 21, -10, -4.5, 1.2),
    City("heteroscedastic", "F", "America/Denver", 17, -13, 0.3, 1.3, wild=3.0),
    City("coldest", "C", "Asia/Yakutsk", -2, -30, 0.5, 1.4, lowest=True),
)


def made(city: City, *, days: int = 100, seed: int = 1) -> tuple[History, History]:
    """Markets and weather, as the files hold them."""
    draws = np.random.default_rng((seed, len(city.name), abs(int(city.level))))
    scale = FORECAST[city.unit]
    times, said, markets = [], [], []
    for number in range(days):
        level = city.level + city.season * number / 100 + float(draws.normal(0, 3))
        swing = (1 + np.sin(number / 4.0)) / 2
        sigma = city.sigma * (1 + (city.wild - 1) * float(swing))
        came = level + city.bias + float(draws.normal(0, sigma))
        forecast, truth = (round(_degrees(each, city.unit), 1) for each in (level, came))
        day = FIRST + timedelta(days=number)
        times.append(day.isoformat())
        said.append(forecast)
        odds_of = _Crowd(forecast + scale * (city.bias + draws.normal(0, 0.4)), scale * sigma * 1.2)
        markets.append(_market(city, day, round(forecast), int(np.floor(truth + 0.5)), odds_of))
    name = "temperature_2m_min" if city.lowest else "temperature_2m_max"
    weather: History = {
        "temperature_unit": {"C": "celsius", "F": "fahrenheit"}[city.unit],
        "historical_forecast": {
            "timezone": city.zone,
            "daily_units": {"time": "iso8601", name: f"°{city.unit}"},
            "daily": {"time": times, name: said},
        },
    }
    return {"city": city.name, "markets": markets}, weather


def write_all(folder: Path, cities: Sequence[City] = CITIES, days: int = 100) -> None:
    for city in cities:
        write(folder, city.name, *made(city, days=days))


@dataclass(frozen=True, slots=True)
class _Crowd:
    """What the market thinks: a normal in the unit of the labels."""

    mean: float
    sigma: float

    def below(self, degree: float) -> float:
        return float(ndtr((degree - self.mean) / self.sigma))


def _market(city: City, day: date, middle: int, truth: int, crowd: _Crowd) -> History:
    width = 2 if city.unit == "F" else 1
    lows = [middle // width * width + width * step for step in range(-STEPS, STEPS + 1)]
    place = min(max((truth - lows[0]) // width + 1, 0), len(lows))
    labels = [_tail(lows[0] - 1, "below", city.unit)]
    labels += [_label(low, low + width - 1, city.unit) for low in lows[:-1]]
    labels += [_tail(lows[-1], "higher", city.unit)]
    place = min(place, len(labels) - 1)
    ends = [0.0, *(crowd.below(low - 0.5) for low in lows), 1.0]
    midnight = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(city.zone)).astimezone(UTC)
    at = midnight.timestamp()
    buckets = []
    for number, label in enumerate(labels):
        price = round(min(max(ends[number + 1] - ends[number], 0.001), 0.999), 3)
        history = [{"t": at - 7200, "p": 0.5}, {"t": at - 600, "p": price}, {"t": at + 600, "p": 1}]
        buckets.append({"bucket": label, "resolved_yes": number == place, "history": history})
    kind = "lowest" if city.lowest else "highest"
    slug = f"{kind}-temperature-in-{city.name}-on-{day}"
    return {"date": day.isoformat(), "slug": slug, "title": slug, "buckets": buckets}


def _degrees(celsius: float, unit: str) -> float:
    return celsius if unit == "C" else celsius * 1.8 + 32


def _label(low: int, high: int, unit: str) -> str:
    return f"{low}°{unit}" if low == high else f"{low}-{high}°{unit}"


def _tail(degree: int, side: str, unit: str) -> str:
    return f"{degree}°{unit} or {side}"
