"""Telegram without a network, for tests on an injected clock: it answers as it is told to."""

import asyncio
import json
from collections import defaultdict, deque
from dataclasses import dataclass
from typing import Any

from telegram import Bot
from telegram.request import BaseRequest, RequestData

from telegram_bot.clock import Clock

FIRST_MESSAGE = 100


@dataclass(frozen=True, slots=True)
class Call:
    """One request: when, which method, with what."""

    at: float
    method: str
    parameters: dict[str, Any]

    @property
    def chat(self) -> int:
        return int(self.parameters["chat_id"])

    @property
    def text(self) -> str:
        return str(self.parameters.get("text", ""))


@dataclass(frozen=True, slots=True)
class Refusal:
    code: int
    description: str
    retry_after: int | None = None


class ScriptedTelegram(BaseRequest):
    """Carries out everything, unless the next answer of the chat or method is scripted."""

    def __init__(self, clock: Clock) -> None:
        self.calls: list[Call] = []
        self.refusals: defaultdict[str, deque[Refusal | Exception]] = defaultdict(deque)
        self.gates: dict[str, asyncio.Event] = {}
        self._clock = clock
        self._messages = FIRST_MESSAGE

    def refuse(self, key: str, *answers: Refusal | Exception) -> None:
        """The next answers to a method, or to one chat (by its id as text)."""
        self.refusals[key].extend(answers)

    def of(self, method: str, chat: int | None = None) -> list[Call]:
        return [
            call
            for call in self.calls
            if call.method == method and (chat is None or call.chat == chat)
        ]

    @property
    def read_timeout(self) -> float:
        return 5.0

    async def initialize(self) -> None:
        """Nothing to open."""

    async def shutdown(self) -> None:
        """Nothing to close."""

    async def do_request(
        self,
        url: str,
        method: str,  # noqa: ARG002
        request_data: RequestData | None = None,
        read_timeout: Any = None,  # noqa: ARG002
        write_timeout: Any = None,  # noqa: ARG002
        connect_timeout: Any = None,  # noqa: ARG002
        pool_timeout: Any = None,  # noqa: ARG002
    ) -> tuple[int, bytes]:
        name = url.rsplit("/", 1)[1]
        parameters = dict(request_data.parameters) if request_data else {}
        self.calls.append(Call(self._clock.now(), name, parameters))
        if name in self.gates:
            await self.gates[name].wait()
        refusal = self._refusal(name, str(parameters.get("chat_id")))
        if refusal is not None:
            return refusal
        return 200, json.dumps({"ok": True, "result": self._result(name, parameters)}).encode()

    def _refusal(self, *keys: str) -> tuple[int, bytes] | None:
        script = next((self.refusals[key] for key in keys if self.refusals[key]), None)
        if script is None:
            return None
        answer = script.popleft()
        if isinstance(answer, Exception):
            raise answer
        body: dict[str, Any] = {"ok": False, "error_code": answer.code}
        body["description"] = answer.description
        if answer.retry_after is not None:
            body["parameters"] = {"retry_after": answer.retry_after}
        return answer.code, json.dumps(body).encode()

    def _result(self, name: str, parameters: dict[str, Any]) -> Any:
        if name == "getMe":
            return {"id": 1, "is_bot": True, "first_name": "Polycool", "username": "polycool_bot"}
        if not name.startswith("send"):
            return True
        self._messages += 1
        chat = {"id": parameters["chat_id"], "type": "private", "first_name": "Ann"}
        return {"message_id": self._messages, "date": 0, "chat": chat, "text": "sent"}


async def scripted_bot(telegram: ScriptedTelegram) -> Bot:
    bot = Bot("1:secret", request=telegram, get_updates_request=telegram)
    await bot.initialize()
    telegram.calls.clear()
    return bot
