"""The market channel: `/ws/market`, spoken as the venue speaks it."""

import asyncio
from typing import Final

import msgspec
from aiohttp import WSMsgType, web

from infrastructure.sandbox.exchange.exchange import EXCHANGE, ExchangeSandbox
from infrastructure.sandbox.exchange.frames import book_message
from infrastructure.sandbox.exchange.hub import Connection

MAX_REQUEST: Final = 4 * 1024 * 1024  # bytes
MAX_IDS: Final = 2_000  # in one frame; the venue closes on a few thousand
TOO_BIG: Final = 1009  # close code
NO_NEW_ASSETS: Final = b"NO NEW ASSETS"
INVALID_OPERATION: Final = b"INVALID OPERATION"


class Request(msgspec.Struct, frozen=True):
    """The first message (`type`) or a later one (`operation`)."""

    assets_ids: list[str]
    type: str = ""
    operation: str = ""
    initial_dump: bool = True
    level: int = 2
    custom_feature_enabled: bool | None = None


_DECODER: Final = msgspec.json.Decoder(Request)


async def market_socket(request: web.Request) -> web.WebSocketResponse:
    exchange = request.app[EXCHANGE]
    socket = web.WebSocketResponse(
        compress=False, max_msg_size=MAX_REQUEST, timeout=exchange.options.close_timeout
    )
    await socket.prepare(request)
    transport = request.transport
    connection = exchange.hub.connect(transport.abort if transport else lambda: None)
    exchange.sockets[connection.number] = socket
    sender = asyncio.create_task(_send(socket, connection), name=f"socket-{connection.number}")
    try:
        async for message in socket:
            if message.type is WSMsgType.TEXT and not hear(exchange, connection, message.data):
                await socket.close(code=TOO_BIG)
    finally:
        sender.cancel()
        del exchange.sockets[connection.number]
        exchange.hub.disconnect(connection)
    return socket


def hear(exchange: ExchangeSandbox, connection: Connection, text: str) -> bool:
    """Act on one frame of the client; False = the connection must end."""
    hub = exchange.hub
    hub.heard(connection, text)
    if text == "PING":
        if not hub.faults.is_mute:
            connection.put(b"PONG")
        return True
    try:
        request = _DECODER.decode(text)
    except msgspec.DecodeError:
        connection.put(INVALID_OPERATION)
        return True
    if not hub.faults.is_deaf:
        _follow(exchange, connection, request)
    return len(request.assets_ids) <= MAX_IDS


def _follow(exchange: ExchangeSandbox, connection: Connection, request: Request) -> None:
    is_first = not connection.is_initialised
    match request:
        case Request(type="market", operation="") if is_first:
            connection.is_initialised = True
            _subscribe(exchange, connection, request)
        case Request(operation="subscribe") if not is_first:
            _subscribe(exchange, connection, request)
        case Request(operation="unsubscribe") if not is_first:
            exchange.hub.unsubscribe(connection, request.assets_ids)
        case _:
            connection.put(INVALID_OPERATION)


def _subscribe(exchange: ExchangeSandbox, connection: Connection, request: Request) -> None:
    """One array of books for what is new. The flag counts even if nothing is."""
    if request.custom_feature_enabled is not None:
        connection.is_curious = request.custom_feature_enabled
    fresh = exchange.hub.subscribe(connection, request.assets_ids)
    if request.assets_ids and not fresh:
        connection.put(NO_NEW_ASSETS)
    elif request.initial_dump and not exchange.hub.faults.freezes(connection.number):
        dump = [
            book_message(*found)
            for token in fresh
            if not exchange.hub.faults.withholds_book(token)
            and (found := exchange.find(token)) is not None
            and found[0].has_book(found[1])
        ]
        if dump:
            connection.put(msgspec.json.encode(dump))


async def _send(socket: web.WebSocketResponse, connection: Connection) -> None:
    """Ends with the connection; frames were encoded before, once for everybody."""
    outbox = connection.outbox
    while not socket.closed:
        for data in await outbox.batch():
            try:
                await socket.send_frame(data, WSMsgType.TEXT)
            except ConnectionResetError:
                return
            outbox.done(data)
