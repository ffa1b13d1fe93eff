"""Taps of one user wait for each other, those of others do not."""

import asyncio
from datetime import UTC, datetime

from telegram import Chat, Message, Update, User

from telegram_bot.ordering import PerUserProcessor
from tests.support.manual_clock import settle

ANN, BEN = 1001, 1002


def _update(user: int, number: int) -> Update:
    person, chat = User(user, "Ann", is_bot=False), Chat(user, Chat.PRIVATE)
    return Update(number, Message(number, datetime.now(UTC), chat, from_user=person))


async def test_a_users_updates_run_one_by_one_and_other_users_do_not_wait() -> None:
    processor, gates, done = PerUserProcessor(), [asyncio.Event() for _ in range(3)], list[int]()

    async def work(number: int) -> None:
        await gates[number].wait()
        done.append(number)

    async with asyncio.TaskGroup() as tasks:
        for number, user in enumerate((ANN, ANN, BEN)):
            update = _update(user, number)
            tasks.create_task(processor.process_update(update, work(number)))
        gates[1].set()
        gates[2].set()
        await settle()
        assert done == [2]
        gates[0].set()
    assert done == [2, 0, 1]


async def test_no_more_updates_than_allowed_are_under_way() -> None:
    processor, gate, begun = PerUserProcessor(at_once=2), asyncio.Event(), list[int]()

    async def work(number: int) -> None:
        begun.append(number)
        await gate.wait()

    async with asyncio.TaskGroup() as tasks:
        for user in range(1, 6):
            tasks.create_task(processor.process_update(_update(user, user), work(user)))
        await settle()
        assert begun == [1, 2]
        gate.set()
    assert begun == [1, 2, 3, 4, 5]


async def test_one_users_many_updates_leave_room_for_others() -> None:
    processor, gate, done = PerUserProcessor(at_once=2), asyncio.Event(), asyncio.Event()

    async def answer() -> None:
        done.set()

    async with asyncio.TaskGroup() as tasks:
        for number in range(100):
            tasks.create_task(processor.process_update(_update(ANN, number), gate.wait()))
        tasks.create_task(processor.process_update(_update(BEN, 100), answer()))
        async with asyncio.timeout(20):
            await done.wait()
        gate.set()


async def test_a_failing_update_lets_the_next_one_in() -> None:
    processor = PerUserProcessor()

    async def crash() -> None:
        raise ZeroDivisionError

    results = await asyncio.gather(
        processor.process_update(_update(ANN, 1), crash()),
        processor.process_update(_update(ANN, 2), asyncio.sleep(0)),
        return_exceptions=True,
    )
    assert isinstance(results[0], ZeroDivisionError)
    assert results[1] is None


async def test_a_first_answer_does_not_wait_behind_the_users_other_updates() -> None:
    gate, first = asyncio.Event(), list[int]()

    async def acknowledge(update: Update) -> None:
        first.append(update.update_id)

    processor, done = PerUserProcessor(first=acknowledge), list[int]()

    async def work(number: int) -> None:
        await gate.wait()
        done.append(number)

    async with asyncio.TaskGroup() as tasks:
        for number in range(3):
            tasks.create_task(processor.process_update(_update(ANN, number), work(number)))
        await settle()
        assert (sorted(first), done) == ([0, 1, 2], [])
        gate.set()
    assert done == [0, 1, 2]


async def test_the_first_answer_comes_before_the_handling_of_its_own_update() -> None:
    told = list[str]()

    async def acknowledge(_update: Update) -> None:
        told.append("first words")

    async def work() -> None:
        told.append("handled")

    processor = PerUserProcessor(first=acknowledge)
    await processor.process_update(_update(ANN, 1), work())
    assert told == ["first words", "handled"]


async def test_only_an_update_that_takes_long_is_told_that_it_waits() -> None:
    gate, told, told_one = asyncio.Event(), list[int](), asyncio.Event()

    async def remind(update: Update) -> None:
        told.append(update.update_id)
        told_one.set()

    processor = PerUserProcessor(still_waiting=remind, patience=0.01)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(processor.process_update(_update(BEN, 0), asyncio.sleep(0)))
        for number in (1, 2):
            tasks.create_task(processor.process_update(_update(ANN, number), gate.wait()))
        async with asyncio.timeout(20):
            await told_one.wait()
        gate.set()
    assert told == [2]  # the one that is being answered answers for itself
