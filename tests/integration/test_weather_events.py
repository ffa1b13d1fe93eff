"""What temperature events say of themselves, kept beside their markets."""

import gzip
import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import msgspec
import sqlalchemy as sa

from core.domain.market import Event, EventRules, Market
from core.domain.units import EventId
from core.domain.weather.events import ListedEvent
from core.domain.weather.rules import TemperatureEvent, lacks_buckets, read_event
from core.domain.weather.station_table import known_stations
from core.storage.models import Sessions
from core.storage.weather_events import keep_rules, temperature_events, upcoming
from data_ingestion.discovery.ladders import Ladders
from data_ingestion.discovery.market_discovery import MarketDiscovery
from infrastructure.polymarket.gamma_markets import event_of, market_of
from infrastructure.polymarket.gamma_wire import EVENT_HEAD, EVENT_MARKETS, MARKET
from tests.support.catalogue import ScriptedCatalogue, listed
from tests.support.temperature import LABELS, event_text

TEXT = event_text()
assert TEXT.ends_at is not None
MORNING = TEXT.ends_at - timedelta(hours=6)
EVENT = Event(
    TEXT.id,
    TEXT.slug,
    TEXT.title,
    neg_risk=True,
    rules=EventRules(TEXT.description, TEXT.resolution_source, TEXT.ends_at, TEXT.tags),
)


def ladder_of(event: Event = EVENT, first: int = 1) -> list[Market]:
    return [
        replace(listed(first + place), question=text.question, title=text.title, event=event)
        for place, text in enumerate(TEXT.markets)
    ]


def discovery(sessions: Sessions, venue: ScriptedCatalogue) -> MarketDiscovery:
    return MarketDiscovery(venue, sessions, now=lambda: MORNING)


async def stored(sessions: Sessions, *events: str) -> tuple[ListedEvent, ...]:
    async with sessions() as session:
        return await temperature_events(session, [EventId(event) for event in events])


async def test_discovery_keeps_the_words_of_temperature_events_with_their_markets(
    sessions: Sessions,
) -> None:
    markets = ladder_of()
    await discovery(sessions, ScriptedCatalogue([[*markets, listed(50, event=7)]])).discover()
    (found,) = await stored(sessions, "900", "7", "unknown")
    assert found.text == replace(TEXT, markets=found.text.markets)
    assert [market.title for market in found.markets] == list(LABELS)
    assert [market.tokens for market in found.markets] == [market.tokens for market in markets]
    event = read_event(found.text, known_stations())
    assert isinstance(event, TemperatureEvent)
    assert event.markets == tuple(market.id for market in markets)


async def test_a_market_without_a_short_name_is_read_by_its_question(sessions: Sessions) -> None:
    nameless = [replace(market, title=market.question) for market in ladder_of()]
    await discovery(sessions, ScriptedCatalogue([nameless])).discover()
    (found,) = await stored(sessions, "900")
    assert isinstance(read_event(found.text, known_stations()), TemperatureEvent)


async def test_changed_words_replace_the_old_ones_and_equal_ones_leave_the_row_alone(
    sessions: Sessions,
) -> None:
    rules = EVENT.rules
    assert rules is not None
    reworded = replace(EVENT, rules=replace(rules, description="New rules."))
    moved = list[object]()
    for event in (EVENT, EVENT, reworded):
        async with sessions.begin() as session:
            await keep_rules(session, ladder_of(event))
        async with sessions() as session:
            moved.append(await session.scalar(sa.text("SELECT updated_at FROM event_rules")))
    assert moved[0] == moved[1] != moved[2]
    (found,) = await stored(sessions, "900")
    assert found.text.description == "New rules."


async def test_a_look_up_that_tells_no_rules_leaves_them_as_they_are(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        await keep_rules(session, ladder_of())
        await keep_rules(session, ladder_of(replace(EVENT, rules=None)))
        await keep_rules(session, [listed(3)])
    assert (await stored(sessions, "900"))[0].text.description == TEXT.description


async def test_upcoming_events_come_in_the_order_of_their_ends(sessions: Sessions) -> None:
    rules = EVENT.rules
    assert rules is not None
    async with sessions.begin() as session:
        for number, days in enumerate((2, 1, -1)):
            ends = MORNING + timedelta(days=days)
            event = replace(EVENT, id=EventId(str(number)), rules=replace(rules, ends_at=ends))
            await keep_rules(session, [replace(listed(number + 1), event=event)])
    async with sessions() as session:
        assert await upcoming(session, MORNING) == ("1", "0")
        assert await upcoming(session, MORNING, limit=1) == ("1",)


async def test_a_closed_bucket_that_is_not_listed_is_asked_for_with_its_event(
    sessions: Sessions,
) -> None:
    first, *others = ladder_of()
    closed = replace(first, is_closed=True, accepts_orders=False)
    venue = ScriptedCatalogue([others], known=[closed, *others])
    await discovery(sessions, venue).discover()
    (found,) = await stored(sessions, "900")
    assert not lacks_buckets(found.text)
    assert [market.is_closed for market in found.markets] == [True, False, False, False]


async def test_an_event_that_stays_torn_is_named_again_and_a_whole_one_is_not(
    sessions: Sessions,
) -> None:
    ladders = Ladders(sessions)
    async with sessions.begin() as session:
        await keep_rules(session, ladder_of())
    assert await ladders.torn(MORNING) == await ladders.torn(MORNING) == ("900",)
    await discovery(sessions, ScriptedCatalogue([ladder_of()])).discover()
    assert await ladders.torn(MORNING) == ()
    assert await ladders.torn(MORNING + timedelta(days=1)) == ()


async def test_a_recorded_event_of_the_venue_is_kept_and_read(
    sessions: Sessions, fixtures_dir: Path
) -> None:
    folder = fixtures_dir / "weather_seminar/raw/polymarket"
    path = next(iter(sorted(folder.glob("polymarket_nyc_*.json.gz"))))
    with gzip.open(path, "rt", encoding="utf-8") as file:
        raw = json.dumps(json.load(file)["gamma_events"][0]).encode()
    head = EVENT_HEAD.decode(raw)
    markets = [
        market_of(MARKET.decode(one), head) for one in EVENT_MARKETS.decode(raw).markets or ()
    ]
    async with sessions.begin() as session:
        await keep_rules(session, markets)
    venue = ScriptedCatalogue([markets])
    await discovery(sessions, venue).discover()
    (found,) = await stored(sessions, event_of(head).id)
    event = read_event(found.text, known_stations())
    assert isinstance(event, TemperatureEvent)
    assert (event.station.id, len(event.markets)) == ("KLGA", 11)
    assert {"weather", "daily-temperature"} <= set(found.text.tags)


async def test_rules_come_from_the_market_where_its_event_does_not_tell_them() -> None:
    entry = {
        "id": "1",
        "question": TEXT.markets[0].question,
        "conditionId": "0x" + "a" * 64,
        "slug": "s",
        "outcomes": '["Yes", "No"]',
        "clobTokenIds": '["1", "2"]',
        "description": TEXT.description,
        "resolutionSource": TEXT.resolution_source,
        "endDate": "2026-06-20T12:00:00Z",
        "tags": [{"slug": "weather"}],
        "events": [{"id": "900", "slug": TEXT.slug, "title": TEXT.title}],
    }
    event = market_of(MARKET.decode(msgspec.json.encode(entry))).event
    assert event is not None
    assert event.rules == EVENT.rules
    entry["events"] = [{"id": "901", "slug": "world-cup", "title": "World Cup"}]
    other = market_of(MARKET.decode(msgspec.json.encode(entry))).event
    assert other is not None
    assert other.rules is None
