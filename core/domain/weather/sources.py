"""The page that resolves an event: who publishes it, and for which station."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, parse_qs, urlsplit

from core.domain.errors import PolycoolError
from core.domain.sentences import excerpt, worded
from core.domain.weather.station import StationId
from core.domain.weather.stations import Resolver

_URL: Final = re.compile(r"https?://[^\s<>\"'()]+", re.IGNORECASE)
_ICAO: Final = re.compile(r"[A-Z]{4}", re.ASCII)
_CWA_ID: Final = re.compile(r"[0-9]{5}", re.ASCII)
_HKO_HOSTS: Final = ("weather.gov.hk", "hko.gov.hk")


class UnknownSource(PolycoolError, ValueError):
    """A page of which we do not know what it measures. Its text says which, in one sentence."""


@dataclass(frozen=True, slots=True)
class Source:
    resolver: Resolver
    station: StationId


def sources_of(text: str) -> frozenset[Source]:
    """Every page that `text` links to.

    Raises:
        UnknownSource: one of them is no resolver's, or tells no station.

    """
    return frozenset(_source(found.rstrip(".,;:!?")) for found in _URL.findall(text))


def _source(url: str) -> Source:
    try:
        page = urlsplit(url)
        found = _read(page)
    except ValueError as error:
        raise UnknownSource(worded("“{page}” is no address.", page=excerpt(url))) from error
    if found is None:
        raise UnknownSource(worded("“{page}” is no known page of a station.", page=excerpt(url)))
    return found


def _read(page: SplitResult) -> Source | None:
    host = (page.hostname or "").removeprefix("www.")
    if host == "wunderground.com":
        return _by_code(Resolver.WUNDERGROUND, _ICAO, page.path.split("/"))
    if host == "weather.gov" and page.path.rstrip("/") == "/wrh/timeseries":
        sites = [site.upper() for site in _query(page).get("site", ())]
        return _by_code(Resolver.NOAA, _ICAO, sites)
    if host in _HKO_HOSTS:
        return Source(Resolver.HKO, StationId("HKO"))
    if host == "cwa.gov.tw":
        return _by_code(Resolver.CWA, _CWA_ID, _query(page).get("id", ()))
    return None


def _by_code(
    resolver: Resolver, pattern: re.Pattern[str], candidates: Iterable[str]
) -> Source | None:
    """The one candidate that is a station's code; a page of two stations is nobody's."""
    codes = [code for code in candidates if pattern.fullmatch(code)]
    return Source(resolver, StationId(codes[0])) if len(codes) == 1 else None


def _query(page: SplitResult) -> dict[str, list[str]]:
    """What the address asks for, with its names in small letters."""
    return {name.lower(): values for name, values in parse_qs(page.query).items()}
