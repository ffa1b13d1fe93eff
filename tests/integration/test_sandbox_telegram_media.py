"""Pictures, documents, replies and commands between a real bot and the sandbox."""

from collections.abc import AsyncIterator

import aiohttp
import pytest
from telegram import Bot, BotCommand, InputMediaPhoto, ReplyParameters
from telegram.error import BadRequest

from infrastructure.sandbox.telegram.serving import served
from infrastructure.sandbox.telegram.state import TelegramSandbox
from tests.integration.sandbox_telegram_support import (
    CHAT,
    TOKEN,
    keyboard,
    png,
    said_by_bot,
    started_chat,
    violations,
)


@pytest.fixture
async def url() -> AsyncIterator[str]:
    async with served(TelegramSandbox(TOKEN)) as url:
        yield url


@pytest.fixture
async def bot(url: str) -> AsyncIterator[Bot]:
    async with Bot(TOKEN, f"{url}/bot", f"{url}/file/bot") as bot:
        yield bot


@pytest.fixture
async def person(url: str) -> AsyncIterator[aiohttp.ClientSession]:
    async with started_chat(url) as session:
        yield session


async def test_a_photo_can_be_sent_exchanged_and_downloaded(
    bot: Bot, person: aiohttp.ClientSession
) -> None:
    sent = await bot.send_photo(
        CHAT, png(60, 40), "<i>chart</i>", parse_mode="HTML", reply_markup=keyboard()
    )
    assert (sent.photo[-1].width, sent.photo[-1].height, sent.caption) == (60, 40, "chart")
    (shown,) = await said_by_bot(person)
    photo = shown["photo"]
    assert isinstance(photo, dict)
    async with person.get(photo["url"]) as picture:
        assert (await picture.read(), picture.content_type) == (png(60, 40), "image/png")
    await bot.edit_message_caption(CHAT, sent.message_id, caption="chart 2")
    changed = await bot.edit_message_media(
        InputMediaPhoto(png(80, 40), "new"), CHAT, sent.message_id
    )
    assert not isinstance(changed, bool)
    assert (changed.photo[-1].width, changed.caption) == (80, "new")
    file = await (await bot.get_file(changed.photo[-1].file_id)).download_as_bytearray()
    assert bytes(file) == png(80, 40)
    assert (await bot.send_photo(CHAT, sent.photo[-1].file_id)).photo == sent.photo
    assert await violations(person) == []


@pytest.mark.usefixtures("person")
async def test_what_is_no_photo_is_refused(bot: Bot) -> None:
    with pytest.raises(BadRequest, match=r"(?i)IMAGE_PROCESS_FAILED"):
        await bot.send_photo(CHAT, b"not a picture")
    with pytest.raises(BadRequest, match=r"(?i)PHOTO_INVALID_DIMENSIONS"):
        await bot.send_photo(CHAT, png(210, 10))
    with pytest.raises(BadRequest, match="caption is too long"):
        await bot.send_photo(CHAT, png(9, 9), "x" * 1025)
    with pytest.raises(BadRequest, match="Wrong file identifier"):
        await bot.send_photo(CHAT, "https://example.com/x.png")


async def test_a_document_is_offered_for_download(bot: Bot, person: aiohttp.ClientSession) -> None:
    sent = await bot.send_document(CHAT, b"a,b\n1,2\n", filename="trades.csv")
    assert sent.document is not None
    assert (sent.document.file_name, sent.document.file_size) == ("trades.csv", 8)
    async with person.get(f"/api/files/{sent.document.file_id}") as file:
        assert file.headers["Content-Disposition"].startswith("attachment")
        assert await file.read() == b"a,b\n1,2\n"
    with pytest.raises(BadRequest, match="no text in the message to edit"):
        await bot.edit_message_text("x", CHAT, sent.message_id)


async def test_replies_pins_and_reactions_are_kept(bot: Bot, person: aiohttp.ClientSession) -> None:
    first = await bot.send_message(CHAT, "first")
    reply = await bot.send_message(CHAT, "second", reply_parameters=ReplyParameters(first.id))
    assert reply.reply_to_message == first
    with pytest.raises(BadRequest, match="to be replied not found"):
        await bot.send_message(CHAT, "third", reply_parameters=ReplyParameters(999))
    assert await bot.pin_chat_message(CHAT, first.id)
    assert await bot.set_message_reaction(CHAT, first.id, "👍")
    assert (await bot.get_chat(CHAT)).pinned_message == first
    assert await bot.unpin_chat_message(CHAT)
    assert [shown["reaction"] for shown in await said_by_bot(person)] == ["👍", ""]


async def test_commands_and_descriptions_reach_the_user(
    bot: Bot, person: aiohttp.ClientSession
) -> None:
    commands = [BotCommand("start", "Home"), BotCommand("help", "Help")]
    await bot.set_my_commands(commands)
    await bot.set_my_description("Trades on paper.")
    await bot.set_my_short_description("Short.")
    await bot.set_chat_menu_button()
    assert await bot.get_my_commands() == tuple(commands)
    async with person.get(f"/api/chats/{CHAT}") as answer:
        state = await answer.json()
    assert [each["command"] for each in state["commands"]] == ["start", "help"]
    assert (state["description"], state["started"]) == ("Trades on paper.", True)
    await bot.delete_my_commands()
    assert await bot.get_my_commands() == ()
    with pytest.raises(BadRequest, match=r"(?i)BOT_COMMAND_INVALID"):
        await bot.set_my_commands([("Bad-Name", "x")])
