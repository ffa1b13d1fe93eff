"""Time zones as people write them: a city, a country's city, an offset; read forgivingly."""

import difflib
import re
import unicodedata
from collections.abc import Collection
from types import MappingProxyType
from typing import Final

MOST_FOUND: Final = 6
LONGEST: Final = 60  # characters that are looked at
FARTHEST_EAST: Final = 14  # hours
FARTHEST_WEST: Final = 12

_OFFSET: Final = re.compile(r"(?:utc|gmt)?([+-])(\d{1,2})(?::?(\d{2}))?", re.ASCII)
_WORDS: Final = re.compile(r"[^a-z0-9+-]+", re.ASCII)
_BROKEN_HOURS: Final = MappingProxyType(
    {
        "-9:30": "Pacific/Marquesas",
        "+3:30": "Asia/Tehran",
        "+4:30": "Asia/Kabul",
        "+5:30": "Asia/Kolkata",
        "+5:45": "Asia/Kathmandu",
        "+6:30": "Asia/Yangon",
        "+8:45": "Australia/Eucla",
        "+9:30": "Australia/Darwin",
    }
)
"""Where it is that much, in summer as in winter."""


def find_zones(text: str, names: Collection[str]) -> tuple[str, ...]:
    """Which of `names` may be meant, the likeliest first; one where there is no doubt.

    >>> find_zones("new york", ("America/New_York", "Europe/Paris"))
    ('America/New_York',)
    >>> find_zones("UTC+2", ())
    ('Etc/GMT-2',)
    """
    written = " ".join(text[:LONGEST].lower().replace("\u2212", "-").split())
    offset = _by_offset(written.replace(" ", ""))
    if offset is not None:
        return (offset,)
    wanted = _words(written)
    if not wanted:
        return ()
    by_words = {name: _words(name) for name in sorted(names)}
    exact = [name for name, words in by_words.items() if wanted in {words, _city(name)}]
    return tuple((exact or _parts(wanted, by_words) or _alike(wanted, by_words))[:MOST_FOUND])


def _by_offset(written: str) -> str | None:
    """The zone that is always so far from UTC; Etc's names count the other way round."""
    if written in {"utc", "gmt", "z", "utc0", "utc+0", "utc-0"}:
        return "UTC"
    match = _OFFSET.fullmatch(written)
    if match is None:
        return None
    sign, hours, minutes = match[1], int(match[2]), match[3] or "00"
    if minutes != "00":
        return _BROKEN_HOURS.get(f"{sign}{hours}:{minutes}")
    if hours > (FARTHEST_EAST if sign == "+" else FARTHEST_WEST):
        return None
    other = "-" if sign == "+" else "+"
    return f"Etc/GMT{other}{hours}" if hours else "UTC"


def _parts(wanted: str, by_words: dict[str, str]) -> list[str]:
    return [
        name
        for name, words in by_words.items()
        if all(word in words for word in wanted.split()) and not name.startswith("Etc/")
    ]


def _alike(wanted: str, by_words: dict[str, str]) -> list[str]:
    cities = {_city(name): name for name in by_words}
    close = difflib.get_close_matches(wanted, cities, MOST_FOUND, 0.75)
    return [cities[city] for city in close]


def _city(name: str) -> str:
    return _words(name.rpartition("/")[2])


def _words(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.lower())
    letters = "".join(char for char in plain if not unicodedata.combining(char))
    return " ".join(_WORDS.sub(" ", letters).split())
