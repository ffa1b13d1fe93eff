"""A person with Telegram: writes, taps, and reads what is shown; through the user-side API."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Final

import aiohttp
import msgspec

PATIENCE: Final = 20.0  # seconds until something must be shown


class Button(msgspec.Struct, frozen=True):
    text: str
    callback_data: str | None = None


class Markup(msgspec.Struct, frozen=True):
    inline_keyboard: list[list[Button]]


class Author(msgspec.Struct, frozen=True):
    is_bot: bool


class File(msgspec.Struct, frozen=True):
    """A picture or a document; `name` is a document's."""

    url: str
    name: str | None = None


class Message(msgspec.Struct, frozen=True):
    id: int
    text: str
    revision: int
    deleted: bool
    author: Author = msgspec.field(name="from")
    reply_markup: Markup | None = None
    photo: File | None = None
    document: File | None = None

    @property
    def buttons(self) -> list[Button]:
        rows = self.reply_markup.inline_keyboard if self.reply_markup else []
        return [button for row in rows for button in row]

    def offers(self, label: str) -> bool:
        """Whether there is a button whose text fits the pattern."""
        return any(re.search(label, button.text) for button in self.buttons)

    def button(self, label: str) -> Button:
        """The first whose text fits the pattern."""
        for button in self.buttons:
            if re.search(label, button.text):
                return button
        raise AssertionError(f"no button {label!r} on: {self.text}\n{self.buttons}")


class _Changes(msgspec.Struct, frozen=True):
    revision: int
    messages: list[Message]


class Answer(msgspec.Struct, frozen=True):
    """What the bot says to a tap by itself."""

    answered: bool
    text: str | None
    show_alert: bool


class Violation(msgspec.Struct, frozen=True):
    kind: str
    method: str
    detail: str


class _Violations(msgspec.Struct, frozen=True):
    violations: list[Violation]
    flood_refusals: int


class LocalTelegram:
    """The local Telegram, seen from its users' side and from above."""

    def __init__(self, http: aiohttp.ClientSession) -> None:
        self._http = http

    def person(self, user_id: int) -> "Person":
        return Person(self, user_id)

    def member(self, user_id: int, group: int) -> "Person":
        """The user in a group with the bot."""
        return Person(self, user_id, group)

    async def violations(self) -> list[Violation]:
        """What the bot did that Telegram would not like; taps never answered among it."""
        body = msgspec.json.decode(await self.get("/api/violations"), type=_Violations)
        assert body.flood_refusals == 0
        return body.violations

    async def forged_tap(self, user_id: int, chat_id: int, message_id: int, data: str) -> Answer:
        """A tap that no client would send; ten seconds of silence count as no answer."""
        callback = {"user_id": user_id, "chat_id": chat_id, "message_id": message_id, "data": data}
        reply = await self.post("/api/forge", {"callback": {**callback, "wait": 10.0}})
        return msgspec.json.decode(reply, type=Answer)

    async def forged_update(self, update: Mapping[str, object]) -> None:
        await self.post("/api/forge", {"update": update})

    async def get(self, path: str) -> bytes:
        async with self._http.get(path) as answer:
            body = await answer.read()
        assert answer.status == 200, body
        return body

    async def post(self, path: str, body: Mapping[str, object]) -> bytes:
        async with self._http.post(path, json=body) as answer:
            reply = await answer.read()
        assert answer.status == 200, reply
        return reply


@asynccontextmanager
async def local_telegram(url: str) -> AsyncIterator[LocalTelegram]:
    timeout = aiohttp.ClientTimeout(total=3 * PATIENCE)
    async with aiohttp.ClientSession(url, timeout=timeout) as http:
        yield LocalTelegram(http)


class Person:
    """One user in the private chat with the bot, or in a group with it."""

    def __init__(self, telegram: LocalTelegram, user_id: int, group: int = 0) -> None:
        self._telegram = telegram
        self.id = user_id
        self._chat = f"/api/groups/{group}" if group else f"/api/chats/{user_id}"
        self._who = {"user_id": user_id} if group else {}

    async def sends(self, text: str, pattern: str) -> Message:
        """Write; the bot's next words that fit `pattern`."""
        before = await self.revision()
        await self.writes(text)
        return await self.sees(pattern, after=before)

    async def taps(self, card: Message, label: str, pattern: str, *, button: str = "") -> Message:
        """Tap the button; what the bot shows next that fits `pattern`, there or below."""
        before = await self.revision()
        answer = await self.touches(card, label)
        assert answer.answered
        return await self.sees(pattern, after=before, button=button)

    async def writes(self, text: str) -> None:
        await self._telegram.post(f"{self._chat}/send", {"text": text, **self._who})

    async def touches(self, card: Message, label: str) -> Answer:
        """Tap the button and wait for nothing but the end of its waiting circle."""
        data = card.button(label).callback_data
        body = {"message_id": card.id, "callback_data": data, "wait": PATIENCE, **self._who}
        reply = await self._telegram.post(f"{self._chat}/tap", body)
        return msgspec.json.decode(reply, type=Answer)

    async def sees(
        self,
        pattern: str,
        *,
        on: Message | None = None,
        after: int = 0,
        button: str = "",
        below: int = 0,
        patience: float = PATIENCE,
    ) -> Message:
        """The newest of the bot's messages that fits, as soon as there is one.

        `on`: that message only. `after`: what was written or changed since that revision only.
        `button`: with such a button, for what changes nothing else on a card that moves by itself.
        `below`: newer than the message with that id, whatever changes on older ones meanwhile.
        """

        def fits(message: Message) -> bool:
            is_here = message.id > below if on is None else message.id == on.id
            wanted = message.author.is_bot and is_here
            has_it = not button or message.offers(button)
            return wanted and has_it and re.search(pattern, message.text) is not None

        try:
            async with asyncio.timeout(patience):
                return await self._first(fits, after)
        except TimeoutError:
            told = (await self._telegram.get(f"{self._chat}/transcript")).decode()
            raise AssertionError(f"nothing fits {pattern!r} in:\n{told}") from None

    async def _first(self, fits: Callable[[Message], bool], after: int) -> Message:
        while True:
            changes = await self._changes(after, wait=PATIENCE)
            found = [each for each in changes.messages if fits(each)]
            if found:
                return max(found, key=lambda message: message.revision)
            after = changes.revision

    async def opens(self, file: File) -> bytes:
        """What is in a picture or document."""
        return await self._telegram.get(file.url)

    async def messages(self) -> Sequence[Message]:
        return (await self._changes(0)).messages

    async def revision(self) -> int:
        return (await self._changes(0)).revision

    async def _changes(self, after: int, wait: float = 0) -> _Changes:
        body = await self._telegram.get(f"{self._chat}/messages?after={after}&wait={wait}")
        return msgspec.json.decode(body, type=_Changes)
