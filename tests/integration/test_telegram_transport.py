"""Our way to Telegram, under the library's own Application, against the sandbox's Bot API."""

import asyncio
import datetime as dt
import logging
import ssl
import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from telegram import Bot, Update
from telegram.error import BadRequest, InvalidToken, NetworkError, RetryAfter, TimedOut
from telegram.ext import ApplicationBuilder, CallbackContext, CallbackQueryHandler

from infrastructure.errors import CannotStart
from infrastructure.sandbox.telegram.serving import served
from infrastructure.sandbox.telegram.state import TelegramSandbox
from telegram_bot.transport import AnswerLost, NotConnected, Patience, TelegramTransport
from tests.integration.sandbox_telegram_support import (
    CHAT,
    keyboard,
    png,
    post,
    said_by_bot,
    started_chat,
    violations,
)

SECRET = "AAF-a-secret-that-nobody-may-read_1234"
TOKEN = f"4242:{SECRET}"
WAIT = 20.0  # seconds


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", "true")
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
async def telegram() -> AsyncIterator[str]:
    async with served(TelegramSandbox(TOKEN)) as url:
        yield url


@pytest.fixture
async def ann(telegram: str) -> AsyncIterator[aiohttp.ClientSession]:
    async with started_chat(telegram) as session:
        yield session


@asynccontextmanager
async def bot_at(
    base: str, patience: Patience | None = None, token: str = TOKEN
) -> AsyncIterator[Bot]:
    requests = [TelegramTransport(4, patience), TelegramTransport(1, patience)]
    bot = Bot(
        token,
        f"{base}/bot",
        f"{base}/file/bot",
        request=requests[0],
        get_updates_request=requests[1],
    )
    for request in requests:
        await request.initialize()
    try:
        yield bot
    finally:
        for request in requests:
            await request.shutdown()


@asynccontextmanager
async def listening(say: Any, context: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """A server that is none of Telegram's."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", say)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    try:
        yield f"{'https' if context else 'http'}://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def everything_said(error: BaseException) -> str:
    """All that a log, a debugger or an error report could show of it."""
    parts = [*traceback.format_exception(error)]
    seen: BaseException | None = error
    while seen is not None:
        parts += [str(seen), repr(seen), repr(seen.args)]
        seen = seen.__cause__ or seen.__context__
    return "".join(parts)


async def test_the_librarys_application_answers_taps_over_it(
    telegram: str, ann: aiohttp.ClientSession
) -> None:
    done, offset = asyncio.Event(), 0

    async def answer(update: Update, _: CallbackContext[Any, Any, Any, Any]) -> None:
        assert update.callback_query is not None
        await update.callback_query.answer("Thanks")
        await update.callback_query.edit_message_text("<b>é</b> & 😀", parse_mode="HTML")
        done.set()

    application = (
        ApplicationBuilder()
        .token(TOKEN)
        .base_url(f"{telegram}/bot")
        .request(TelegramTransport(8))
        .get_updates_request(TelegramTransport(1))
        .updater(None)
        .job_queue(None)
        .build()
    )
    application.add_handler(CallbackQueryHandler(answer))
    async with application:
        await application.start()
        card = await application.bot.send_message(CHAT, "Tap", reply_markup=keyboard())
        tap = {"message_id": card.message_id, "label": "Go", "wait": WAIT}
        answered = asyncio.create_task(post(ann, f"/api/chats/{CHAT}/tap", tap))
        async with asyncio.timeout(WAIT):
            while not done.is_set():
                for update in await application.bot.get_updates(timeout=1, offset=offset):
                    offset = update.update_id + 1
                    application.update_queue.put_nowait(update)
        await application.stop()
    assert (await answered)["text"] == "Thanks"
    assert (await said_by_bot(ann))[-1]["text"] == "é & 😀"
    assert await violations(ann) == []


async def test_pictures_and_documents_arrive_whole(
    telegram: str, ann: aiohttp.ClientSession
) -> None:
    table = "time,price\r\nété,0.5\r\n".encode()
    async with bot_at(telegram) as bot:
        photo = await bot.send_photo(CHAT, png(9, 7), caption="Chart 😀", reply_markup=keyboard())
        sent = await bot.send_document(CHAT, table, filename='été "2026".csv', caption="History")
        assert sent.document is not None
        file = await bot.get_file(sent.document.file_id)
        assert bytes(await file.download_as_bytearray()) == table
    assert [(each.width, each.height) for each in photo.photo] == [(9, 7)]
    assert (photo.caption, sent.document.file_name) == ("Chart 😀", 'été "2026".csv')
    assert await violations(ann) == []


async def test_refusals_are_what_the_library_makes_of_them(
    telegram: str, ann: aiohttp.ClientSession
) -> None:
    async with bot_at(telegram) as bot:
        with pytest.raises(BadRequest, match=r"(?i)chat not found"):
            await bot.send_message(77, "Hi")
        await post(ann, "/api/faults", {"method": "sendMessage", "kind": "429", "retry_after": 7})
        with pytest.raises(RetryAfter) as flood:
            await bot.send_message(CHAT, "Hi")
        assert flood.value.retry_after == dt.timedelta(seconds=7)
        await post(ann, "/api/faults", {"method": "sendMessage", "kind": "502"})
        with pytest.raises(NetworkError, match="Bad Gateway"):
            await bot.send_message(CHAT, "Hi")
        assert (await bot.send_message(CHAT, "Hi")).text == "Hi"


async def test_a_connection_that_breaks_over_an_accepted_request_may_have_delivered_it(
    telegram: str, ann: aiohttp.ClientSession
) -> None:
    async with bot_at(telegram) as bot:
        await post(ann, "/api/faults", {"method": "sendMessage", "kind": "drop_after"})
        with pytest.raises(AnswerLost) as fault:
            await bot.send_message(CHAT, "Once")
    assert [each["text"] for each in await said_by_bot(ann)] == ["Once"]
    assert SECRET not in everything_said(fault.value)


async def test_an_answer_that_does_not_come_is_a_timeout(
    telegram: str, ann: aiohttp.ClientSession
) -> None:
    async with bot_at(telegram, Patience(read=0.2)) as bot:
        await post(ann, "/api/faults", {"method": "sendMessage", "kind": "hang", "seconds": 5})
        with pytest.raises(TimedOut) as fault:
            await bot.send_message(CHAT, "Hi")
    assert SECRET not in everything_said(fault.value)


async def test_a_long_poll_may_take_longer_than_other_answers(telegram: str) -> None:
    async with bot_at(telegram, Patience(read=0.4)) as bot:
        assert await bot.get_updates(timeout=dt.timedelta(seconds=1), offset=10**9) == ()


async def test_who_finds_no_free_connection_in_time_has_sent_nothing(telegram: str) -> None:
    patience = Patience(queue=0.1, connect=0.1, read=3)
    async with bot_at(telegram, patience) as bot:
        polls = [bot.get_updates(timeout=dt.timedelta(seconds=1), offset=10**9) for _ in range(2)]
        answers = await asyncio.gather(*polls, return_exceptions=True)
    assert [type(each) for each in answers] == [tuple, NotConnected]


async def test_the_token_is_in_no_error_and_no_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    async def page(_: web.Request) -> web.Response:
        return web.Response(status=502, body=b"<html>\xff gateway</html>")

    async def elsewhere(request: web.Request) -> web.Response:
        raise web.HTTPFound(f"{request.url}/again")

    async with listening(page) as broken, listening(elsewhere) as moving:
        gone = "http://127.0.0.1:9"
        for base in (
            broken,
            moving,
            gone,
            "http://[::bad",
            "ftp://127.0.0.1",
            "http://nobody.invalid",
        ):
            async with bot_at(base, Patience(connect=5, queue=5)) as bot:
                with pytest.raises((NetworkError, BadRequest)) as fault:
                    await bot.send_message(CHAT, "Hi")
            assert SECRET not in everything_said(fault.value), base
    ours = [each for each in caplog.records if each.name != "telegram.Bot"]  # that tells addresses
    assert SECRET not in "".join(each.getMessage() for each in ours)


async def test_an_unknown_token_is_an_invalid_one(telegram: str) -> None:
    async with bot_at(telegram, token="4242:another") as bot:
        with pytest.raises(InvalidToken):
            await bot.get_me()


async def test_nobody_is_believed_without_a_certificate(tmp_path: Path) -> None:
    asked = asyncio.Event()

    async def say(_: web.Request) -> web.Response:
        asked.set()
        return web.json_response({"ok": True, "result": True})

    async with listening(say, self_signed(tmp_path)) as base, bot_at(base) as bot:
        with pytest.raises(NetworkError, match="Certificate") as fault:
            await bot.delete_webhook()
    assert not asked.is_set()
    assert SECRET not in everything_said(fault.value)


async def test_requests_go_through_the_proxy_of_the_environment_unless_told_otherwise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[str] = []

    async def say(request: web.Request) -> web.Response:
        seen.append(str(request.raw_path))
        return web.json_response({"ok": True, "result": True})

    async with listening(say) as proxy:
        monkeypatch.setenv("http_proxy", proxy)
        async with bot_at("http://telegram.invalid") as bot:
            await bot.delete_webhook()
        assert seen == [f"http://telegram.invalid/bot{TOKEN}/deleteWebhook"]
        monkeypatch.setenv("no_proxy", "telegram.invalid")
        async with bot_at("http://telegram.invalid") as bot:
            with pytest.raises(NetworkError):
                await bot.delete_webhook()


def test_a_proxy_that_cannot_be_used_is_named_without_its_password(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5://ann:pass-word@10.0.0.1:1080")
    with pytest.raises(CannotStart, match="ALL_PROXY") as refusal:
        TelegramTransport(1)
    assert "pass-word" not in str(refusal.value)


async def test_it_can_be_opened_again_and_what_waits_at_the_end_gets_an_error(
    telegram: str,
) -> None:
    async with bot_at(telegram) as bot:
        request = bot.request
        await request.shutdown()
        with pytest.raises(NetworkError, match="not open"):
            await bot.get_me()
        await request.initialize()
        assert (await bot.get_me()).is_bot
        poll = asyncio.create_task(request.post(f"{telegram}/bot{TOKEN}/getUpdates?timeout=9"))
        await bot.get_me()
        async with asyncio.timeout(WAIT):
            await request.shutdown()
            with pytest.raises(NetworkError):
                await poll


def self_signed(folder: Path) -> ssl.SSLContext:
    """A certificate that only its owner vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    path = folder / "server.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context
