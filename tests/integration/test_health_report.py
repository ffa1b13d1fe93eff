"""`/health`, `/status` and the metrics of a real feed whose stream was interrupted."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from core.domain.health import Doubt, PriceState
from core.domain.units import TokenId, UserId
from core.services.outbox import OutboxStatistics
from core.services.price_board import PriceBoard
from core.services.websocket_manager import Reason, WebSocketManager
from core.storage.models import Sessions
from data_ingestion.discovery.resolution_watcher import ResolutionStatistics
from data_ingestion.streamer.not_live import MEANINGS, REASONS
from data_ingestion.streamer.streamer_service import StreamerService
from infrastructure.config.settings import load_settings
from infrastructure.polymarket.clob import ClobPrices
from infrastructure.polymarket.http import VenueHttp, open_client
from infrastructure.telemetry.metrics import Metrics
from telegram_bot.feed_assembly import build_streamer
from telegram_bot.figures import all_figures
from telegram_bot.reporting import DatabaseProbe, Health
from tests.support.figures import Figures
from tests.support.rows import add_markets, market

ANNA = UserId(1)
HELD, SEEN = TokenId("11"), TokenId("21")
TOKENS = tuple(TokenId(text) for text in ("11", "12", "21", "22"))


@pytest.fixture
async def feed(sessions: Sessions, tmp_path: Path) -> AsyncIterator[StreamerService]:
    """A feed of two markets, all live; the first is held, the second only looked at."""
    async with sessions.begin() as session:
        await add_markets(session, [market(1), market(2)])
    manager = WebSocketManager()
    await manager.subscribe_market_for_user(ANNA, market(1).id)
    await manager.subscribe_market_for_user(ANNA, market(2).id, Reason.CARD)
    async with open_client() as client:
        prices = ClobPrices(VenueHttp(client, "http://127.0.0.1:1"))
        feed = build_streamer(
            load_settings(tmp_path, {}, {}),
            "ws://127.0.0.1:1",
            sessions,
            PriceBoard(),
            manager,
            prices,
            Figures(),
        )
        await feed.subscriptions.reconcile()
        feed.client.connected.set()
        for token in TOKENS:
            feed.board.set_state(token, PriceState.LIVE)
        yield feed


@pytest.fixture
def health(feed: StreamerService, engine: AsyncEngine) -> Health:
    return Health(feed, DatabaseProbe(engine), lambda: True, {})


def test_while_everything_is_live_nothing_is_impaired(health: Health) -> None:
    prices = health.report().parts["prices"]
    assert (prices.state, prices.ok, prices.is_impaired) == ("all 4 live", True, False)
    assert health.report().not_live == []


def test_an_interrupted_token_is_named_with_its_reason_its_epoch_and_since_when(
    feed: StreamerService, health: Health
) -> None:
    epoch = feed.board.epoch(HELD)
    feed.board.set_state(HELD, PriceState.SUSPECT, Doubt.HASH)
    report = health.report()
    (token,) = report.not_live
    assert (token.token, token.state, token.doubt) == (HELD, "suspect", "hash")
    assert token.why == f"{REASONS[Doubt.HASH]}; {MEANINGS[PriceState.SUSPECT]}"
    assert token.epoch == epoch + 1
    assert token.interrupted == pytest.approx(0, abs=5)
    prices = report.parts["prices"]
    assert prices.state == f"1 of 4 not live: {token.why} (1)"
    assert (report.ok, prices.is_impaired) == (True, True)


def test_prices_that_are_polled_by_choice_are_called_polled(
    feed: StreamerService, health: Health
) -> None:
    feed.use_websocket = False
    for token in TOKENS:
        feed.board.set_state(token, PriceState.POLLED)
    assert health.report().parts["prices"].state == "all 4 polled"
    feed.board.set_state(SEEN, PriceState.DOWN)
    prices = health.report().parts["prices"]
    assert prices.state == "1 of 4 not polled: the market socket is off (1)"
    assert prices.is_impaired


def test_the_metrics_tell_gaps_by_reason_and_by_token(feed: StreamerService) -> None:
    metrics = Metrics()
    scrape = all_figures(metrics, feed, ResolutionStatistics(), OutboxStatistics())
    feed.board.set_state(HELD, PriceState.SUSPECT, Doubt.MISSED)
    feed.board.set_state(SEEN, PriceState.SUSPECT, Doubt.MISSED)
    feed.board.set_state(SEEN, PriceState.LIVE)
    feed.auditor.statistics.stale = 3
    feed.poller.statistics.reasons["missed"] += 2
    scrape.render()
    read = metrics.registry.get_sample_value
    assert read("price_gaps_total", {"reason": "missed"}) == 2
    assert read("price_gaps_open") == 1
    assert read("price_resyncs_total") == 1
    assert read("price_tokens_live") == 3
    assert read("price_audits_stale_total") == 3
    assert read("price_polled_books_total", {"reason": "missed"}) == 2
    assert read("price_tokens_left_out") == 0
    held, seen = (read("price_gap_seconds_total", {"token": token}) for token in (HELD, SEEN))
    assert held is not None
    assert seen is not None
    assert (read("price_held_gap_seconds") or 0.0) > 0


def test_only_held_markets_count_as_held(feed: StreamerService) -> None:
    assert feed.subscriptions.wanted_for(Reason.HELD) == {"11", "12"}
    assert feed.subscriptions.wanted_for(Reason.CARD) == {"21", "22"}
    assert feed.subscriptions.wanted_for(Reason.TRIGGER) == frozenset()
