"""What Telegram refuses for a reason that nobody foresaw stops nothing else."""

import asyncio

import pytest

from core.services.price_board import PriceBoard
from core.services.websocket_manager import WebSocketManager
from telegram_bot.callbacks import Codec
from telegram_bot.handlers.ticket import Placed, brought_to_end
from telegram_bot.live_messages import LiveMessages
from telegram_bot.messenger import LiveEdit, Messenger
from telegram_bot.pacing import Pace, Urgency
from telegram_bot.receipts import Receipts
from telegram_bot.screens.notices import notice
from telegram_bot.screens.screen import Screen
from tests.support.manual_clock import ManualClock, settle
from tests.support.telegram import Refusal, ScriptedTelegram, scripted_bot

ANN, CARD = 1001, 7
SCREEN = Screen("Bought.")
UNFORESEEN = Refusal(400, "Bad Request: can't parse entities")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def telegram(clock: ManualClock) -> ScriptedTelegram:
    telegram = ScriptedTelegram(clock)
    telegram.refuse(str(ANN), UNFORESEEN)
    telegram.refuse("answerCallbackQuery", UNFORESEEN)
    return telegram


@pytest.fixture
async def messenger(telegram: ScriptedTelegram, clock: ManualClock) -> Messenger:
    return Messenger(await scripted_bot(telegram), Codec("run1"), clock, Pace())


async def test_a_refused_sign_or_hint_or_answer_is_logged_and_forgotten(
    messenger: Messenger, telegram: ScriptedTelegram, caplog: pytest.LogCaptureFixture
) -> None:
    await messenger.answer("q1", "Submitting…")
    await messenger.typing(ANN)
    telegram.refuse(str(ANN), UNFORESEEN, UNFORESEEN)
    await messenger.hint(ANN, CARD, SCREEN)
    await messenger.strip(ANN, CARD)
    assert [record.levelname for record in caplog.records] == ["ERROR"] * 4
    assert len(telegram.calls) == 4


async def test_a_live_card_that_telegram_refuses_is_given_up(
    messenger: Messenger, clock: ManualClock
) -> None:
    assert messenger.lanes.try_turn(ANN, Urgency.LIVE)
    assert await messenger.edit_live(ANN, CARD, SCREEN) is LiveEdit.GONE
    await clock.advance(5)
    assert await messenger.edit_live(ANN, CARD, SCREEN) is LiveEdit.DONE


async def test_a_receipt_that_telegram_refuses_is_tried_once_and_the_others_go_on(
    messenger: Messenger, telegram: ScriptedTelegram, clock: ManualClock
) -> None:
    live = LiveMessages(PriceBoard(clock.now), messenger, WebSocketManager(), clock)
    receipts = Receipts(live, messenger, clock)

    async def last_word() -> Screen:
        return SCREEN

    async with asyncio.TaskGroup() as tasks:
        part = tasks.create_task(receipts.run())
        await settle()
        receipts.follow(ANN, CARD, last_word)
        await clock.advance(20)
        receipts.follow(ANN, CARD + 1, last_word)
        await clock.advance(20)
        part.cancel()
    edited = [call.parameters["message_id"] for call in telegram.of("editMessageText")]
    assert edited == [CARD, CARD + 1]


async def test_an_order_on_its_way_ends_before_what_failed_beside_it_is_told() -> None:
    venue_answers = asyncio.Event()

    async def place() -> Placed:
        await venue_answers.wait()
        return Placed(SCREEN)

    async with asyncio.TaskGroup() as tasks:
        placing = tasks.create_task(place())
        confirming = tasks.create_task(_is_failing_beside(placing))
        await settle()
        assert not confirming.done()
        venue_answers.set()
    assert confirming.result()
    assert placing.result().screen == SCREEN


async def _is_failing_beside(placing: asyncio.Task[Placed]) -> bool:
    async def word() -> None:
        raise ZeroDivisionError

    is_failing = False
    try:
        async with brought_to_end(placing), asyncio.TaskGroup() as words:
            words.create_task(word())
            await asyncio.wait({placing})
    except* ZeroDivisionError:
        is_failing = True
    return is_failing


async def test_an_order_is_given_up_with_whoever_waits_for_it() -> None:
    async def place() -> Placed:
        await asyncio.Event().wait()
        return Placed(notice("never"))

    async def confirm(placing: asyncio.Task[Placed]) -> None:
        async with brought_to_end(placing):
            await asyncio.wait({placing})

    async with asyncio.TaskGroup() as tasks:
        placing = tasks.create_task(place())
        confirming = tasks.create_task(confirm(placing))
        await settle()
        confirming.cancel()
    assert placing.cancelled()
