"""What can go wrong with one request: before it was acted on, after, or long after the answer."""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Final

import msgspec
from aiohttp import web
from aiohttp.typedefs import Handler

from infrastructure.sandbox.exchange.accounts.agenda import Agenda

LONGEST_HANG: Final = 120.0  # seconds
HANG_BEAT: Final = 0.02  # seconds between looks at whether the client is still there
WRONG_ID: Final = "0x" + "bad0" * 16
POST_ONLY_ERROR: Final = "post-only mode: only post-only orders and cancels are allowed"


class FaultKind(StrEnum):
    HANG = "hang"
    RESET = "reset"
    ERROR = "500"
    HTML = "502-html"
    TRUNCATED = "truncated"
    WRONG_ID = "wrong-id"
    SUCCESS_WITH_ERROR = "success-true-with-error"
    RESTARTING = "425"
    TOO_MANY = "429"
    CANCEL_ONLY = "503-cancel-only"
    POST_ONLY = "503-post-only"
    DISABLED = "503-disabled"


class When(StrEnum):
    """Whether what was asked for happens."""

    BEFORE = "before"  # never
    AFTER = "after"  # yes, but the answer is lost
    LATE = "late"  # seconds after the client gave up or was answered


ERRORS: Final[dict[FaultKind, tuple[int, dict[str, object]]]] = {
    FaultKind.ERROR: (500, {"error": "could not insert order"}),
    FaultKind.RESTARTING: (425, {"error": "Too Early"}),
    FaultKind.TOO_MANY: (429, {"error": "Too Many Requests"}),
    FaultKind.CANCEL_ONLY: (
        503,
        {
            "error": "Trading is currently cancel-only. "
            "New orders are not accepted, but cancels are allowed."
        },
    ),
    FaultKind.POST_ONLY: (
        503,
        {"error": POST_ONLY_ERROR, "code": "post_only_mode", "retry_after_seconds": 79},
    ),
    FaultKind.DISABLED: (
        503,
        {"error": "Trading is currently disabled. Check polymarket.com for updates"},
    ),
}


@dataclass(slots=True, eq=False)
class OrderFault:
    """Happens to the next `left` requests of this method whose path matches."""

    kind: FaultKind
    when: When = When.BEFORE
    left: int = 1
    seconds: float = 1.0  # until a late acceptance, or the end of a hang that nobody waits for
    path: str = "/order"
    method: str = "POST"
    until: float | None = None  # on the loop's clock; None = no end but the count

    def is_due(self, method: str, path: str, now: float) -> bool:
        is_on = self.left > 0 and (self.until is None or now < self.until)
        return is_on and method == self.method and fnmatchcase(path, self.path)


@dataclass(slots=True)
class OrderFaults:
    """In the order in which they were scripted; `met` counts what happened."""

    agenda: Agenda
    scripted: list[OrderFault] = field(default_factory=list)
    met: Counter[str] = field(default_factory=Counter)
    arrived: Callable[[str, str, bytes], None] = lambda _method, _path, _body: None

    def due(self, method: str, path: str) -> OrderFault | None:
        now = asyncio.get_running_loop().time()
        for fault in self.scripted:
            if fault.is_due(method, path, now):
                fault.left -= 1
                self.met[f"{fault.kind}/{fault.when}"] += 1
                return fault
        return None

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        path = request.path.removeprefix("/clob")
        if path.startswith(("/control/", "/ws/")):
            return await handler(request)
        body = await request.read()
        self.arrived(request.method, path, body)
        fault = self.due(request.method, path)
        if fault is None or _passes(fault, body):
            return await handler(request)
        return await self._faulty(request, handler, fault)

    async def _faulty(
        self, request: web.Request, handler: Handler, fault: OrderFault
    ) -> web.StreamResponse:
        happens = fault.when is When.AFTER or request.method == "GET"
        true = await handler(request) if happens else None
        if fault.when is When.LATE and fault.kind is not FaultKind.HANG:
            self._act_later(request, handler, fault.seconds)
        if fault.kind is FaultKind.HANG:
            await self._hang(request, fault)
            if fault.when is When.LATE:
                self._act_later(request, handler, fault.seconds)
        return _answer(request, fault.kind, true)

    async def _hang(self, request: web.Request, fault: OrderFault) -> None:
        """Until the client has gone, or everything was healed."""
        clock = asyncio.get_running_loop().time
        end = clock() + LONGEST_HANG

        def waits() -> bool:
            return clock() < end and request.transport is not None and fault in self.scripted

        while waits():  # noqa: ASYNC110 - nobody tells a handler that its client left
            await asyncio.sleep(HANG_BEAT)

    def _act_later(self, request: web.Request, handler: Handler, seconds: float) -> None:
        async def act() -> None:
            await asyncio.sleep(seconds)  # a pace, nothing to wait for
            await handler(request)

        self.agenda.begin(act(), "late-acceptance")


def _passes(fault: OrderFault, body: bytes) -> bool:
    """In post-only mode what is post-only goes through."""
    return fault.kind is FaultKind.POST_ONLY and b'"postOnly":true' in body


def _answer(
    request: web.Request, kind: FaultKind, true: web.StreamResponse | None
) -> web.StreamResponse:
    match kind:
        case FaultKind.HANG | FaultKind.RESET:
            if request.transport is not None:
                request.transport.abort()
            return web.Response(status=500)
        case FaultKind.HTML:
            page = "<html><body><h1>502 Bad Gateway</h1></body></html>"
            return web.Response(text=page, status=502, content_type="text/html")
        case FaultKind.TRUNCATED:
            return _truncated(true)
        case FaultKind.WRONG_ID:
            return _with_wrong_id(true)
        case FaultKind.SUCCESS_WITH_ERROR:
            error = "Something went wrong, please try again"
            return _json(200, _accepted("") | {"errorMsg": error, "status": ""})
        case _:
            status, body = ERRORS[kind]
            return _json(status, body, {"Retry-After": "1"} if status == 429 else {})  # noqa: PLR2004 - a status


def _with_wrong_id(true: web.StreamResponse | None) -> web.Response:
    """Another order's id in the place of the right one."""
    whole = _body(true)
    answer = msgspec.json.decode(whole) if whole else None
    if not isinstance(answer, dict):
        return _json(200, _accepted(WRONG_ID))
    wrong = {name: WRONG_ID for name in ("id", "orderID") if name in answer}
    return _json(200, answer | wrong)


def _truncated(true: web.StreamResponse | None) -> web.Response:
    """Half of the answer that there was, or of one that there might have been."""
    whole = _body(true) or msgspec.json.encode(_accepted(WRONG_ID))
    return web.Response(body=whole[: len(whole) // 2], content_type="application/json")


def _body(true: web.StreamResponse | None) -> bytes:
    if not isinstance(true, web.Response):
        return b""
    return true.body if isinstance(true.body, bytes) else b""


def _accepted(order_id: str) -> dict[str, object]:
    return {
        "errorMsg": "",
        "orderID": order_id,
        "takingAmount": "",
        "makingAmount": "",
        "status": "live",
        "success": True,
    }


def _json(status: int, body: object, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(
        body=msgspec.json.encode(body),
        status=status,
        content_type="application/json",
        headers=headers,
    )
