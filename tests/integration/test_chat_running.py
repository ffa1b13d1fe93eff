"""The bot as a part: starting, restarting, live cards, bad days of Telegram, the webhook."""

import asyncio
import json
import logging
import traceback
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from core.storage.models import Sessions
from telegram_bot.bot import BotSettings, TelegramBot, TelegramRefused
from telegram_bot.clock import SystemClock
from tests.support import examples
from tests.support.chat import ANN, BEN, PATIENCE, Chat, buttons, open_chat

YES, NO = examples.YES, examples.NO


class Hurry(SystemClock):
    """Takes no time between attempts, until there have been enough of them."""

    def __init__(self, attempts: int) -> None:
        self.delays: list[float] = []
        self.tired = asyncio.Event()
        self._attempts = attempts

    async def sleep(self, seconds: float) -> None:
        self.delays.append(seconds)
        if len(self.delays) == self._attempts:
            self.tired.set()
            await asyncio.Event().wait()


@pytest.fixture
async def chat(sessions: Sessions) -> AsyncIterator[Chat]:
    async with open_chat(sessions, (examples.market(),)) as chat:
        chat.streams(YES, "0.61", "0.63")
        chat.streams(NO, "0.37", "0.39")
        yield chat


async def _card(chat: Chat, person: int = ANN) -> dict[str, object]:
    return await chat.person(person).says("polymarket.com/market/" + examples.market().slug)


async def test_an_open_card_follows_the_market_at_a_bearable_pace(chat: Chat) -> None:
    async with chat.running():
        card = await _card(chat)
        for cent in range(40, 60):
            chat.streams(YES, f"0.{cent}", f"0.{cent + 2}")
            await asyncio.sleep(0)
        moved = await chat.person().reads("Yes 60¢ · live")
        assert moved["id"] == card["id"]
        assert buttons(moved) == [
            "Yes", "$10", "$25", "$50", "No", "$10", "$25", "$50", "All outcomes", "Watch", "Alert",
            "Chart", "Order book", "Share", "Refresh", "Home",
        ]  # fmt: skip
        assert await chat.person().violations() == []


async def test_a_card_rests_with_a_footer_and_refresh_wakes_it(sessions: Sessions) -> None:
    async with open_chat(sessions, (examples.market(),), pause_after=0.1) as chat:
        chat.streams(YES, "0.61", "0.63")
        async with chat.running():
            ann = chat.person()
            await _card(chat)
            resting = await ann.reads("Live updates paused")
            await chat.wants({})
            before = len(await ann.said())
            await ann.taps(resting, "Refresh")
            await ann.sees(lambda message: message["revision"] > resting["revision"])
            woken = next(text for text in (await ann.said())[before:] if "Yes 62¢" in text)
            assert "paused" not in woken  # though it may rest again by now


async def test_two_peoples_cards_move_together(chat: Chat) -> None:
    async with chat.running():
        await _card(chat, ANN)
        await _card(chat, BEN)
        chat.streams(YES, "0.70", "0.72")
        await chat.person(ANN).reads("Yes 71¢ · live")
        await chat.person(BEN).reads("Yes 71¢ · live")


async def test_after_a_restart_old_buttons_say_so_and_home_works(chat: Chat) -> None:
    ann = chat.person()
    async with chat.running():
        card = await _card(chat)
    again = TelegramBot(
        BotSettings("4242:sandbox", base_url=chat.url, poll_timeout=2.0, is_sandbox=True),
        chat.services,
        chat.board,
        chat.manager,
    )
    async with asyncio.TaskGroup() as tasks:
        part = tasks.create_task(again.run())
        answer = await ann.taps(card, "Refresh")
        assert "This screen is old" in str(answer["text"])
        assert buttons(await ann.reads("This screen is old")) == ["Home"]
        assert "in total" in (await ann.says("/home"))["text"]
        part.cancel()


async def test_the_part_can_be_started_again(chat: Chat) -> None:
    for words in ("/home", "/help"):
        async with chat.running():
            await chat.person().says(words)
            assert chat.bot.is_up


async def test_taps_of_one_user_are_answered_in_their_order(chat: Chat) -> None:
    async with chat.running():
        ann = chat.person()
        home = await ann.says("/home")
        await asyncio.gather(
            *(ann.taps(home, label) for label in ("Refresh", "Status", "Help", "Markets"))
        )
        last = await ann.sees(lambda message: message["text"].startswith("Markets"))
        assert last["id"] == home["id"]


async def test_a_message_that_was_deleted_is_sent_anew(chat: Chat) -> None:
    async with chat.running():
        ann = chat.person()
        home = await ann.says("/home")
        await ann.forges("1.-.h", {"id": home["id"] + 500})
        fresh = await ann.sees(lambda message: message["id"] > home["id"])
        assert "in total" in fresh["text"]


async def test_a_hiccup_of_telegram_loses_no_answer(chat: Chat) -> None:
    async with chat.running():
        ann = chat.person()
        home = await ann.says("/home")
        await ann.trouble("editMessageText", "502", times=2)
        assert "Find a market" in (await ann.opens(home, "Help"))["text"]


async def test_what_nobody_foresaw_is_told_truly_and_logged_once(
    chat: Chat, caplog: pytest.LogCaptureFixture
) -> None:
    async with chat.running():
        ann = chat.person()
        home = await ann.says("/home")
        chat.venue.is_broken = True
        await ann.taps(home, "Status")
        answer = await ann.reads("Something went wrong here")
        assert "Nothing was sent" in answer["text"]
    records = [each for each in caplog.records if each.levelno == logging.ERROR]
    assert [record.message for record in records] == ["an update could not be answered"]
    assert records[0].__dict__["update_id"] > 0


async def test_a_wrong_token_is_one_sentence_that_names_the_variable(chat: Chat) -> None:
    bot = TelegramBot(
        BotSettings("1:wrong-secret", base_url=chat.url), chat.services, chat.board, chat.manager
    )
    with pytest.raises(TelegramRefused, match="TELEGRAM_BOT_TOKEN") as refusal:
        await bot.check()
    assert "wrong-secret" not in "".join(traceback.format_exception(refusal.value))


async def test_a_telegram_that_is_away_is_waited_for_and_logged_once(
    chat: Chat, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "telegram_bot")
    runner = web.AppRunner(web.Application())
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    await runner.cleanup()
    clock = Hurry(attempts=4)
    bot = TelegramBot(
        BotSettings("1:secret-token", base_url=f"http://127.0.0.1:{port}"),
        chat.services,
        chat.board,
        chat.manager,
        clock=clock,
    )
    await bot.check()
    async with asyncio.TaskGroup() as tasks:
        part = tasks.create_task(bot.run())
        async with asyncio.timeout(PATIENCE):
            await clock.tired.wait()
        part.cancel()
    assert clock.delays == [1, 2, 4, 8]
    assert not bot.is_up
    assert len(caplog.records) == 1
    assert "secret-token" not in caplog.text


async def test_pushed_updates_need_the_secret(sessions: Sessions) -> None:
    port_taken = asyncio.Event()
    received: list[int] = []
    async with open_chat(sessions, (examples.market(),)) as plain:
        app = web.Application()
        runner = web.AppRunner(app, access_log=None)
        bots: list[TelegramBot] = []

        async def push(request: web.Request) -> web.Response:
            secret = request.headers.get("X-Telegram-Bot-Api-Secret-Token")
            status = await bots[0].webhook(await request.read(), secret)
            received.append(status)
            port_taken.set()
            return web.Response(status=status)

        app.router.add_post("/webhook", push)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}/webhook"
        settings = BotSettings("4242:sandbox", base_url=plain.url, webhook_url=url, is_sandbox=True)
        bots.append(TelegramBot(settings, plain.services, plain.board, plain.manager))
        assert await bots[0].webhook(b"{}", "any") == 503
        async with asyncio.TaskGroup() as tasks:
            part = tasks.create_task(bots[0].run())
            home = await plain.person().says("/start")
            assert "in total" in home["text"]
            forged = json.dumps({"update_id": 1, "message": {}}).encode()
            assert await bots[0].webhook(forged, "guess") == 403
            assert await bots[0].webhook(forged, None) == 403
            part.cancel()
        await runner.cleanup()
    assert received == [200]
