"""Metrics of what interrupts prices: told as differences, by token only while it is wanted."""

from collections import Counter

from core.domain.health import Doubt, PriceState
from core.domain.units import TokenId
from core.services.outbox import OutboxStatistics
from core.services.price_board import PriceBoard
from data_ingestion.discovery.resolution_watcher import ResolutionStatistics
from infrastructure.telemetry.metrics import Metrics
from telegram_bot.figures import EndFigures, Scrape, Since, TokenGaps
from tests.support.manual_clock import ManualClock

YES, NO = TokenId("11"), TokenId("12")


class House:
    """Gaps of two tokens, of which the first is held."""

    def __init__(self) -> None:
        self.metrics = Metrics()
        self.clock = ManualClock()
        self.board = PriceBoard(self.clock.now)
        self.wanted = {YES, NO}
        gaps = TokenGaps(
            self.metrics,
            self.board,
            wanted=lambda: self.wanted,
            held=lambda: {YES} & self.wanted,
            clock=self.clock.now,
        )
        self.scrape = Scrape(self.metrics, (gaps,))

    def value(self, name: str, **labels: str) -> float | None:
        self.scrape.render()
        return self.metrics.registry.get_sample_value(name, labels)

    def seconds(self, token: TokenId) -> float | None:
        return self.value("price_gap_seconds_total", token=token)

    async def interrupt(self, token: TokenId, seconds: float) -> None:
        self.board.set_state(token, PriceState.LIVE)
        self.board.set_state(token, PriceState.SUSPECT, Doubt.MISSED)
        await self.clock.advance(seconds)
        self.board.set_state(token, PriceState.LIVE)


async def test_gap_seconds_are_told_by_token_and_grow_while_a_gap_is_open() -> None:
    house = House()
    await house.interrupt(YES, 12)
    assert (house.seconds(YES), house.seconds(NO)) == (12, 0)
    house.board.set_state(YES, PriceState.SUSPECT, Doubt.HASH)
    await house.clock.advance(3)
    assert house.seconds(YES) == 15
    await house.clock.advance(3)
    assert house.seconds(YES) == 18


async def test_the_series_of_a_token_that_nobody_wants_any_more_is_gone() -> None:
    house = House()
    await house.interrupt(YES, 12)
    assert house.seconds(YES) == 12
    house.wanted.discard(YES)
    assert house.seconds(YES) is None
    house.wanted.add(YES)
    assert house.seconds(YES) == 12


async def test_the_oldest_open_gap_of_a_held_token_is_told() -> None:
    house = House()
    assert house.value("price_held_gap_seconds") == 0
    house.board.set_state(YES, PriceState.LIVE)
    house.board.set_state(YES, PriceState.SUSPECT, Doubt.SILENT)
    await house.clock.advance(61)
    assert house.value("price_held_gap_seconds") == 61
    house.board.set_state(YES, PriceState.LIVE)
    assert house.value("price_held_gap_seconds") == 0


async def test_a_gap_of_a_token_that_is_only_looked_at_is_not_called_held() -> None:
    house = House()
    house.board.set_state(NO, PriceState.LIVE)
    house.board.set_state(NO, PriceState.SUSPECT, Doubt.SILENT)
    await house.clock.advance(61)
    assert house.value("price_held_gap_seconds") == 0


def test_only_what_grew_is_added() -> None:
    metrics, since = Metrics(), Since()
    for count in (3, 3, 5, 4, 6):
        since.add(metrics.recycles, count)
        since.add_each(metrics.gaps, Counter({"hash": count, "missed": 1}))
    read = metrics.registry.get_sample_value
    assert read("websocket_recycles_total") == 6
    assert read("price_gaps_total", {"reason": "hash"}) == 6
    assert read("price_gaps_total", {"reason": "missed"}) == 1


def test_markets_that_end_and_their_notices_are_counted() -> None:
    metrics = Metrics()
    looks = ResolutionStatistics(looks=4, failures=1, paid=2)
    notices = OutboxStatistics(sent=2, given_up=1, waiting=7)
    scrape = Scrape(metrics, (EndFigures(metrics, looks, notices),))
    scrape.render()
    notices.waiting = 3
    text = scrape.render().decode()
    for line in (
        "resolution_looks_total 4.0",
        "resolution_failures_total 1.0",
        "resolution_payouts_total 2.0",
        "notices_sent_total 2.0",
        "notices_given_up_total 1.0",
        "notices_waiting 3.0",
    ):
        assert f"\n{line}\n" in text
