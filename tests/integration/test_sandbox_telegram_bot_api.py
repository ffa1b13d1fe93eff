"""A real python-telegram-bot against the sandbox: what works, and what is refused how."""

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest
from telegram import Bot, LinkPreviewOptions
from telegram.error import (
    BadRequest,
    Conflict,
    EndPointNotFound,
    Forbidden,
    NetworkError,
    RetryAfter,
)

from infrastructure.sandbox.telegram.serving import served
from infrastructure.sandbox.telegram.state import TelegramSandbox
from tests.integration.sandbox_telegram_support import (
    CHAT,
    PATIENCE,
    TOKEN,
    Clock,
    keyboard,
    next_update,
    post,
    said_by_bot,
    started_chat,
    violations,
)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def url(clock: Clock) -> AsyncIterator[str]:
    async with served(TelegramSandbox(TOKEN, clock=clock)) as url:
        yield url


@pytest.fixture
async def bot(url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bot]:
    monkeypatch.setenv("PTB_TIMEDELTA", "true")
    async with Bot(TOKEN, f"{url}/bot", f"{url}/file/bot") as bot:
        yield bot


@pytest.fixture
async def person(url: str) -> AsyncIterator[aiohttp.ClientSession]:
    async with started_chat(url) as session:
        yield session


async def test_the_bot_knows_itself(bot: Bot) -> None:
    me = await bot.get_me()
    assert (me.id, me.is_bot, me.username) == (4242, True, "polycool_sandbox_bot")


async def test_a_wrong_token_is_unauthorized(url: str) -> None:
    async with aiohttp.ClientSession(url) as session, session.get("/bot4242:wrong/getMe") as answer:
        assert answer.status == 401
        assert await answer.json() == {
            "ok": False, "error_code": 401, "description": "Unauthorized",
        }  # fmt: skip


async def test_an_unknown_method_is_not_found(bot: Bot) -> None:
    with pytest.raises(EndPointNotFound, match="makeCoffee"):
        await bot.do_api_request("makeCoffee")


@pytest.mark.usefixtures("person")
async def test_a_command_reaches_the_bot_with_its_entity(bot: Bot) -> None:
    update = await next_update(bot)
    assert update.message is not None
    assert update.message.from_user is not None
    assert (update.message.text, update.message.chat_id) == ("/start", CHAT)
    assert [each.type for each in update.message.entities] == ["bot_command"]
    assert update.message.from_user.language_code == "en"


async def test_updates_stay_until_confirmed(bot: Bot, person: aiohttp.ClientSession) -> None:
    first = await next_update(bot)
    assert (await next_update(bot)).update_id == first.update_id
    await post(person, f"/api/chats/{CHAT}/send", {"text": "two"})
    second = await next_update(bot, offset=first.update_id + 1)
    assert second.message is not None
    assert second.message.text == "two"
    assert await bot.get_updates(offset=second.update_id + 1, timeout=0) == ()


async def test_a_waiting_poll_wakes_for_a_message(bot: Bot, person: aiohttp.ClientSession) -> None:
    first = await next_update(bot)
    async with asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(next_update(bot, first.update_id + 1))
        await post(person, f"/api/chats/{CHAT}/send", {"text": "hello"})
    update = waiting.result()
    assert update.message is not None
    assert update.message.text == "hello"


async def test_kinds_that_were_not_asked_for_do_not_come(
    bot: Bot, person: aiohttp.ClientSession
) -> None:
    first = await next_update(bot)
    await bot.get_updates(offset=first.update_id + 1, allowed_updates=["callback_query"])
    await post(person, f"/api/chats/{CHAT}/send", {"text": "unheard"})
    assert await bot.get_updates(timeout=0) == ()


async def test_a_second_poller_ends_the_first(
    bot: Bot, url: str, person: aiohttp.ClientSession
) -> None:
    seen = await next_update(bot)
    await bot.get_updates(offset=seen.update_id + 1, timeout=0)
    async with Bot(TOKEN, f"{url}/bot") as other, asyncio.timeout(PATIENCE):
        polls = {asyncio.create_task(each.get_updates(timeout=5)) for each in (bot, other)}
        (ended,), (waiting,) = await asyncio.wait(polls, return_when=asyncio.FIRST_COMPLETED)
        with pytest.raises(Conflict, match="terminated by other getUpdates"):
            await ended
        await post(person, f"/api/chats/{CHAT}/send", {"text": "hello"})
        assert len(await waiting) == 1


async def test_a_sent_message_comes_back_parsed(bot: Bot, person: aiohttp.ClientSession) -> None:
    sent = await bot.send_message(
        CHAT,
        "🎉 <b>Yes</b> at 62¢ &lt;3 https://x.com/a",
        parse_mode="HTML",
        reply_markup=keyboard(),
        link_preview_options=LinkPreviewOptions(is_disabled=True),
    )
    assert sent.text == "🎉 Yes at 62¢ <3 https://x.com/a"
    assert [(e.type, e.offset, e.length) for e in sent.entities] == [
        ("bold", 3, 3),
        ("url", 17, 15),
    ]
    assert sent.reply_markup == keyboard()
    (shown,) = await said_by_bot(person)
    assert (shown["id"], shown["deleted"]) == (sent.message_id, False)
    assert str(shown["html"]).startswith("🎉 <b>Yes</b> at 62¢ &lt;3 <a href=")
    assert await violations(person) == []


async def test_an_edit_changes_the_same_message(bot: Bot, person: aiohttp.ClientSession) -> None:
    sent = await bot.send_message(CHAT, "one", reply_markup=keyboard())
    edited = await bot.edit_message_text("two", CHAT, sent.message_id)
    assert not isinstance(edited, bool)
    assert (edited.text, edited.reply_markup) == ("two", None)
    assert edited.edit_date is not None
    (shown,) = await said_by_bot(person)
    assert (shown["text"], shown["reply_markup"]) == ("two", None)


@pytest.mark.usefixtures("person")
async def test_the_same_content_again_is_not_modified(bot: Bot) -> None:
    sent = await bot.send_message(CHAT, "<b>one</b>", "HTML", reply_markup=keyboard())
    with pytest.raises(BadRequest, match="not modified: specified new message content and reply"):
        await bot.edit_message_text(
            "<strong>one</strong> ", CHAT, sent.message_id, None, "HTML", reply_markup=keyboard()
        )
    with pytest.raises(BadRequest, match="not modified"):
        await bot.edit_message_reply_markup(CHAT, sent.message_id, reply_markup=keyboard())
    await bot.edit_message_reply_markup(CHAT, sent.message_id, reply_markup=keyboard("b"))


@pytest.mark.parametrize(
    ("text", "parse_mode", "reason"),
    [
        ("a" * 4097, None, "Message is too long"),
        ("  ", None, "Message text is empty"),
        ("a < b", "HTML", 'Can\'t parse entities: unsupported start tag "" at byte offset 2'),
        (
            "<b>a",
            "HTML",
            "Can't parse entities: can't find end tag corresponding to start tag \"b\"",
        ),
    ],
)
async def test_a_bad_text_is_refused(
    bot: Bot, person: aiohttp.ClientSession, text: str, parse_mode: str | None, reason: str
) -> None:
    with pytest.raises(BadRequest) as refusal:
        await bot.send_message(CHAT, text, parse_mode)
    assert refusal.value.message.lower() == reason.lower()
    assert await violations(person) == [("refused", "sendMessage")]


@pytest.mark.usefixtures("person")
async def test_a_too_long_edit_has_its_own_words(bot: Bot) -> None:
    sent = await bot.send_message(CHAT, "one")
    with pytest.raises(BadRequest, match=r"(?i)MESSAGE_TOO_LONG"):
        await bot.edit_message_text("a" * 4097, CHAT, sent.message_id)


@pytest.mark.usefixtures("person")
async def test_callback_data_of_65_bytes_is_refused(bot: Bot) -> None:
    with pytest.raises(BadRequest, match=r"(?i)BUTTON_DATA_INVALID"):
        await bot.send_message(CHAT, "x", reply_markup=keyboard("x" * 65))
    assert await bot.send_message(CHAT, "x", reply_markup=keyboard("x" * 64))


@pytest.mark.usefixtures("person")
async def test_only_own_living_messages_can_be_edited(bot: Bot) -> None:
    update = await next_update(bot)
    assert update.message is not None
    with pytest.raises(BadRequest, match="Message can't be edited"):
        await bot.edit_message_text("x", CHAT, update.message.message_id)
    sent = await bot.send_message(CHAT, "gone soon")
    assert await bot.delete_message(CHAT, sent.message_id)
    with pytest.raises(BadRequest, match="Message to edit not found"):
        await bot.edit_message_text("x", CHAT, sent.message_id)
    with pytest.raises(BadRequest, match="Message to delete not found"):
        await bot.delete_message(CHAT, sent.message_id)
    assert await bot.delete_messages(CHAT, [update.message.message_id, 999])


async def test_a_stranger_cannot_be_written_to(bot: Bot, person: aiohttp.ClientSession) -> None:
    with pytest.raises(BadRequest, match="Chat not found"):
        await bot.send_message(555, "hello")
    await post(person, "/api/users", {"id": 555, "first_name": "Eve"})
    with pytest.raises(Forbidden, match="can't initiate conversation"):
        await bot.send_message(555, "hello")


async def test_who_blocks_the_bot_is_left_alone(bot: Bot, person: aiohttp.ClientSession) -> None:
    started = await next_update(bot)
    await post(person, f"/api/chats/{CHAT}/block", {})
    with pytest.raises(Forbidden, match="bot was blocked by the user"):
        await bot.send_message(CHAT, "hello")
    update = await next_update(bot, started.update_id + 1)
    assert update.my_chat_member is not None
    assert update.my_chat_member.new_chat_member.status == "kicked"
    await post(person, f"/api/chats/{CHAT}/unblock", {})
    assert await bot.send_message(CHAT, "hello again")


async def test_too_many_messages_are_told_to_wait(
    bot: Bot, person: aiohttp.ClientSession, clock: Clock
) -> None:
    sent = await bot.send_message(CHAT, "0")
    for number in range(1, 25):
        await bot.edit_message_text(str(number), CHAT, sent.message_id)
    with pytest.raises(RetryAfter) as refusal:
        await bot.edit_message_text("25", CHAT, sent.message_id)
    wait = refusal.value.retry_after
    assert not isinstance(wait, int)
    assert wait.total_seconds() == 3
    await bot.send_chat_action(CHAT, "typing")
    clock.now += 3
    assert await bot.edit_message_text("25", CHAT, sent.message_id)
    assert await violations(person) == [("flood", "editMessageText")]


async def test_unknown_parameters_are_noted_though_not_refused(
    bot: Bot, person: aiohttp.ClientSession
) -> None:
    await bot.send_message(CHAT, "x", api_kwargs={"colour": "red"})
    assert await violations(person) == [("unknown parameter", "sendMessage")]


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"kind": "429", "retry_after": 7}, RetryAfter),
        ({"kind": "502"}, NetworkError),
        ({"kind": "drop"}, NetworkError),
        ({"kind": "hang", "seconds": 0.01}, NetworkError),
    ],
)
async def test_scripted_faults_come_once_and_send_nothing(
    bot: Bot, person: aiohttp.ClientSession, fault: dict[str, object], error: type[Exception]
) -> None:
    await post(person, "/api/faults", {"method": "sendMessage"} | fault)
    with pytest.raises(error):
        await bot.send_message(CHAT, "lost")
    await bot.send_message(CHAT, "arrived")
    assert [shown["text"] for shown in await said_by_bot(person)] == ["arrived"]


async def test_a_connection_can_drop_after_the_message_was_taken(
    bot: Bot, person: aiohttp.ClientSession
) -> None:
    await post(person, "/api/faults", {"method": "sendMessage", "kind": "drop_after"})
    with pytest.raises(NetworkError):
        await bot.send_message(CHAT, "taken")
    assert [shown["text"] for shown in await said_by_bot(person)] == ["taken"]
