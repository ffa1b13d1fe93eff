"""The user channel: `/ws/user`. Wrong credentials end the connection without a word."""

import asyncio
from typing import Final

import msgspec
from aiohttp import WSMsgType, web

from infrastructure.sandbox.exchange.accounts.keys import ApiKey
from infrastructure.sandbox.exchange.accounts.user_hub import Listener, UserHub
from infrastructure.sandbox.exchange.exchange import EXCHANGE, ExchangeSandbox
from infrastructure.sandbox.exchange.outbox import Outbox

QUEUE: Final = 8 * 1024 * 1024  # bytes
PATIENCE: Final = 10.0  # seconds for the first frame
INVALID_OPERATION: Final = b"INVALID OPERATION"


class Auth(msgspec.Struct, frozen=True, rename="camel"):
    api_key: str
    secret: str
    passphrase: str


class First(msgspec.Struct, frozen=True):
    auth: Auth
    type: str
    markets: list[str] = []


class Change(msgspec.Struct, frozen=True):
    operation: str
    markets: list[str]


_FIRST: Final = msgspec.json.Decoder(First)
_CHANGE: Final = msgspec.json.Decoder(Change)


async def user_socket(request: web.Request) -> web.WebSocketResponse:
    exchange = request.app[EXCHANGE]
    hub = exchange.accounts.hub
    socket = web.WebSocketResponse(compress=False, timeout=exchange.options.close_timeout)
    await socket.prepare(request)
    transport = request.transport
    abort = transport.abort if transport else lambda: None
    first = await _first(socket)
    key = None if first is None else _proven(exchange, first.auth)
    if first is None or key is None:
        hub.refused += 1
        abort()
        return socket
    listener = Listener(key, Outbox(QUEUE), abort, set(first.markets))
    hub.join(listener)
    sender = asyncio.create_task(_send(socket, listener.outbox), name="user-socket")
    try:
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                hear(hub, listener, message.data)
    finally:
        sender.cancel()
        hub.leave(listener)
    return socket


def hear(hub: UserHub, listener: Listener, text: str) -> None:
    """Act on one frame of the client."""
    if text == "PING":
        if not hub.faults.is_silent:
            listener.put(b"PONG")
        return
    try:
        change = _CHANGE.decode(text)
    except msgspec.DecodeError:
        listener.put(INVALID_OPERATION)
        return
    match change.operation:
        case "subscribe":
            listener.markets.update(change.markets)
        case "unsubscribe":
            listener.markets.difference_update(change.markets)
        case _:
            listener.put(INVALID_OPERATION)


async def _first(socket: web.WebSocketResponse) -> First | None:
    """The first frame; None if it is anything but credentials, or none comes."""
    try:
        async with asyncio.timeout(PATIENCE):
            message = await socket.receive()
    except TimeoutError:
        return None
    if message.type is not WSMsgType.TEXT:
        return None
    try:
        first = _FIRST.decode(message.data)
    except msgspec.DecodeError:
        return None
    return first if first.type == "user" else None


def _proven(exchange: ExchangeSandbox, auth: Auth) -> ApiKey | None:
    return exchange.accounts.keys.subscriber(auth.api_key, auth.secret, auth.passphrase)


async def _send(socket: web.WebSocketResponse, outbox: Outbox) -> None:
    """Ends with the connection."""
    while not socket.closed:
        for data in await outbox.batch():
            try:
                await socket.send_frame(data, WSMsgType.TEXT)
            except ConnectionResetError:
                return
            outbox.done(data)
