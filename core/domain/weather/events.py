"""What an event of the venue says about a day's temperature, before anything is believed."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from unicodedata import combining, normalize

from core.domain.market import Market
from core.domain.units import EventId, MarketId
from core.domain.weather.temperature import Extreme

WEATHER_TAG: Final = "weather"

_MONTHS: Final = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
_SHORTEST: Final = 3  # letters of a month: "Jun"
_WHICH: Final = r"(?P<extreme>highest|lowest) temperature in "
_SLUG: Final = re.compile(
    r"(?P<extreme>highest|lowest)-temperature-in-(?P<city>[a-z0-9-]{1,60})"
    r"-on-(?P<month>[a-z]{3,9})-(?P<day>[0-9]{1,2})(?:-(?P<year>[0-9]{4}))?",
    re.ASCII,
)
_DAY: Final = r"(?P<month>[a-z]{3,9})\.? (?P<day>[0-9]{1,2})(?:, (?P<year>[0-9]{4}))?"
_TITLE: Final = re.compile(rf"{_WHICH}(?P<city>.{{1,60}}?) on {_DAY}\??", re.IGNORECASE)
_QUESTION: Final = re.compile(
    rf"will the {_WHICH}(?P<city>.{{1,60}}?) be (?P<label>.{{1,60}}?) on {_DAY}\??", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class MarketText:
    """One bucket: its market's short name inside the event, and its question."""

    id: MarketId
    title: str
    question: str


@dataclass(frozen=True, slots=True)
class EventText:
    """An event in the venue's words; `tags` by their slugs, all of its markets in any order."""

    id: EventId
    slug: str
    title: str
    description: str
    resolution_source: str
    markets: tuple[MarketText, ...]
    ends_at: datetime | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ListedEvent:
    """An event of the catalogue with those of its markets that the catalogue holds."""

    text: EventText
    markets: tuple[Market, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a slug, a title or a question asks about; `city` as in a slug, the year may be left out.

    `label` is the bucket a question names, else empty.
    """

    extreme: Extreme
    city: str
    month: int
    day: int
    year: int | None = None
    label: str = ""

    def is_about(self, day: date) -> bool:
        return (self.month, self.day) == (day.month, day.day) and self.year in {None, day.year}


def is_temperature_event(slug: str, title: str = "", tags: Iterable[str] = ()) -> bool:
    """Whether an event is a candidate at all: by its slug, or by its tag and title.

    >>> is_temperature_event("highest-temperature-in-nyc-on-june-20-2026")
    True
    """
    if asked_by_slug(slug) is not None:
        return True
    return WEATHER_TAG in {tag.lower() for tag in tags} and asked_by_title(title) is not None


def market_text(market: Market) -> MarketText:
    """A market without a short name has its question for a title, which names no bucket."""
    title = "" if market.title == market.question else market.title
    return MarketText(market.id, title, market.question)


def asked_by_slug(slug: str) -> Asked | None:
    return _asked(_SLUG.fullmatch(slug))


def asked_by_title(title: str) -> Asked | None:
    return _asked(_TITLE.fullmatch(_one_line(title)))


def asked_by_question(question: str) -> Asked | None:
    return _asked(_QUESTION.fullmatch(_one_line(question)))


def city_slug(name: str) -> str:
    """A place's name as slugs spell it.

    >>> city_slug("São Paulo")
    'sao-paulo'
    """
    return "-".join(re.findall(r"[a-z0-9]+", unaccented(name).replace("'", "")))


def unaccented(text: str) -> str:
    """In small letters without accents, apostrophes made straight."""
    plain = (letter for letter in normalize("NFKD", text) if not combining(letter))
    return "".join(plain).lower().replace("\u2019", "'").replace("\u0131", "i")


def month_of(name: str) -> int | None:
    """1 to 12 for a month's English name or a beginning of it, e.g. "Jun" or "Sept"."""
    low = name.lower()
    if len(low) < _SHORTEST:
        return None
    return next((at for at, month in enumerate(_MONTHS, start=1) if month.startswith(low)), None)


def _asked(found: re.Match[str] | None) -> Asked | None:
    month = None if found is None else month_of(found["month"])
    if found is None or month is None:
        return None
    return Asked(
        Extreme(found["extreme"].lower()),
        city_slug(found["city"]),
        month,
        int(found["day"]),
        None if found["year"] is None else int(found["year"]),
        found.groupdict().get("label") or "",
    )


def _one_line(text: str) -> str:
    return " ".join(text.split())
