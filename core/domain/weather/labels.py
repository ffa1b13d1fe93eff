"""The words on a temperature bucket, e.g. "76-77°F" or "-5°C or below"; all else is refused."""

import re
from types import MappingProxyType
from typing import Final

from core.domain.errors import PolycoolError
from core.domain.sentences import excerpt, worded
from core.domain.weather.ladder import Bucket
from core.domain.weather.temperature import Unit

LONGEST: Final = 80  # characters; the longest label of the venue has 15

_SPELLINGS: Final = str.maketrans(
    dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d", "-")
    | dict.fromkeys("\u00ba\u02da", "°")  # an ordinal indicator and a ring
    | dict.fromkeys("\u200b\u2060\ufeff", " ")  # spaces without a width
    | {"\u2103": "°c", "\u2109": "°f", "\u2264": "<=", "\u2265": ">="}
)
_UNITS: Final = MappingProxyType(
    {
        "c": Unit.CELSIUS,
        "celsius": Unit.CELSIUS,
        "f": Unit.FAHRENHEIT,
        "fahrenheit": Unit.FAHRENHEIT,
    }
)
# By how much the bound differs from the number: "below 60" ends at 59, as degrees are whole.
_BEFORE_UPPER: Final = {"<=": 0, "at most": 0} | dict.fromkeys(
    ("<", "less than", "lower than", "below", "under"), -1
)
_BEFORE_LOWER: Final = {">=": 0, "at least": 0} | dict.fromkeys(
    (">", "more than", "higher than", "greater than", "above", "over"), 1
)
_AFTER_UPPER: Final = ("below", "lower", "less", "under", "colder", "cooler")
_AFTER_LOWER: Final = ("above", "higher", "more", "over", "warmer", "hotter")

_NUMBER: Final = r"[+-]?[0-9]{1,3}"
_DEGREE: Final = r"(?: ?(?:°|degrees?))?"
_NAME: Final = r"celsius|fahrenheit|c|f"
_UNIT: Final = rf"{_DEGREE} ?(?P<unit>{_NAME})"
_BEFORE: Final = "|".join(sorted({*_BEFORE_UPPER, *_BEFORE_LOWER}, reverse=True))
_ONE: Final = re.compile(
    rf"(?:(?P<before>{_BEFORE}) ?)?(?P<value>{_NUMBER}){_UNIT}",
    re.ASCII,
)
_OPEN: Final = re.compile(
    rf"(?P<value>{_NUMBER}){_UNIT} or (?P<after>{'|'.join((*_AFTER_UPPER, *_AFTER_LOWER))})",
    re.ASCII,
)
# A dash between two numbers stands close to the first of them or apart from both: in "-5 -4" it
# may as well be the sign of the second.
_RANGE: Final = re.compile(
    rf"(?P<between>between )?(?P<low>{_NUMBER}){_DEGREE}(?: ?(?P<first>{_NAME}))?"
    rf"(?P<joint>- ?| - | to | and )(?P<high>{_NUMBER}){_UNIT}",
    re.ASCII,
)


class UnreadableLabel(PolycoolError, ValueError):
    """Words that name no bucket for certain. Its text says why, in one sentence."""


def parse_label(text: str) -> tuple[Bucket, Unit]:
    """The whole degrees a label holds, in the unit it names.

    Raises:
        UnreadableLabel: a fraction, another unit or none, or anything that is not certain.

    >>> parse_label("-5--4°C")
    (Bucket(low=-5, high=-4), <Unit.CELSIUS: 'C'>)

    """
    words = _spelt(text)
    if one := _ONE.fullmatch(words):
        return _single(one)
    if tail := _OPEN.fullmatch(words):
        return _tail(tail)
    if both := _RANGE.fullmatch(words):
        return _range(both, text)
    raise UnreadableLabel(
        worded("“{label}” names no whole degrees in °C or °F.", label=_shown(text))
    )


def bucket_of(title: str, label: str) -> tuple[Bucket, Unit]:
    """The bucket of a market: `title` is its short name, `label` what its question says.

    Either may be empty. Where both say something they have to say the same.

    Raises:
        UnreadableLabel: neither says anything, one cannot be read, or they differ.

    """
    spoken = [text for text in (title, label) if text.strip()]
    if not spoken:
        raise UnreadableLabel("The bucket has no label.")
    read = [parse_label(text) for text in spoken]
    if read[0] != read[-1]:
        raise UnreadableLabel(
            worded(
                "The bucket is called “{title}” and “{label}”.",
                title=_shown(title),
                label=_shown(label),
            )
        )
    return read[0]


def _spelt(text: str) -> str:
    if len(text) > LONGEST:
        raise UnreadableLabel(worded("“{label}” is too long for a label.", label=_shown(text)))
    return " ".join(text.lower().translate(_SPELLINGS).split())


def _single(found: re.Match[str]) -> tuple[Bucket, Unit]:
    value, unit, before = int(found["value"]), _UNITS[found["unit"]], found["before"]
    if before is None:
        return Bucket(value, value), unit
    if before in _BEFORE_UPPER:
        return Bucket(None, value + _BEFORE_UPPER[before]), unit
    return Bucket(value + _BEFORE_LOWER[before], None), unit


def _tail(found: re.Match[str]) -> tuple[Bucket, Unit]:
    value, unit = int(found["value"]), _UNITS[found["unit"]]
    upper = found["after"] in _AFTER_UPPER
    return (Bucket(None, value) if upper else Bucket(value, None)), unit


def _range(found: re.Match[str], text: str) -> tuple[Bucket, Unit]:
    low, high, unit = int(found["low"]), int(found["high"]), _UNITS[found["unit"]]
    if found["joint"] == " and " and not found["between"]:
        raise UnreadableLabel(
            worded("“{label}” names two temperatures instead of a range.", label=_shown(text))
        )
    if found["first"] and _UNITS[found["first"]] is not unit:
        raise UnreadableLabel(worded("“{label}” mixes two units.", label=_shown(text)))
    if low > high:
        raise UnreadableLabel(worded("“{label}” ends below its beginning.", label=_shown(text)))
    return Bucket(low, high), unit


def _shown(text: str) -> str:
    return excerpt(text, LONGEST)
