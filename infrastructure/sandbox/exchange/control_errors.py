"""How control commands are read and refused."""

from typing import TypeVar

import msgspec
from aiohttp import web
from aiohttp.typedefs import Handler

from core.domain.errors import InvalidQuantity
from infrastructure.sandbox.exchange.gamma import reply

Wish = TypeVar("Wish")

LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]", "::1"})


class CannotDo(Exception):
    """A command that makes no sense; its text says why."""


async def body_of(request: web.Request, kind: type[Wish]) -> Wish:
    """The command; an empty body is `{}`. Raises: CannotDo."""
    try:
        return msgspec.json.decode(await request.read() or b"{}", type=kind)
    except msgspec.DecodeError as error:
        raise CannotDo(str(error)) from error


@web.middleware
async def control_guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Control answers only to this machine: no foreign Host (rebinding), no foreign page."""
    if not request.path.startswith("/control/"):
        return await handler(request)
    origin = request.headers.get("Origin")
    if not _is_local(request.host) or (
        origin is not None and not _is_local(origin.partition("://")[2])
    ):
        return reply({"error": "control is for this machine only"}, 403)
    try:
        return await handler(request)
    except (CannotDo, InvalidQuantity) as error:
        return reply({"error": str(error)}, 400)


def _is_local(host: str) -> bool:
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
    return name in LOOPBACK
