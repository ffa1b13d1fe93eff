"""The user side of the sandbox: taps and answers, streams, forgeries, guards, webhooks."""

import asyncio
import json
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web
from telegram import (
    Bot,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    Update,
)
from telegram.error import BadRequest, Conflict

from infrastructure.sandbox.telegram.serving import served
from infrastructure.sandbox.telegram.state import TelegramSandbox
from tests.integration.sandbox_telegram_support import (
    CHAT,
    PATIENCE,
    TOKEN,
    Body,
    Clock,
    fetch,
    post,
    violations,
)

BUY = InlineKeyboardButton("Buy", callback_data="buy")
SELL = InlineKeyboardButton("Sell", callback_data="sell")
OPEN = InlineKeyboardButton("Open", url="https://polymarket.com")
MARKUP = InlineKeyboardMarkup([[BUY, SELL], [OPEN]])


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def url(clock: Clock) -> AsyncIterator[str]:
    desk = TelegramSandbox(TOKEN, clock=clock)
    async with served(desk, webhook_retry_delays=(0.01,)) as url:
        yield url


@pytest.fixture
async def bot(url: str) -> AsyncIterator[Bot]:
    async with Bot(TOKEN, f"{url}/bot") as bot:
        yield bot


@pytest.fixture
async def person(url: str) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(url) as session:
        yield session


async def start(person: aiohttp.ClientSession, bot: Bot, user: int = CHAT) -> int:
    """Opens the chat; the id of a message with buttons in it."""
    await post(person, f"/api/chats/{user}/send", {"text": "/start", "first_name": "Ann"})
    await bot.get_updates(offset=-1, timeout=0)
    return (await bot.send_message(user, "Card", reply_markup=MARKUP)).message_id


async def next_tap(bot: Bot) -> Update:
    async with asyncio.timeout(PATIENCE):
        while True:
            for update in await bot.get_updates(timeout=PATIENCE):
                await bot.get_updates(offset=update.update_id + 1, timeout=0)
                if update.callback_query:
                    return update


@pytest.mark.parametrize(
    "place", [{"row": 0, "column": 1}, {"callback_data": "sell"}, {"label": "Sell"}]
)
async def test_a_tap_waits_for_the_bots_answer(
    bot: Bot, person: aiohttp.ClientSession, place: dict[str, object]
) -> None:
    message_id = await start(person, bot)
    async with asyncio.TaskGroup() as tasks:
        body = {"message_id": message_id} | place
        tapped = tasks.create_task(post(person, f"/api/chats/{CHAT}/tap", body))
        query = (await next_tap(bot)).callback_query
        assert query is not None
        assert query.message is not None
        assert (query.data, query.from_user.first_name) == ("sell", "Ann")
        assert query.message.message_id == message_id
        await bot.answer_callback_query(query.id, "Sold", show_alert=True)
    answer = tapped.result()
    assert (answer["answered"], answer["text"], answer["show_alert"]) == (True, "Sold", True)


async def test_a_tap_is_answered_once_and_in_time(
    bot: Bot, person: aiohttp.ClientSession, clock: Clock
) -> None:
    message_id = await start(person, bot)
    body: dict[str, object] = {"message_id": message_id, "row": 0, "wait": 0}
    assert (await post(person, f"/api/chats/{CHAT}/tap", body))["answered"] is False
    query = (await next_tap(bot)).callback_query
    assert query is not None
    assert await bot.answer_callback_query(query.id)
    with pytest.raises(BadRequest, match="Query is too old"):
        await bot.answer_callback_query(query.id)
    late = await post(person, f"/api/chats/{CHAT}/tap", body)
    clock.now += 16
    with pytest.raises(BadRequest, match="query id is invalid"):
        await bot.answer_callback_query(str(late["query_id"]))
    assert sorted(kind for kind, _ in await violations(person)) == [
        "callback answered twice", "callback never answered", "refused", "refused",
    ]  # fmt: skip
    async with person.delete("/api/violations"):
        assert await violations(person) == []


@pytest.mark.parametrize("wrong", [{"row": 7}, {"callback_data": "x"}, {"label": "Open"}, {}])
async def test_a_button_that_is_not_there_cannot_be_tapped(
    bot: Bot, person: aiohttp.ClientSession, wrong: dict[str, object]
) -> None:
    message_id = await start(person, bot)
    body = {"message_id": message_id} | wrong
    assert "button" in str(await post(person, f"/api/chats/{CHAT}/tap", body, 400))


async def test_foreign_and_invented_taps_can_be_forged(
    bot: Bot, person: aiohttp.ClientSession
) -> None:
    message_id = await start(person, bot)
    tap = {"user_id": 666, "chat_id": CHAT, "message_id": message_id, "data": "evil", "wait": 0}
    await post(person, "/api/forge", {"callback": tap})
    await post(person, "/api/forge", {"callback": tap | {"message_id": 999}})
    first, second = (await next_tap(bot)).callback_query, (await next_tap(bot)).callback_query
    assert first is not None
    assert second is not None
    assert (first.from_user.id, first.data) == (666, "evil")
    assert [each.message and each.message.is_accessible for each in (first, second)] == [
        True,
        False,
    ]


async def test_any_update_can_be_forged_and_its_chat_answered(
    bot: Bot, person: aiohttp.ClientSession
) -> None:
    group = {"id": -5, "type": "group", "title": "Desk"}
    ann = {"id": 7, "is_bot": False, "first_name": "Ann"}
    message = {"message_id": 3, "date": 1, "chat": group, "from": ann, "text": "hi"}
    await post(person, "/api/forge", {"update": {"edited_message": message}})
    (update,) = await bot.get_updates(allowed_updates=["message"], timeout=0)
    assert update.edited_message is not None
    assert update.edited_message.chat.title == "Desk"
    assert (await bot.send_message(-5, "hello")).chat_id == -5
    await post(person, "/api/forge", {"update": {"message": {"text": "no ids"}}}, 400)
    await post(person, "/api/forge", {}, 400)


async def test_messages_are_long_polled_by_revision(
    bot: Bot, person: aiohttp.ClientSession
) -> None:
    message_id = await start(person, bot)
    async with person.get(f"/api/chats/{CHAT}/messages") as answer:
        seen = (await answer.json())["revision"]
    path = f"/api/chats/{CHAT}/messages?after={seen}&wait={PATIENCE}"
    async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(fetch(person, path))
        await bot.delete_message(CHAT, message_id)
    (changed,) = waiting.result()["messages"]
    assert (changed["id"], changed["deleted"]) == (message_id, True)


async def test_the_event_stream_tells_each_change(bot: Bot, person: aiohttp.ClientSession) -> None:
    message_id = await start(person, bot)
    async with asyncio.timeout(PATIENCE), person.get(f"/api/chats/{CHAT}/events") as stream:
        assert [each["text"] for each in (await _event(stream))["messages"]] == ["/start", "Card"]
        await bot.edit_message_text("New card", CHAT, message_id)
        (edited,) = (await _event(stream))["messages"]
        assert (edited["id"], edited["text"]) == (message_id, "New card")
        await bot.send_chat_action(CHAT, "typing")
        assert (await _event(stream))["typing"] is True


async def test_stopping_does_not_wait_for_open_streams_and_polls() -> None:
    desk = TelegramSandbox(TOKEN)
    async with asyncio.timeout(PATIENCE), aiohttp.ClientSession() as session:
        async with served(desk) as url:
            stream = await session.get(f"{url}/api/chats/1/events")
            await _event(stream)
            poll = asyncio.create_task(fetch(session, f"{url}/bot{TOKEN}/getUpdates?timeout=50"))
            await session.get(f"{url}/bot{TOKEN}/getMe")
        assert (await poll)["result"] == []
        assert (await stream.content.read()).strip() == b""


async def test_the_transcript_reads_like_a_chat(bot: Bot, person: aiohttp.ClientSession) -> None:
    message_id = await start(person, bot)
    await bot.edit_message_text("New card", CHAT, message_id, reply_markup=MARKUP)
    async with person.get(f"/api/chats/{CHAT}/transcript") as answer:
        lines = (await answer.text()).splitlines()
    assert [line.partition("] ")[2] or line for line in lines[:3]] == [
        "#1 Ann", "  /start", "#2 Polycool (edited)",
    ]  # fmt: skip
    assert lines[3:] == ["  New card", "  [Buy] [Sell]", "  [Open]"]


async def test_other_sites_and_other_names_are_refused(url: str) -> None:
    async with aiohttp.ClientSession(url) as session:
        for headers in (
            {"Origin": "https://evil.example"},
            {"Origin": "null"},
            {"Host": "evil.example"},
            {"Sec-Fetch-Site": "cross-site"},
        ):
            async with session.post("/api/chats/1/send", json={"text": "x"}, headers=headers) as no:
                assert no.status == 403
        async with session.post(
            "/api/chats/1/send", json={"text": "x"}, headers={"Origin": url}
        ) as ok:
            assert ok.status == 200


async def test_another_name_is_served_if_it_is_allowed() -> None:
    async with (
        served(TelegramSandbox(TOKEN), allowed_hosts=["desk.lan"]) as url,
        aiohttp.ClientSession(url) as session,
        session.get("/", headers={"Host": "desk.lan:1"}) as answer,
    ):
        assert answer.status == 200
        assert "default-src 'self'" in answer.headers["Content-Security-Policy"]


async def test_bad_bodies_are_explained(person: aiohttp.ClientSession) -> None:
    path = f"/api/chats/{CHAT}"
    assert "text" in str(await post(person, f"{path}/send", {}, 400))
    assert "1 to 4096" in str(await post(person, f"{path}/send", {"text": " "}, 400))
    assert "unknown" in str(await post(person, f"{path}/send", {"text": "x", "unknown": 1}, 400))
    assert "no chat" in str(await post(person, f"{path}/block", {}, 400))
    async with person.get(f"{path}/messages?after=x") as answer:
        assert answer.status == 400


async def test_webhooks_carry_the_secret_and_are_tried_again(
    bot: Bot, person: aiohttp.ClientSession
) -> None:
    calls: asyncio.Queue[tuple[str | None, dict[str, object]]] = asyncio.Queue()
    statuses = [200, 503]

    async def receive(request: web.Request) -> web.Response:
        proof = request.headers.get("X-Telegram-Bot-Api-Secret-Token")
        calls.put_nowait((proof, await request.json()))
        return web.Response(status=statuses.pop())

    app = web.Application()
    app.router.add_post("/hook", receive)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        await bot.set_webhook(f"http://127.0.0.1:{runner.addresses[0][1]}/hook", secret_token="s3")
        with pytest.raises(Conflict, match="webhook is active"):
            await bot.get_updates(timeout=0)
        async with asyncio.timeout(PATIENCE):
            await post(person, f"/api/chats/{CHAT}/send", {"text": "/start"})
            first, second = await calls.get(), await calls.get()
        assert first == second
        assert first[0] == "s3"
        assert (await bot.get_webhook_info()).last_error_message is not None
        assert await bot.delete_webhook()
        assert await bot.get_updates(timeout=0) == ()
    finally:
        await runner.cleanup()


async def test_a_webhook_needs_https_or_this_machine(bot: Bot) -> None:
    with pytest.raises(BadRequest, match=r"(?i)an https url must be provided"):
        await bot.set_webhook("http://example.com/hook")
    with pytest.raises(BadRequest, match="unallowed characters"):
        await bot.set_webhook("https://example.com/hook", secret_token="a b")


async def _event(stream: aiohttp.ClientResponse) -> Body:
    async for line in stream.content:
        if line.startswith(b"data: "):
            body: Body = json.loads(line[6:])
            return body
    raise AssertionError("the stream ended")
