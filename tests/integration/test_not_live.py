"""`/health` names the wanted tokens that are not live, and why."""

from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from core.domain.book import Book
from core.domain.health import Doubt, PriceState
from core.domain.units import TokenId, UserId
from core.ports import BookSnapshot
from core.services.price_board import PriceBoard
from core.services.websocket_manager import WebSocketManager
from core.storage.models import Sessions
from data_ingestion.streamer.not_live import MEANINGS, REASONS, why_not_live
from data_ingestion.streamer.streamer_service import StreamerService
from infrastructure.config.settings import load_settings
from infrastructure.polymarket.clob import ClobPrices
from infrastructure.polymarket.http import VenueHttp, open_client
from telegram_bot.feed_assembly import build_streamer
from telegram_bot.reporting import MOST_TOKENS, DatabaseProbe, Health
from tests.support.figures import Figures
from tests.support.rows import add_markets, market

ANNA = UserId(1)


async def streamer(
    sessions: Sessions, root: Path, markets: int = 1, **variables: str
) -> StreamerService:
    """A feed that wants so many markets and is connected to nothing."""
    wanted = [market(number) for number in range(1, markets + 1)]
    async with sessions.begin() as session:
        await add_markets(session, wanted)
    manager = WebSocketManager()
    for one in wanted:
        await manager.subscribe_market_for_user(ANNA, one.id)
    async with open_client() as client:
        prices = ClobPrices(VenueHttp(client, "http://127.0.0.1:1"))
        settings = load_settings(root, variables, {})
        feed = build_streamer(
            settings, "ws://127.0.0.1:1", sessions, PriceBoard(), manager, prices, Figures()
        )
        await feed.subscriptions.reconcile()
    return feed


async def test_a_token_that_was_never_heard_of_has_no_age(
    sessions: Sessions, tmp_path: Path
) -> None:
    feed = await streamer(sessions, tmp_path)
    told = [(one.token, one.state, one.age, one.why) for one in feed.not_live(20)]
    why = "no connection to the market socket"
    assert told == [("11", PriceState.DOWN, None, why), ("12", PriceState.DOWN, None, why)]


async def test_live_tokens_are_left_out_and_the_longest_unheard_come_first(
    sessions: Sessions, tmp_path: Path
) -> None:
    feed = await streamer(sessions, tmp_path, markets=2)
    now = feed.clock()
    for token, age in (("12", 30.0), ("21", 90.0), ("22", 0.0)):
        feed.updater.take_polled(
            BookSnapshot(Book(TokenId(token)), None, None, None, at=None),
            now - age,
        )
    feed.board.set_state(TokenId("22"), PriceState.LIVE)
    feed.client.connected.set()
    told = feed.not_live(20)
    assert [one.token for one in told] == ["11", "21", "12"]
    assert told[1].age == pytest.approx(90, abs=5)
    for one in told[:2]:
        assert one.why.endswith(MEANINGS[one.state])
    assert [one.token for one in feed.not_live(1)] == ["11"]


async def test_a_token_beyond_the_limit_or_without_a_socket_says_so(
    sessions: Sessions, tmp_path: Path
) -> None:
    feed = await streamer(sessions, tmp_path, markets=2, WS_MAX_SUBSCRIPTIONS="3")
    feed.client.connected.set()
    whys = {one.token: one.why for one in feed.not_live(20)}
    assert whys[TokenId("21")] == whys[TokenId("22")] == "beyond WS_MAX_SUBSCRIPTIONS"
    assert feed.subscriptions.followed == {TokenId("11"), TokenId("12")}
    feed.use_websocket = False
    assert {one.why for one in feed.not_live(20)} == {"the market socket is off"}


async def test_canaries_take_no_place_from_what_is_wanted(
    sessions: Sessions, tmp_path: Path
) -> None:
    feed = await streamer(sessions, tmp_path, markets=2, WS_MAX_SUBSCRIPTIONS="4")
    assert len(feed.subscriptions.followed) == 4
    assert [one.canary_room for one in feed.client.shards()] == [0]


async def test_the_report_names_at_most_twenty_tokens(
    sessions: Sessions, engine: AsyncEngine, tmp_path: Path
) -> None:
    feed = await streamer(sessions, tmp_path, markets=15)
    report = Health(feed, DatabaseProbe(engine), lambda: True, {}).report()
    assert len(report.not_live) == MOST_TOKENS == 20
    assert report.not_live[0].state == "down"
    assert report.details["tokens_wanted"] == 30


def test_every_state_has_a_meaning_and_every_doubt_a_reason() -> None:
    assert set(MEANINGS) == set(PriceState)
    assert set(REASONS) == set(Doubt)


def test_a_token_that_was_doubted_says_what_happened() -> None:
    told = why_not_live(
        PriceState.RESYNCING,
        is_left_out=False,
        is_streaming=True,
        use_websocket=True,
        doubt=Doubt.TICK,
    )
    assert told == "its price grid changed; a new book was asked for"
