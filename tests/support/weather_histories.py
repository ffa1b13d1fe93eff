"""Made-up histories of settled temperature markets, in the files the backtest reads."""

import gzip
import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

FIRST = date(2026, 3, 1)
History = dict[str, Any]  # as the files are: lists and numbers that a test spoils


def histories(
    *, days: int, level: float, unit: str = "C", zone: str = "Europe/Berlin", bias: float = 0.0
) -> tuple[History, History]:
    """Markets and weather of a city: the truth is forecast + `bias` + noise of 1 C or 2 F."""
    draws = np.random.default_rng(days + int(level))
    width = 2 if unit == "F" else 1
    markets: list[dict[str, object]] = []
    forecasts, times = [], []
    for number in range(days):
        day = FIRST + timedelta(days=number)
        forecast = round(level + float(draws.normal(0, 3)), 1)
        truth = int(np.floor(forecast + bias + draws.normal(0, width) + 0.5))
        middle = int(np.floor(forecast)) // width * width
        markets.append(_market(day, middle, truth, unit, zone))
        forecasts.append(forecast)
        times.append(day.isoformat())
    name = {"C": "celsius", "F": "fahrenheit"}[unit]
    weather: History = {
        "temperature_unit": name,
        "historical_forecast": {
            "timezone": zone,
            "daily_units": {"temperature_2m_max": f"°{unit}"},
            "daily": {"time": times, "temperature_2m_max": forecasts},
        },
    }
    return {"markets": markets}, weather


def write(folder: Path, city: str, markets: object, weather: object) -> None:
    for name, content in (("polymarket", markets), ("weather", weather)):
        path = folder / f"{name}_{city}_history.json.gz"
        path.write_bytes(gzip.compress(json.dumps(content).encode()))


def _market(day: date, middle: int, truth: int, unit: str, zone: str) -> dict[str, object]:
    width = 2 if unit == "F" else 1
    starts = [middle + width * step for step in range(-4, 5)]
    labels = [f"{starts[0] - 1}°{unit} or below"]
    labels += [f"{n}-{n + 1}°{unit}" if width > 1 else f"{n}°{unit}" for n in starts]
    labels += [f"{starts[-1] + width}°{unit} or higher"]
    place = min(max((truth - starts[0]) // width + 1, 0), len(labels) - 1)
    midnight = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    buckets = [
        {
            "bucket": label,
            "resolved_yes": each == place,
            "history": [
                {"t": midnight.timestamp() - 3600, "p": 0.1 if abs(each - 5) < 3 else 0.02}
            ],
        }
        for each, label in enumerate(labels)
    ]
    slug = f"highest-temperature-in-somewhere-on-{day}"
    return {"date": day.isoformat(), "slug": slug, "buckets": buckets}
