"""Whether the providers of forecasts and station reports answer, and with something of use."""

import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

from core.domain.errors import Unavailable
from core.domain.weather.station import Station
from infrastructure.errors import CannotStart
from telegram_bot.doctor.case import STARTS_WITH_THE_PROGRAM, Case
from telegram_bot.doctor.findings import Finding, fail, ok, refused, warn
from telegram_bot.doctor.venue_checks import milliseconds
from telegram_bot.forecast_assembly import Sources, read_stations
from telegram_bot.startup import WeatherAddresses, weather_addresses

ASKED_ABOUT: Final = "KLGA"  # every provider knows it
DAYS: Final = 2
HOURS: Final = 3

Check = Callable[[Case], Awaitable[Finding]]


async def check_stations(case: Case) -> Finding:
    """The table that says which station stands for which city."""
    try:
        return ok(f"{len(read_stations(case.settings).known)} stations")
    except CannotStart as problem:
        return refused(problem)


async def check_open_meteo(case: Case) -> Finding:
    async def ask(sources: Sources, station: Station) -> str:
        found = await sources.open_meteo().forecasts(station, DAYS)
        members = sum(len(forecast.members) for forecast in found)
        return f"{len(found)} models with {members} members" if found else ""

    return await _asked(case, "OPEN_METEO_API_URL and OPEN_METEO_ENSEMBLE_URL", ask)


async def check_nws(case: Case) -> Finding:
    async def ask(sources: Sources, station: Station) -> str:
        (found,) = await sources.nws().forecasts(station, DAYS)
        return f"{len(found.times)} hours"

    return await _asked(case, "NWS_API_URL", ask)


async def check_metar(case: Case) -> Finding:
    async def ask(sources: Sources, station: Station) -> str:
        reports = await sources.metar().observations([station], HOURS)
        return f"{len(reports)} reports" if reports else ""

    return await _asked(case, "METAR_API_URL", ask)


WEATHER_CHECKS: Final = {
    "stations": check_stations,
    "open-meteo": check_open_meteo,
    "nws": check_nws,
    "metar": check_metar,
}


def weather_checks(case: Case) -> dict[str, Callable[[], Awaitable[Finding]]]:
    """By name; none while nobody wants the weather."""
    if not case.settings.weather_enabled:
        return {}
    return {name: partial(check, case) for name, check in WEATHER_CHECKS.items()}


async def _asked(
    case: Case, variables: str, ask: Callable[[Sources, Station], Awaitable[str]]
) -> Finding:
    addresses = _addresses(case)
    if addresses is None:
        return ok(STARTS_WITH_THE_PROGRAM)
    try:
        entry = read_stations(case.settings).by_id(ASKED_ABOUT)
        if entry is None:
            return warn(f"not asked: {ASKED_ABOUT} is not in the table of stations", "add it")
        began = time.monotonic()
        sources = Sources(case.settings, addresses, case.client, case.patience.rest)
        found = await ask(sources, entry.station)
    except CannotStart as problem:
        return refused(problem)
    except Unavailable as problem:
        mend = f"check the network between here and there, and {variables}"
        return fail(str(problem), mend)
    took = milliseconds(time.monotonic() - began)
    if not found:
        return warn(f"nothing of use for {ASKED_ABOUT} in {took}", "try again in an hour")
    return ok(f"{found} for {ASKED_ABOUT} in {took}")


def _addresses(case: Case) -> WeatherAddresses | None:
    if not case.is_sandbox:
        return weather_addresses(case.settings)
    if case.venue is None:
        return None
    url = case.venue.clob
    return WeatherAddresses(url, url, url, url)
