"""The weather strategy in the whole program: from a mispriced bucket to its score in the chat."""

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import aiohttp
import pytest

from core.domain.weather.events import asked_by_slug
from core.services.clock import utc_now
from infrastructure.sandbox_process import SandboxParts, sandbox_process
from tests.support.live_program import MANY
from tests.support.person import LocalTelegram, Message, Person, local_telegram
from tests.support.program import ROOT, running
from tests.support.venue_control import VenueControl, venue_control
from tests.support.watched_database import WatchedDatabase, watched_database

TOKEN: Final = "80000009:a-token-of-the-weather-alone-0000000"
OWNER: Final = 9001
STARTED: Final = 60.0  # seconds; forecasts of all events have to come on a slow machine
MISPRICED: Final = 0.4  # of what the model thinks it worth
SETTINGS: Final = {
    "VENUE": "polymarket",
    "WEATHER_ENABLED": "true",
    "TELEGRAM_BOT_TOKEN": TOKEN,
    "TELEGRAM_ALLOWED_USERS": str(OWNER),
    "TELEGRAM_MESSAGES_PER_MINUTE": str(MANY),
    "RESOLUTION_INTERVAL_SECONDS": "1",
    "MIN_EDGE": "0.02",
    "WEATHER_COOLDOWN_SECONDS": "0.1",
    "WEATHER_PAPER_STARTING_CASH": "10000",
    "WEATHER_MAX_DAY_USDC": "5000",
    "WEATHER_MAX_REGION_DAY_USDC": "5000",
    "WEATHER_MAX_CITY_DAY_USDC": "5000",
}
CHANCES: Final = """
SELECT chances FROM weather_versions WHERE event_id = $1 ORDER BY version DESC LIMIT 1
"""
BELIEVED: Final = "SELECT count(*) > 0 FROM weather_versions WHERE event_id = $1"
KEPT: Final = "SELECT count(*) > 0 FROM weather_beliefs WHERE event_id = $1"
SCORED: Final = "SELECT count(*) > 0 FROM weather_scores WHERE event_id = $1"
SKIPPED: Final = """
SELECT count(*) > 0 FROM weather_decisions
WHERE event_id = $1 AND action = 'skip' AND reason = ANY($2) AND last_at > $3
"""
NOW: Final = "SELECT clock_timestamp()"  # the program's own clock: it is the same machine's
ORDERED: Final = """
SELECT o.account, o.side, o.token_id, o.status, o.origin FROM orders AS o
JOIN markets AS m ON m.id = o.market_id WHERE m.event_id = $1
"""
PAID: Final = """
SELECT p.status FROM positions AS p JOIN markets AS m ON m.id = p.market_id WHERE m.event_id = $1
"""
WRITTEN: Final = """
SELECT count(*) > 0 FROM weather_decisions WHERE event_id = $1 AND action = 'buy'
"""
SOONEST: Final = """
SELECT extract(epoch FROM min(sent_at - received_at)) FROM weather_decisions WHERE action = 'buy'
"""


@dataclass(frozen=True, slots=True)
class Ladder:
    """A temperature event as the venue has it: its buckets' Yes tokens, cold to warm."""

    event: str
    slug: str
    day: date
    tokens: list[str]


@dataclass(frozen=True, slots=True)
class Town:
    """A venue with weather and a Telegram that outlive the program."""

    settings: dict[str, str]
    telegram: LocalTelegram
    venue: VenueControl
    exchange: str

    @asynccontextmanager
    async def program(self, **settings: str) -> AsyncIterator[WatchedDatabase]:
        async with (
            running(self.settings | settings),
            watched_database(self.settings["DATABASE_URL"]) as database,
        ):
            yield database

    async def ladder(self, beginning: str) -> Ladder:
        """The last day's of those whose slug begins so."""
        async with aiohttp.ClientSession(self.exchange) as http:
            async with http.get("/control/weather") as answer:
                told: dict[str, Any] = await answer.json()
            slugs = [str(one["slug"]) for one in told["events"]]
            found = [one for one in slugs if one.startswith(beginning)]
            slug = max(found, key=_day)
            async with http.get("/events", params={"slug": slug}) as answer:
                (event,) = await answer.json()
        tokens = [json.loads(one["clobTokenIds"])[0] for one in event["markets"]]
        return Ladder(str(event["id"]), slug, _day(slug), tokens)

    async def empties(self, ladder: Ladder) -> None:
        """Nobody trades its warmest bucket: what has no price for each bucket is not traded."""
        await self.venue.control("book", token=ladder.tokens[-1], bids=[], asks=[])

    async def prices(self, ladder: Ladder, chances: list[float]) -> None:
        for token, chance in zip(ladder.tokens, chances, strict=True):
            await self.venue.set_price(token, f"{min(max(chance, 0.004), 0.99):.3f}")

    async def misprices(self, ladder: Ladder, chances: list[float], share: float) -> str:
        """The likeliest bucket is suddenly cheap: its token."""
        place = chances.index(max(chances))
        await self.venue.set_price(ladder.tokens[place], f"{share * chances[place]:.3f}")
        return ladder.tokens[place]

    async def dies(self) -> None:
        """The socket brings nothing any more, and REST has no books."""
        await self.venue.control("freeze")
        await self.venue.control("faults", path="/book*", count=10_000, status=503)
        await self.venue.control("drop")


def _day(slug: str) -> date:
    asked = asked_by_slug(slug)
    assert asked is not None
    assert asked.year is not None
    return date(asked.year, asked.month, asked.day)


@pytest.fixture
async def town(database: str) -> AsyncIterator[Town]:
    parts = SandboxParts("127.0.0.1", 0, 0, token=TOKEN, seed=1, chat_messages=MANY)
    async with AsyncExitStack() as stack:
        urls = await stack.enter_async_context(sandbox_process(parts, ROOT))
        assert urls.exchange is not None
        assert urls.telegram is not None
        weather = ("OPEN_METEO_API_URL", "OPEN_METEO_ENSEMBLE_URL", "NWS_API_URL", "METAR_API_URL")
        settings = SETTINGS | dict.fromkeys(weather, urls.exchange)
        settings |= {
            "DATABASE_URL": database,
            "CLOB_API_URL": urls.exchange,
            "GAMMA_API_URL": urls.exchange,
            "CLOB_WSS_URL": urls.exchange.replace("http", "ws", 1) + "/ws/market",
            "TELEGRAM_API_BASE_URL": urls.telegram,
        }
        telegram = await stack.enter_async_context(local_telegram(urls.telegram))
        venue = await stack.enter_async_context(venue_control(urls.exchange))
        await venue.stand_still()
        yield Town(settings, telegram, venue, urls.exchange)


async def test_a_mispriced_bucket_is_bought_explained_resolved_and_scored(town: Town) -> None:
    ann = town.telegram.person(OWNER)
    london = await town.ladder("highest-temperature-in-london-")
    munich = await town.ladder("highest-temperature-in-munich-")
    for ladder in (london, munich):
        await town.empties(ladder)
    async with town.program() as database:
        await ann.sends("/start", "paper money")
        bought = await _is_bought_at_its_tick(town, database, london)
        await _is_explained(ann, london)
        await database.until(KEPT, london.event, are=[(True,)], patience=STARTED)

    started = utc_now()  # what is as cheap as ever is looked at as soon as the program runs
    async with town.program() as database:
        await _is_skipped(database, london, "ordered on this forecast", after=started)
        assert await database.rows(ORDERED, london.event) == [bought]
        await _is_left_alone_without_a_feed(town, database, munich)

    await town.venue.control("heal")
    await town.venue.control("weather/spoil", provider="open-meteo", fault="unitless")
    async with town.program(FORECAST_MAX_AGE_SECONDS="1") as database:
        before = await _now(database)
        await _is_skipped(database, munich, "no forecast", "stale forecast", after=before)
        assert await database.rows(ORDERED, munich.event) == []
        await _is_scored(town, database, ann, london)
        assert await database.rows(ORDERED, london.event) == [bought]


async def _is_bought_at_its_tick(
    town: Town, database: WatchedDatabase, ladder: Ladder
) -> tuple[object, ...]:
    """What its only order is."""
    await database.until(BELIEVED, ladder.event, are=[(True,)], patience=STARTED)
    chances = await _chances(database, ladder)
    before = await _now(database)
    await town.prices(ladder, chances)
    await _is_skipped(database, ladder, "no edge", after=before)
    assert await database.rows(ORDERED, ladder.event) == []
    token = await town.misprices(ladder, chances, MISPRICED)
    order = ("weather-paper", "BUY", token, "filled", "automation")
    await database.until(ORDERED, ladder.event, are=[order])
    await database.until(WRITTEN, ladder.event, are=[(True,)])
    (took,) = await database.row(SOONEST)
    assert 0 < float(str(took)) < 1
    return order


async def _is_explained(ann: Person, ladder: Ladder) -> None:
    card = await _opened(ann, ladder)
    assert "Forecast 1" in card.text
    decisions = await ann.taps(card, "^Decisions$", "Bought .* for")
    assert "cheaper than it is worth" in decisions.text
    assert "model " in decisions.text
    assert "sent after" in decisions.text


async def _opened(ann: Person, ladder: Ladder) -> Message:
    """The card of the event, on whichever page it is listed."""
    shown = f"Highest in London · {ladder.day.day} {ladder.day:%b}"
    listed = await ann.sends("/weather", "Dry run")
    if not [button for button in listed.buttons if button.text == shown]:
        listed = await ann.taps(listed, "^Next$", "page 2")
    return await ann.taps(listed, f"^{shown}$", "EGLC")


async def _is_left_alone_without_a_feed(
    town: Town, database: WatchedDatabase, ladder: Ladder
) -> None:
    chances, before = await _chances(database, ladder), await _now(database)
    await town.prices(ladder, chances)
    await _is_skipped(database, ladder, "no edge", after=before)
    before = await _now(database)
    await town.dies()
    await _is_skipped(database, ladder, "market incomplete", "price not live", after=before)
    await town.misprices(ladder, chances, MISPRICED)
    assert await database.rows(ORDERED, ladder.event) == []


async def _is_scored(town: Town, database: WatchedDatabase, ann: Person, ladder: Ladder) -> None:
    await town.venue.control("weather/settle", event=ladder.event)
    await database.until(PAID, ladder.event, are=[("resolved",)])
    await database.until(SCORED, ladder.event, are=[(True,)], patience=STARTED)
    listed = await ann.sends("/weather", "Dry run")
    score = await ann.taps(listed, "^Score$", "London")
    assert "model: Brier" in score.text
    assert "market: Brier" in score.text


async def _is_skipped(
    database: WatchedDatabase, ladder: Ladder, *reasons: str, after: datetime
) -> None:
    await database.until(
        SKIPPED, ladder.event, list(reasons), after, are=[(True,)], patience=STARTED
    )


async def _now(database: WatchedDatabase) -> datetime:
    (now,) = await database.row(NOW)
    assert isinstance(now, datetime)
    return now


async def _chances(database: WatchedDatabase, ladder: Ladder) -> list[float]:
    (told,) = await database.row(CHANCES, ladder.event)
    return [float(each) for each in json.loads(str(told))]
