"""The user's side: what the chat page and the tests read and press."""

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final
from urllib.parse import quote

from aiogram.types import InlineKeyboardButton, User
from aiohttp import web

from infrastructure.sandbox.telegram.attachments import attach, forward
from infrastructure.sandbox.telegram.bodies import (
    LONGEST_WAIT,
    Attaching,
    Editing,
    Forwarding,
    InlineAsking,
    InlineChoosing,
    NewUser,
    Profile,
    Tap,
    Writing,
    number,
    read_body,
    refused,
)
from infrastructure.sandbox.telegram.chats import ChatLog
from infrastructure.sandbox.telegram.inline_acts import ask, choose
from infrastructure.sandbox.telegram.people import (
    NotPossibleError,
    edit,
    private_log,
    set_blocked,
    tap,
    write,
)
from infrastructure.sandbox.telegram.queries import Query
from infrastructure.sandbox.telegram.rendering import changes_view, message_view, transcript
from infrastructure.sandbox.telegram.state import TelegramSandbox
from infrastructure.sandbox.telegram.wire import plain

HEARTBEAT: Final = 15.0  # seconds between signs of life on an idle event stream
NEWEST: Final = float(2**53)


class UserApi:
    def __init__(self, desk: TelegramSandbox) -> None:
        self._desk = desk

    def routes(self) -> list[web.RouteDef]:
        chat = r"/api/chats/{user_id:\d{1,15}}"
        return [
            web.post("/api/users", self._create_user),
            web.get(chat, self._state),
            web.get(f"{chat}/messages", self._messages),
            web.get(f"{chat}/events", self._events),
            web.get(f"{chat}/transcript", self._transcript),
            web.post(f"{chat}/send", self._send),
            web.post(f"{chat}/edit", self._edit),
            web.post(f"{chat}/attach", self._attach),
            web.post(f"{chat}/forward", self._forward),
            web.post(f"{chat}/inline", self._inline),
            web.post(f"{chat}/inline/choose", self._choose),
            web.post(f"{chat}/tap", self._tap),
            web.post(f"{chat}/block", self._block),
            web.post(f"{chat}/unblock", self._unblock),
            web.get("/api/files/{file_id}", self._file),
        ]

    async def _create_user(self, request: web.Request) -> web.Response:
        body = await read_body(request, NewUser)
        user = body.applied_to(body.id, self._desk.chats.user(body.id))
        self._desk.chats.know(user)
        return web.json_response(plain(user))

    async def _state(self, request: web.Request) -> web.Response:
        user = self._user(request)
        language = user.language_code or "en"
        profile = self._desk.profile
        log = self._desk.chats.log(user.id)
        return web.json_response(
            {
                "user": plain(user),
                "bot": plain(self._desk.bot),
                "description": profile.description_for(language),
                "commands": plain(profile.commands_for(user.id, language)),
                "started": log is not None,
                "blocked": log is not None and log.is_blocked,
            }
        )

    async def _messages(self, request: web.Request) -> web.Response:
        """Changes since `after`; with `wait` the answer comes at the first change."""
        user = self._user(request)
        after = int(number(request, "after", 0, NEWEST))
        wait = number(request, "wait", 0, LONGEST_WAIT)
        if wait and _revision(self._desk, user.id) <= after:
            await self._desk.bells.wait(("chat", user.id), wait)
        return web.json_response(changes_view(self._desk, self._desk.chats.log(user.id), after))

    async def _events(self, request: web.Request) -> web.StreamResponse:
        return await stream(self._desk, request, self._user(request).id)

    async def _transcript(self, request: web.Request) -> web.Response:
        log = self._desk.chats.log(self._user(request).id)
        return web.Response(text=transcript(log) if log else "")

    async def _send(self, request: web.Request) -> web.Response:
        body = await read_body(request, Writing)
        with possible():
            message = write(self._desk, self._user(request, body), body.text)
        entry = self._desk.chats.open(message.chat).entries[message.message_id]
        return web.json_response(message_view(self._desk, entry))

    async def _edit(self, request: web.Request) -> web.Response:
        body = await read_body(request, Editing)
        user = self._user(request)
        with possible():
            log = private_log(self._desk, user)
            message = edit(self._desk, user, log, body.message_id, body.text)
        return web.json_response({"id": message.message_id})

    async def _attach(self, request: web.Request) -> web.Response:
        body = await read_body(request, Attaching)
        with possible():
            sent = attach(self._desk, self._user(request), body.kinds, body.caption)
        return web.json_response({"ids": [each.message_id for each in sent]})

    async def _forward(self, request: web.Request) -> web.Response:
        body = await read_body(request, Forwarding)
        with possible():
            message = forward(self._desk, self._user(request), body.chat_id, body.message_id)
        return web.json_response({"id": message.message_id})

    async def _inline(self, request: web.Request) -> web.Response:
        body = await read_body(request, InlineAsking)
        asked = ask(self._desk, self._user(request), body.query, body.offset)
        answer = await self._desk.inline.answered(asked, body.wait)
        return web.json_response({"query_id": asked.id, "answer": plain(answer)})

    async def _choose(self, request: web.Request) -> web.Response:
        body = await read_body(request, InlineChoosing)
        with possible():
            message = choose(
                self._desk, self._user(request), body.query_id, body.result_id, body.chat_id
            )
        entry = self._desk.chats.open(message.chat).entries[message.message_id]
        return web.json_response(message_view(self._desk, entry))

    async def _tap(self, request: web.Request) -> web.Response:
        body = await read_body(request, Tap)
        user = self._user(request)
        log = self._desk.chats.log(user.id)
        button = button_of(log, body)
        if log is None or log.is_blocked:
            raise refused("the user has blocked the bot")
        if button.callback_data is None:
            raise refused("this button does not ask the bot")
        query = tap(self._desk, user, log, body.message_id, button.callback_data)
        return await answered(self._desk, query, body.wait)

    async def _block(self, request: web.Request) -> web.Response:
        return self._set_blocked(request, is_blocked=True)

    async def _unblock(self, request: web.Request) -> web.Response:
        return self._set_blocked(request, is_blocked=False)

    def _set_blocked(self, request: web.Request, *, is_blocked: bool) -> web.Response:
        with possible():
            set_blocked(self._desk, self._user(request), is_blocked=is_blocked)
        return web.json_response({"blocked": is_blocked})

    async def _file(self, request: web.Request) -> web.Response:
        file = self._desk.files.find(request.match_info["file_id"])
        if file is None:
            raise web.HTTPNotFound
        is_picture = file.width > 0
        kind = "inline" if is_picture else "attachment"
        name = "".join(each for each in file.name if each.isalnum() or each in "._- ")
        headers = {
            "Content-Disposition": f"{kind}; filename*=UTF-8''{quote(name)}",
            "Content-Security-Policy": "sandbox; default-src 'none'",
        }
        content_type = file.mime_type if is_picture else "application/octet-stream"
        return web.Response(body=file.data, content_type=content_type, headers=headers)

    def _user(self, request: web.Request, profile: Profile | None = None) -> User:
        """The user of the address, as known or as a newcomer, with new profile data applied."""
        user_id = int(request.match_info["user_id"])
        return (profile or Profile()).applied_to(user_id, self._desk.chats.user(user_id))


async def stream(desk: TelegramSandbox, request: web.Request, chat_id: int) -> web.StreamResponse:
    """The changes of a chat as server-sent events, until the reader leaves."""
    after = int(number(request, "after", 0, NEWEST))
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await response.prepare(request)
    with suppress(ConnectionError):
        while not desk.bells.is_closed:
            changes = changes_view(desk, desk.chats.log(chat_id), after)
            after = _revision(desk, chat_id)
            await response.write(f"data: {json.dumps(changes)}\n\n".encode())
            await _keep_alive(desk, response, chat_id, after)
    return response


async def _keep_alive(
    desk: TelegramSandbox, response: web.StreamResponse, chat_id: int, after: int
) -> None:
    """Returns at the next change."""
    while _revision(desk, chat_id) <= after and not desk.bells.is_closed:
        has_rung = await desk.bells.wait(("chat", chat_id), HEARTBEAT)
        if not has_rung and not desk.bells.is_closed:
            await response.write(b": still here\n\n")


def _revision(desk: TelegramSandbox, chat_id: int) -> int:
    log = desk.chats.log(chat_id)
    return log.revision if log else 0


@contextmanager
def possible() -> Iterator[None]:
    """Raises: HTTPBadRequest for what a client would not offer."""
    try:
        yield
    except NotPossibleError as error:
        raise refused(str(error)) from error


async def answered(desk: TelegramSandbox, query: Query, wait: float) -> web.Response:
    """What the bot answers to the tap within `wait` seconds, or that it did not."""
    answer = await desk.queries.answered(query, wait)
    return web.json_response(
        {
            "query_id": query.id,
            "answered": answer is not None,
            "text": answer.text if answer else None,
            "show_alert": bool(answer and answer.show_alert),
            "url": answer.url if answer else None,
        }
    )


def button_of(log: ChatLog | None, wanted: Tap) -> InlineKeyboardButton:
    entry = log.living(wanted.message_id) if log else None
    markup = entry.message.reply_markup if entry else None
    if markup is None:
        raise refused("there is no such message with buttons in this chat")
    rows = markup.inline_keyboard
    for row_number, row in enumerate(rows):
        for column, button in enumerate(row):
            if _is_wanted(wanted, button, row_number, column):
                return button
    raise refused("there is no such button on this message")


def _is_wanted(wanted: Tap, button: InlineKeyboardButton, row: int, column: int) -> bool:
    if wanted.callback_data is not None:
        return button.callback_data == wanted.callback_data
    if wanted.label is not None:
        return button.text == wanted.label
    return (row, column) == (wanted.row, wanted.column)
