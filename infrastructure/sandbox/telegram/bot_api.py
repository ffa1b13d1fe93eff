"""The bot's side: `/bot<token>/<method>` and `/file/bot<token>/<path>`."""

import asyncio
import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, TypeVar

import aiogram.methods
from aiohttp import web
from pydantic import BaseModel

from infrastructure.sandbox.telegram.errors import (
    NOT_FOUND,
    UNAUTHORIZED,
    BotApiError,
    too_many_requests,
)
from infrastructure.sandbox.telegram.faults import HANGING, Fault, FaultKind
from infrastructure.sandbox.telegram.judge import judge
from infrastructure.sandbox.telegram.methods import chats, inline, media, profile, texts, updates
from infrastructure.sandbox.telegram.state import TelegramSandbox
from infrastructure.sandbox.telegram.violations import ViolationKind
from infrastructure.sandbox.telegram.wire import Parameters, plain, read_parameters

M = TypeVar("M", bound=BaseModel)
Carry = Callable[[TelegramSandbox, Parameters], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Endpoint:
    name: str  # as Telegram spells it
    carry_out: Carry


def _endpoint(model: type[M], answer: Callable[[TelegramSandbox, M], object]) -> Endpoint:
    name = model.__name__[0].lower() + model.__name__[1:]

    async def carry_out(desk: TelegramSandbox, parameters: Parameters) -> object:
        verdict = judge(model, parameters)
        for kind, detail in verdict.complaints:
            desk.complain(kind, name, detail)
        result = answer(desk, verdict.call)
        return await result if isinstance(result, Awaitable) else result

    return Endpoint(name, carry_out)


_ENDPOINTS: Final = (
    _endpoint(aiogram.methods.GetMe, profile.get_me),
    _endpoint(aiogram.methods.SetMyCommands, profile.set_my_commands),
    _endpoint(aiogram.methods.GetMyCommands, profile.get_my_commands),
    _endpoint(aiogram.methods.DeleteMyCommands, profile.delete_my_commands),
    _endpoint(aiogram.methods.SetMyDescription, profile.set_my_description),
    _endpoint(aiogram.methods.GetMyDescription, profile.get_my_description),
    _endpoint(aiogram.methods.SetMyShortDescription, profile.set_my_short_description),
    _endpoint(aiogram.methods.GetMyShortDescription, profile.get_my_short_description),
    _endpoint(aiogram.methods.SetChatMenuButton, profile.set_chat_menu_button),
    _endpoint(aiogram.methods.GetChatMenuButton, profile.get_chat_menu_button),
    _endpoint(aiogram.methods.GetUpdates, updates.get_updates),
    _endpoint(aiogram.methods.SetWebhook, updates.set_webhook),
    _endpoint(aiogram.methods.DeleteWebhook, updates.delete_webhook),
    _endpoint(aiogram.methods.GetWebhookInfo, updates.get_webhook_info),
    _endpoint(aiogram.methods.SendMessage, texts.send_message),
    _endpoint(aiogram.methods.EditMessageText, texts.edit_message_text),
    _endpoint(aiogram.methods.EditMessageReplyMarkup, texts.edit_message_reply_markup),
    _endpoint(aiogram.methods.DeleteMessage, texts.delete_message),
    _endpoint(aiogram.methods.DeleteMessages, texts.delete_messages),
    _endpoint(aiogram.methods.SendPhoto, media.send_photo),
    _endpoint(aiogram.methods.SendDocument, media.send_document),
    _endpoint(aiogram.methods.EditMessageCaption, media.edit_message_caption),
    _endpoint(aiogram.methods.EditMessageMedia, media.edit_message_media),
    _endpoint(aiogram.methods.GetFile, media.get_file),
    _endpoint(aiogram.methods.AnswerCallbackQuery, chats.answer_callback_query),
    _endpoint(aiogram.methods.AnswerInlineQuery, inline.answer_inline_query),
    _endpoint(aiogram.methods.SendChatAction, chats.send_chat_action),
    _endpoint(aiogram.methods.GetChat, chats.get_chat),
    _endpoint(aiogram.methods.PinChatMessage, chats.pin_chat_message),
    _endpoint(aiogram.methods.UnpinChatMessage, chats.unpin_chat_message),
    _endpoint(aiogram.methods.SetMessageReaction, chats.set_message_reaction),
)
ENDPOINTS: Final = {endpoint.name.lower(): endpoint for endpoint in _ENDPOINTS}


class BotApi:
    def __init__(self, desk: TelegramSandbox) -> None:
        self._desk = desk

    def routes(self) -> list[web.RouteDef]:
        return [
            web.route("*", "/bot{token:[^/]+}/{method}", self._serve),
            web.get("/file/bot{token:[^/]+}/{path:.+}", self._download),
        ]

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"].lower()
        try:
            endpoint = self._endpoint(request, method)
            parameters = await read_parameters(request)
            fault = self._desk.faults.take(method)
            if fault is not None and await self._is_healed(fault):
                fault = None
            if fault is not None and fault.kind is not FaultKind.DROP_AFTER:
                return self._fail(request, fault)
            result = await self._carry_out(endpoint, parameters)
        except BotApiError as error:
            return _refusal(error)
        if fault is not None:
            return _dropped(request)
        return web.json_response({"ok": True, "result": plain(result)})

    def _endpoint(self, request: web.Request, method: str) -> Endpoint:
        if not self._is_ours(request):
            raise BotApiError(401, UNAUTHORIZED)
        if method not in ENDPOINTS:
            self._desk.complain(ViolationKind.REFUSED, method, NOT_FOUND)
            raise BotApiError(404, NOT_FOUND)
        return ENDPOINTS[method]

    async def _carry_out(self, endpoint: Endpoint, parameters: Parameters) -> object:
        try:
            return await endpoint.carry_out(self._desk, parameters)
        except BotApiError as error:
            kind = ViolationKind.REFUSED if error.retry_after is None else ViolationKind.FLOOD
            where = parameters.values.get("chat_id")
            detail = error.description if where is None else f"{error.description} (chat {where})"
            self._desk.complain(kind, endpoint.name, detail)
            raise

    async def _is_healed(self, fault: Fault) -> bool:
        """For a call that hangs: whether the faults were cleared before its time was over."""
        return fault.kind is FaultKind.HANG and await self._desk.bells.wait(HANGING, fault.seconds)

    def _fail(self, request: web.Request, fault: Fault) -> web.StreamResponse:
        match fault.kind:
            case FaultKind.FLOOD:
                raise too_many_requests(fault.retry_after)
            case FaultKind.BAD_GATEWAY:
                raise BotApiError(502, "Bad Gateway")
        return _dropped(request)

    async def _download(self, request: web.Request) -> web.StreamResponse:
        if not self._is_ours(request):
            return _refusal(BotApiError(401, UNAUTHORIZED))
        file = self._desk.files.at_path(request.match_info["path"])
        if file is None:
            return _refusal(BotApiError(404, NOT_FOUND))
        return web.Response(body=file.data, content_type="application/octet-stream")

    def _is_ours(self, request: web.Request) -> bool:
        given = request.match_info["token"].encode(errors="surrogateescape")
        return hmac.compare_digest(given, self._desk.token.encode())


def _refusal(error: BotApiError) -> web.Response:
    body: dict[str, object] = {
        "ok": False,
        "error_code": error.code,
        "description": error.description,
    }
    headers = {}
    if error.retry_after is not None:
        body["parameters"] = {"retry_after": error.retry_after}
        headers["Retry-After"] = str(error.retry_after)
    return web.json_response(body, status=error.code, headers=headers)


def _dropped(request: web.Request) -> web.Response:
    """The connection is cut before the answer, which therefore goes nowhere."""
    if isinstance(request.transport, asyncio.Transport):
        request.transport.abort()
    return web.Response()
