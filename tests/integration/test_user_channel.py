"""The user channel of one account against a real socket, on a clock that is stepped."""

import asyncio
import logging

import pytest
from sqlalchemy.exc import DBAPIError

from core.domain.errors import NotFound, Rejected, Unavailable
from core.domain.order import OrderStatus
from core.domain.reports import OrderReport
from data_ingestion.user_channel.deliveries import ROOM
from data_ingestion.user_channel.user_channel import ChannelState
from tests.support.market_ear import now, on_stepped_time
from tests.support.stepped_loop import run_stepped
from tests.support.user_events import OURS, order, trade
from tests.support.user_socket import Scene, credentials, user_scene


async def settle(scene: Scene) -> None:
    """Until the venue heard the first heartbeat, and its answer has come back."""
    pings = scene.venue.pings
    await scene.until(lambda: scene.venue.pings > pings)
    await asyncio.sleep(1)


def state_of(scene: Scene) -> ChannelState:
    return scene.channel.state


@on_stepped_time
async def test_news_reaches_the_ledger_and_silence_is_no_fault() -> None:
    async with user_scene() as scene:
        await settle(scene)
        await asyncio.sleep(600)
        assert scene.venue.opened == 1
        await scene.venue.say(order(), [trade(), trade(status="CONFIRMED")])
        await scene.until(lambda: len(scene.keeper.told) == 3)
        assert scene.channel.state is ChannelState.CONNECTED
        assert scene.channel.delivered.applied == 3
        messages, dropped = scene.channel.counts()
        assert (messages["order"], messages["trade"], dropped.total()) == (1, 2, 0)


@on_stepped_time
async def test_the_credentials_are_the_first_frame_and_cover_all_markets() -> None:
    async with user_scene() as scene:
        await settle(scene)
        (auth,) = scene.venue.auths
        assert auth["type"] == "user"
        assert "markets" not in auth
        assert isinstance(auth["auth"], dict)
        assert auth["auth"]["apiKey"] == OURS


@on_stepped_time
async def test_every_connect_is_followed_by_a_reconciliation() -> None:
    async with user_scene() as scene:
        await settle(scene)
        assert scene.keeper.asked == 1
        await scene.venue.hang_up()
        await scene.until(lambda: scene.venue.opened == 2)
        await settle(scene)
        assert scene.keeper.asked == 2
        assert scene.channel.state is ChannelState.CONNECTED


@on_stepped_time
async def test_news_that_cannot_be_read_is_left_to_reconciliation() -> None:
    async with user_scene() as scene:
        await settle(scene)
        await scene.venue.say(trade(size="many"), {"event_type": "tip"})
        await asyncio.sleep(1)
        assert scene.keeper.asked == 2
        assert scene.venue.opened == 1


@on_stepped_time
async def test_a_peer_that_is_gone_without_a_word_is_replaced() -> None:
    async with user_scene() as scene:
        await settle(scene)
        scene.venue.is_mute = True
        began = now()
        await scene.until(lambda: scene.venue.opened == 2)
        assert 20 <= now() - began <= 45


@on_stepped_time
async def test_a_drop_straight_after_the_credentials_repeated_means_they_are_refused() -> None:
    async with user_scene() as scene:
        scene.venue.refuses = True
        await scene.until(lambda: scene.venue.opened == 3)
        await asyncio.sleep(5)
        assert state_of(scene) is ChannelState.REFUSED
        tries = scene.venue.opened
        await asyncio.sleep(300)
        assert scene.venue.opened - tries <= 5
        scene.venue.refuses = False
        await scene.until(lambda: scene.venue.pings >= 3)
        await scene.venue.say(order())
        await scene.until(lambda: bool(scene.keeper.told))
        assert state_of(scene) is ChannelState.CONNECTED


@on_stepped_time
async def test_drops_after_a_while_are_no_refusal() -> None:
    async with user_scene() as scene:
        for opened in range(1, 6):
            await scene.until(lambda opened=opened: scene.venue.opened == opened)  # type: ignore[misc] # bound now
            await asyncio.sleep(11)
            await scene.venue.hang_up()
        assert scene.channel.state is not ChannelState.REFUSED


@on_stepped_time
async def test_without_credentials_nobody_is_dialled_until_there_are_some() -> None:
    asked = 0

    async def locked() -> bytes:
        nonlocal asked
        asked += 1
        raise Rejected("The key has expired.")

    async with user_scene(locked) as scene:
        await asyncio.sleep(300)
        assert scene.channel.state is ChannelState.LOCKED
        assert scene.venue.opened == 0
        assert 2 <= asked <= 6


@on_stepped_time
async def test_a_database_that_is_away_for_a_while_costs_no_more_than_the_while() -> None:
    faults: list[Exception] = [
        DBAPIError("SELECT", None, ConnectionError("the database system is starting up")),
        ConnectionRefusedError(111, "Connection refused"),
        TimeoutError(),
    ]

    async def mended() -> bytes:
        if faults:
            raise faults.pop()
        return await credentials()

    async with user_scene(mended) as scene:
        await asyncio.sleep(30)
        assert scene.channel.state is ChannelState.CONNECTED
        assert not faults


@on_stepped_time
async def test_what_cannot_be_applied_now_is_applied_later_and_blocks_nothing() -> None:
    async with user_scene() as scene:
        await settle(scene)
        scene.keeper.fault = Unavailable("not now")
        await scene.venue.say(order(id="0xa"), order(id="0xb"))
        await scene.until(lambda: len(scene.keeper.told) == 2)
        assert [report.hash for report in scene.keeper.told] == ["0xb", "0xa"]
        assert scene.channel.delivered.retried == 1
        assert scene.channel.waiting == 0


@on_stepped_time
async def test_what_can_never_be_applied_is_left_to_reconciliation() -> None:
    async with user_scene() as scene:
        await settle(scene)
        scene.keeper.fault = NotFound("no such market")
        await scene.venue.say(order(id="0xa"), order(id="0xb"))
        await scene.until(lambda: len(scene.keeper.told) == 1)
        assert (scene.channel.delivered.refused, scene.keeper.asked) == (1, 2)


@on_stepped_time
async def test_a_full_queue_stops_the_reading_and_loses_nothing_when_it_empties() -> None:
    async with user_scene(is_slow=True) as scene:
        await settle(scene)
        await scene.venue.say([order(id=f"0x{n}") for n in range(ROOM + 200)])
        await asyncio.sleep(10)
        assert scene.channel.waiting <= ROOM + 1
        scene.keeper.gate.set()
        await scene.until(lambda: len(scene.keeper.told) == ROOM + 200)
        assert [report.hash for report in scene.keeper.told] == [
            f"0x{n}" for n in range(ROOM + 200)
        ]
        assert scene.venue.opened == 1


@on_stepped_time
async def test_a_queue_that_stays_full_costs_the_connection_and_no_news_that_was_taken() -> None:
    async with user_scene(is_slow=True) as scene:
        await settle(scene)
        await scene.venue.say([order(id=f"0x{n}") for n in range(ROOM + 200)])
        await scene.until(lambda: scene.venue.opened == 2)
        assert scene.channel.statistics.overwhelmed == 1
        await settle(scene)
        assert scene.keeper.asked == 2
        scene.keeper.gate.set()
        await scene.until(lambda: len(scene.keeper.told) > ROOM)
        assert all(
            isinstance(report, OrderReport) and report.status is OrderStatus.LIVE
            for report in scene.keeper.told
        )


def test_no_log_at_any_level_holds_the_credentials(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    async def talk() -> None:
        async with user_scene() as scene:
            await settle(scene)
            await scene.venue.hang_up()
            await scene.until(lambda: scene.venue.opened == 2)
            await settle(scene)
            assert scene.channel.state is ChannelState.CONNECTED

    run_stepped(talk())
    ours = [each for each in caplog.records if each.name != "websockets.server"]
    assert ours
    assert not [each for each in ours if "apiKey" in each.getMessage() or OURS in each.getMessage()]
