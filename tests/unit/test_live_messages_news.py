"""What is news to a live card, and how urgent it is."""

import pytest
from sqlalchemy.exc import TimeoutError as PoolBusy

from core.domain.health import Doubt, PriceState
from telegram_bot.live_messages import LiveView
from telegram_bot.screens.screen import Screen
from tests.support.manual_clock import settle
from tests.unit.test_live_messages import ANN, CARD, TOKEN, USER, Room


@pytest.fixture
async def room(monkeypatch: pytest.MonkeyPatch) -> Room:
    monkeypatch.setenv("PTB_TIMEDELTA", "true")
    room = Room()
    await room.open()
    return room


async def test_a_small_move_waits_for_the_next_redraw(room: Room) -> None:
    room.board.set_state(TOKEN, PriceState.LIVE)
    room.price("0.62")
    async with room.running():
        await room.show()
        await settle()
        room.price("0.623")
        await room.clock.advance(14)
        assert room.edits() == []
        await room.clock.advance(2)
    assert room.edits() == [(15, "Yes 0.623")]


async def test_an_edit_that_waits_hurries_when_prices_stop_being_live(room: Room) -> None:
    room.board.set_state(TOKEN, PriceState.LIVE)
    room.price("0.62")
    async with room.running():
        await room.show()
        room.price("0.70")
        await settle()
        room.price("0.75")
        await room.clock.advance(1)
        assert len(room.edits()) == 1
        assert room.live.stalest() == pytest.approx(1)
        room.board.set_state(TOKEN, PriceState.SUSPECT, Doubt.DISCONNECTED)
        await settle()
        assert [at for at, _ in room.edits()] == [0, 1]
        assert "Live prices stopped" in room.edits()[1][1]


async def test_a_busy_database_costs_a_card_one_drawing_and_not_the_part(room: Room) -> None:
    troubles = [PoolBusy("QueuePool limit reached")]

    async def draw() -> Screen:
        if troubles:
            raise troubles.pop()
        return Screen("back")

    async with room.running():
        await room.live.show(ANN, CARD, USER, LiveView(draw), Screen("before"))
        await room.clock.advance(16)
    assert room.edits() == [(15, "back")]
