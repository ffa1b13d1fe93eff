"""From an event's own text to what is traded, or to the one reason why it is not."""

from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from typing import Final
from unicodedata import normalize

from core.domain.sentences import excerpt, worded
from core.domain.units import EventId, MarketId
from core.domain.weather.description import Clock, Described, Precision, UnclearRules, described
from core.domain.weather.events import (
    Asked,
    EventText,
    MarketText,
    asked_by_question,
    asked_by_slug,
    asked_by_title,
)
from core.domain.weather.labels import UnreadableLabel, bucket_of
from core.domain.weather.ladder import Bucket, Ladder, UnfitLadder, ladder
from core.domain.weather.sources import Source, UnknownSource, sources_of
from core.domain.weather.station import Station
from core.domain.weather.stations import Resolver, ResolvingStation, Stations
from core.domain.weather.temperature import Extreme, Rounding, Unit

MOST_BUCKETS: Final = 60  # the largest ladder seen has 11
END: Final = timedelta(days=2)  # the venue ends an event at noon UTC of its day


@dataclass(frozen=True, slots=True)
class TemperatureEvent:
    """An event of which everything is known; `markets` stand in the order of the ladder's buckets.

    `rules_hash` is the SHA-256 of the rules and their source, spaces aside.
    """

    event_id: EventId
    slug: str
    city: str  # as the slug spells it
    day: date  # the station's local civil day
    extreme: Extreme
    station: Station
    resolver: Resolver
    rounding: Rounding
    clock: Clock
    rules_hash: str
    ladder: Ladder
    markets: tuple[MarketId, ...]

    @property
    def unit(self) -> Unit:
        return self.ladder.unit


@dataclass(frozen=True, slots=True)
class Untradable:
    """An event that is listed but not traded, and why, in one sentence."""

    event_id: EventId
    slug: str
    reason: str


def read_event(text: EventText, stations: Stations) -> TemperatureEvent | Untradable:
    """What is traded, if everything the event says of itself agrees with itself and `stations`."""
    try:
        return _read(text, stations)
    except (UnclearRules, UnknownSource, UnreadableLabel, UnfitLadder) as doubt:
        return Untradable(text.id, text.slug, str(doubt))


def lacks_buckets(text: EventText) -> bool:
    """Whether the markets we know are readable, but no whole ladder: others may be missing."""
    try:
        read = [bucket_of(market.title, _label(market)) for market in text.markets]
        ladder(read[0][1], tuple(bucket for bucket, _ in read))
    except (UnfitLadder, IndexError):
        return True
    except UnreadableLabel:
        return False
    return False


def rules_hash(description: str, resolution_source: str) -> str:
    """Equal for texts that differ in spaces or in how letters are encoded."""
    words = f"{description}\n\n{resolution_source}".split()
    return sha256(normalize("NFC", " ".join(words)).encode("utf-8", "replace")).hexdigest()


def _read(text: EventText, stations: Stations) -> TemperatureEvent:
    rules = described(text.description)
    cities = _cities(text, rules)
    source = _source(text)
    entry = _station(source, cities, rules, stations)
    whole, markets = _ladder(text.markets, rules, entry)
    return TemperatureEvent(
        event_id=text.id,
        slug=text.slug,
        city=cities[0],
        day=rules.day,
        extreme=rules.extreme,
        station=entry.station,
        resolver=source.resolver,
        rounding=_rounding(rules, entry),
        clock=rules.clock,
        rules_hash=rules_hash(text.description, text.resolution_source),
        ladder=whole,
        markets=markets,
    )


def _cities(text: EventText, rules: Described) -> tuple[str, ...]:
    """The city as the slug and the title spell it, if both ask about what the rules decide."""
    title = asked_by_title(text.title)
    if title is None:
        raise UnclearRules("The title does not ask for a day's temperature in a known form.")
    asked = [one for one in (asked_by_slug(text.slug), title) if one is not None]
    for one in asked:
        _refuse_other(one, rules)
    if text.ends_at is not None and abs(text.ends_at.date() - rules.day) > END:
        raise UnclearRules(
            worded(
                "The event ends on {end}, its rules are about {day}.",
                end=text.ends_at.date(),
                day=rules.day,
            )
        )
    return tuple(one.city for one in asked)


def _refuse_other(asked: Asked, rules: Described) -> None:
    if asked.extreme is not rules.extreme:
        raise UnclearRules(
            "The rules are about the highest temperature, its name is not."
            if rules.extreme is Extreme.HIGHEST
            else "The rules are about the lowest temperature, its name is not."
        )
    if not asked.is_about(rules.day):
        raise UnclearRules(
            worded("The rules are about {day}, its name is about another day.", day=rules.day)
        )


def _source(text: EventText) -> Source:
    found = sources_of(text.description) | sources_of(text.resolution_source)
    if len(found) != 1:
        raise UnclearRules(
            "It names several pages that could resolve it."
            if found
            else "It names no page that could resolve it."
        )
    return next(iter(found))


def _station(
    source: Source, cities: tuple[str, ...], rules: Described, stations: Stations
) -> ResolvingStation:
    entry = stations.by_id(source.station)
    if entry is None:
        raise UnclearRules(worded("The station {station} is not known.", station=source.station))
    for city in cities:
        if city not in entry.cities:
            raise UnclearRules(
                worded(
                    "The station {station} does not stand for {city}.",
                    station=source.station,
                    city=city,
                )
            )
    if source.resolver not in entry.resolvers:
        raise UnclearRules(
            worded(
                "The station {station} is not known to be read from {resolver}.",
                station=source.station,
                resolver=source.resolver,
            )
        )
    if not entry.is_called(rules.station):
        raise UnclearRules(
            worded(
                "“{name}” is not the name of the station {station}.",
                name=excerpt(rules.station),
                station=source.station,
            )
        )
    return entry


def _rounding(rules: Described, entry: ResolvingStation) -> Rounding:
    """What the text says, if the table says the same; tenths alone do not tell how to round."""
    if (rules.precision is Precision.WHOLE) != (entry.rounding is Rounding.HALF_UP):
        raise UnclearRules("The rules measure in other steps than this station's resolver does.")
    return entry.rounding


def _ladder(
    markets: tuple[MarketText, ...], rules: Described, entry: ResolvingStation
) -> tuple[Ladder, tuple[MarketId, ...]]:
    if len(markets) > MOST_BUCKETS:
        raise UnclearRules(
            worded("{count} buckets are more than any event has.", count=len(markets))
        )
    bought = dict[Bucket, MarketId]()
    for market in markets:
        bucket = _bucket(market, rules, entry)
        if bucket in bought:
            raise UnclearRules(worded("Two markets stand for “{bucket}”.", bucket=_named(market)))
        bought[bucket] = market.id
    whole = ladder(rules.unit, tuple(bought))
    return whole, tuple(bought[bucket] for bucket in whole.buckets)


def _bucket(market: MarketText, rules: Described, entry: ResolvingStation) -> Bucket:
    asked = asked_by_question(market.question)
    if asked is None:
        raise UnclearRules(
            worded("“{question}” is not a question we know.", question=excerpt(market.question))
        )
    if asked.city not in entry.cities:
        raise UnclearRules(
            worded("A bucket is about {city} and not about the station's city.", city=asked.city)
        )
    _refuse_other(asked, rules)
    bucket, unit = bucket_of(market.title, asked.label)
    if unit is not rules.unit:
        raise UnclearRules(
            worded("“{bucket}” is not in the unit of the rules.", bucket=_named(market))
        )
    return bucket


def _named(market: MarketText) -> str:
    return excerpt(market.title or market.question)


def _label(market: MarketText) -> str:
    asked = asked_by_question(market.question)
    return "" if asked is None else asked.label
