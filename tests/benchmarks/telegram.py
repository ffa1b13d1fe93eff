"""Our way to Telegram against the library's own: the library's Application over each, in turn."""

import asyncio
import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from statistics import median
from typing import Any, Final

from aiohttp import web
from telegram import Update
from telegram.ext import ApplicationBuilder, CallbackContext, TypeHandler
from telegram.request import BaseRequest, HTTPXRequest

from telegram_bot.transport import TelegramTransport
from tests.benchmarks.feeds import process
from tests.benchmarks.report import Figure, percentile

TOKEN: Final = "4242:a-token-for-measuring"
AT_ONCE: Final = 256
UPDATES: Final = 1_000
WARMING: Final = 300  # updates
ROUNDS: Final = 3
PATIENCE: Final = 120.0  # seconds
ANSWER: Final = json.dumps(
    {
        "ok": True,
        "result": {
            "message_id": 1,
            "date": 0,
            "chat": {"id": 1, "type": "private", "first_name": "Ann"},
            "text": "sent",
        },
    }
).encode()
ME: Final = json.dumps(
    {"ok": True, "result": {"id": 4242, "is_bot": True, "first_name": "B", "username": "b_bot"}}
).encode()
HOW: Final = f"{AT_ONCE} updates in flight, each answered by a message, against a bare server"


@dataclass(frozen=True, slots=True)
class Run:
    """How quickly a round of updates was answered."""

    wall: float  # updates a second
    cpu: float  # updates a second of this process's CPU time
    p99: float  # milliseconds from the handler to its answer


async def transports() -> list[Figure]:
    """The two take turns, so that other work on the machine meets both.

    Both get the same updates: with few of them most of the time fewer than meant are in flight.
    """
    with process(serve, None) as (url, _):
        base = url.replace("ws://", "http://")
        await _round(base, _ours, WARMING)  # warms up what both use
        runs = [
            (await _round(base, _ours, UPDATES), await _round(base, _default, UPDATES))
            for _ in range(ROUNDS)
        ]
    ours, default = [ours for ours, _ in runs], [default for _, default in runs]
    by_wall = median(mine.wall / theirs.wall for mine, theirs in runs)
    by_cpu = median(mine.cpu / theirs.cpu for mine, theirs in runs)
    return [
        Figure("telegram_updates", median(run.wall for run in ours), "/s", HOW),
        Figure("telegram_updates_default", median(run.wall for run in default), "/s", HOW),
        Figure("telegram_to_default", by_wall, "ratio", f"{HOW}; middle of {ROUNDS}", ">= 5"),
        Figure("telegram_to_default_by_cpu", by_cpu, "ratio", "the same by CPU time", ">= 5"),
        Figure("telegram_answer_p99", median(run.p99 for run in ours), "ms", HOW),
        Figure("telegram_answer_p99_default", median(run.p99 for run in default), "ms", HOW),
    ]


def _ours() -> BaseRequest:
    return TelegramTransport(AT_ONCE)


def _default() -> BaseRequest:
    """As the library builds it, but for its patience."""
    return HTTPXRequest(AT_ONCE, read_timeout=60, write_timeout=60, connect_timeout=60)


async def _round(base: str, request: Callable[[], BaseRequest], count: int) -> Run:
    os.environ["PTB_TIMEDELTA"] = "true"
    left, done, taken = count, asyncio.Event(), list[float]()

    async def answer(update: Update, _: CallbackContext[Any, Any, Any, Any]) -> None:
        nonlocal left
        began = time.perf_counter()
        if update.message is not None:
            await update.message.reply_text("ok")
        taken.append((time.perf_counter() - began) * 1000)
        left -= 1
        if not left:
            done.set()

    application = (
        ApplicationBuilder()
        .token(TOKEN)
        .base_url(f"{base}/bot")
        .request(request())
        .get_updates_request(request())
        .concurrent_updates(AT_ONCE)
        .updater(None)
        .job_queue(None)
        .build()
    )
    application.add_handler(TypeHandler(Update, answer))
    async with application:
        await application.start()
        updates = [Update.de_json(_update(number), application.bot) for number in range(count)]
        wall, cpu = time.perf_counter(), time.process_time()
        for update in updates:
            application.update_queue.put_nowait(update)
        async with asyncio.timeout(PATIENCE):
            await done.wait()
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        await application.stop()
    return Run(count / wall, count / cpu, percentile(taken, 99))


def _update(number: int) -> dict[str, Any]:
    person = {"id": number, "is_bot": False, "first_name": "Ann"}
    chat = {"id": number, "type": "private", "first_name": "Ann"}
    message = {"message_id": 1, "date": 0, "chat": chat, "from": person, "text": "/start"}
    return {"update_id": number, "message": message}


def serve(_: None, pipe: Connection) -> None:
    asyncio.run(_bare_server(pipe))


async def _bare_server(pipe: Connection) -> None:
    """Takes everything and checks nothing."""

    async def say(request: web.Request) -> web.Response:
        await request.read()
        body = ME if request.match_info["method"] == "getMe" else ANSWER
        return web.Response(body=body, content_type="application/json")

    app = web.Application()
    app.router.add_post("/bot{token}/{method}", say)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    pipe.send(runner.addresses[0][1])
    await asyncio.Event().wait()
