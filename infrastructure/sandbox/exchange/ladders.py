"""Temperature ladders: which bucket holds a day's highest or lowest temperature in a city."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from core.domain.weather.station_table import known_stations
from core.domain.weather.temperature import Extreme, Rounding, Unit, converted, whole_degree
from infrastructure.sandbox.exchange.plans import FINE, EventPlan, MarketPlan
from infrastructure.sandbox.exchange.weather.truth import Truth

BUCKETS: Final = 11
TRADED_UNTIL: Final = 12  # hour UTC of the day in question: so events end, and trade on


class City(NamedTuple):
    """Where a city's temperature is read."""

    name: str
    station: str
    page: str  # below the source's daily history
    unit: Unit
    example: str  # of a reading in whole degrees
    step: int  # degrees a bucket
    spread: float  # of what the market believes


class Question(NamedTuple):
    """What an event asks."""

    city: City
    day: date
    extreme: Extreme


NEW_YORK: Final = City("NYC", "KLGA", "us/ny/new-york-city/KLGA", Unit.FAHRENHEIT, "21°F", 2, 3)
LONDON: Final = City("London", "EGLC", "gb/london/EGLC", Unit.CELSIUS, "9°C", 1, 1.6)
MUNICH: Final = City("Munich", "EDDM", "de/munich/EDDM", Unit.CELSIUS, "9°C", 1, 1.8)


def ladder_plans(now: datetime, seed: int) -> list[EventPlan]:
    """Of today, where the city is, and tomorrow."""
    return [ladder_plan(question, Truth(seed)) for question in _questions(now)]


def _questions(now: datetime) -> Iterator[Question]:
    for city in (NEW_YORK, LONDON):
        today = now.astimezone(ZoneInfo(_zone(city))).date()
        for day in (today, today + timedelta(days=1)):
            yield from (Question(city, day, extreme) for extreme in Extreme)
    tomorrow = now.astimezone(ZoneInfo(_zone(MUNICH))).date() + timedelta(days=1)
    yield Question(MUNICH, tomorrow, Extreme.HIGHEST)


def ladder_plan(question: Question, truth: Truth) -> EventPlan:
    """The market is wrong by about as much as it believes to be."""
    city, day, extreme = question
    slug = slug_of(question)
    rng = Random(f"{truth.seed}/ladder/{slug}")  # noqa: S311 - repeatable on purpose
    mean = _true(question, truth) + rng.gauss(0, city.spread / 2)
    lowest = round(mean) - city.step * (BUCKETS - 2) // 2 - 1  # the first bucket's last degree
    tops = [lowest + city.step * bucket for bucket in range(BUCKETS - 1)]
    bounds = tuple(top + 0.5 for top in tops)  # whole degrees: a reading of 9.4 counts as 9
    shown = f"{day:%B} {day.day}"
    return EventPlan(
        title=f"{extreme.capitalize()} temperature in {city.name} on {shown}?",
        slug=slug,
        category="Weather",
        labels=("Daily Temperature", f"{extreme.capitalize()} temperature", city.name),
        rule=_rule(question),
        ends_at=datetime(day.year, day.month, day.day, TRADED_UNTIL, tzinfo=UTC),
        markets=tuple(_bucket(question, shown, tops, index) for index in range(BUCKETS)),
        neg_risk=True,
        tick=FINE,
        liquidity=0.55,
        activity=0.3,
        source=_source(city),
        ladder=(mean, city.spread, bounds),
    )


def slug_of(question: Question) -> str:
    city, day = question.city.name.lower().replace(" ", "-"), question.day
    return (
        f"{question.extreme}-temperature-in-{city}-on-" + f"{day:%B}-{day.day}-{day.year}".lower()
    )


def winner(question: Question, bounds: tuple[float, ...], truth: Truth) -> int:
    """The place of the bucket that holds what the station really reported."""
    return sum(_true(question, truth) > bound for bound in bounds)


def _true(question: Question, truth: Truth) -> int:
    """As the source shows it."""
    entry = known_stations().by_id(question.city.station)
    if entry is None:
        raise LookupError(question.city.station)
    celsius = truth.extreme(entry.station, question.day, question.extreme)
    value = converted(celsius, Unit.CELSIUS, question.city.unit)
    return whole_degree(round(value, 6), Rounding.HALF_UP)


def _zone(city: City) -> str:
    entry = known_stations().by_id(city.station)
    return "Etc/UTC" if entry is None else entry.station.zone


def _bucket(question: Question, shown: str, tops: list[int], index: int) -> MarketPlan:
    city, extreme = question.city, question.extreme
    title, ending = _names(city, tops, index)
    between = "between " if city.step > 1 and 0 < index < BUCKETS - 1 else ""
    return MarketPlan(
        question=f"Will the {extreme} temperature in {city.name} be {between}{title} on {shown}?",
        title=title,
        slug=f"{slug_of(question)}-{ending}",
        chance=1 / BUCKETS,  # only the ladder's own distribution counts
    )


def _names(city: City, tops: list[int], index: int) -> tuple[str, str]:
    """The bucket as people read it, and the end of its slug."""
    unit = city.unit
    if index == 0:
        return f"{tops[0]}°{unit} or below", f"{tops[0]}{unit.lower()}orbelow"
    if index == BUCKETS - 1:
        return f"{tops[-1] + 1}°{unit} or higher", f"{tops[-1] + 1}{unit.lower()}orhigher"
    low, high = tops[index - 1] + 1, tops[index]
    span = f"{low}-{high}" if high > low else f"{high}"
    return f"{span}°{unit}", f"{span}{unit.lower()}"


def _source(city: City) -> str:
    return f"https://www.wunderground.com/history/daily/{city.page}"


def _rule(question: Question) -> str:
    city, day, extreme = question
    entry = known_stations().by_id(city.station)
    name = city.station if entry is None else entry.station.name
    scale = "Fahrenheit" if city.unit is Unit.FAHRENHEIT else "Celsius"
    return (
        f"This market resolves to the temperature range that holds the {extreme} temperature "
        f"recorded at the {name} Station in degrees {scale} on {day.day} "
        f"{day:%b} '{day:%y}.\n\n"
        f"The result is read from Wunderground, namely the {extreme} temperature of that whole day "
        f"for the {name} Station, available here: {_source(city)}.\n\n"
        "It cannot resolve until the first data point for the following date has been published.\n"
        f"\nThe source measures temperatures to whole degrees {scale} (eg, {city.example}), "
        "and this is the precision that counts.\n\n"
        "Changes that the source makes after that do not count."
    )
