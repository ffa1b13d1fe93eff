"""What Telegram would refuse is not sent: repetitions, and more than it takes from one bot."""

import asyncio

from telegram_bot.callbacks import Codec
from telegram_bot.messenger import Messenger
from telegram_bot.pacing import Pace, Urgency
from telegram_bot.screens.screen import Screen, home_button
from tests.support.manual_clock import ManualClock, settle
from tests.support.telegram import Refusal, ScriptedTelegram, scripted_bot

ANN, CARD = 1001, 7
SCREEN = Screen("Hi", ((home_button(),),), stamp="Updated 10:00:00 UTC")
LATER = Screen("Hi", ((home_button(),),), stamp="Updated 10:00:01 UTC")
GATEWAY = Refusal(502, "Bad Gateway")


async def talking(clock: ManualClock | None = None) -> tuple[ScriptedTelegram, Messenger]:
    clock = clock or ManualClock()
    telegram = ScriptedTelegram(clock)
    return telegram, Messenger(await scripted_bot(telegram), Codec("run1"), clock, Pace())


async def test_the_same_screen_is_put_on_a_message_once() -> None:
    telegram, messenger = await talking()
    assert await messenger.edit(ANN, CARD, SCREEN) == CARD
    assert await messenger.edit(ANN, CARD, SCREEN) == CARD
    assert len(telegram.calls) == 1
    await messenger.edit(ANN, CARD, LATER)
    await messenger.edit(ANN, CARD, SCREEN)
    assert len(telegram.calls) == 3


async def test_buttons_are_taken_off_once_and_come_back_with_the_next_screen() -> None:
    clock = ManualClock()
    telegram, messenger = await talking(clock)
    await messenger.strip(ANN, CARD)
    await messenger.strip(ANN, CARD)
    assert len(telegram.of("editMessageReplyMarkup")) == 1
    await messenger.edit(ANN, CARD, SCREEN)
    await clock.advance(1)
    await messenger.strip(ANN, CARD)
    assert len(telegram.of("editMessageReplyMarkup")) == 2


async def test_what_was_not_delivered_is_sent_again() -> None:
    telegram, messenger = await talking()
    telegram.refuse("editMessageReplyMarkup", GATEWAY)
    await messenger.strip(ANN, CARD)
    await messenger.strip(ANN, CARD)
    assert len(telegram.of("editMessageReplyMarkup")) == 2


async def test_what_nobody_waits_for_leaves_one_message_of_the_burst() -> None:
    telegram, messenger = await talking()
    for message in range(1, 4):
        await messenger.strip(ANN, message)
    assert len(telegram.of("editMessageReplyMarkup")) == 2
    assert await messenger.send(ANN, SCREEN) is not None
    assert telegram.of("sendMessage")[0].at == 0


async def test_all_chats_together_stay_below_what_telegram_takes_from_one_bot() -> None:
    clock = ManualClock()
    telegram, messenger = await talking(clock)
    async with asyncio.TaskGroup() as tasks:
        for chat in range(1, 61):
            tasks.create_task(messenger.send(chat, SCREEN))
        await clock.advance(3)
    in_a_second = [call for call in telegram.calls if call.at <= 1]
    assert len(in_a_second) <= 30
    assert len(telegram.calls) == 60


async def test_what_people_ask_for_overtakes_all_live_edits() -> None:
    clock = ManualClock()
    telegram, messenger = await talking(clock)
    async with asyncio.TaskGroup() as tasks:
        for chat in range(1, 31):
            edit = messenger.edit(chat, CARD, SCREEN, urgency=Urgency.LIVE)
            tasks.create_task(edit)
        await settle()
        tasks.create_task(messenger.send(ANN, SCREEN))
        await clock.advance(0.1)
        assert len(telegram.of("sendMessage", ANN)) == 1
        assert len(telegram.of("editMessageText")) < 10
        await clock.advance(2)
    assert len(telegram.of("editMessageText")) == 30
