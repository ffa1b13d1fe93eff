"""Reads pairs of files, a city's settled markets and its weather; counts what it cannot use."""

import gzip
import json
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from core.domain.weather.days import day_span
from core.domain.weather.fitting.walking import MarketDay
from core.domain.weather.labels import UnreadableLabel, parse_label
from core.domain.weather.ladder import Ladder, UnfitLadder, ladder
from core.domain.weather.probability import normalised
from core.domain.weather.temperature import Extreme, Unit, converted

MARKETS: Final = "polymarket_{}_history.json.gz"
WEATHER: Final = "weather_{}_history.json.gz"
FRESH: Final = timedelta(hours=12).total_seconds()
MOST_DEGREES: Final = 150.0
FIRST_YEAR: Final = 1970
LAST_YEAR: Final = 2200
MOST_BYTES: Final = 512 * 1024 * 1024  # of one file, unpacked
DAILY: Final = {Extreme.HIGHEST: "temperature_2m_max", Extreme.LOWEST: "temperature_2m_min"}

Record = Mapping[str, object]
Forecasts = Mapping[tuple[str, Extreme], float]


class Unusable(ValueError):
    """What cannot be read; its text is the reason that is counted."""


def cities(folder: Path) -> list[str]:
    """Of every file of markets or of weather, in the order of the alphabet."""
    found = set()
    for pattern in (MARKETS, WEATHER):
        before, after = pattern.split("{}")
        names = (path.name for path in folder.glob(pattern.format("*")))
        found |= {name.removeprefix(before).removesuffix(after) for name in names}
    return sorted(found)


def market_days(folder: Path, city: str, skipped: Counter[str]) -> list[MarketDay]:
    """The usable days of a city; why others are not is added to `skipped`."""
    try:
        markets = _list(_file(folder / MARKETS.format(city)), "markets")
        weather = _file(folder / WEATHER.format(city))
        forecast = _record(weather.get("historical_forecast"), "no forecasts in the weather file")
        zone, unit = _zone(forecast), _unit(weather, forecast)
    except Unusable as reason:
        skipped[f"city {city}: {reason}"] += 1
        return []
    known = _forecasts(forecast, skipped)
    days: dict[tuple[date, Extreme], MarketDay] = {}
    for market in markets:
        try:
            day = _market_day(_record(market, "a market that is none"), known, unit, zone)
            if (day.day, day.extreme) in days:
                raise Unusable("a second market of its day")  # noqa: TRY301 - counted like the rest
        except Unusable as reason:
            skipped[f"day: {reason}"] += 1
        else:
            days[day.day, day.extreme] = day
    return list(days.values())


def _file(path: Path) -> Record:
    if not path.is_file():
        raise Unusable(f"no {'weather' if path.name.startswith('weather') else 'market'} file")
    try:
        with gzip.open(path) as file:
            content = json.loads(file.read(MOST_BYTES))
    except (OSError, EOFError, zlib.error, ValueError, RecursionError) as error:
        raise Unusable("a file that cannot be read") from error
    return _record(content, "a file without an object")


def _zone(forecast: Record) -> str:
    name = forecast.get("timezone")
    try:
        return ZoneInfo(str(name)).key
    except (OSError, ValueError, KeyError) as error:
        raise Unusable("an unknown time zone") from error


def _unit(weather: Record, forecast: Record) -> Unit:
    stated = forecast.get("daily_units")
    written = stated.get(DAILY[Extreme.HIGHEST]) if isinstance(stated, dict) else None
    match str(written or weather.get("temperature_unit")).strip("° ").lower():
        case "c" | "celsius":
            return Unit.CELSIUS
        case "f" | "fahrenheit":
            return Unit.FAHRENHEIT
        case _:
            raise Unusable("an unknown unit of temperature")


def _forecasts(forecast: Record, skipped: Counter[str]) -> Forecasts:
    """By day; of a day that is there twice the first number counts."""
    daily = forecast.get("daily")
    columns = daily if isinstance(daily, dict) else {}
    times = columns.get("time")
    found: dict[tuple[str, Extreme], float] = {}
    for extreme, name in DAILY.items():
        values = columns.get(name)
        if not isinstance(times, list) or not isinstance(values, list):
            continue
        for day, value in zip(times, values, strict=False):
            if not _is_temperature(value):
                continue
            if (str(day), extreme) in found:
                skipped["forecast: a second one of its day"] += 1
            found.setdefault((str(day), extreme), float(value))
    return found


def _is_temperature(value: object) -> bool:
    return (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and abs(value) <= MOST_DEGREES
    )


def _market_day(market: Record, known: Forecasts, unit: Unit, zone: str) -> MarketDay:
    day = _date(market.get("date"))
    extreme = Extreme.LOWEST if _is_lowest(market) else Extreme.HIGHEST
    ladder_, buckets = _ladder(market)
    came = [place for place, each in enumerate(buckets) if each.get("resolved_yes") is True]
    if len(came) != 1:
        raise Unusable(f"{len(came) or 'no'} buckets resolved to yes")
    forecast = known.get((day.isoformat(), extreme))
    if forecast is None:
        raise Unusable("no forecast")
    begins_at, ends_at = day_span(day, zone)
    return MarketDay(
        day=day,
        extreme=extreme,
        ladder=ladder_,
        place=came[0],
        forecast=converted(forecast, unit, ladder_.unit),
        begins_at=begins_at,
        ends_at=ends_at,
        market=_market(buckets, begins_at),
    )


def _is_lowest(market: Record) -> bool:
    words = f"{market.get('slug', '')} {market.get('title', '')}".lower()
    return "lowest" in words and "highest" not in words


def _date(written: object) -> date:
    try:
        found = date.fromisoformat(str(written))
    except ValueError as error:
        raise Unusable("no date") from error
    if not FIRST_YEAR <= found.year < LAST_YEAR:
        raise Unusable("no date")
    return found


def _ladder(market: Record) -> tuple[Ladder, list[Record]]:
    """The ladder and its buckets in the same order, cold to warm."""
    records = [_record(each, "a bucket that is none") for each in _list(market, "buckets")]
    try:
        read = [(*parse_label(str(each.get("bucket"))), each) for each in records]
        units = {unit for _, unit, _ in read}
        if len(units) != 1:
            raise Unusable("buckets in two units" if units else "no buckets")
        made = ladder(units.pop(), tuple(bucket for bucket, _, _ in read))
    except UnreadableLabel as error:
        raise Unusable("a bucket whose label cannot be read") from error
    except UnfitLadder as error:
        raise Unusable("buckets that do not hold every degree once") from error
    by_bucket = {bucket: each for bucket, _, each in read}
    return made, [by_bucket[bucket] for bucket in made.buckets]


def _market(buckets: list[Record], midnight: datetime) -> tuple[float, ...] | None:
    """Normalised; None if a bucket has no price of the 12 hours before midnight."""
    prices = [_price(each, midnight.timestamp()) for each in buckets]
    known = [price for price in prices if price is not None]
    if len(known) < len(prices) or sum(known) <= 0:
        return None
    return normalised(known)


def _price(bucket: Record, moment: float) -> float | None:
    points = [(at, p) for at, p in _points(bucket) if moment - FRESH <= at <= moment]
    return max(points, key=lambda point: point[0])[1] if points else None


def _points(bucket: Record) -> Iterator[tuple[float, float]]:
    history = bucket.get("history")
    for point in history if isinstance(history, list) else []:
        if isinstance(point, dict):
            at, price = point.get("t"), point.get("p")
            if isinstance(at, int | float) and isinstance(price, int | float) and 0 <= price <= 1:
                yield at, price


def _record(written: object, otherwise: str) -> Record:
    if not isinstance(written, dict):
        raise Unusable(otherwise)
    return written


def _list(record: Record, name: str) -> list[object]:
    found = record.get(name)
    if not isinstance(found, list):
        raise Unusable(f"no {name}")
    return found
