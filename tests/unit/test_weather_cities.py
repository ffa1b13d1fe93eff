"""The backtest on made-up cities of every climate and unit, and its definitions once more."""

import gzip
import json
import math
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path
from statistics import fmean, pstdev
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import pytest

from core.domain.weather.fitting.walking import RESOLVED_AFTER, ForecastDay, MarketDay, Rule, walk
from core.domain.weather.scores import brier
from scripts.weather_history import market_days
from tests.support.weather_cities import CITIES, City, made
from tests.support.weather_histories import History, write

DAYS = 100
NAMES = [city.name for city in CITIES]


@cache
def days_of(city: City) -> tuple[MarketDay, ...]:
    skipped = Counter[str]()
    with TemporaryDirectory() as folder:
        write(Path(folder), city.name, *made(city, days=DAYS))
        days = market_days(Path(folder), city.name, skipped)
    assert not +skipped
    return tuple(days)


@cache
def walked(city: City) -> tuple[ForecastDay, ...]:
    return tuple(walk(city.name, days_of(city)))


def mean(city: City, rule: Rule) -> float:
    return fmean(day.brier(rule) for day in walked(city))


def rolling_normal(city: City) -> float:
    """Mean Brier of forecast + mean error, as spread as its errors, over all past days."""
    found = []
    for day in walked(city):
        past = [one for one in days_of(city) if one.ends_at + RESOLVED_AFTER <= day.day.begins_at]
        errors = [_middle(one) - one.forecast for one in past]
        said = _normal(day.day, day.day.forecast + fmean(errors), pstdev(errors))
        found.append(brier(said, day.day.place))
    return fmean(found)


def _middle(day: MarketDay) -> float:
    bucket = day.ladder.buckets[day.place]
    ends = [end for end in (bucket.low, bucket.high) if end is not None]
    return sum(ends) / len(ends)


def _normal(day: MarketDay, middle: float, sigma: float) -> list[float]:
    def below(degree: float) -> float:
        return 0.5 * math.erfc((middle - degree) / (sigma * math.sqrt(2)))

    tops = [bucket.high for bucket in day.ladder.buckets]
    ends = [0.0, *(below(top + 0.5) for top in tops if top is not None), 1.0]
    return [high - low for low, high in pairwise(ends)]


@pytest.mark.parametrize("city", CITIES, ids=NAMES)
def test_in_every_climate_the_model_knows_more_than_each_rule(city: City) -> None:
    assert len(walked(city)) == DAYS - 15
    assert mean(city, Rule.NAIVE) > mean(city, Rule.FIXED) > mean(city, Rule.MODEL)
    assert mean(city, Rule.MODEL) < 0.85 * mean(city, Rule.NAIVE)
    assert mean(city, Rule.MODEL) < rolling_normal(city) + 0.005


def test_over_all_climates_it_is_as_good_as_a_rolling_normal() -> None:
    ours = fmean(mean(city, Rule.MODEL) for city in CITIES)
    assert ours <= fmean(rolling_normal(city) for city in CITIES) + 0.001
    assert ours < 0.7 * fmean(mean(city, Rule.NAIVE) for city in CITIES)


# What follows reads the files and applies decision 41 by itself, with nothing of the program's.


def recomputed(markets: History, weather: History) -> dict[str, tuple[int, float, float]]:
    """n, Brier and log score of every rule that needs no fit."""
    zone = ZoneInfo(weather["historical_forecast"]["timezone"])
    daily = weather["historical_forecast"]["daily"]
    extreme = "temperature_2m_min" if "temperature_2m_min" in daily else "temperature_2m_max"
    if any("highest" in one["slug"] for one in markets["markets"]):
        extreme = "temperature_2m_max"
    forecasts = dict(zip(daily["time"], daily[extreme], strict=True))
    said: dict[str, list[tuple[float, float]]] = {"naive_rule": [], "fixed_sigma": [], "market": []}
    for market in sorted(markets["markets"], key=lambda one: str(one["date"]))[15:]:
        day = date.fromisoformat(market["date"])
        buckets = sorted(market["buckets"], key=lambda one: bounds(one["bucket"])[0])
        midnight = datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC).timestamp()
        prices = [price_at(one["history"], midnight) for one in buckets]
        if None in prices:
            continue
        place = next(n for n, one in enumerate(buckets) if one["resolved_yes"])
        ends = [bounds(one["bucket"]) for one in buckets]
        known = [price for price in prices if price is not None]
        rows = {
            "naive_rule": naive(forecasts[market["date"]], ends),
            "fixed_sigma": fixed(forecasts[market["date"]], ends, buckets[0]["bucket"]),
            "market": [price / sum(known) for price in known],
        }
        for rule, row in rows.items():
            squares = sum((p - (n == place)) ** 2 for n, p in enumerate(row))
            said[rule].append((squares, -math.log(max(row[place], 1e-6))))
    return {
        rule: (len(scores), fmean(s for s, _ in scores), fmean(s for _, s in scores))
        for rule, scores in said.items()
    }


def bounds(label: str) -> tuple[float, float]:
    """Degrees of a label as these files write them."""
    number = label.split("°", maxsplit=1)[0]
    if label.endswith("below"):
        return -math.inf, float(number)
    if label.endswith("higher"):
        return float(number), math.inf
    low, dash, high = number[1:].partition("-")
    return float(number[0] + low), float(high if dash else number)


def price_at(history: list[Mapping[str, float]], moment: float) -> float | None:
    points = [p for p in history if moment - 12 * 3600 <= p["t"] <= moment]
    return max(points, key=lambda point: point["t"])["p"] if points else None


def naive(forecast: float, ends: list[tuple[float, float]]) -> list[float]:
    degree = math.floor(forecast + 0.5)
    return [0.8 if low <= degree <= high else 0.2 / (len(ends) - 1) for low, high in ends]


def fixed(forecast: float, ends: list[tuple[float, float]], label: str) -> list[float]:
    sigma = 2.0 if "°F" in label else 1.1

    def below(degree: float) -> float:
        return 0.5 * (1 + math.erf((degree - forecast) / sigma / math.sqrt(2)))

    return [below(high + 0.5) - below(low - 0.5) for low, high in ends]


def compared(folder: Path, city: str, markets: History, weather: History) -> None:
    days = walk(city, market_days(folder, city, Counter()))
    for rule, (n, squares, logs) in recomputed(markets, weather).items():
        assert len(days) == n
        assert fmean(day.brier(Rule(rule)) for day in days) == pytest.approx(squares, abs=1e-9)
        assert fmean(day.log_score(Rule(rule)) for day in days) == pytest.approx(logs, abs=1e-9)


@pytest.mark.parametrize("city", CITIES, ids=NAMES)
def test_every_figure_of_a_made_up_city_is_what_its_definition_says(
    tmp_path: Path, city: City
) -> None:
    markets, weather = made(city, days=40)
    del markets["markets"][30]["buckets"][2]["history"][:2]  # no price of the hours before
    write(tmp_path, city.name, markets, weather)
    assert recomputed(markets, weather)["market"][0] == 24
    compared(tmp_path, city.name, markets, weather)


@pytest.mark.parametrize("city", ["london", "nyc"])
def test_every_figure_of_a_recorded_city_is_what_its_definition_says(
    fixtures_dir: Path, city: str
) -> None:
    folder = fixtures_dir / "weather_seminar" / "backfill"
    markets, weather = (
        json.loads(gzip.decompress((folder / f"{kind}_{city}_history.json.gz").read_bytes()))
        for kind in ("polymarket", "weather")
    )
    compared(folder, city, markets, weather)


def test_the_model_of_a_day_knows_what_was_resolved_twelve_hours_before_it_alone() -> None:
    """The 15 that only teach are the first by date, whatever their order in the file."""
    days = days_of(CITIES[0])
    shuffled = walk("there", reversed(days))
    assert [one.day.day for one in shuffled] == [day.day for day in days[15:]]
    assert shuffled[0].day.begins_at - days[14].ends_at < timedelta(hours=12)
