"""Station reports (METAR and SPECI) from aviationweather.gov."""

import logging
import math
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from core.domain.errors import NotFound
from core.domain.weather.forecast import Observation
from core.domain.weather.station import Station, StationId
from core.services.clock import utc_now
from infrastructure.forecasts.hourly import COLDEST, WARMEST, Dropped
from infrastructure.polymarket.http import VenueHttp, decoded

logger = logging.getLogger(__name__)

NAME: Final = "aviationweather.gov"
MOST_ROWS: Final = 400  # of one answer
AN_HOUR: Final = 4  # reports of a busy station: usual ones, special ones, corrections
EARLY: Final = timedelta(minutes=10)  # their clock may be ahead of ours by so much
SLACK: Final = timedelta(hours=1)
EPOCH: Final = range(4_102_444_800)  # seconds from 1970 to 2100
_ICAO: Final = re.compile(r"[A-Z]{4}", re.ASCII)
_TENTHS: Final = re.compile(r" RMK .*?\bT([01])([0-9]{3})(?:[01][0-9]{3})?(?![0-9])", re.ASCII)
_WHOLE: Final = re.compile(r" (M?)([0-9]{2})/(?:M?[0-9]{2}|//)?(?= |$|=)", re.ASCII)


class _Report(msgspec.Struct, frozen=True):
    icaoId: str  # noqa: N815 - the wire's name
    obsTime: int | datetime  # noqa: N815 - the wire's name; seconds since 1970 as a rule
    rawOb: str = ""  # noqa: N815 - the wire's name
    temp: float | None = None


class Unreadable(ValueError):
    """A report that says no temperature, or one that cannot be."""


_LIST: Final = msgspec.json.Decoder(list[msgspec.Raw])
_REPORT: Final = msgspec.json.Decoder(_Report)


class AviationWeather:
    """An `ObservationSource`. What cannot be read or believed is counted and left out."""

    name = "metar"

    def __init__(self, http: VenueHttp, *, now: Callable[[], datetime] = utc_now) -> None:
        self.dropped = Dropped()
        self._http = http
        self._now = now

    async def observations(
        self, stations: Sequence[Station], hours: int
    ) -> tuple[Observation, ...]:
        """Raises: Unavailable."""
        ids = sorted({station.id for station in stations if _ICAO.fullmatch(station.id)})
        found = dict[tuple[StationId, datetime], Observation]()
        for batch in _batches(ids, hours):
            for raw in await self._ask(batch, hours):
                observation = self._read(bytes(raw), frozenset(batch), hours)
                if observation is not None:
                    # Newest first: of a report and its correction the correction comes earlier.
                    found.setdefault((observation.station, observation.at), observation)
        return tuple(found[key] for key in sorted(found))

    async def _ask(self, ids: Sequence[StationId], hours: int) -> list[msgspec.Raw]:
        question = (("ids", ",".join(ids)), ("format", "json"), ("hours", str(hours)))
        try:
            body = await self._http.get("/api/data/metar", question)
        except NotFound:
            return []
        return decoded(_LIST, body, NAME) if body.strip() else []

    def _read(self, text: bytes, asked: frozenset[StationId], hours: int) -> Observation | None:
        received = self._now()
        try:
            observation = read_report(text, received)
        except (msgspec.MsgspecError, Unreadable) as error:
            self.dropped.note("unreadable")
            logger.info("A report of a station is left out: %s", error)
            return None
        doubt = None
        if observation.station not in asked:
            doubt = "station"
        elif observation.at > received + EARLY:
            doubt = "future"
        elif observation.at < received - timedelta(hours=hours) - SLACK:
            doubt = "stale"
        if doubt is not None:
            self.dropped.note(doubt)
        return observation if doubt is None else None


def read_report(text: bytes, received: datetime) -> Observation:
    """One report. Raises: msgspec.MsgspecError, Unreadable."""
    report = _REPORT.decode(text)
    at = report.obsTime
    if not isinstance(at, datetime):
        if at not in EPOCH:
            raise Unreadable(f"{at} is no time")
        at = datetime.fromtimestamp(at, UTC)
    if at.tzinfo is None:
        raise Unreadable("a time without a zone")
    celsius, is_exact = _celsius(report)
    if not COLDEST <= celsius <= WARMEST:
        raise Unreadable(f"{celsius} °C")
    return Observation(
        StationId(report.icaoId), at.astimezone(UTC), celsius, received, is_exact=is_exact
    )


def _celsius(report: _Report) -> tuple[float, bool]:
    """Tenths from the remarks, else the whole degrees of the report, else what the source read.

    Source: Federal Meteorological Handbook No. 1, 12.5.2 and 12.7.2.d.
    """
    tenths = _TENTHS.search(report.rawOb)
    if tenths is not None:
        return (-1 if tenths[1] == "1" else 1) * int(tenths[2]) / 10, True
    whole = _WHOLE.search(report.rawOb.partition(" RMK ")[0])
    if whole is not None:
        return float(-int(whole[2]) if whole[1] else int(whole[2])), False
    if report.temp is None or not math.isfinite(report.temp):
        raise Unreadable("no temperature")
    return float(math.floor(report.temp + 0.5)), False


def _batches(ids: Sequence[StationId], hours: int) -> Iterator[Sequence[StationId]]:
    size = max(1, MOST_ROWS // (AN_HOUR * max(hours, 1)))
    return (ids[start : start + size] for start in range(0, len(ids), size))
