"""Prices and P&L in Postgres: by the own token, at the right beat, nothing lost."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from core.domain.price import PriceState
from core.storage.models import Sessions
from data_ingestion.streamer.market_updater.position_beat import Budget
from data_ingestion.streamer.market_updater.price_writer import Pace
from tests.support.figures import Figures
from tests.support.price_desk import NO, ONE, YES, Desk, Watch
from tests.support.rows import add_markets, add_position, add_user, market

A_MINUTE = timedelta(minutes=1)  # more than any test takes


class Tripwire(Figures):
    """Does something as soon as so many changes are committed."""

    def __init__(self) -> None:
        super().__init__()
        self.when = 0
        self.act: Callable[[], None] = lambda: None

    def committed(self, latency: float) -> None:
        super().committed(latency)
        if len(self.latencies) == self.when:
            self.act()


@pytest.fixture
def desk(sessions: Sessions) -> Desk:
    return Desk(sessions)


async def test_each_position_is_marked_by_its_own_outcome_token(desk: Desk) -> None:
    async with desk.sessions.begin() as session:
        user = await add_user(session)
        await add_markets(session, [ONE])
        yes = await add_position(session, user, ONE, YES, "150.5", "0.55")
        no = await add_position(session, user, ONE, NO, "20", "0.4")
    async with desk.running():
        desk.tick(YES, "0.6")
        desk.tick(NO, "0.395")
        await desk.figures.until(1)
    first, second = await desk.row("positions", yes), await desk.row("positions", no)
    assert first["current_price"] == Decimal("0.6")
    assert first["pnl_amount"] == Decimal("7.525")
    assert first["pnl_percentage"] == Decimal("9.0909")
    assert second["pnl_amount"] == Decimal("-0.1")
    row = await desk.row("markets", ONE.id)
    assert row["source"] == "ws"
    assert row["outcome_prices"] == ["0.6", "0.395"]
    assert row["best_bid"] == ["0.6", "0.395"]
    assert row["price_at"] is not None


async def test_the_source_is_the_stream_only_while_both_tokens_are_live(desk: Desk) -> None:
    async with desk.sessions.begin() as session:
        await add_markets(session, [ONE])
    async with desk.running():
        desk.tick(YES, "0.6")
        await desk.figures.until(1)
        assert (await desk.row("markets", ONE.id))["source"] == "poll"
        desk.tick(NO, "0.4")
        await desk.figures.until(2)
        assert (await desk.row("markets", ONE.id))["source"] == "ws"
        desk.board.set_state(YES, PriceState.SUSPECT)
        await desk.figures.until(3)
        assert (await desk.row("markets", ONE.id))["source"] == "poll"


async def test_a_price_without_its_pair_gives_the_other_outcome_its_complement(
    desk: Desk,
) -> None:
    async with desk.sessions.begin() as session:
        await add_markets(session, [ONE])
    async with desk.running():
        desk.tick(NO, "0.4")
        await desk.figures.until(1)
    assert (await desk.row("markets", ONE.id))["outcome_prices"] == ["0.6", "0.4"]


async def test_of_many_ticks_the_newest_is_written_and_few_flushes_are_made(
    sessions: Sessions,
) -> None:
    desk = Desk(sessions, Pace(debounce=0.2, gap=0.05))
    async with desk.sessions.begin() as session:
        await add_markets(session, [ONE])
    async with desk.running():
        for number in range(1, 501):
            desk.tick(YES, f"0.{number:03}")
            if number % 50 == 0:
                await asyncio.sleep(0)
        await desk.figures.until(2)
    assert (await desk.row("markets", ONE.id))["outcome_prices"][0] == "0.5"
    assert len(desk.figures.flushes) <= 3


async def test_a_row_that_would_look_the_same_is_not_rewritten(desk: Desk) -> None:
    async with desk.sessions.begin() as session:
        user = await add_user(session)
        await add_markets(session, [ONE])
        position = await add_position(session, user, ONE, YES)
    async with desk.running():
        desk.tick(YES, "0.6")
        await desk.figures.until(1)
        before = await desk.row("positions", position)
        desk.tick(YES, "0.7")
        desk.tick(YES, "0.6")
        await desk.figures.until(2)
    assert await desk.row("positions", position) == before
    assert desk.writer.statistics.positions == 1


async def test_closed_positions_keep_their_last_price(desk: Desk) -> None:
    async with desk.sessions.begin() as session:
        user = await add_user(session)
        await add_markets(session, [ONE])
        position = await add_position(session, user, ONE, YES)
        await session.execute(sa.text("UPDATE positions SET status = 'closed'"))
    async with desk.running():
        desk.tick(YES, "0.6")
        await desk.figures.until(1)
    assert (await desk.row("positions", position))["current_price"] is None


async def test_a_failed_flush_keeps_its_prices_and_writes_them_later(
    desk: Desk, engine: AsyncEngine
) -> None:
    async with desk.sessions.begin() as session:
        await add_markets(session, [ONE])
        await session.execute(sa.text("ALTER TABLE markets RENAME TO hidden"))
    async with desk.running():
        desk.tick(YES, "0.6")
        await desk.figures.until_failed()
        async with engine.begin() as connection:
            await connection.execute(sa.text("ALTER TABLE hidden RENAME TO markets"))
        await desk.figures.until(1)
    assert (await desk.row("markets", ONE.id))["outcome_prices"][0] == "0.6"
    assert max(desk.figures.latencies) > 0


async def test_a_row_that_somebody_keeps_locked_is_not_waited_for_for_ever(desk: Desk) -> None:
    async with desk.sessions.begin() as session:
        await add_markets(session, [ONE])
    async with desk.running():
        async with desk.sessions.begin() as session:
            await session.execute(sa.text("SELECT id FROM markets FOR UPDATE"))
            desk.tick(YES, "0.6")
            await desk.figures.until_failed()  # while the lock lasts
        await desk.figures.until(1)
    assert (await desk.row("markets", ONE.id))["outcome_prices"][0] == "0.6"


async def test_a_row_that_a_killed_run_left_as_streamed_is_not_streamed_by_the_next(
    sessions: Sessions,
) -> None:
    """Nobody wants that market any more, so nothing else would ever correct its row."""
    desk, other = Desk(sessions), market(2)
    async with desk.sessions.begin() as session:
        await add_markets(session, [ONE, other])
        await session.execute(sa.text("UPDATE markets SET source = 'ws'"))
    async with desk.running():
        for flush in range(1, 50):
            desk.tick(YES, f"0.{flush + 10}")
            await desk.figures.until(flush)
            if (await desk.row("markets", other.id))["source"] == "poll":
                break
    assert (await desk.row("markets", other.id))["source"] == "poll"
    assert (await desk.row("markets", ONE.id))["source"] == "poll"  # without its pair


async def test_a_row_stops_saying_ws_at_once_however_slow_the_beat(sessions: Sessions) -> None:
    desk = Desk(sessions, Pace(debounce=3600, gap=0.01))
    async with desk.sessions.begin() as session:
        await add_markets(session, [ONE])
    async with desk.running():
        desk.tick(YES, "0.6")
        desk.tick(NO, "0.4")
        await desk.figures.until(1)
        assert (await desk.row("markets", ONE.id))["source"] == "ws"
        desk.board.set_state(NO, PriceState.SUSPECT)
        await desk.figures.until(2)
    assert (await desk.row("markets", ONE.id))["source"] == "poll"


@pytest.mark.parametrize("state", [PriceState.SUSPECT, PriceState.RESYNCING, PriceState.DOWN])
async def test_no_time_passes_between_a_doubt_and_a_row_that_says_poll(
    sessions: Sessions, state: PriceState
) -> None:
    """The writer's clock stands still: nothing it does after the doubt waits for a later time."""
    desk = Desk(sessions, Pace(debounce=1.0, gap=0.01), Watch())
    async with desk.sessions.begin() as session:
        await add_markets(session, [ONE])
    async with desk.running():
        desk.tick(YES, "0.6")
        desk.tick(NO, "0.4")
        await desk.figures.until(1)
        assert (await desk.row("markets", ONE.id))["source"] == "ws"
        desk.board.set_state(YES, state)
        await desk.figures.until(2)
    assert (await desk.row("markets", ONE.id))["source"] == "poll"


async def test_a_doubt_does_not_wait_for_the_next_flush(sessions: Sessions) -> None:
    """Positions do: they follow at their beat."""
    desk = Desk(sessions, Pace(debounce=3600, gap=3600))
    async with desk.sessions.begin() as session:
        await add_markets(session, [ONE])
    async with desk.running():
        desk.tick(YES, "0.6")
        desk.tick(NO, "0.4")
        await desk.figures.until(1)
        desk.board.set_state(NO, PriceState.SUSPECT)
        await desk.figures.until(2)
        assert (await desk.row("markets", ONE.id))["source"] == "poll"


async def test_a_doubt_does_not_wait_for_the_rest_of_the_flush_that_is_under_way(
    sessions: Sessions,
) -> None:
    many, wire = [market(number) for number in range(1, 301)], Tripwire()
    desk = Desk(sessions, Pace(debounce=3600, gap=0.01), figures=wire)
    async with desk.sessions.begin() as session:
        await add_markets(session, many)
    for each in many[1:]:
        desk.writer.follow(each)
    async with desk.running():
        desk.tick(YES, "0.6")
        desk.tick(NO, "0.4")
        await wire.until(1)
        wire.when, wire.act = 3, lambda: desk.board.set_state(YES, PriceState.SUSPECT)
        for each in many[1:]:
            desk.tick(each.tokens[0], "0.5")
        await wire.until(2)
    one = await desk.row("markets", ONE.id)
    async with sessions() as session:
        last = await session.scalar(sa.text("SELECT max(updated_at) FROM markets"))
    assert one["source"] == "poll"
    assert one["updated_at"] < last


async def test_in_debt_positions_follow_once_their_price_has_come_to_rest(
    sessions: Sessions,
) -> None:
    watch, broke = Watch(), Budget(rows=0.001, saved=0.0, longest=3600.0)
    desk = Desk(sessions, Pace(debounce=0.05, gap=0.01, positions=broke), watch)
    async with desk.sessions.begin() as session:
        user = await add_user(session)
        await add_markets(session, [ONE])
        position = await add_position(session, user, ONE, YES, "100", "0.5")
    async with desk.running():
        desk.tick(YES, "0.6")
        await desk.figures.until(1)
        watch.now += 0.06
        desk.tick(YES, "0.8")
        await desk.figures.until(2)
        assert (await desk.row("markets", ONE.id))["outcome_prices"][0] == "0.8"
        assert (await desk.row("positions", position))["current_price"] == Decimal("0.6")
        watch.now += 0.06
        await desk.figures.until(3)
    row = await desk.row("positions", position)
    assert (row["current_price"], row["pnl_amount"]) == (Decimal("0.8"), Decimal(30))
    assert desk.writer.statistics.put_off == 1
