"""The venue: which one it is, whether its REST hosts answer, and what its clock says."""

import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Final

import httpx

from core.domain.errors import PolycoolError
from core.domain.market import Market
from infrastructure.config.settings import Settings
from infrastructure.config.values import Venue
from infrastructure.polymarket.clob import ClobPrices
from infrastructure.polymarket.gamma import GammaCatalogue
from infrastructure.polymarket.http import VenueHttp
from telegram_bot.doctor.case import STARTS_WITH_THE_PROGRAM, Case
from telegram_bot.doctor.findings import Finding, fail, ok, warn
from telegram_bot.startup import venue_key

MOST_SKEW: Final = 2.0  # seconds
TICK: Final = 1.0  # seconds: the venue's clock tells whole ones


def check_venue(settings: Settings, stored: str | None, *, is_sandbox: bool) -> Finding:
    """Which venue the settings mean, and whether the database belongs to it."""
    meant = venue_key(settings, is_sandbox=is_sandbox)
    if stored not in {None, meant}:
        return fail(
            f"the database belongs to {stored}, and the settings mean {meant}",
            f"set VENUE (and the venue's URLs) for {stored}, or another DATA_DIR or DATABASE_URL",
        )
    if is_sandbox and settings.venue is Venue.AUTO:
        return warn(
            f"{settings.clob_api_url} does not answer: the sandbox will be played (VENUE=auto)",
            "mend the network, or write VENUE=sandbox if that is what you want",
        )
    return ok(meant)


async def check_clob(case: Case) -> Finding:
    if case.venue is None:
        return ok(STARTS_WITH_THE_PROGRAM)
    began = time.monotonic()
    http = VenueHttp(case.client, case.venue.clob, deadline=case.patience.rest)
    try:
        await ClobPrices(http).time()
    except PolycoolError as problem:
        return _silent(case.venue.clob, "CLOB_API_URL", problem)
    return ok(f"{case.venue.clob} answers in {milliseconds(time.monotonic() - began)}")


async def check_gamma(case: Case) -> Finding:
    if case.venue is None:
        return ok(STARTS_WITH_THE_PROGRAM)
    began = time.monotonic()
    catalogue = _catalogue(case, case.venue.gamma)
    try:
        markets = (await catalogue.page()).markets
    except PolycoolError as problem:
        return _silent(case.venue.gamma, "GAMMA_API_URL", problem)
    took = milliseconds(time.monotonic() - began)
    found = f"{case.venue.gamma} lists {len(markets)} markets in {took}"
    if not markets:
        return fail(f"{found}, none of them readable", "update with git pull")
    if catalogue.unreadable:
        return warn(f"{found}, {catalogue.unreadable} more were unreadable", "update with git pull")
    return ok(found)


async def busiest_market(case: Case) -> Market | None:
    """The two-sided open market with most volume; None if the page has none.

    Raises: Unavailable.
    """
    if case.venue is None:
        return None
    page = await _catalogue(case, case.venue.gamma).page()
    return next(
        (one for one in page.markets if one.accepts_orders and len(one.tokens) == 2),  # noqa: PLR2004 - sides
        None,
    )


def _silent(url: str, variable: str, problem: PolycoolError) -> Finding:
    return fail(f"{url}: {problem}", f"check the network between here and there, and {variable}")


def _catalogue(case: Case, url: str) -> GammaCatalogue:
    return GammaCatalogue(VenueHttp(case.client, url, deadline=case.patience.rest))


@dataclass(frozen=True, slots=True)
class ClockReading:
    """Seconds since 1970: ours around one request, and the whole ones told in its answer."""

    asked: float
    answered: float
    told: tuple[float, ...]  # the venue's clock, then the answer's Date header if it has one


async def check_clock(case: Case) -> Finding:
    if case.venue is None:
        return ok("not compared: the sandbox uses this machine's clock")
    asked = case.wall()
    try:
        answer = await case.client.get(f"{case.venue.clob}/time", timeout=case.patience.rest)
        answer.raise_for_status()
        told = (float(int(answer.text.strip().strip('"'))), *_date(answer.headers.get("Date")))
    except (httpx.HTTPError, ValueError):
        return warn("not compared: the venue's clock does not answer", "see clob above")
    return skew(ClockReading(asked, case.wall(), told))


def _date(header: str | None) -> tuple[float, ...]:
    """Empty for a header that is missing or no date."""
    try:
        return (parsedate_to_datetime(header).timestamp(),) if header else ()
    except ValueError:
        return ()


def skew(reading: ClockReading) -> Finding:
    """Verdict on our clock. What whole seconds and the way of the answer leave open is allowed."""
    low, high = offset(reading)
    middle, doubt = (low + high) / 2, (high - low) / 2
    found = f"{abs(middle):.1f} s {'fast' if middle > 0 else 'slow'} (± {doubt:.1f} s)"
    if abs(middle) > max(MOST_SKEW, doubt):
        return warn(found, "set this machine's clock, for instance: timedatectl set-ntp true")
    return ok(found)


def offset(reading: ClockReading) -> tuple[float, float]:
    """The least and the most seconds by which our clock may be ahead of the venue's.

    A second witness narrows it down, unless it contradicts the first.

    >>> offset(ClockReading(100.5, 100.7, (100.0,)))
    (-0.5, 0.7)
    """
    ranges = [
        (round(reading.asked - told - TICK, 6), round(reading.answered - told, 6))
        for told in reading.told
    ]
    low, high = max(least for least, _ in ranges), min(most for _, most in ranges)
    return (low, high) if low <= high else ranges[0]


def milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"
