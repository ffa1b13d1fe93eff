"""Search over a real Postgres: what people type, and what they find first."""

import logging
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from core.domain.market import Event, Market, Outcome
from core.domain.units import EventId
from core.domain.views import PAGE
from core.services.market_search import MarketSearch
from core.services.market_service import MarketService
from core.storage.catalogue import upsert
from core.storage.models import Sessions
from core.storage.search import learn_words, resembling
from tests.support.catalogue import ScriptedCatalogue, listed
from tests.support.trading import START, desk_of

MAYOR = Event(EventId("700"), "mayor", "Mayor of New York City Election", neg_risk=True)
PARIS = Event(
    EventId("800"), "paris", "Highest temperature in Paris on November 24?", neg_risk=True
)


def within(number: int, event: Event, title: str, question: str) -> Market:
    return replace(listed(number, question, volume=50), event=event, title=title)


def titled(number: int, question: str, volume: int = 20) -> Market:
    return replace(listed(number, question, volume=volume), title=question)


TEAMS = tuple(
    Outcome(name, outcome.token)
    for name, outcome in zip(("Lakers", "Celtics"), listed(9).outcomes, strict=True)
)
MARKETS = (
    titled(1, "Will Bitcoin be above $100,000 on December 31?", 9_000),
    titled(2, "Will Ethereum be above $5,000 on December 31?", 3_000),
    titled(3, "Will Donald Trump say \u201ctariff\u201d during the press conference?", 800),
    titled(4, "Will Kylian Mbappé win the Ballon d'Or?", 400),
    titled(5, "U.S. recession in 2026?", 700),
    titled(6, "Will Chelsea win the Super Bowl of soccer?"),
    titled(7, "Fed decreases interest rates by 25 bps after December meeting?", 5_000),
    titled(8, "Will the Fed's chair be replaced in 2026?", 90),
    replace(titled(9, "NBA: who wins on Sunday?", 100), outcomes=TEAMS),
    replace(titled(10, "Will Bitcoin be above $100,000 on November 1?", 99_000), is_closed=True),
    titled(11, "Will it rain in Zürich on Sunday?"),
    within(20, MAYOR, "Zohran Mamdani", "Will Zohran Mamdani win the New York City election?"),
    within(21, MAYOR, "Andrew Cuomo", "Will Andrew Cuomo win the New York City election?"),
    within(30, PARIS, "8°C", "Will the highest temperature in Paris be 8°C on November 24?"),
    within(31, PARIS, "9°C", "Will the highest temperature in Paris be 9°C on November 24?"),
)


@pytest.fixture
async def service(sessions: Sessions) -> AsyncIterator[MarketService]:
    desk = desk_of(sessions)
    async with sessions.begin() as session:
        await upsert(session, MARKETS, START)
    async with sessions.begin() as session:
        await learn_words(session)
    venue = ScriptedCatalogue()
    yield MarketService(sessions, venue, desk.board, desk.positions, desk.books, now=desk.time.wall)
    assert not venue.pages


QUERIES = {
    "bitcoin": "1",
    "BITCOINS": "1",
    "bitcoin 100k": "1",
    "$100,000 btc": "1",
    "100000 december bitcoin": "1",
    "eth 5k": "2",
    "etherium": "2",
    "bitcon abov 100k": "1",
    "trmup tarif": "3",
    "trump's tariffs": "3",
    "mbappe ballon dor": "4",
    "balon d'or": "4",
    "us recession": "5",
    "U.S. recessions 2026": "5",
    "superbowl": "6",
    "rates interest decrease": "7",
    "fed decemebr": "7",
    "feds chair replacement": "8",
    "lakers celtics": "9",
    "lackers": "9",
    "zurich rain": "11",
    "Mamdani": "20",
    "mamdami new york": "20",
    "new york elections": "20",
    "temprature paris": "30",
    "paris temperature november 24": "30",
    "when will bitcoin be above 100k again": "1",
}


@pytest.mark.parametrize("words", QUERIES)
async def test_what_people_type_finds_what_they_mean(service: MarketService, words: str) -> None:
    page = await service.search(words)
    assert [row.market.id for row in page.rows][:1] == [QUERIES[words]]


async def test_open_markets_come_first_and_an_event_once(service: MarketService) -> None:
    bitcoin = await service.search("bitcoin")
    assert [(row.market.id, row.market.is_closed) for row in bitcoin.rows] == [
        ("1", False),
        ("10", True),
    ]
    paris = await service.search("temperature in paris")
    assert [(row.event, row.count) for row in paris.rows] == [(PARIS, 2)]
    one = await service.search("paris 9°C")
    assert [(row.market.title, row.count) for row in one.rows] == [("9°C", 1)]


async def test_a_guess_says_what_it_was_taken_for(service: MarketService) -> None:
    assert (await service.search("bitcon 100k")).meant == "bitcoin 100000"
    assert (await service.search("bitcoin 100k")).meant == ""


async def test_words_that_nothing_resembles_go_to_the_venue(sessions: Sessions) -> None:
    desk, venue = desk_of(sessions), ScriptedCatalogue(known=[titled(90, "Will xylophones sell?")])
    service = MarketService(sessions, venue, desk.board, desk.positions, desk.books)
    assert [m.id for m in (await service.search("xylophone")).markets] == ["90"]
    assert venue.asked == ["search xylophone"]
    assert [m.id for m in (await service.search("xylophones sell")).markets] == ["90"]
    assert venue.asked == ["search xylophone"]


async def test_words_of_many_markets_are_learned_some_at_a_time(sessions: Sessions) -> None:
    many = [titled(number, f"Will team {number} win the cup?", number) for number in range(1, 6)]
    learned = list[int]()
    async with sessions.begin() as session:
        await upsert(session, many, START)
    for _ in range(4):
        async with sessions.begin() as session:
            learned.append(await learn_words(session, limit=2))
    assert learned == [2, 2, 1, 0]
    async with sessions.begin() as session:
        assert dict(await resembling(session, "cups"))["cup"] == 2 * len(
            many
        )  # in question and title


async def test_results_come_in_pages_that_repeat_nothing(sessions: Sessions) -> None:
    desk = desk_of(sessions)
    async with sessions.begin() as session:
        many = [titled(n, f"Will team {n} win the cup?", n) for n in range(1, 2 * PAGE + 2)]
        await upsert(session, many, START)
        await learn_words(session)
    service = MarketService(sessions, ScriptedCatalogue(), desk.board, desk.positions, desk.books)
    for words in ("cup", "cupp team"):
        pages = [await service.search(words, number) for number in range(4)]
        assert [len(page.rows) for page in pages] == [PAGE, PAGE, 1, 0]
        assert [page.has_more for page in pages] == [True, True, False, False]
        assert len({row.market.id for page in pages for row in page.rows}) == 2 * PAGE + 1


async def test_a_reworded_or_closed_market_is_found_as_it_is_now(
    service: MarketService, sessions: Sessions
) -> None:
    after = replace(MARKETS[5], question="Will Arsenal win the cup?", title="Arsenal")
    async with sessions.begin() as session:
        await upsert(session, [after, replace(MARKETS[0], is_closed=True)], START)
    assert [m.id for m in (await service.search("arsenal")).markets] == ["6"]
    assert (await service.search_known("chelsea")).rows == ()
    assert all(m.is_closed for m in (await service.search("bitcoin")).markets)


async def test_without_trigrams_words_are_found_as_they_are_and_it_is_said_once(
    service: MarketService,
    sessions: Sessions,
    engine: AsyncEngine,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with engine.begin() as connection:
        await connection.execute(sa.text("DROP EXTENSION pg_trgm CASCADE"))
    caplog.set_level(logging.INFO, "core.services.market_search")
    search = MarketSearch(sessions)
    for typed in (["bitcon"], ["mamdami"]):
        assert (await search.guessed(typed)).rows == ()
    assert [m.id for m in (await service.search("bitcoins")).markets] == ["1", "10"]
    assert [record.message for record in caplog.records] == [
        "The database has no pg_trgm: searches forgive no typing errors"
    ]
