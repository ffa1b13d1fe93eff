"""Finding out that held markets have ended: what is asked, what is doubted, what fails."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import httpx
import pytest

from core.domain.market import Market
from core.domain.position import PositionStatus
from core.domain.units import MarketId
from core.ports import MarketStates
from core.services.outbox import Outbox
from core.services.position.resolution_service import ResolutionService
from core.services.price_board import PriceBoard
from core.services.websocket_manager import WebSocketManager
from core.storage import markets
from core.storage.catalogue import upsert
from core.storage.models import Sessions
from data_ingestion.discovery.resolution_watcher import ResolutionWatcher
from infrastructure.config.settings import load_settings
from infrastructure.polymarket.clob import ClobPrices
from infrastructure.polymarket.gamma import GammaCatalogue
from infrastructure.polymarket.http import VenueHttp
from telegram_bot.feed_assembly import build_streamer
from tests.support import rows
from tests.support.catalogue import listed
from tests.support.endings import CASH, LEDGER, NOTICES, POSITIONS, Endings, endings, rows_of
from tests.support.figures import Figures
from tests.support.trading import START
from tests.support.venue_rest import VenueRest, asking, serving

PATIENCE = 20.0  # seconds
TOLD_BUT_UNCLEAR = ('["0", "0"]', '["0.62", "0.38"]')


@pytest.fixture
async def venue(sessions: Sessions) -> AsyncIterator[Endings]:
    async with endings(sessions) as venue:
        yield venue


@pytest.fixture
def market(venue: Endings) -> Market:
    return venue.markets[0]


async def stored(venue: Endings, market: Market) -> Market:
    async with venue.sessions() as session:
        return await markets.by_id(session, market.id)


async def test_markets_that_nobody_holds_are_not_asked_for(venue: Endings, market: Market) -> None:
    await venue.control("faults", path="/markets/keyset", status=500, count=9)
    assert await venue.watcher.look()
    user = await venue.desk.user()
    await venue.holds(user, market.tokens[0])
    assert not await venue.watcher.look()


@pytest.mark.parametrize("fault", [{"status": 404}, {"status": 500}, {"garbage": True}])
async def test_a_venue_that_fails_changes_nothing_and_is_asked_again(
    venue: Endings, market: Market, fault: dict[str, object]
) -> None:
    user = await venue.desk.user()
    await venue.holds(user, market.tokens[0])
    await venue.control("resolve", market=market.id)
    before = await venue.everything(), await stored(venue, market)
    for path in ("/markets/keyset", "/markets"):
        await venue.control("faults", path=path, count=50, **fault)
    assert not await venue.watcher.look()
    assert (await venue.everything(), await stored(venue, market)) == before
    await venue.control("heal")
    assert await venue.watcher.look()
    assert (await venue.rows(POSITIONS))[0]["status"] == "resolved"


class Overheard:
    """The venue's answers, and an event that the first one sets."""

    def __init__(self, venue: MarketStates) -> None:
        self.answered = asyncio.Event()
        self._venue = venue

    async def states(self, asked: Sequence[MarketId]) -> tuple[Market, ...]:
        answer = await self._venue.states(asked)
        self.answered.set()
        return answer


async def test_a_rumour_wakes_the_watcher_and_the_venue_decides(
    venue: Endings, market: Market
) -> None:
    user = await venue.desk.user()
    position = await venue.holds(user, market.tokens[0])
    overheard = Overheard(venue.catalogue)
    watcher = venue.another_watcher(overheard)
    async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as tasks:
        running = tasks.create_task(watcher.run())
        await overheard.answered.wait()
        await venue.control("resolve", market=market.id)
        watcher.wake()
        await venue.outbox.news.wait()
        running.cancel()
    ended = await venue.desk.positions.get_position(position.id)
    assert (ended.status, ended.updated_at) == (PositionStatus.RESOLVED, START)


async def test_a_rumour_alone_pays_nothing(venue: Endings, market: Market) -> None:
    user = await venue.desk.user()
    await venue.holds(user, market.tokens[0])
    overheard = Overheard(venue.catalogue)
    watcher = venue.another_watcher(overheard)
    async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as tasks:
        running = tasks.create_task(watcher.run())
        await overheard.answered.wait()
        overheard.answered.clear()
        watcher.wake()
        await overheard.answered.wait()
        running.cancel()
    assert [row["status"] for row in await venue.rows(POSITIONS)] == ["active"]


async def test_many_held_markets_are_asked_for_in_few_questions(sessions: Sessions) -> None:
    asked = VenueRest({"/markets/keyset": {"markets": []}})
    many = [listed(number) for number in range(1, 251)]
    async with sessions.begin() as session:
        await upsert(session, many, START)
        user = await rows.add_user(session)
        for each in many:
            await rows.add_position(session, user, each, each.tokens[0])
    async with serving(asked) as url, asking(url) as http:
        outbox = Outbox(sessions)
        service = ResolutionService(sessions, WebSocketManager(), outbox)
        assert await ResolutionWatcher(GammaCatalogue(http), service).look()
    queries = [httpx.QueryParams(path.partition("?")[2]) for _, path, _ in asked.seen]
    assert [len(query.get_list("id")) for query in queries] == [100, 100, 100, 100, 50, 50]
    assert [query["closed"] for query in queries] == ["false", "true"] * 3


DOUBTS: list[dict[str, object]] = [
    {"umaResolutionStatus": "disputed"},
    {"umaResolutionStatus": "proposed"},
    {"umaResolutionStatus": "resolved", "closed": False},
    {"outcomePrices": '["0", "0"]'},
    {"outcomePrices": '["0.62", "0.38"]', "lastTradePrice": 0.62},
    {"outcomePrices": "garbage"},
    {"outcomePrices": '["1", "0"]', "clobTokenIds": "[]"},
    {"id": "999"},
    {"id": "not a number"},
]


@pytest.mark.parametrize("doubt", DOUBTS, ids=str)
async def test_a_doubtful_end_keeps_positions_open(
    sessions: Sessions, doubt: dict[str, object], caplog: pytest.LogCaptureFixture
) -> None:
    market = listed(1)
    async with sessions.begin() as session:
        await upsert(session, [market], START)
        user = await rows.add_user(session)
        await rows.add_position(session, user, market, market.tokens[0])
    before = [await rows_of(sessions, query) for query in (POSITIONS, CASH, LEDGER, NOTICES)]
    told = {
        "id": market.id,
        "question": market.question,
        "conditionId": market.condition_id,
        "slug": market.slug,
        "outcomes": ["Yes", "No"],
        "outcomePrices": ["1", "0"],
        "clobTokenIds": list(market.tokens),
        "closed": True,
        "umaResolutionStatus": "resolved",
    }
    venue = VenueRest({"/markets/keyset": {"markets": [told | doubt]}})
    async with serving(venue) as url, asking(url) as http:
        service = ResolutionService(sessions, WebSocketManager(), Outbox(sessions))
        watcher = ResolutionWatcher(GammaCatalogue(http), service)
        for _ in range(2):
            assert await watcher.look()
        after = [await rows_of(sessions, query) for query in (POSITIONS, CASH, LEDGER, NOTICES)]
        assert after == before
        assert caplog.text.count("payouts cannot be told") == (
            "outcomePrices" in doubt and doubt["outcomePrices"] in TOLD_BUT_UNCLEAR
        )
        venue.answers["/markets/keyset"] = {"markets": [told]}
        assert await watcher.look()
    assert [row["status"] for row in await rows_of(sessions, POSITIONS)] == ["resolved"]


async def test_the_prices_of_a_resolved_market_are_not_streamed_any_more(
    venue: Endings, market: Market, tmp_path: Path
) -> None:
    user = await venue.desk.user()
    await venue.holds(user, market.tokens[0])
    base, sessions = str(venue.venue.base_url), venue.sessions
    prices = ClobPrices(VenueHttp(venue.venue, base))
    streamer = build_streamer(
        load_settings(tmp_path, {}, {}),
        f"{base.replace('http', 'ws', 1).rstrip('/')}/ws/market",
        sessions,
        PriceBoard(),
        venue.desk.manager,
        prices,
        Figures(),
    )
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(streamer.run())
        await is_streamed(venue, market)
        await venue.control("resolve", market=market.id)
        await venue.watcher.look()
        await is_streamed(venue, market, subscribed=False)
        running.cancel()


async def is_streamed(venue: Endings, market: Market, *, subscribed: bool = True) -> None:
    for token in market.tokens:
        query = {"token": token, "subscribed": str(subscribed).lower(), "timeout": "20"}
        answer = await venue.venue.get("/control/wait", params=query)
        assert answer.json() == {"ok": True}
