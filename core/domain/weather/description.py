"""What the rules of a temperature event say: its day, unit, station, precision, and clock."""

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from core.domain.errors import PolycoolError
from core.domain.sentences import worded
from core.domain.weather.events import month_of, unaccented
from core.domain.weather.temperature import Extreme, Unit

LONGEST: Final = 8_000  # characters; the longest rules seen have 1,900
CENTURY: Final = 2_000
YEARS: Final = range(2020, 2100)

_UNIT: Final = r"(celsius|fahrenheit)"
_SAID: Final = re.compile(
    r"(?P<extreme>highest|lowest) temperature recorded "
    r"(?:by (?P<by>[^.]{1,60}?) )?(?:at (?:the )?(?P<at>[^.]{1,100}(?:\.[^.]{1,60})??) )?"
    r"in degrees (?P<unit>celsius|fahrenheit) on "
    r"(?:(?P<day>[0-9]{1,2}) (?P<month>[a-z]{3,9})|(?P<month2>[a-z]{3,9}) (?P<day2>[0-9]{1,2}))"
    r"\.?,? (?:'(?P<short>[0-9]{2})|(?P<year>[0-9]{4}))(?![0-9])",
    re.ASCII,
)
_EXTREMES: Final = re.compile(r"\b(highest|lowest) (?:temperature|reading)\b")
_UNITS: Final = re.compile(rf"\bdegrees {_UNIT}|\btemperatures in {_UNIT}")
_WHOLE: Final = re.compile(rf"\bmeasures temperatures to whole degrees {_UNIT}")
_TENTHS: Final = re.compile(rf"\bmeasures temperatures in {_UNIT} to one decimal place")
_ALL_QUALIFY: Final = re.compile(r"(-?[0-9]{1,3})\.0\S{0,3} ?(?:-|to|through) ?(-?[0-9]{1,3})\.9")
_OTHER_ROUNDING: Final = re.compile(
    r"\bround(?:ed|ing|s)?\b|\bnearest\b|\btenths?\b|\bdecimals?\b(?! place)|\btruncat"
)
_NEXT_POINT: Final = re.compile(
    r"(?:can ?not resolve|will not resolve|can not resolve to \"yes\") until the first data ?point "
    r"for the following (?:date|day) has been published"
    r"|will resolve once the first data ?point for the following (?:date|day) has been published"
)
_FINALIZED: Final = re.compile(
    r"(?:can ?not|will not) resolve(?: to \"yes\")? until (?:all )?(?:the )?data for this date"
    r" has been finalized"
)
_PUBLISHED: Final = re.compile(
    r"(?:can ?not|will not) resolve(?: to \"yes\")? until (?:all )?(?:the )?data for this date"
    r" has been published"
)


class Clock(StrEnum):
    """From when on the resolver's number counts, and revisions do not."""

    NEXT_POINT = "next_point"  # the first data point of the following day is published
    FINALIZED = "finalized"  # the day's data are final
    PUBLISHED = "published"  # the day's data are published


class Precision(StrEnum):
    """What the resolver measures in."""

    WHOLE = "whole"
    TENTHS = "tenths"
    TENTHS_BY_FLOOR = "tenths_by_floor"  # the text says that N.0 to N.9 all are N


class UnclearRules(PolycoolError, ValueError):
    """Rules that leave something open. Its text says what, in one sentence."""


@dataclass(frozen=True, slots=True)
class Described:
    """What a description says, each thing said once or several times alike."""

    extreme: Extreme
    unit: Unit
    day: date
    station: str  # its name as the rules spell it, in small letters
    precision: Precision
    clock: Clock


def described(description: str) -> Described:
    """The rules in `description`.

    Raises:
        UnclearRules: something is missing, said in two ways, or not known to us.

    """
    if len(description) > LONGEST:
        raise UnclearRules("The rules are longer than any we know.")
    text = " ".join(unaccented(description).replace("\u201c", '"').replace("\u201d", '"').split())
    said = {_sentence(found) for found in _SAID.finditer(text)}
    if len(said) != 1:
        raise UnclearRules(
            "The rules name more than one extreme, station, unit or day."
            if said
            else "The rules do not name extreme, station, unit and day in a known form."
        )
    extreme, station, unit, day = said.pop()
    _refuse_second_words(text, extreme, unit)
    return Described(extreme, unit, day, station, _precision(text), _clock(text))


def _sentence(found: re.Match[str]) -> tuple[Extreme, str, Unit, date]:
    """Raises: UnclearRules."""
    station = found["at"] or found["by"]
    month = month_of(found["month"] or found["month2"])
    if station is None or month is None:
        raise UnclearRules("The rules name no station or no month.")
    year = int(found["year"]) if found["year"] else CENTURY + int(found["short"])
    if year not in YEARS:
        raise UnclearRules(worded("The rules are about the year {year}.", year=year))
    try:
        day = date(year, month, int(found["day"] or found["day2"]))
    except ValueError as error:
        raise UnclearRules("The rules name a day that does not exist.") from error
    return Extreme(found["extreme"]), station, _unit(found["unit"]), day


def _refuse_second_words(text: str, extreme: Extreme, unit: Unit) -> None:
    extremes = {Extreme(found) for found in _EXTREMES.findall(text)}
    if extremes - {extreme} or f"absolute daily {_opposite(extreme)}" in text:
        raise UnclearRules("The rules speak of the highest and of the lowest temperature.")
    units = {_unit(one or other) for one, other in _UNITS.findall(text)}
    if units != {unit}:
        raise UnclearRules("The rules measure in more than one unit.")


def _precision(text: str) -> Precision:
    whole, tenths = _WHOLE.search(text), _TENTHS.search(text)
    ranges = _ALL_QUALIFY.findall(text)
    if bool(whole) == bool(tenths):
        raise UnclearRules("The rules do not say in which steps the station measures.")
    if _OTHER_ROUNDING.search(text) or (whole and ranges):
        raise UnclearRules("The rules round in a way that we do not know.")
    if whole:
        return Precision.WHOLE
    if any(low != high for low, high in ranges):
        raise UnclearRules("The rules round in a way that we do not know.")
    return Precision.TENTHS_BY_FLOOR if ranges else Precision.TENTHS


def _clock(text: str) -> Clock:
    said = [
        clock
        for clock, words in (
            (Clock.NEXT_POINT, _NEXT_POINT),
            (Clock.FINALIZED, _FINALIZED),
            (Clock.PUBLISHED, _PUBLISHED),
        )
        if words.search(text)
    ]
    if len(said) != 1:
        raise UnclearRules("The rules do not say from when on the number counts.")
    return said[0]


def _opposite(extreme: Extreme) -> str:
    return "min" if extreme is Extreme.HIGHEST else "max"


def _unit(name: str) -> Unit:
    return Unit(name[0].upper())
