"""The messenger: what Telegram's refusals mean, and who waits for whom."""

import asyncio
import json
from dataclasses import replace

import pytest
from telegram.error import BadRequest, NetworkError, TimedOut

from telegram_bot.actions import ShowPositions
from telegram_bot.callbacks import Codec
from telegram_bot.messenger import LiveEdit, Messenger
from telegram_bot.pacing import Pace, Urgency
from telegram_bot.screens.screen import Button, Screen, Style, home_button
from telegram_bot.transport import AnswerLost, NotConnected
from tests.support.manual_clock import ManualClock, settle
from tests.support.telegram import Refusal, ScriptedTelegram, scripted_bot

ANN, BEN = 1001, 1002
SCREEN = Screen(
    "<b>Hi</b>", ((Button("Positions", ShowPositions(), Style.SUCCESS), home_button()),)
)
FLOOD = Refusal(429, "Too Many Requests: retry after 5", 5)
UNCHANGED = Refusal(400, "Bad Request: MESSAGE is not Modified: it is exactly the same")
GONE = Refusal(400, "Bad Request: message to edit not found")
BLOCKED = Refusal(403, "Forbidden: bot was blocked by the user")


@pytest.fixture(autouse=True)
def _timedelta(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", "true")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def telegram(clock: ManualClock) -> ScriptedTelegram:
    return ScriptedTelegram(clock)


@pytest.fixture
async def messenger(telegram: ScriptedTelegram, clock: ManualClock) -> Messenger:
    return Messenger(await scripted_bot(telegram), Codec("run1"), clock, Pace())


async def test_a_message_is_html_without_previews_and_with_coloured_buttons(
    messenger: Messenger, telegram: ScriptedTelegram
) -> None:
    assert await messenger.send(ANN, SCREEN) == 101
    sent = telegram.calls[0].parameters
    keyboard = json.loads(json.dumps(sent["reply_markup"]))["inline_keyboard"]
    assert sent["parse_mode"] == "HTML"
    assert sent["link_preview_options"] == {"is_disabled": True}
    assert keyboard == [
        [
            {"text": "Positions", "callback_data": "1.run1.l.0", "style": "success"},
            {"text": "Home", "callback_data": "1.-.h"},
        ]
    ]


async def test_a_picture_carries_its_screen_as_caption(
    messenger: Messenger, telegram: ScriptedTelegram
) -> None:
    assert await messenger.files.photo(ANN, b"png", SCREEN) == 101
    assert telegram.of("sendPhoto")[0].parameters["caption"] == "<b>Hi</b>"


async def test_the_twenty_first_message_of_a_minute_waits_and_other_chats_do_not(
    messenger: Messenger, telegram: ScriptedTelegram, clock: ManualClock
) -> None:
    async with asyncio.TaskGroup() as tasks:
        for _ in range(21):
            tasks.create_task(messenger.send(ANN, SCREEN, urgency=Urgency.ORDER))
        tasks.create_task(messenger.send(BEN, SCREEN))
        await clock.advance(59)
        assert len(telegram.of("sendMessage", ANN)) == 20
        assert telegram.of("sendMessage", BEN)[0].at < 1
        await clock.advance(1)
    assert telegram.of("sendMessage", ANN)[20].at == pytest.approx(60)


async def test_a_429_makes_only_its_own_chat_wait(
    messenger: Messenger, telegram: ScriptedTelegram, clock: ManualClock
) -> None:
    telegram.refuse(str(ANN), FLOOD)
    async with asyncio.TaskGroup() as tasks:
        late = tasks.create_task(messenger.edit(ANN, 7, SCREEN))
        await settle()
        assert await messenger.edit(BEN, 8, SCREEN) == 8
        assert not late.done()
        await clock.advance(5)
    assert late.result() == 7
    assert [call.at for call in telegram.of("editMessageText", ANN)] == [0, 5]


async def test_after_a_429_the_chat_goes_on_at_half_the_pace(
    messenger: Messenger, telegram: ScriptedTelegram, clock: ManualClock
) -> None:
    telegram.refuse(str(ANN), FLOOD)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(_edits(messenger, 3))
        await clock.advance(60)
    times = [call.at for call in telegram.of("editMessageText", ANN)]
    assert times == pytest.approx([0, 5, 11, 17])


async def _edits(messenger: Messenger, count: int) -> None:
    for number in range(count):
        await messenger.edit(ANN, 7, replace(SCREEN, stamp=str(number)))


async def test_an_edit_that_changes_nothing_is_as_good_as_done(
    messenger: Messenger, telegram: ScriptedTelegram
) -> None:
    telegram.refuse("editMessageText", UNCHANGED, UNCHANGED)
    assert await messenger.edit(ANN, 7, SCREEN) == 7
    assert len(telegram.calls) == 1


async def test_a_message_that_is_gone_is_sent_anew(
    messenger: Messenger, telegram: ScriptedTelegram
) -> None:
    telegram.refuse("editMessageText", GONE)
    assert await messenger.edit(ANN, 7, SCREEN) == 101
    assert [call.method for call in telegram.calls] == ["editMessageText", "sendMessage"]


async def test_a_user_who_blocked_us_is_left_alone_until_they_write(
    messenger: Messenger, telegram: ScriptedTelegram, clock: ManualClock
) -> None:
    telegram.refuse(str(ANN), BLOCKED)
    assert await messenger.send(ANN, SCREEN) is None
    assert messenger.is_inactive(ANN)
    await clock.advance(10)
    assert await messenger.edit_live(ANN, 7, SCREEN) is LiveEdit.GONE
    assert len(telegram.calls) == 1
    messenger.heard_from(ANN)
    assert await messenger.edit_live(ANN, 7, SCREEN) is LiveEdit.DONE


async def test_a_lost_answer_is_followed_by_the_same_edit_but_never_by_a_second_message(
    messenger: Messenger, telegram: ScriptedTelegram, clock: ManualClock
) -> None:
    telegram.refuse("editMessageText", TimedOut(), NetworkError("reset"))
    telegram.refuse("sendMessage", TimedOut())
    async with asyncio.TaskGroup() as tasks:
        edit = tasks.create_task(messenger.edit(ANN, 7, SCREEN))
        send = tasks.create_task(messenger.send(BEN, SCREEN))
        await clock.advance(5)
    assert (edit.result(), send.result()) == (7, None)
    assert len(telegram.of("editMessageText")) == 3
    assert len(telegram.of("sendMessage")) == 1


async def test_an_outage_is_told_once_at_its_beginning_and_once_at_its_end(
    messenger: Messenger,
    telegram: ScriptedTelegram,
    clock: ManualClock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO", "telegram_bot")
    telegram.refuse("editMessageText", *[NetworkError("unreachable") for _ in range(6)])
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(_edits(messenger, 3))
        await clock.advance(60)
    assert [record.message for record in caplog.records] == [
        "Telegram does not answer: NetworkError",
        "Telegram answers again",
    ]


async def test_a_screen_that_telegram_cannot_read_is_our_mistake_and_raises(
    messenger: Messenger, telegram: ScriptedTelegram
) -> None:
    telegram.refuse("sendMessage", Refusal(400, "Bad Request: can't parse entities"))
    with pytest.raises(BadRequest, match="parse entities"):
        await messenger.send(ANN, SCREEN)


async def test_a_tap_too_old_to_be_answered_is_no_trouble(
    messenger: Messenger, telegram: ScriptedTelegram
) -> None:
    telegram.refuse(
        "answerCallbackQuery",
        Refusal(400, "Bad Request: QUERY is too old and response timeout expired"),
    )
    await messenger.answer("q1", "Submitting…")
    assert telegram.calls[0].parameters["text"] == "Submitting…"


async def test_a_live_edit_never_waits_and_what_telegram_refuses_uses_no_turn(
    messenger: Messenger, telegram: ScriptedTelegram, clock: ManualClock
) -> None:
    telegram.refuse(str(ANN), FLOOD)
    assert messenger.lanes.try_turn(ANN, Urgency.LIVE)
    assert await messenger.edit_live(ANN, 7, SCREEN) is LiveEdit.LATER
    assert messenger.lanes.wait(ANN, Urgency.LIVE) == pytest.approx(5)
    await clock.advance(5)
    telegram.refuse(str(ANN), GONE)
    assert messenger.lanes.try_turn(ANN, Urgency.LIVE)
    assert await messenger.edit_live(ANN, 7, SCREEN) is LiveEdit.GONE
    assert messenger.lanes.wait(ANN, Urgency.LIVE) == pytest.approx(6)


async def test_a_message_that_found_no_connection_is_sent_again(
    messenger: Messenger, telegram: ScriptedTelegram, clock: ManualClock
) -> None:
    telegram.refuse("sendMessage", NotConnected("none free"))
    telegram.refuse("sendPhoto", AnswerLost("reset"))
    async with asyncio.TaskGroup() as tasks:
        sent = tasks.create_task(messenger.send(ANN, SCREEN))
        lost = tasks.create_task(messenger.files.photo(ANN, b"png", SCREEN))
        await clock.advance(2)
    assert sent.result() is not None
    assert lost.result() is None
    assert len(telegram.of("sendPhoto")) == 1


async def test_of_two_edits_that_wait_for_one_message_the_newer_is_sent(
    messenger: Messenger, telegram: ScriptedTelegram, clock: ManualClock
) -> None:
    for _ in range(3):
        await messenger.send(ANN, SCREEN)
    async with asyncio.TaskGroup() as tasks:
        for text in ("old", "new"):
            tasks.create_task(messenger.edit(ANN, 7, Screen(text)))
        await clock.advance(5)
    assert [call.text for call in telegram.of("editMessageText")] == ["new"]
