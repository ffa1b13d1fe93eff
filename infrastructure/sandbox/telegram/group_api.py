"""The side of a group's members: add the bot, write, tap, read."""

from typing import Final

from aiogram.types import ChatMemberLeft, ChatMemberMember, ChatMemberUpdated, Update, User
from aiohttp import web

from infrastructure.sandbox.telegram.bodies import (
    LONGEST_WAIT,
    GroupTap,
    GroupWriting,
    NewGroup,
    Profile,
    number,
    read_body,
    refused,
)
from infrastructure.sandbox.telegram.chats import ChatLog, group_chat
from infrastructure.sandbox.telegram.people import tap, write
from infrastructure.sandbox.telegram.rendering import changes_view, message_view
from infrastructure.sandbox.telegram.state import TelegramSandbox
from infrastructure.sandbox.telegram.user_api import (
    NEWEST,
    answered,
    button_of,
    possible,
    stream,
)
from infrastructure.sandbox.telegram.wire import plain

GROUP: Final = r"/api/groups/{group_id:-\d{1,15}}"


class GroupApi:
    def __init__(self, desk: TelegramSandbox) -> None:
        self._desk = desk

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/api/groups", self._create),
            web.get(GROUP, self._state),
            web.get(f"{GROUP}/messages", self._messages),
            web.get(f"{GROUP}/events", self._events),
            web.post(f"{GROUP}/send", self._send),
            web.post(f"{GROUP}/tap", self._tap),
        ]

    async def _create(self, request: web.Request) -> web.Response:
        """A group, and the news for the bot that it is in it."""
        body = await read_body(request, NewGroup)
        log = self._desk.chats.open(group_chat(body.id, body.title))
        log.members = {body.by, *body.members}
        log.bot_is_admin = body.bot_is_admin
        added = ChatMemberUpdated(
            chat=log.chat,
            from_user=self._known(body.by),
            date=self._desk.now(),
            old_chat_member=ChatMemberLeft(user=self._desk.bot),
            new_chat_member=ChatMemberMember(user=self._desk.bot),
        )
        update = Update(update_id=self._desk.updates.next_id(), my_chat_member=added)
        self._desk.updates.push(update)
        return web.json_response({"id": log.chat.id})

    async def _state(self, request: web.Request) -> web.Response:
        log = self._log(request)
        language = request.query.get("language", "en")
        commands = self._desk.profile.commands_for(log.chat.id, language)
        told = {"chat": log.chat, "bot": self._desk.bot, "commands": commands}
        return web.json_response({name: plain(each) for name, each in told.items()})

    async def _messages(self, request: web.Request) -> web.Response:
        """Changes since `after`; with `wait` the answer comes at the first change."""
        log = self._log(request)
        after = int(number(request, "after", 0, NEWEST))
        wait = number(request, "wait", 0, LONGEST_WAIT)
        if wait and log.revision <= after:
            await self._desk.bells.wait(("chat", log.chat.id), wait)
        return web.json_response(changes_view(self._desk, log, after))

    async def _events(self, request: web.Request) -> web.StreamResponse:
        return await stream(self._desk, request, self._log(request).chat.id)

    async def _send(self, request: web.Request) -> web.Response:
        body = await read_body(request, GroupWriting)
        log = self._log(request)
        user = self._member(log, body.user_id, body)
        with possible():
            message = write(self._desk, user, body.text, log)
        return web.json_response(message_view(self._desk, log.entries[message.message_id]))

    async def _tap(self, request: web.Request) -> web.Response:
        body = await read_body(request, GroupTap)
        log = self._log(request)
        user = self._member(log, body.user_id)
        button = button_of(log, body)
        if button.callback_data is None:
            raise refused("this button does not ask the bot")
        query = tap(self._desk, user, log, body.message_id, button.callback_data)
        return await answered(self._desk, query, body.wait)

    def _log(self, request: web.Request) -> ChatLog:
        log = self._desk.chats.log(int(request.match_info["group_id"]))
        if log is None:
            raise refused("there is no such group")
        return log

    def _member(self, log: ChatLog, user_id: int, profile: Profile | None = None) -> User:
        if user_id not in log.members:
            raise refused("the user is no member of this group")
        return self._known(user_id, profile)

    def _known(self, user_id: int, profile: Profile | None = None) -> User:
        user = (profile or Profile()).applied_to(user_id, self._desk.chats.user(user_id))
        self._desk.chats.know(user)
        return user
