"""What the tests of the local Telegram share: a clock, a picture, and ways to look and ask."""

import asyncio
import struct
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypedDict

import aiohttp
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, Update

TOKEN = "4242:sandbox"
CHAT = 1001
PATIENCE = 20  # seconds


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Body(TypedDict):
    messages: list[dict[str, object]]
    typing: bool
    result: list[object]


@asynccontextmanager
async def started_chat(url: str) -> AsyncIterator[aiohttp.ClientSession]:
    """A person's session, after /start."""
    async with aiohttp.ClientSession(url) as session:
        await post(session, f"/api/chats/{CHAT}/send", {"text": "/start"})
        yield session


async def post(
    session: aiohttp.ClientSession, path: str, body: dict[str, object], status: int = 200
) -> dict[str, object]:
    async with asyncio.timeout(PATIENCE), session.post(path, json=body) as answer:
        assert answer.status == status, await answer.text()
        reply = await answer.json()
    assert isinstance(reply, dict)
    return reply


async def fetch(session: aiohttp.ClientSession, path: str) -> Body:
    async with session.get(path) as answer:
        body: Body = await answer.json()
    return body


async def said_by_bot(session: aiohttp.ClientSession) -> list[dict[str, object]]:
    body = await fetch(session, f"/api/chats/{CHAT}/messages")
    authors = [each["from"] for each in body["messages"]]
    return [
        message
        for message, author in zip(body["messages"], authors, strict=True)
        if isinstance(author, dict) and author["is_bot"]
    ]


async def violations(session: aiohttp.ClientSession) -> list[tuple[str, str]]:
    async with session.get("/api/violations") as answer:
        body = await answer.json()
    return [(each["kind"], each["method"]) for each in body["violations"]]


async def next_update(bot: Bot, offset: int = 0) -> Update:
    async with asyncio.timeout(PATIENCE):
        updates = await bot.get_updates(offset=offset, timeout=PATIENCE)
    return updates[0]


def keyboard(data: str = "a", label: str = "Go") -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup([[InlineKeyboardButton(label, callback_data=data)]])


def png(width: int, height: int) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress((b"\0" + b"\x24\x81\xcc" * width) * height)
    parts = _chunk(b"IHDR", header) + _chunk(b"IDAT", rows) + _chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
