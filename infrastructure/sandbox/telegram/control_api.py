"""Levers for tests: scripted faults, forged updates, and what the bot did wrong."""

import json
from dataclasses import asdict

from aiogram.types import Chat, Update
from aiohttp import web
from pydantic import ValidationError

from infrastructure.sandbox.telegram.bodies import (
    ForgedTap,
    Forgery,
    ScriptedFault,
    read_body,
    refused,
)
from infrastructure.sandbox.telegram.faults import HANGING, Fault
from infrastructure.sandbox.telegram.people import tap, tap_inline
from infrastructure.sandbox.telegram.state import TelegramSandbox
from infrastructure.sandbox.telegram.user_api import answered


class ControlApi:
    def __init__(self, desk: TelegramSandbox) -> None:
        self._desk = desk

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/api/violations", self._violations),
            web.delete("/api/violations", self._forget_violations),
            web.post("/api/faults", self._add_fault),
            web.delete("/api/faults", self._clear_faults),
            web.post("/api/forge", self._forge),
            web.get("/api/said", self._said),
        ]

    async def _violations(self, _request: web.Request) -> web.Response:
        body = {
            "violations": [asdict(violation) for violation in self._desk.violations()],
            "flood_refusals": self._desk.flood_refusals,
        }
        return web.json_response(text=json.dumps(body, default=str))

    async def _forget_violations(self, _request: web.Request) -> web.Response:
        self._desk.forget_violations()
        return web.json_response({})

    async def _said(self, _request: web.Request) -> web.Response:
        """Every text that the bot ever sent or edited, labels and answers to taps included."""
        return web.json_response({"said": [text for text in self._desk.chats.said if text]})

    async def _add_fault(self, request: web.Request) -> web.Response:
        body = await read_body(request, ScriptedFault)
        fault = Fault(body.method.lower(), body.kind, body.times, body.retry_after, body.seconds)
        self._desk.faults.add(fault)
        return web.json_response({})

    async def _clear_faults(self, _request: web.Request) -> web.Response:
        """Calls that hang already are carried out."""
        self._desk.faults.clear()
        self._desk.bells.ring(HANGING)
        return web.json_response({})

    async def _forge(self, request: web.Request) -> web.Response:
        body = await read_body(request, Forgery)
        match body:
            case Forgery(update=None, callback=ForgedTap() as forged):
                return await self._forge_tap(forged)
            case Forgery(update=dict() as update, callback=None):
                return self._forge_update(update)
        raise refused("give either an update or a callback")

    async def _forge_tap(self, forged: ForgedTap) -> web.Response:
        user = forged.applied_to(forged.user_id, self._desk.chats.user(forged.user_id))
        if forged.inline_message_id is not None:
            query = tap_inline(self._desk, user, forged.inline_message_id, forged.data)
            return await answered(self._desk, query, forged.wait)
        log = self._desk.chats.log(forged.chat_id)
        if log is None:
            raise refused("there is no such chat")
        query = tap(self._desk, user, log, forged.message_id, forged.data, is_forged=True)
        return await answered(self._desk, query, forged.wait)

    def _forge_update(self, given: dict[str, object]) -> web.Response:
        """Any kind of update; a chat that it mentions can then be written to by the bot."""
        update_id = self._desk.updates.next_id()
        try:
            update = Update.model_validate({"update_id": update_id} | given)
        except ValidationError as error:
            raise refused(f"this is no update: {error.errors(include_url=False)[0]}") from error
        chat: object = getattr(update.event, "chat", None)
        if isinstance(chat, Chat):
            self._desk.chats.open(chat)
        self._desk.updates.push(update, is_forced=True)
        return web.json_response({"update_id": update.update_id})
