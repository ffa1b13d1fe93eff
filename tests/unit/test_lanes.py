"""Whose turn it is: urgency, age, deadlines, newer texts; on a clock of the test's own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from telegram_bot.lanes import Lanes, Place, Superseded, TooLate
from telegram_bot.pacing import Pace, Urgency
from tests.support.manual_clock import ManualClock, settle

ANN, BEN = 1001, 1002


class Hall:
    """Who got a turn, and when."""

    def __init__(self, pace: Pace | None = None) -> None:
        self.clock = ManualClock()
        self.lanes = Lanes(self.clock, pace or Pace())
        self.turns: list[tuple[str, float]] = []
        self.missed: list[str] = []

    @asynccontextmanager
    async def open(self) -> AsyncIterator[asyncio.TaskGroup]:
        async with asyncio.TaskGroup() as tasks:
            yield tasks
            await self.clock.advance(600)

    async def say(self, name: str, place: Place) -> None:
        try:
            await self.lanes.turn(place)
        except (TooLate, Superseded) as reason:
            self.missed.append(f"{name}: {type(reason).__name__}")
        else:
            self.turns.append((name, round(self.clock.now(), 2)))

    async def take(self, chat: int, count: int) -> None:
        for _ in range(count):
            await self.clock.advance(self.lanes.wait(chat, Urgency.ORDER))
            assert self.lanes.try_turn(chat, Urgency.ORDER)

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.turns]


async def test_an_order_overtakes_everything_that_waits_in_its_chat() -> None:
    hall = Hall()
    await hall.take(ANN, 3)
    async with hall.open() as tasks:
        for urgency in reversed(Urgency):
            tasks.create_task(hall.say(urgency.name, Place(ANN, urgency)))
        await settle()
        assert hall.turns == []
        assert hall.lanes.waiting().total() == len(Urgency)
    assert hall.turns[0] == ("ORDER", 1.0)
    assert hall.names.index("TAP") == 1
    assert hall.lanes.waiting().total() == 0


async def test_equals_go_in_the_order_in_which_they_came() -> None:
    hall = Hall()
    async with hall.open() as tasks:
        for number in range(8):
            tasks.create_task(hall.say(str(number), Place(ANN, Urgency.ALERT)))
    assert hall.names == [str(number) for number in range(8)]
    assert [at for _, at in hall.turns] == [0, 0, 0, 1, 2, 3, 4, 5]


async def test_what_came_too_late_is_dropped_and_holds_up_nobody() -> None:
    hall = Hall()
    await hall.take(ANN, 3)
    async with hall.open() as tasks:
        tasks.create_task(hall.say("first", Place(ANN, Urgency.TAP)))
        tasks.create_task(hall.say("late", Place(ANN, Urgency.ALERT, until=1.5)))
        tasks.create_task(hall.say("last", Place(ANN, Urgency.BROADCAST)))
        await hall.clock.advance(1.5)
        assert hall.missed == ["late: TooLate"]
    assert hall.names == ["first", "last"]
    assert hall.lanes.statistics.given_up[Urgency.ALERT] == 1


async def test_a_newer_text_for_a_message_takes_over_the_place_of_the_older() -> None:
    hall = Hall()
    await hall.take(ANN, 3)
    async with hall.open() as tasks:
        tasks.create_task(hall.say("old", Place(ANN, Urgency.TAP, key=(ANN, 7))))
        tasks.create_task(hall.say("other", Place(ANN, Urgency.TAP, key=(ANN, 8))))
        await settle()
        tasks.create_task(hall.say("new", Place(ANN, Urgency.ALERT, key=(ANN, 7))))
    assert hall.missed == ["old: Superseded"]
    assert hall.turns == [("new", 1.0), ("other", 2.0)]


async def test_of_all_chats_the_most_urgent_goes_first_and_the_rest_in_turn() -> None:
    hall = Hall()
    async with hall.open() as tasks:
        for chat in range(1, 101):
            tasks.create_task(hall.say(f"live {chat}", Place(chat, Urgency.LIVE)))
        await hall.clock.advance(1.0)
        tasks.create_task(hall.say("tap", Place(BEN, Urgency.TAP)))
        await hall.clock.advance(0.05)
        assert hall.names[-1] == "tap" or hall.names[-2] == "tap"
    assert [name for name in hall.names if name != "tap"] == [f"live {n}" for n in range(1, 101)]
    assert hall.turns[-1][1] == pytest.approx(98 / 25, abs=0.05)


async def test_a_chat_that_is_silenced_holds_up_no_other() -> None:
    hall = Hall()
    hall.lanes.refused(ANN, 100)
    async with hall.open() as tasks:
        tasks.create_task(hall.say("ann", Place(ANN, Urgency.ORDER)))
        tasks.create_task(hall.say("ben", Place(BEN, Urgency.BROADCAST)))
    assert hall.turns == [("ben", 0.0), ("ann", 100.0)]
    assert hall.lanes.statistics.floods == 1


async def test_who_hurries_may_go_before_those_who_were_ahead() -> None:
    hall = Hall(Pace(burst=20))
    await hall.take(ANN, 18)
    place = Place(ANN, Urgency.LIVE)
    async with hall.open() as tasks:
        tasks.create_task(hall.say("tap", Place(ANN, Urgency.TAP)))
        tasks.create_task(hall.say("card", place))
        await hall.clock.advance(5)
        place.hurry(Urgency.STATE)
        await settle()
        assert hall.names == ["card"]
    assert hall.names == ["card", "tap"]


async def test_who_leaves_the_queue_wakes_those_behind() -> None:
    hall = Hall()
    async with hall.open() as tasks:
        for chat in range(1, 4):
            await hall.take(chat, 1)
        waiting = [
            tasks.create_task(hall.say(str(chat), Place(chat, Urgency.TAP))) for chat in range(5, 9)
        ]
        await settle()
        waiting[0].cancel()
    assert hall.names == ["6", "7", "8"]
    assert hall.turns[-1][1] < 1


async def test_nobody_passes_those_who_wait() -> None:
    hall = Hall()
    await hall.take(ANN, 3)
    async with hall.open() as tasks:
        tasks.create_task(hall.say("ann", Place(ANN, Urgency.TAP)))
        await settle()
        await hall.clock.advance(0.9)
        assert not hall.lanes.try_turn(ANN, Urgency.TAP)
        assert hall.lanes.longest_wait() == pytest.approx(0.9)


async def test_lanes_without_a_past_are_deleted() -> None:
    hall = Hall()
    async with hall.open() as tasks:
        for chat in range(1, 201):
            tasks.create_task(hall.say(str(chat), Place(chat, Urgency.TAP)))
        await hall.clock.advance(100)
        assert hall.lanes.known == 200
        await hall.say("one", Place(ANN, Urgency.TAP))
        await hall.clock.advance(100)
        await hall.say("two", Place(BEN, Urgency.TAP))
        assert hall.lanes.known == 1
