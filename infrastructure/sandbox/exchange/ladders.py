"""Temperature ladders: which bucket holds tomorrow's highest temperature in a city."""

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Final, NamedTuple

from infrastructure.sandbox.exchange.plans import FINE, EventPlan, MarketPlan

BUCKETS: Final = 11
TRADED_UNTIL: Final = 12  # hour UTC of the day in question


class Station(NamedTuple):
    """Where a city's temperature is read, and what is usual there."""

    city: str
    name: str
    page: str  # below the source's daily history
    unit: str
    example: str  # of a reading in whole degrees
    step: int  # degrees a bucket
    mean: float
    spread: float


STATIONS: Final = (
    Station(
        "New York City", "LaGuardia Airport", "us/ny/new-york-city/KLGA", "F", "21°F", 2, 58, 3
    ),
    Station("London", "London City Airport", "gb/london/EGLC", "C", "9°C", 1, 14, 1.6),
    Station("Munich", "Munich Airport", "de/munich/EDDM", "C", "9°C", 1, 11, 1.8),
)


def ladder_plans(now: datetime, rng: Random) -> list[EventPlan]:
    """One event a station, for the coming days."""
    return [
        ladder_plan(station, now + timedelta(days=1 + number % 2), rng)
        for number, station in enumerate(STATIONS)
    ]


def ladder_plan(station: Station, day: datetime, rng: Random) -> EventPlan:
    mean = station.mean + rng.gauss(0, station.spread)
    lowest = round(mean) - station.step * (BUCKETS - 2) // 2 - 1  # the first bucket's last degree
    tops = [lowest + station.step * bucket for bucket in range(BUCKETS - 1)]
    bounds = tuple(top + 0.5 for top in tops)  # whole degrees: a reading of 9.4 counts as 9
    date = f"{day:%B} {day.day}"
    slug = f"highest-temperature-in-{station.city.lower().replace(' ', '-')}-on-" + (
        f"{day:%B}-{day.day}-{day.year}".lower()
    )
    return EventPlan(
        title=f"Highest temperature in {station.city} on {date}?",
        slug=slug,
        category="Weather",
        labels=("Daily Temperature", "Highest temperature", station.city),
        rule=_rule(station, day),
        ends_at=datetime(day.year, day.month, day.day, TRADED_UNTIL, tzinfo=UTC),
        markets=tuple(_bucket(station, date, slug, tops, index) for index in range(BUCKETS)),
        neg_risk=True,
        tick=FINE,
        liquidity=0.55,
        activity=0.8,
        source=f"https://www.wunderground.com/history/daily/{station.page}",
        ladder=(mean, station.spread, bounds),
    )


def _bucket(station: Station, date: str, slug: str, tops: list[int], index: int) -> MarketPlan:
    title, ending = _names(station, tops, index)
    between = "between " if station.step > 1 and 0 < index < BUCKETS - 1 else ""
    return MarketPlan(
        question=f"Will the highest temperature in {station.city} be {between}{title} on {date}?",
        title=title,
        slug=f"{slug}-{ending}",
        chance=1 / BUCKETS,  # only the ladder's own distribution counts
    )


def _names(station: Station, tops: list[int], index: int) -> tuple[str, str]:
    """The bucket as people read it, and the end of its slug."""
    unit = station.unit
    if index == 0:
        return f"{tops[0]}°{unit} or below", f"{tops[0]}{unit.lower()}orbelow"
    if index == BUCKETS - 1:
        return f"{tops[-1] + 1}°{unit} or higher", f"{tops[-1] + 1}{unit.lower()}orhigher"
    low, high = tops[index - 1] + 1, tops[index]
    span = f"{low}-{high}" if high > low else f"{high}"
    return f"{span}°{unit}", f"{span}{unit.lower()}"


def _rule(station: Station, day: datetime) -> str:
    scale = "Fahrenheit" if station.unit == "F" else "Celsius"
    source = f"https://www.wunderground.com/history/daily/{station.page}"
    return (
        "This market resolves to the temperature range that holds the highest temperature "
        f"recorded at the {station.name} Station in degrees {scale} on {day.day} "
        f"{day:%b} '{day:%y}.\n\n"
        "The result is read from Wunderground, namely the highest temperature of that whole day "
        f"for the {station.name} Station, available here: {source}.\n\n"
        "It cannot resolve before the source has published the first reading of the next day.\n\n"
        f"The source measures temperatures to whole degrees {scale} (eg, {station.example}), "
        "and this is the precision that counts.\n\n"
        "Changes that the source makes after that reading do not count."
    )
